import type { Clock } from '../../base/clock.ts'
import { ServerError } from '../../base/errors.ts'
import type { Limits } from '../../base/limits.ts'
import type { Versioned } from '../../storage/document-store.ts'
import type { Storage } from '../../storage/open.ts'
import type { DatabaseRecord } from '../../storage/table-record.ts'
import type { CreateDatabaseInput, DatabaseDescription, Page, PageRequest } from '../database.ts'
import { type Account, databaseArn, kmsKeyArn } from './arn.ts'
import { alreadyExists, checkNewName, databaseNotFound } from './names.ts'
import { pageOf } from './page.ts'
import { addTags } from './tags.ts'

/** What the control plane works with. */
export interface ControlOptions {
  readonly storage: Pick<Storage, 'documents' | 'catalog' | 'tables' | 'tableChanges' | 'isShared'>
  readonly account: Account
  readonly clock: Clock
  readonly limits: Limits
}

/** Makes, shows, changes and removes databases. Every change is one compare-and-set on the database's document: of two at once, one wins. */
export class Databases {
  readonly #storage: ControlOptions['storage']
  readonly #account: Account
  readonly #clock: Clock
  readonly #limits: Limits

  constructor({ storage, account, clock, limits }: ControlOptions) {
    this.#storage = storage
    this.#account = account
    this.#clock = clock
    this.#limits = limits
  }

  /** @throws ServerError VALIDATION, CONFLICT, SERVICE_QUOTA_EXCEEDED */
  async create({ databaseName, kmsKeyId, tags = [] }: CreateDatabaseInput): Promise<DatabaseDescription> {
    checkNewName('databaseName', databaseName, this.#limits)
    const nowMs = this.#clock.nowMs()
    const record: DatabaseRecord = {
      databaseName,
      kmsKeyId: kmsKeyArn(this.#account, kmsKeyId),
      creationTimeMs: nowMs,
      lastUpdatedTimeMs: nowMs,
      tags: addTags(undefined, tags, this.#limits),
    }
    const { catalog, documents } = this.#storage
    if ((await this.#names()).length >= this.#limits.databases) {
      throw new ServerError('SERVICE_QUOTA_EXCEEDED', `An account can have at most ${this.#limits.databases} databases.`)
    }
    if (!(await documents.put('database', databaseName, record, 0))) throw alreadyExists('database', databaseName)
    await catalog.refresh(databaseName)
    return this.#describe(record)
  }

  /** @throws ServerError RESOURCE_NOT_FOUND */
  async describe(databaseName: string): Promise<DatabaseDescription> {
    const { value } = await this.find(databaseName)
    if (this.#storage.isShared) await this.#storage.catalog.refresh()
    return this.#describe(value)
  }

  async list(page: PageRequest): Promise<Page<DatabaseDescription>> {
    if (this.#storage.isShared) await this.#storage.catalog.refresh()
    const stored = await this.#storage.documents.list<DatabaseRecord>('database')
    const records = new Map(stored.map(({ key, value }) => [key, value]))
    return pageOf([...records.keys()], 'databases', page, (name) => this.#describe(records.get(name)!))
  }

  /** @throws ServerError VALIDATION, RESOURCE_NOT_FOUND */
  async update(databaseName: string, kmsKeyId: string): Promise<DatabaseDescription> {
    const arn = kmsKeyArn(this.#account, kmsKeyId)
    const record = await this.change(databaseName, (current) =>
      current.kmsKeyId === arn ? current : { ...current, kmsKeyId: arn, lastUpdatedTimeMs: this.#clock.nowMs() },
    )
    return this.#describe(record)
  }

  /** @throws ServerError RESOURCE_NOT_FOUND, VALIDATION while there are tables in it */
  async delete(databaseName: string): Promise<void> {
    const { catalog, documents } = this.#storage
    for (;;) {
      const { revision } = await this.find(databaseName)
      if (this.#storage.isShared) await catalog.refresh()
      const tables = catalog.snapshot().tableNames(databaseName) ?? []
      if (tables.length > 0) {
        throw new ServerError(
          'VALIDATION',
          `The database ${databaseName} cannot be deleted: it has ${tables.length} tables. Delete them first.`,
        )
      }
      // a table that was made since then has changed the revision
      if (!(await documents.remove('database', databaseName, revision))) continue
      await catalog.refresh(databaseName)
      return
    }
  }

  /** @throws ServerError RESOURCE_NOT_FOUND */
  async find(databaseName: string): Promise<Versioned<DatabaseRecord>> {
    const stored = await this.#storage.documents.get<DatabaseRecord>('database', databaseName)
    if (stored === undefined) throw databaseNotFound(databaseName)
    return stored
  }

  /** Repeats `change` on what is stored until nobody else was first. @throws ServerError RESOURCE_NOT_FOUND */
  async change(databaseName: string, change: (current: DatabaseRecord) => DatabaseRecord): Promise<DatabaseRecord> {
    for (;;) {
      const { value, revision } = await this.find(databaseName)
      const next = change(value)
      if (next === value) return next
      if (!(await this.#storage.documents.put('database', databaseName, next, revision))) continue
      await this.#storage.catalog.refresh(databaseName)
      return next
    }
  }

  async #names(): Promise<readonly string[]> {
    if (this.#storage.isShared) await this.#storage.catalog.refresh()
    return this.#storage.catalog.snapshot().databaseNames()
  }

  #describe(record: DatabaseRecord): DatabaseDescription {
    const { databaseName, kmsKeyId, creationTimeMs, lastUpdatedTimeMs } = record
    return {
      arn: databaseArn(this.#account, databaseName),
      databaseName,
      tableCount: this.#storage.catalog.snapshot().tableNames(databaseName)?.length ?? 0,
      kmsKeyId,
      creationTimeMs,
      lastUpdatedTimeMs,
    }
  }
}
