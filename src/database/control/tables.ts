import type { Clock } from '../../base/clock.ts'
import { ServerError } from '../../base/errors.ts'
import type { Limits } from '../../base/limits.ts'
import type { Versioned } from '../../storage/document-store.ts'
import { type TableRecord, emptySchema, tableKey } from '../../storage/table-record.ts'
import type { CreateTableInput, Page, PageRequest, TableDescription, UpdateTableInput } from '../database.ts'
import { type Account, tableArn } from './arn.ts'
import type { ControlOptions, Databases } from './databases.ts'
import { alreadyExists, checkNewName, databaseNotFound, tableNotFound } from './names.ts'
import { pageOf } from './page.ts'
import { changePartitionKey, newTableProperties, readMagneticStoreWrites, readRetention } from './table-properties.ts'
import { addTags } from './tags.ts'

/**
 * Makes, shows, changes and removes tables. The engine's table comes first, under a name never used again, then the document; removal goes
 * the other way. What a crash leaves between them has no name for anybody and is removed when the storage is opened (storage/table-changes).
 */
export class TableControl {
  readonly #storage: ControlOptions['storage']
  readonly #databases: Databases
  readonly #account: Account
  readonly #clock: Clock
  readonly #limits: Limits

  constructor({ storage, account, clock, limits }: ControlOptions, databases: Databases) {
    this.#storage = storage
    this.#databases = databases
    this.#account = account
    this.#clock = clock
    this.#limits = limits
  }

