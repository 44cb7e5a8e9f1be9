import type { Service } from '../base/service.ts'
import type { Type } from '../sql/types/type.ts'
import type { Backups } from './backup/backups.ts'
import type { BatchLoads } from './batch-load/batch-loads.ts'
import type { Access } from './access/access.ts'
import type { AccessKey, Caller } from './caller.ts'
import type { Connectors } from './connectors/connectors.ts'
import type { OpenRows, Reading, RowsInput } from './query/open-rows.ts'
import type { ScheduledQueries } from './scheduled-query/scheduled-queries.ts'
import type { IngestInput, IngestResult } from './write/ingest-record.ts'
import type { RecordInput } from './write/record.ts'

/**
 * The product without any wire: what every edge calls. Checks permission, validates meaning (edges check only shapes),
 * answers plain data in the product's vocabulary. All failures are ServerError.
 */
export interface Database extends Service {
  createDatabase(caller: Caller, input: CreateDatabaseInput): Promise<DatabaseDescription>
  describeDatabase(caller: Caller, databaseName: string): Promise<DatabaseDescription>
  listDatabases(caller: Caller, page: PageRequest): Promise<Page<DatabaseDescription>>
  updateDatabase(caller: Caller, input: { readonly databaseName: string; readonly kmsKeyId: string }): Promise<DatabaseDescription>
  deleteDatabase(caller: Caller, databaseName: string): Promise<void>

  createTable(caller: Caller, input: CreateTableInput): Promise<TableDescription>
  describeTable(caller: Caller, databaseName: string, tableName: string): Promise<TableDescription>
  /** Without a database name: the tables of all databases. */
  listTables(caller: Caller, databaseName: string | undefined, page: PageRequest): Promise<Page<TableDescription>>
  updateTable(caller: Caller, input: UpdateTableInput): Promise<TableDescription>
  deleteTable(caller: Caller, databaseName: string, tableName: string): Promise<void>

  listTags(caller: Caller, resourceArn: string): Promise<readonly Tag[]>
  tagResource(caller: Caller, resourceArn: string, tags: readonly Tag[]): Promise<void>
  untagResource(caller: Caller, resourceArn: string, keys: readonly string[]): Promise<void>

  /** Durable and visible when it resolves. Throws REJECTED_RECORDS (member `RejectedRecords`) after storing the others. */
  write(caller: Caller, input: WriteInput): Promise<WriteResult>
  /**
   * The same for records that an edge has decoded itself, any number of them; what single records are refused for is answered.
   * @throws ServerError RESOURCE_NOT_FOUND, ACCESS_DENIED, THROTTLING …: then nothing is acknowledged
   */
  ingest(caller: Caller, input: IngestInput): Promise<IngestResult>

  query(caller: Caller, input: QueryInput): Promise<QueryPage>
  /** Answers the message of the CancelQuery response. */
  cancelQuery(caller: Caller, queryId: string): Promise<string>
  /** What a query answers and which `@name` parameters it takes; nothing is run. */
  prepareQuery(caller: Caller, queryString: string, reading?: Reading): Promise<PreparedQueryDescription>
  /** Runs a statement for an edge that pages through the rows itself, in a form of its own. */
  rows(caller: Caller, input: RowsInput): Promise<OpenRows>
  describeAccountSettings(caller: Caller): Promise<AccountSettings>
  updateAccountSettings(caller: Caller, input: UpdateAccountSettingsInput): Promise<AccountSettings>

  /** For verifying signatures; undefined when there is no such key. Synchronous: it is on the path of every request. */
  findAccessKey(accessKeyId: string, sessionToken?: string): AccessKey | undefined
  /** Makes the user, who may do nothing yet, when there is none. */
  createAccessKey(caller: Caller, userName: string): Promise<AccessKey>
  listAccessKeys(caller: Caller): Promise<readonly AccessKeySummary[]>
  revokeAccessKey(caller: Caller, accessKeyId: string): Promise<void>

  readonly backups: Backups
  readonly batchLoads: BatchLoads
  readonly scheduledQueries: ScheduledQueries
  readonly connectors: Connectors

  /** Users, groups, policies, temporary credentials. */
  readonly access: Access

  status(caller: Caller): Promise<Status>
  /** Resolves when reads and writes are possible; throws with the reason otherwise. */
  ready(): Promise<void>
}

export interface PageRequest {
  readonly maxResults?: number
  readonly nextToken?: string
}

export interface Page<T> {
  readonly items: readonly T[]
  readonly nextToken?: string
}

export interface Tag {
  readonly key: string
  readonly value: string
}

export interface CreateDatabaseInput {
  readonly databaseName: string
  readonly kmsKeyId?: string
  readonly tags?: readonly Tag[]
}

export interface DatabaseDescription {
  readonly arn: string
  readonly databaseName: string
  readonly tableCount: number
  readonly kmsKeyId: string
  readonly creationTimeMs: number
  readonly lastUpdatedTimeMs: number
}

export interface RetentionProperties {
  readonly memoryStoreRetentionPeriodInHours: number
  readonly magneticStoreRetentionPeriodInDays: number
}

export interface S3Location {
  readonly bucketName?: string
  readonly objectKeyPrefix?: string
  readonly encryptionOption?: 'SSE_S3' | 'SSE_KMS'
  readonly kmsKeyId?: string
}

