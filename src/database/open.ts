import { join } from 'node:path'
import { ServerError } from '../base/errors.ts'
import type { Access } from './access/access.ts'
import type { RequestFacts } from './access/authorize.ts'
import { openAccess, type OpenedAccess } from './access/open-access.ts'
import { RequestAuthorizer } from './access/request-authorizer.ts'
import { rootCredentialsFile, writeRootCredentials } from './access/root-credentials.ts'
import type { BackupService } from './backup/backup-service.ts'
import type { BatchLoadService } from './batch-load/batch-load-service.ts'
import type { AccessKey, Caller } from './caller.ts'
import { tcuOf } from './control/account-settings.ts'
import { anyArn, databaseArn } from './control/arn.ts'
import { StoredConnectors } from './connectors/stored-connectors.ts'
import { ControlRate } from './control/control-rate.ts'
import { tagReader } from './control/resource-tags.ts'
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
import type { QueryLoad } from './query/admission.ts'
import type { OpenRows, Reading, RowsInput } from './query/open-rows.ts'
import type { QueryService } from './query/query-service.ts'
import { Rate } from './rate.ts'
import { readStatus } from './status.ts'
import type { ScheduledQueryControl } from './scheduled-query/control.ts'
import { knowingChanges, openServices, type Services } from './services.ts'
import type { IngestInput, IngestResult } from './write/ingest-record.ts'
import type { WriteService } from './write/write-service.ts'