  /** @throws ServerError VALIDATION, RESOURCE_NOT_FOUND, CONFLICT, SERVICE_QUOTA_EXCEEDED */
  async create(input: CreateTableInput): Promise<TableDescription> {
    const { databaseName, tableName } = input
    checkNewName('tableName', tableName, this.#limits)
    const { catalog, documents, tables, tableChanges } = this.#storage
    const nowMs = this.#clock.nowMs()
    const record: TableRecord = {
      databaseName,
      tableName,
      physicalName: tables.newPhysicalName(),
      creationTimeMs: nowMs,
      lastUpdatedTimeMs: nowMs,
      ...newTableProperties(input, this.#limits),
      schema: emptySchema,
      tags: addTags(undefined, input.tags ?? [], this.#limits),
    }
    await this.#databases.find(databaseName)
    const key = tableKey(databaseName, tableName)
    if ((await documents.get('table', key)) !== undefined) throw alreadyExists('table', tableName)
    await this.#checkQuota()
    await tableChanges.begin(record.physicalName)
    await tables.create(record)
    if (!(await documents.put('table', key, record, 0))) {
      await this.#drop(record.physicalName)
      throw alreadyExists('table', tableName)
    }
    await catalog.refresh(databaseName, tableName)
    try {
      // who removes the database has read its revision before looking for tables: from here on it finds this one, or must look again
      await this.#databases.change(databaseName, (current) => ({ ...current, tablesMade: (current.tablesMade ?? 0) + 1 }))
    } catch (error) {
      await this.#remove(record)
      throw error
    }
    await tableChanges.end(record.physicalName)
    return this.#describe(record)
  }

  /** @throws ServerError RESOURCE_NOT_FOUND */
  async describe(databaseName: string, tableName: string): Promise<TableDescription> {
    return this.#describe((await this.#find(databaseName, tableName)).value)
  }

  /** @throws ServerError VALIDATION, RESOURCE_NOT_FOUND */
  async list(databaseName: string | undefined, page: PageRequest): Promise<Page<TableDescription>> {
    const { catalog, isShared } = this.#storage
    if (isShared) await catalog.refresh()
    const snapshot = catalog.snapshot()
    const namesIn = (database: string): readonly string[] => (snapshot.tableNames(database) ?? []).map((name) => tableKey(database, name))
    if (databaseName !== undefined && snapshot.tableNames(databaseName) === undefined) throw databaseNotFound(databaseName)
    const keys = databaseName === undefined ? snapshot.databaseNames().flatMap(namesIn).sort() : namesIn(databaseName)
    const found = new Map<string, TableRecord>()
    const isThere = (key: string): boolean => {
      const [database = '', table = ''] = key.split('/')
      const record = catalog.table(database, table)
      if (record !== undefined) found.set(key, record)
      return record !== undefined
    }
    return pageOf(keys.filter(isThere), `tables/${databaseName ?? ''}`, page, (key) => this.#describe(found.get(key)!))
  }

  /** @throws ServerError VALIDATION, RESOURCE_NOT_FOUND */
  async update(input: UpdateTableInput): Promise<TableDescription> {
    const { databaseName, tableName, retention, magneticStoreWrites, compositePartitionKey } = input
    const record = await this.change(databaseName, tableName, (current) => {
      const { rejectedDataLocation, ...others } = current
      const next: TableRecord = {
        ...others,
        ...(retention === undefined ? {} : readRetention(retention, this.#limits)),
        ...(magneticStoreWrites !== undefined
          ? readMagneticStoreWrites(magneticStoreWrites)
          : rejectedDataLocation === undefined
            ? {}
            : { rejectedDataLocation }),
        ...(compositePartitionKey === undefined
          ? {}
          : { partitionKey: changePartitionKey(current.partitionKey, compositePartitionKey, this.#limits) }),
        lastUpdatedTimeMs: this.#clock.nowMs(),
      }
      return isSameRetention(current, next) ? next : { ...next, isRetentionPending: true }
    })
    return this.#describe(record.isRetentionPending ? await this.#applyRetention(record) : record)
  }

  /** @throws ServerError RESOURCE_NOT_FOUND */
  async delete(databaseName: string, tableName: string): Promise<void> {
    for (;;) {
      const { value, revision } = await this.#find(databaseName, tableName)
      await this.#storage.tableChanges.begin(value.physicalName)
      if (!(await this.#storage.documents.remove('table', tableKey(databaseName, tableName), revision))) continue
      await this.#storage.catalog.refresh(databaseName, tableName)
      await this.#drop(value.physicalName)
      return
    }
  }

  /** Tells the engine the retention of every table whose last change was cut short. */
  async finishRetentionChanges(): Promise<void> {
    const { catalog } = this.#storage
    const snapshot = catalog.snapshot()
    for (const databaseName of snapshot.databaseNames()) {
      for (const tableName of snapshot.tableNames(databaseName) ?? []) {
        const record = catalog.table(databaseName, tableName)
        if (record?.isRetentionPending) await this.#applyRetention(record)
      }
    }
  }

  /** Repeats `change` on what is stored until nobody else was first. @throws ServerError RESOURCE_NOT_FOUND */
  async change(databaseName: string, tableName: string, change: (current: TableRecord) => TableRecord): Promise<TableRecord> {
    for (;;) {
      const { value, revision } = await this.#find(databaseName, tableName)
      const next = change(value)
      if (!(await this.#storage.documents.put('table', tableKey(databaseName, tableName), next, revision))) continue
      await this.#storage.catalog.refresh(databaseName, tableName)
      return next
    }
  }

  /** The engine follows the document; when both agree, the document says so. */
  async #applyRetention(record: TableRecord): Promise<TableRecord> {
    await this.#storage.tables.alterRetention(record.physicalName, record)
    return this.change(record.databaseName, record.tableName, (current) => {
      if (current.physicalName !== record.physicalName || !isSameRetention(current, record)) return current
      const { isRetentionPending: _done, ...settled } = current
      return settled
    })
  }

  async find(databaseName: string, tableName: string): Promise<TableRecord> {
    return (await this.#find(databaseName, tableName)).value
  }

  async #find(databaseName: string, tableName: string): Promise<Versioned<TableRecord>> {
    const stored = await this.#storage.documents.get<TableRecord>('table', tableKey(databaseName, tableName))
    if (stored !== undefined) return stored
    await this.#databases.find(databaseName)
    throw tableNotFound(tableName)
  }

  async #checkQuota(): Promise<void> {
    const { catalog, isShared } = this.#storage
    if (isShared) await catalog.refresh()
    const snapshot = catalog.snapshot()
    const count = snapshot.databaseNames().reduce((sum, name) => sum + (snapshot.tableNames(name)?.length ?? 0), 0)
    if (count < this.#limits.tables) return
    throw new ServerError('SERVICE_QUOTA_EXCEEDED', `An account can have at most ${this.#limits.tables} tables.`)
  }

  /** Undoes a creation whose database is gone. */
  async #remove({ databaseName, tableName, physicalName }: TableRecord): Promise<void> {
    const { catalog, documents } = this.#storage
    const key = tableKey(databaseName, tableName)
    const stored = await documents.get<TableRecord>('table', key)
    if (stored?.value.physicalName === physicalName) await documents.remove('table', key, stored.revision)
    await catalog.refresh()
    await this.#drop(physicalName)
  }

  async #drop(physicalName: string): Promise<void> {
    await this.#storage.tables.drop(physicalName)
    await this.#storage.tableChanges.end(physicalName)
  }

  #describe(record: TableRecord): TableDescription {
    const { databaseName, tableName, rejectedDataLocation } = record
    return {
      arn: tableArn(this.#account, databaseName, tableName),
      databaseName,
      tableName,
      tableStatus: 'ACTIVE',
      retention: {
        memoryStoreRetentionPeriodInHours: record.memoryStoreHours,
        magneticStoreRetentionPeriodInDays: record.magneticStoreDays,
      },
      magneticStoreWrites: {
        enableMagneticStoreWrites: record.magneticStoreWrites,
        ...(rejectedDataLocation === undefined ? {} : { rejectedDataLocation }),
      },
      compositePartitionKey: [record.partitionKey],
      creationTimeMs: record.creationTimeMs,
      lastUpdatedTimeMs: record.lastUpdatedTimeMs,
    }
  }
}

const isSameRetention = (a: TableRecord, b: TableRecord): boolean =>
  a.memoryStoreHours === b.memoryStoreHours && a.magneticStoreDays === b.magneticStoreDays
