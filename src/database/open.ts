import { availableParallelism, totalmem } from 'node:os'
import { join } from 'node:path'
import { ServerError } from '../base/errors.ts'
import { DirectoryStore } from '../object-store/directory-store.ts'
import type { ObjectStore } from '../object-store/object-store.ts'
import type { Access } from './access/access.ts'
import { type Action, authorize, type RequestFacts } from './access/authorize.ts'
import { openAccess, type OpenedAccess } from './access/open-access.ts'
import { rootCredentialsFile, writeRootCredentials } from './access/root-credentials.ts'
import { BackupService } from './backup/backup-service.ts'
import { openBackupTarget } from './backup/open-target.ts'
import { BatchLoadService } from './batch-load/batch-load-service.ts'
import type { AccessKey, Caller } from './caller.ts'
import { AccountSettingsControl, tcuOf } from './control/account-settings.ts'
import { anyArn, databaseArn, tableArn, userArn } from './control/arn.ts'
import { ControlRate } from './control/control-rate.ts'
import { Databases } from './control/databases.ts'
import { ResourceTags, tagReader } from './control/resource-tags.ts'
import { TableControl } from './control/tables.ts'
import type {
  AccessKeySummary,
  AccountSettings,
  CreateDatabaseInput,
  CreateTableInput,
  DatabaseDescription,
  Page,
  PageRequest,
  PreparedQueryDescription,
  QueryInput,
  QueryPage,
  Status,
  TableDescription,
  Tag,
  UpdateAccountSettingsInput,
  UpdateTableInput,
  WriteInput,
  WriteResult,
} from './database.ts'
import type { DatabaseOptions, OpenDatabase, RootKey } from './database-options.ts'
import { flushForReading } from './query/flush-for-reading.ts'
import { type QueryService, createQueryService } from './query/query-service.ts'
import { ResultFiles } from './query/result-files.ts'
import { Rate } from './rate.ts'
import { readStatus } from './status.ts'
import type { ScheduledQueryControl } from './scheduled-query/control.ts'
import { openScheduledQueries } from './scheduled-query/open.ts'
import { MagneticRejects } from './write/magnetic-rejects.ts'
import { type WriteService, type WriteServiceOptions, createWriteService } from './write/write-service.ts'

/** How often the settings that other nodes change are read. */
const sharedRefreshMs = 5000
const bulkRecords = 1000

/** Puts the product together on an open storage, which the caller drains and stops after this. */
export async function openDatabase(options: DatabaseOptions): Promise<OpenDatabase> {
  const { storage, account, clock, limits, log } = options
  const made: { database?: StoredDatabase } = {}
  const opened = await openAccess({
    documents: storage.documents,
    world: { account, clock, tagsOf: tagReader(account, storage.catalog, (queryId) => made.database?.scheduledQueries.knownTags(queryId)) },
    limits,
    log,
    isShared: storage.isShared,
    ...(options.rootKey && { rootKey: options.rootKey }),
  })
  const { root, isNew } = opened
  await writeRootCredentials(storage.dataDirectory, root)
  const origin = options.rootKey !== undefined ? 'given' : isNew ? 'new' : 'kept'
  const rootKey: RootKey = { ...root, origin, path: join(storage.dataDirectory, rootCredentialsFile) }
  const database = new StoredDatabase(options, opened, rootKey)
  made.database = database
  await database.finishChanges()
  return database
}

class StoredDatabase implements OpenDatabase {
  readonly name = 'database'
  readonly rootKey: RootKey
  readonly #options: DatabaseOptions
  readonly access: Access
  readonly #opened: OpenedAccess
  readonly #controlRate: ControlRate
  readonly #databases: Databases
  readonly #tables: TableControl
  readonly #tags: ResourceTags
  readonly #accountSettings: AccountSettingsControl
  readonly backups: BackupService
  readonly batchLoads: BatchLoadService
  readonly scheduledQueries: ScheduledQueryControl
  readonly #lateRejects: MagneticRejects
  readonly #writes: WriteService
  /** For the product's own writers: more records at once. */
  readonly #bulkWrites: WriteService
  readonly #queries: QueryService
  readonly #objectStore: ObjectStore
  readonly #startMs: number
  readonly #recordRate: Rate
  readonly #queryRate: Rate
  #isDraining = false
  #tcuTimer: NodeJS.Timeout | undefined