/** How often the settings that other nodes change are read. */
const sharedRefreshMs = 5000

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
  readonly #opened: OpenedAccess
  readonly #authorizer: RequestAuthorizer
  readonly #services: Services
  readonly #queries: QueryService
  readonly #startMs: number
  readonly #recordRate: Rate
  readonly #queryRate: Rate
  readonly access: Access
  readonly backups: BackupService
  readonly batchLoads: BatchLoadService
  readonly scheduledQueries: ScheduledQueryControl
  readonly connectors: StoredConnectors
  #isDraining = false
  #tcuTimer: NodeJS.Timeout | undefined

  constructor(options: DatabaseOptions, opened: OpenedAccess, rootKey: RootKey) {
    const { account, clock, limits, metrics } = options
    this.rootKey = rootKey
    this.#options = options
    this.#opened = opened
    this.#authorizer = new RequestAuthorizer(account, new ControlRate(clock, limits))
    this.#startMs = clock.monotonicMs()
    this.#recordRate = new Rate(clock)
    this.#queryRate = new Rate(clock)
    this.#services = openServices(options, {
      principalOf: (owner) => opened.principalOf(owner),
      writeTable: (caller, input, writes) => this.#write(caller, input, writes),
      onWritten: (accepted, rejected) => {
        this.#recordRate.add(accepted)
        metrics.countRecords('accepted', accepted)
        metrics.countRecords('rejected', rejected)
      },
    })
    this.#queries = this.#services.queries
    this.access = opened.access
    this.backups = this.#services.backups
    this.batchLoads = this.#services.batchLoads
    this.scheduledQueries = this.#services.scheduledQueries
    this.connectors = new StoredConnectors({
      storage: options.storage,
      limits,
      log: options.log,
      check: (caller, action) => this.#authorizer.check(caller, action, anyArn(account)),
      principalOf: (userName) => opened.access.principalOf(userName),
    })
  }

  get queryLoad(): QueryLoad {
    return this.#queries.load
  }

  /** Completes what the last process left half done. */
  async finishChanges(): Promise<void> {
    await this.#services.tables.finishRetentionChanges()
  }

  async createDatabase(caller: Caller, input: CreateDatabaseInput): Promise<DatabaseDescription> {
    this.#authorizer.database(caller, 'timestream:CreateDatabase', input.databaseName, factsOf(input.tags))
    return this.#services.databases.create(input)
  }

  async describeDatabase(caller: Caller, databaseName: string): Promise<DatabaseDescription> {
    this.#authorizer.database(caller, 'timestream:DescribeDatabase', databaseName)
    return this.#services.databases.describe(databaseName)
  }

  async listDatabases(caller: Caller, page: PageRequest): Promise<Page<DatabaseDescription>> {
    this.#authorizer.check(caller, 'timestream:ListDatabases', anyArn(this.#options.account))
    return this.#services.databases.list(page)
  }

  async updateDatabase(caller: Caller, input: { readonly databaseName: string; readonly kmsKeyId: string }): Promise<DatabaseDescription> {
    this.#authorizer.database(caller, 'timestream:UpdateDatabase', input.databaseName)
    return this.#services.databases.update(input.databaseName, input.kmsKeyId)
  }

  async deleteDatabase(caller: Caller, databaseName: string): Promise<void> {
    this.#authorizer.database(caller, 'timestream:DeleteDatabase', databaseName)
    await this.#services.databases.delete(databaseName)
  }

  async createTable(caller: Caller, input: CreateTableInput): Promise<TableDescription> {
    this.#authorizer.table(caller, 'timestream:CreateTable', input.databaseName, input.tableName, factsOf(input.tags))
    return this.#services.tables.create(input)
  }

  async describeTable(caller: Caller, databaseName: string, tableName: string): Promise<TableDescription> {
    this.#authorizer.table(caller, 'timestream:DescribeTable', databaseName, tableName)
    return this.#services.tables.describe(databaseName, tableName)
  }

  async listTables(caller: Caller, databaseName: string | undefined, page: PageRequest): Promise<Page<TableDescription>> {
    const { account } = this.#options
    this.#authorizer.check(
      caller,
      'timestream:ListTables',
      databaseName === undefined ? anyArn(account) : databaseArn(account, databaseName),
    )
    return this.#services.tables.list(databaseName, page)
  }

  async updateTable(caller: Caller, input: UpdateTableInput): Promise<TableDescription> {
    this.#authorizer.table(caller, 'timestream:UpdateTable', input.databaseName, input.tableName)
    return this.#services.tables.update(input)
  }

  async deleteTable(caller: Caller, databaseName: string, tableName: string): Promise<void> {
    this.#authorizer.table(caller, 'timestream:DeleteTable', databaseName, tableName)
    await this.#services.tables.delete(databaseName, tableName)
  }

  async listTags(caller: Caller, resourceArn: string): Promise<readonly Tag[]> {
    this.#authorizer.check(caller, 'timestream:ListTagsForResource', resourceArn)
    return this.#services.tags.list(resourceArn)
  }

  async tagResource(caller: Caller, resourceArn: string, tags: readonly Tag[]): Promise<void> {
    this.#authorizer.check(caller, 'timestream:TagResource', resourceArn, factsOf(tags))
    await this.#services.tags.add(resourceArn, tags)
  }

  async untagResource(caller: Caller, resourceArn: string, keys: readonly string[]): Promise<void> {
    this.#authorizer.check(caller, 'timestream:UntagResource', resourceArn, { tagKeys: keys })
    await this.#services.tags.remove(resourceArn, keys)
  }

  write(caller: Caller, input: WriteInput): Promise<WriteResult> {
    return this.#write(caller, input, this.#services.writes)
  }

  /** Not async: its frame would keep the records until the disk has them. */
  #write(caller: Caller, input: WriteInput, writes: WriteService): Promise<WriteResult> {
    try {
      this.#authorizer.table(caller, 'timestream:WriteRecords', input.databaseName, input.tableName)
    } catch (error) {
      return Promise.reject(error)
    }
    return this.#options.storage.isShared
      ? knowingChanges(this.#options.storage, () => writes.write(caller, input))
      : writes.write(caller, input)
  }

  async ingest(caller: Caller, input: IngestInput): Promise<IngestResult> {
    this.#authorizer.table(caller, 'timestream:WriteRecords', input.databaseName, input.tableName)
    return knowingChanges(this.#options.storage, () => this.#services.ingests.ingest(input))
  }

  async query(caller: Caller, input: QueryInput): Promise<QueryPage> {
    if (input.nextToken === undefined) this.#queryRate.add(1)
    return knowingChanges(this.#options.storage, () => this.#queries.query(caller, input))
  }

  async cancelQuery(caller: Caller, queryId: string): Promise<string> {
    return this.#queries.cancel(caller, queryId)
  }

  async prepareQuery(caller: Caller, queryString: string, reading?: Reading): Promise<PreparedQueryDescription> {
    return this.#queries.prepare(caller, queryString, reading)
  }

  async rows(caller: Caller, input: RowsInput): Promise<OpenRows> {
    this.#queryRate.add(1)
    return knowingChanges(this.#options.storage, () => this.#queries.rows(caller, input))
  }

  async describeAccountSettings(caller: Caller): Promise<AccountSettings> {
    this.#authorizer.check(caller, 'timestream:DescribeAccountSettings', anyArn(this.#options.account))
    return this.#services.accountSettings.describe()
  }

  async updateAccountSettings(caller: Caller, input: UpdateAccountSettingsInput): Promise<AccountSettings> {
    this.#authorizer.check(caller, 'timestream:UpdateAccountSettings', anyArn(this.#options.account))
    const settings = await this.#services.accountSettings.update(input)
    this.#queries.setTcu(tcuOf(settings))
    return settings
  }

  findAccessKey(accessKeyId: string, sessionToken?: string): AccessKey | undefined {
    return this.#opened.find(accessKeyId, sessionToken)
  }

  async createAccessKey(caller: Caller, userName: string): Promise<AccessKey> {
    const { access, accessKeys } = this.#opened
    this.#authorizer.user(caller, 'tidemark:CreateAccessKey', userName)
    await access.ensureUser(caller, userName)
    return accessKeys.create(userName)
  }

  async listAccessKeys(caller: Caller): Promise<readonly AccessKeySummary[]> {
    this.#authorizer.check(caller, 'tidemark:ListAccessKeys', anyArn(this.#options.account))
    return this.#opened.accessKeys.list()
  }

  async revokeAccessKey(caller: Caller, accessKeyId: string): Promise<void> {
    const { accessKeys } = this.#opened
    this.#authorizer.user(caller, 'tidemark:RevokeAccessKey', accessKeys.find(accessKeyId)?.principal.name ?? accessKeyId)
    await accessKeys.revoke(accessKeyId)
  }

  async status(caller: Caller): Promise<Status> {
    const { storage, clock, productVersion, account } = this.#options
    this.#authorizer.check(caller, 'tidemark:Status', anyArn(account))
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
    await this.#services.lateRejects.drain()
    await this.batchLoads.drain()
    await this.backups.drain()
    await this.#queries.drain?.()
  }

  async #readTcu(): Promise<void> {
    try {
      this.#queries.setTcu(await this.#services.accountSettings.tcu())
    } catch (error) {
      this.#options.log.warn('account settings not read', { error: String(error) })
    }
  }

  async stop(): Promise<void> {
    clearInterval(this.#tcuTimer)
    this.connectors.close()
    this.#opened.close()
    this.#services.objectStore.close()
    await this.#queries.stop?.()
  }
}

/** The tags that come with a request. */
const factsOf = (tags: readonly Tag[] = []): RequestFacts =>
  tags.length === 0 ? {} : { requestTags: Object.fromEntries(tags.map(({ key, value }) => [key, value])) }
