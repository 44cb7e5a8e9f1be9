/** Every quota of the product, one table; defaults are AWS's. Source: Timestream developer guide, "Quotas". */
export interface Limits {
  readonly databases: number
  readonly tables: number
  readonly tags: number
  readonly dimensionsPerTable: number
  readonly measureNamesPerTable: number
  readonly attributesPerTable: number
  readonly measuresPerRecord: number
  readonly recordsPerWrite: number
  readonly dimensionNameBytes: number
  readonly measureNameBytes: number
  readonly resourceNameBytes: number
  /** Names and values of a series' dimensions together. */
  readonly seriesBytes: number
  readonly recordBytes: number
  readonly measureValueBytes: number
  readonly queryTextChars: number
  readonly queryDurationMs: number
  readonly queryCallMs: number
  readonly pageBytes: number
  readonly pageRows: number
  readonly resultBytes: number
  /** Names and types of a result's columns. */
  readonly resultMetadataBytes: number
  readonly memoryRetentionMinHours: number
  readonly memoryRetentionMaxHours: number
  readonly magneticRetentionMinDays: number
  readonly magneticRetentionMaxDays: number
  readonly defaultMemoryRetentionHours: number
  readonly defaultMagneticRetentionDays: number
  readonly futureIngestionMs: number
  /** Partitions of the magnetic store, of all tables of a database, that late records were written into within six hours. */
  readonly activeMagneticPartitions: number
  /** Bytes on the disk for what was read from a magnetic store that is a bucket. */
  readonly magneticCacheBytes: number
  /** Bytes of reports of rejected late records that wait in memory for their bucket. */
  readonly rejectReportBytes: number
  /** Databases and tables made, changed or removed in one second. */
  readonly controlChangesPerSecond: number
  /** Databases and tables described or listed in one second. */
  readonly controlReadsPerSecond: number
  readonly requestBodyBytes: number
  /** Of all requests at a time; beyond it a request is throttled. */
  readonly requestBodiesBytes: number
  /** Records waiting to become durable or to reach the engine, over all tables; beyond it a write is throttled. */
  readonly pendingWriteRecords: number
  /** The same in bytes of column data. */
  readonly pendingWriteBytes: number
  /** Bytes of the write-ahead log; beyond it a write is throttled until the engine has taken what is in it. */
  readonly writeAheadLogBytes: number
  /** Series whose newest time the writer keeps in memory, 16 bytes each; beyond about half of it, records of forgotten series are looked up. */
  readonly rememberedSeries: number
  /** Result cursors open at once. */
  readonly openCursors: number
  readonly cursorLifetimeMs: number
  /** Clients of the PostgreSQL protocol at once. */
  readonly pgConnections: number
  /** Bytes of one message of the PostgreSQL protocol. */
  readonly pgMessageBytes: number
  /** Result bytes kept in memory for one cursor before reading ahead stops. */
  readonly cursorBufferBytes: number
  /** Bytes of results that wait in files for slow readers, all together. */
  readonly resultFileBytes: number
  /** Queries that wait for their turn; further ones are throttled. */
  readonly waitingQueries: number
  readonly users: number
  readonly groups: number
  readonly policies: number
  /** Access keys of one user that are not revoked. */
  readonly accessKeysPerUser: number
  readonly policiesPerPrincipal: number
  readonly groupsPerUser: number
  /** Characters of a policy, white space left out. */
  readonly policyChars: number
  readonly sessionPolicyChars: number
  readonly batchLoadFiles: number
  /** Of all files of a task. */
  readonly batchLoadBytes: number
  readonly batchLoadFileBytes: number
  readonly batchLoadRowBytes: number
  /** Tasks that run at once; further ones wait. */
  readonly batchLoadsPerTable: number
  readonly batchLoads: number
  /** For how long a task that has stopped may be resumed. */
  readonly batchLoadResumableMs: number
  readonly sqlNestingDepth: number
  readonly sqlTokens: number
  readonly scheduledQueries: number
  /** Scheduled queries that one process runs at once. */
  readonly scheduledRunsAtOnce: number
  /** Manual runs of one scheduled query that wait; beyond it the call is throttled. */
  readonly scheduledManualRuns: number
  /** Runs of a scheduled query that its history keeps. */
  readonly scheduledRunHistory: number
  /** Errors that the report of one run lists. */
  readonly scheduledReportErrors: number
  /** Of what connectors receive over HTTP, after decompression. */
  readonly ingestBodyBytes: number
  /** Dead letters that are kept of one connector; the oldest give way. */
  readonly deadLetters: number
  readonly deadLetterBytes: number
  /** Of one dead letter; longer ones are cut and cannot be replayed. */
  readonly deadLetterPayloadBytes: number
}