  constructor(options: DatabaseOptions, opened: OpenedAccess, rootKey: RootKey) {
    const { storage, account, clock, limits, log, metrics } = options
    this.rootKey = rootKey
    this.#options = options
    this.#objectStore = options.objectStore ?? new DirectoryStore(join(storage.dataDirectory, 'buckets'))
    this.#opened = opened
    this.access = opened.access
    this.#controlRate = new ControlRate(clock, limits)
    this.#databases = new Databases({ storage, account, clock, limits })
    this.#tables = new TableControl({ storage, account, clock, limits }, this.#databases)
    this.#accountSettings = new AccountSettingsControl(storage.documents, clock)
    this.backups = new BackupService({
      storage,
      backups: storage.backups,
      openTarget: openBackupTarget,
      account,
      clock,
      limits,
      log,
      productVersion: options.productVersion,
    })
    this.#startMs = clock.monotonicMs()
    this.#recordRate = new Rate(clock)
    this.#queryRate = new Rate(clock)
    this.#lateRejects = new MagneticRejects({
      ...(options.objectStore && { objectStore: options.objectStore }),
      clock,
      log,
      maxBytes: limits.rejectReportBytes,
      onOutcome: (outcome, count) => metrics.countLateRejects(outcome, count),
    })
    const writing = {
      writer: storage.writer,
      catalog: storage.catalog,
      clock,
      limits,
      log,
      onMagneticRejects: (table, rejects) => this.#lateRejects.add(table, rejects),
      onWritten: (accepted, rejected) => {
        this.#recordRate.add(accepted)
        metrics.countRecords('accepted', accepted)
        metrics.countRecords('rejected', rejected)
      },
    } satisfies WriteServiceOptions
    this.#writes = createWriteService(writing)
    this.#bulkWrites = createWriteService({ ...writing, limits: { ...limits, recordsPerWrite: bulkRecords } })
    this.batchLoads = new BatchLoadService({
      documents: storage.documents,
      isShared: storage.isShared,
      store: this.#objectStore,
      catalog: storage.catalog,
      account,
      clock,
      limits,
      log,
      write: (caller, input) => this.#knowingChanges(() => this.#writes.write(caller, input)),
    })
    this.#queries = createQueryService({
      engine: storage.engine,
      catalog: storage.catalog,
      clock,
      limits,
      log,
      account,
      objectStore: this.#objectStore,
      resultFiles: new ResultFiles(join(storage.dataDirectory, 'results'), limits.resultFileBytes),
      ...(storage.engine.kind === 'chdb' && { machine: { processors: availableParallelism(), memoryBytes: totalmem() } }),
      flushTable: (table) => flushForReading(storage.writer, table),
    })
    this.scheduledQueries = openScheduledQueries({
      ...options,
      documents: storage.documents,
      catalog: storage.catalog,
      isShared: storage.isShared,
      queries: this.#queries,
      buckets: this.#objectStore,
      notifier: options.notifier ?? { send: () => undefined },
      principalOf: (owner) => opened.principalOf(owner),
      write: (caller, input) => this.#write(caller, input, this.#bulkWrites),
      onRun: (summary) => metrics.countScheduledRun(summary),
    })
    this.#tags = new ResourceTags(this.#databases, this.#tables, this.scheduledQueries, account, limits)
  }

  /** Completes what the last process left half done. */
  async finishChanges(): Promise<void> {
    await this.#tables.finishRetentionChanges()
  }

  async createDatabase(caller: Caller, input: CreateDatabaseInput): Promise<DatabaseDescription> {
    this.#authorizeDatabase(caller, 'timestream:CreateDatabase', input.databaseName, factsOf(input.tags))
    return this.#databases.create(input)
  }

  async describeDatabase(caller: Caller, databaseName: string): Promise<DatabaseDescription> {
    this.#authorizeDatabase(caller, 'timestream:DescribeDatabase', databaseName)
    return this.#databases.describe(databaseName)
  }

  async listDatabases(caller: Caller, page: PageRequest): Promise<Page<DatabaseDescription>> {
    this.#authorize(caller, 'timestream:ListDatabases', anyArn(this.#options.account))
    return this.#databases.list(page)
  }

  async updateDatabase(caller: Caller, input: { readonly databaseName: string; readonly kmsKeyId: string }): Promise<DatabaseDescription> {
    this.#authorizeDatabase(caller, 'timestream:UpdateDatabase', input.databaseName)
    return this.#databases.update(input.databaseName, input.kmsKeyId)
  }

  async deleteDatabase(caller: Caller, databaseName: string): Promise<void> {
    this.#authorizeDatabase(caller, 'timestream:DeleteDatabase', databaseName)
    await this.#databases.delete(databaseName)
  }

  async createTable(caller: Caller, input: CreateTableInput): Promise<TableDescription> {
    this.#authorizeTable(caller, 'timestream:CreateTable', input.databaseName, input.tableName, factsOf(input.tags))
    return this.#tables.create(input)
  }

  async describeTable(caller: Caller, databaseName: string, tableName: string): Promise<TableDescription> {
    this.#authorizeTable(caller, 'timestream:DescribeTable', databaseName, tableName)
    return this.#tables.describe(databaseName, tableName)
  }

  async listTables(caller: Caller, databaseName: string | undefined, page: PageRequest): Promise<Page<TableDescription>> {
    const { account } = this.#options
    this.#authorize(caller, 'timestream:ListTables', databaseName === undefined ? anyArn(account) : databaseArn(account, databaseName))
    return this.#tables.list(databaseName, page)
  }

  async updateTable(caller: Caller, input: UpdateTableInput): Promise<TableDescription> {
    this.#authorizeTable(caller, 'timestream:UpdateTable', input.databaseName, input.tableName)
    return this.#tables.update(input)
  }

  async deleteTable(caller: Caller, databaseName: string, tableName: string): Promise<void> {
    this.#authorizeTable(caller, 'timestream:DeleteTable', databaseName, tableName)
    await this.#tables.delete(databaseName, tableName)
  }

  async listTags(caller: Caller, resourceArn: string): Promise<readonly Tag[]> {
    this.#authorize(caller, 'timestream:ListTagsForResource', resourceArn)
    return this.#tags.list(resourceArn)
  }

  async tagResource(caller: Caller, resourceArn: string, tags: readonly Tag[]): Promise<void> {
    this.#authorize(caller, 'timestream:TagResource', resourceArn, factsOf(tags))
    await this.#tags.add(resourceArn, tags)
  }

  async untagResource(caller: Caller, resourceArn: string, keys: readonly string[]): Promise<void> {
    this.#authorize(caller, 'timestream:UntagResource', resourceArn, { tagKeys: keys })
    await this.#tags.remove(resourceArn, keys)
  }

  write(caller: Caller, input: WriteInput): Promise<WriteResult> {
    return this.#write(caller, input, this.#writes)
  }

  /** Not async: its frame would keep the records until the disk has them. */
  #write(caller: Caller, input: WriteInput, writes: WriteService): Promise<WriteResult> {
    try {
      this.#authorizeTable(caller, 'timestream:WriteRecords', input.databaseName, input.tableName)
    } catch (error) {
      return Promise.reject(error)
    }
    return this.#options.storage.isShared ? this.#knowingChanges(() => writes.write(caller, input)) : writes.write(caller, input)
  }

  async query(caller: Caller, input: QueryInput): Promise<QueryPage> {
    if (input.nextToken === undefined) this.#queryRate.add(1)
    return this.#knowingChanges(() => this.#queries.query(caller, input))
  }

  async cancelQuery(caller: Caller, queryId: string): Promise<string> {
    return this.#queries.cancel(caller, queryId)
  }

  async prepareQuery(caller: Caller, queryString: string): Promise<PreparedQueryDescription> {
    return this.#queries.prepare(caller, queryString)
  }

  async describeAccountSettings(caller: Caller): Promise<AccountSettings> {
    this.#authorize(caller, 'timestream:DescribeAccountSettings', anyArn(this.#options.account))
    return this.#accountSettings.describe()
  }

  async updateAccountSettings(caller: Caller, input: UpdateAccountSettingsInput): Promise<AccountSettings> {
    this.#authorize(caller, 'timestream:UpdateAccountSettings', anyArn(this.#options.account))
    const settings = await this.#accountSettings.update(input)
    this.#queries.setTcu(tcuOf(settings))
    return settings
  }

  findAccessKey(accessKeyId: string, sessionToken?: string): AccessKey | undefined {
    return this.#opened.find(accessKeyId, sessionToken)
  }

  async createAccessKey(caller: Caller, userName: string): Promise<AccessKey> {
    const { access, accessKeys } = this.#opened
    this.#authorizeUser(caller, 'tidemark:CreateAccessKey', userName)
    await access.ensureUser(caller, userName)
    return accessKeys.create(userName)
  }

  async listAccessKeys(caller: Caller): Promise<readonly AccessKeySummary[]> {
    this.#authorize(caller, 'tidemark:ListAccessKeys', anyArn(this.#options.account))
    return this.#opened.accessKeys.list()
  }

  async revokeAccessKey(caller: Caller, accessKeyId: string): Promise<void> {
    const { accessKeys } = this.#opened
    this.#authorizeUser(caller, 'tidemark:RevokeAccessKey', accessKeys.find(accessKeyId)?.principal.name ?? accessKeyId)
    await accessKeys.revoke(accessKeyId)
  }

  async status(caller: Caller): Promise<Status> {
    const { storage, clock, productVersion, account } = this.#options
    this.#authorize(caller, 'tidemark:Status', anyArn(account))
    return readStatus({ storage, clock, productVersion, startMs: this.#startMs, records: this.#recordRate, queries: this.#queryRate })
  }

  async ready(): Promise<void> {
    if (this.#isDraining) throw new ServerError('SHUTTING_DOWN', 'The server is shutting down.')
    await this.#options.storage.engine.rows('SELECT 1')
    await this.#options.storage.documents.get('setting', 'ready')
  }

  async start(): Promise<void> {
    await this.#readTcu()
    // another node may change the settings of the account
    if (this.#options.storage.isShared) this.#tcuTimer = setInterval(() => void this.#readTcu(), sharedRefreshMs).unref()
    await this.#queries.start?.()
    this.batchLoads.start()
  }

  async drain(): Promise<void> {
    this.#isDraining = true
    await this.#lateRejects.drain()
    await this.batchLoads.drain()
    await this.backups.drain()
    await this.#queries.drain?.()
  }

  async #readTcu(): Promise<void> {
    try {
      this.#queries.setTcu(await this.#accountSettings.tcu())
    } catch (error) {
      this.#options.log.warn('account settings not read', { error: String(error) })
    }
  }

  async stop(): Promise<void> {
    clearInterval(this.#tcuTimer)
    this.#opened.close()
    this.#objectStore.close()
    await this.#queries.stop?.()
  }

  /** Another node may have removed or made again what this one still knows as it was: then once more, after reading the catalog. */
  async #knowingChanges<T>(work: () => Promise<T>): Promise<T> {
    const { isShared, catalog } = this.#options.storage
    try {
      return await work()
    } catch (error) {
      if (!isShared || !(error instanceof ServerError) || error.code !== 'INTERNAL') throw error
      await catalog.refresh()
      return work()
    }
  }

  #authorize(caller: Caller, action: Action, arn: string, facts?: RequestFacts): void {
    authorize(caller, action, arn, this.#options.account, facts)
    this.#controlRate.admit(action)
  }

  #authorizeUser(caller: Caller, action: Action, userName: string): void {
    this.#authorize(caller, action, userArn(this.#options.account, userName, userName === 'root'))
  }

  #authorizeDatabase(caller: Caller, action: Action, databaseName: string, facts?: RequestFacts): void {
    this.#authorize(caller, action, databaseArn(this.#options.account, databaseName), facts)
  }

  #authorizeTable(caller: Caller, action: Action, databaseName: string, tableName: string, facts?: RequestFacts): void {
    this.#authorize(caller, action, tableArn(this.#options.account, databaseName, tableName), facts)
  }
}

/** The tags that come with a request. */
const factsOf = (tags: readonly Tag[] = []): RequestFacts =>
  tags.length === 0 ? {} : { requestTags: Object.fromEntries(tags.map(({ key, value }) => [key, value])) }