export interface MagneticStoreWriteProperties {
  readonly enableMagneticStoreWrites: boolean
  readonly rejectedDataLocation?: S3Location
}

export interface PartitionKey {
  readonly type: 'DIMENSION' | 'MEASURE'
  readonly name?: string
  readonly enforcementInRecord?: 'REQUIRED' | 'OPTIONAL'
}

export interface CreateTableInput {
  readonly databaseName: string
  readonly tableName: string
  readonly retention?: RetentionProperties
  readonly magneticStoreWrites?: MagneticStoreWriteProperties
  readonly compositePartitionKey?: readonly PartitionKey[]
  readonly tags?: readonly Tag[]
}

export interface UpdateTableInput {
  readonly databaseName: string
  readonly tableName: string
  readonly retention?: RetentionProperties
  readonly magneticStoreWrites?: MagneticStoreWriteProperties
  readonly compositePartitionKey?: readonly PartitionKey[]
}

export interface TableDescription {
  readonly arn: string
  readonly databaseName: string
  readonly tableName: string
  readonly tableStatus: 'ACTIVE' | 'DELETING' | 'RESTORING'
  readonly retention: RetentionProperties
  readonly magneticStoreWrites: MagneticStoreWriteProperties
  readonly compositePartitionKey: readonly PartitionKey[]
  readonly creationTimeMs: number
  readonly lastUpdatedTimeMs: number
}

export interface WriteInput {
  readonly databaseName: string
  readonly tableName: string
  readonly commonAttributes?: RecordInput
  readonly records: readonly RecordInput[]
}

export interface WriteResult {
  readonly total: number
  readonly memoryStore: number
  readonly magneticStore: number
}

export interface QueryInput {
  readonly queryString: string
  readonly clientToken?: string
  readonly nextToken?: string
  readonly maxRows?: number
  /** Tell how much of its tables the query reads; one such query a second. */
  readonly insights?: boolean
}

export interface ResultColumn {
  readonly name: string
  readonly type: Type
}

export interface QueryPage {
  readonly queryId: string
  readonly nextToken?: string
  readonly columns: readonly ResultColumn[]
  /** The page's rows as the text of a JSON array in the API's form: `[{"Data":[{"ScalarValue":"1"}]},…]`. */
  readonly rowsJson: string
  readonly rowCount: number
  readonly progressPercentage: number
  readonly cumulativeBytesScanned: number
  readonly cumulativeBytesMetered: number
  /** When the first call asked for them. */
  readonly insights?: QueryInsights
}

export interface QueryInsights {
  readonly tableCount: number
  /** Of the table that the longest time is read of. */
  readonly temporal?: { readonly valueNs: bigint; readonly tableArn: string }
  /** Of the table that the greatest share, from 0 to 1, is read of. */
  readonly spatial?: { readonly value: number; readonly tableArn: string; readonly partitionKey: readonly string[] }
  /** Answered so far, this page included. */
  readonly outputRows: number
  readonly outputBytes: number
  /** What an UNLOAD has written; absent until everything is. */
  readonly unload?: { readonly partitions: number; readonly rows: number; readonly bytes: number }
}

export interface PreparedQueryDescription {
  readonly columns: readonly PreparedColumn[]
  readonly parameters: readonly ResultColumn[]
}

export interface PreparedColumn extends ResultColumn {
  /** The table whose column this is, unchanged but for its name. */
  readonly origin?: { readonly database: string; readonly table: string }
  readonly isAliased: boolean
}

/** Compute units (TCU) and how they are asked for. */
export interface AccountSettings {
  readonly maxQueryTcu: number
  readonly queryPricingModel: 'BYTES_SCANNED' | 'COMPUTE_UNITS'
  /** Absent: queries run on demand. */
  readonly provisioned?: ProvisionedCapacity
}

export interface ProvisionedCapacity {
  readonly targetQueryTcu: number
  readonly notification?: { readonly roleArn: string; readonly topicArn?: string }
}

export interface UpdateAccountSettingsInput {
  readonly maxQueryTcu?: number
  readonly queryPricingModel?: 'BYTES_SCANNED' | 'COMPUTE_UNITS'
  readonly computeMode?: 'ON_DEMAND' | 'PROVISIONED'
  readonly provisioned?: ProvisionedCapacity
}

export interface AccessKeySummary {
  readonly accessKeyId: string
  readonly userName: string
  readonly status: 'active' | 'revoked'
  readonly createdAtMs: number
}

export interface TierStatus {
  readonly rows: number
  readonly bytesOnDisk: number
  readonly oldestTimeNs?: string
  readonly newestTimeNs?: string
}

export interface TableStatus {
  readonly databaseName: string
  readonly tableName: string
  readonly rows: number
  readonly series: number
  /** Parts on their way into the magnetic store at this moment, and merges under way. */
  readonly moves: number
  readonly merges: number
  readonly memoryStore: TierStatus
  readonly magneticStore: TierStatus
}

/** What `tidemark status` and the console show. Rates are per second over the last minute. */
export interface Status {
  readonly version: string
  readonly engine: {
    readonly kind: string
    readonly version: string
    readonly queries: number
    readonly inserts: number
    readonly waiting: number
  }
  readonly uptimeMs: number
  readonly databaseCount: number
  readonly tables: readonly TableStatus[]
  readonly recordsPerSecond: number
  readonly queriesPerSecond: number
  readonly pendingWriteRecords: number
}