export const defaultLimits: Limits = {
  databases: 500,
  tables: 50_000,
  tags: 50,
  dimensionsPerTable: 128,
  measureNamesPerTable: 8192,
  attributesPerTable: 1024,
  measuresPerRecord: 256,
  recordsPerWrite: 100,
  dimensionNameBytes: 60,
  measureNameBytes: 256,
  resourceNameBytes: 256,
  seriesBytes: 2048,
  recordBytes: 2048,
  measureValueBytes: 2048,
  queryTextChars: 262_144,
  queryDurationMs: 3_600_000,
  queryCallMs: 60_000,
  pageBytes: 1_000_000,
  pageRows: 1000,
  resultBytes: 5_000_000_000,
  resultMetadataBytes: 100_000,
  memoryRetentionMinHours: 1,
  memoryRetentionMaxHours: 8766,
  magneticRetentionMinDays: 1,
  magneticRetentionMaxDays: 73_000,
  defaultMemoryRetentionHours: 6,
  defaultMagneticRetentionDays: 73_000,
  futureIngestionMs: 15 * 60_000,
  activeMagneticPartitions: 10_000,
  magneticCacheBytes: 1024 * 1024 * 1024,
  rejectReportBytes: 16 * 1024 * 1024,
  controlChangesPerSecond: 1000,
  controlReadsPerSecond: 1000,
  requestBodyBytes: 8 * 1024 * 1024,
  requestBodiesBytes: 256 * 1024 * 1024,
  pendingWriteRecords: 500_000,
  pendingWriteBytes: 256 * 1024 * 1024,
  writeAheadLogBytes: 1024 * 1024 * 1024,
  rememberedSeries: 4_194_304,
  openCursors: 64,
  cursorLifetimeMs: 3_600_000,
  pgConnections: 200,
  pgMessageBytes: 16 * 1024 * 1024,
  cursorBufferBytes: 4 * 1024 * 1024,
  resultFileBytes: 10 * 1024 * 1024 * 1024,
  waitingQueries: 64,
  users: 5000,
  groups: 300,
  policies: 1500,
  accessKeysPerUser: 100,
  policiesPerPrincipal: 10,
  groupsPerUser: 10,
  policyChars: 6144,
  sessionPolicyChars: 2048,
  batchLoadFiles: 100,
  batchLoadBytes: 100_000_000_000,
  batchLoadFileBytes: 5_000_000_000,
  batchLoadRowBytes: 16 * 1024 * 1024,
  batchLoadsPerTable: 5,
  batchLoads: 10,
  batchLoadResumableMs: 24 * 3_600_000,
  sqlNestingDepth: 200,
  sqlTokens: 100_000,
  scheduledQueries: 10_000,
  scheduledRunsAtOnce: 4,
  scheduledManualRuns: 100,
  scheduledRunHistory: 100,
  scheduledReportErrors: 10_000,
  ingestBodyBytes: 32 * 1024 * 1024,
  deadLetters: 10_000,
  deadLetterBytes: 64 * 1024 * 1024,
  deadLetterPayloadBytes: 1024 * 1024,
}
