import { defaultLimits, type Limits } from '../src/base/limits.ts'
import { code, page, table } from './reference-text.ts'

const summaries: Readonly<Record<keyof Limits, string>> = {
  ingestBodyBytes: 'Bytes of what a connector receives in one HTTP request, before and after decompression',
  deadLetters: 'Dead letters of one connector; the oldest give way',
  deadLetterBytes: 'Bytes of the dead letters of one connector; the oldest give way',
  deadLetterPayloadBytes: 'Bytes of the payload of one dead letter; of a longer one the beginning is kept, and it cannot be replayed',
  databases: 'Databases',
  tables: 'Tables of all databases',
  tags: 'Tags on one resource',
  dimensionsPerTable: 'Dimensions that one table knows',
  measureNamesPerTable: 'Measure names that one table knows',
  attributesPerTable: 'Measures of multi-measure records that one table knows',
  measuresPerRecord: 'Measures in one record',
  recordsPerWrite: 'Records in one WriteRecords request',
  dimensionNameBytes: 'Bytes of the name of a dimension',
  measureNameBytes: 'Bytes of the name of a measure',
  resourceNameBytes: 'Bytes of the name of a database or table',
  seriesBytes: "Bytes of the names and values of a series' dimensions together",
  recordBytes: 'Bytes of one record',
  measureValueBytes: 'Bytes of one value of a measure',
  queryTextChars: 'Characters of the text of a query',
  queryDurationMs: 'Time that a query may run',
  queryCallMs: 'Time that one Query request may take; an empty page is answered after half of it',
  pageBytes: 'Bytes of one page of results',
  pageRows: 'Rows of one page of results',
  resultBytes: 'Bytes of a whole result',
  resultMetadataBytes: "Bytes of the names and types of a result's columns",
  memoryRetentionMinHours: 'Shortest retention in the memory store',
  magneticRetentionMinDays: 'Shortest retention in the magnetic store',
  memoryRetentionMaxHours: 'Longest retention in the memory store',
  magneticRetentionMaxDays: 'Longest retention in the magnetic store',
  defaultMemoryRetentionHours: 'Retention in the memory store of a table that names none',
  defaultMagneticRetentionDays: 'Retention in the magnetic store of a table that names none',
  futureIngestionMs: 'How far ahead of the present the time of a record may lie',
  activeMagneticPartitions:
    'Partitions of the magnetic store (a week of a table) of one database that late records were written into within six hours',
  magneticCacheBytes: 'Bytes of the disk that hold what was read from a magnetic store in a bucket',
  rejectReportBytes: 'Bytes of reports of rejected late records that wait for a bucket that cannot be reached; beyond it they are lost',
  controlChangesPerSecond: 'Databases and tables made, changed or removed in one second',
  controlReadsPerSecond: 'Databases and tables described or listed in one second',
  requestBodyBytes: 'Bytes of the body of a request',
  requestBodiesBytes: 'Bytes of the bodies of all requests at a time; beyond it a request is throttled',
  pendingWriteRecords: 'Records that wait to become durable or to reach the engine; beyond it writes are throttled',
  pendingWriteBytes: 'The same in bytes',
  writeAheadLogBytes: 'Bytes of the write-ahead log; beyond it writes are throttled',
  rememberedSeries:
    'Series whose newest time is kept in memory, 16 bytes each; records of other series are looked up before they are stored',
  openCursors: 'Results that are being paged through at once',
  cursorLifetimeMs: 'Time after which the pages of a result are gone',
  pgConnections: 'Clients of the PostgreSQL protocol at once',
  pgMessageBytes: 'Size of one message of the PostgreSQL protocol',
  cursorBufferBytes: 'Bytes that are read ahead for one result',
  resultFileBytes: 'Bytes of results that wait in files for slow readers, all together',
  waitingQueries: 'Queries that wait for their turn; further ones are throttled',
  users: 'Users',
  groups: 'Groups of users',
  policies: 'Policies besides the managed ones',
  accessKeysPerUser: 'Access keys of one user that are not revoked',
  policiesPerPrincipal: 'Policies attached to one user or group',
  groupsPerUser: 'Groups that one user is in',
  policyChars: 'Characters of a policy, white space left out',
  sessionPolicyChars: 'The same for the policy of temporary credentials',
  batchLoadFiles: 'Files of a batch load',
  batchLoadBytes: 'Bytes of all files of a batch load',
  batchLoadFileBytes: 'Bytes of a file of a batch load',
  batchLoadRowBytes: 'Bytes of a row of a CSV file',
  batchLoadsPerTable: 'Batch loads of a table that run at once; further ones wait',
  batchLoads: 'Batch loads that run at once; further ones wait',
  batchLoadResumableMs: 'Time for which a batch load that has stopped may be resumed',
  sqlNestingDepth: 'Levels of nesting in a query',
  sqlTokens: 'Words and signs in a query',
  scheduledQueries: 'Scheduled queries',
  scheduledRunsAtOnce: 'Scheduled queries that one process runs at once',
  scheduledManualRuns: 'Manual runs of one scheduled query that wait',
  scheduledRunHistory: 'Runs that the history of a scheduled query keeps',
  scheduledReportErrors: 'Errors that the report of one run lists',
}

/** docs/reference/limits.md */
export function limitPage(): string {
  const rows = Object.entries(defaultLimits).map(([name, value]) => [code(name), summaries[name as keyof Limits], valueText(name, value)])
  return page([
    '# Limits',
    'The quotas of the service, with the defaults of AWS where AWS has one. `--limits name=number,…` of [tidemark serve](configuration.md) changes them, for instance ' +
      '`--limits recordsPerWrite=1000,pageRows=10000`; times are given in the unit that ends the name.',
    table(['name', 'limit', 'default'], rows),
  ])
}

function valueText(name: string, value: number): string {
  const text = value.toLocaleString('en-US')
  if (name.endsWith('Ms')) return `${text} ms`
  if (name.endsWith('Bytes')) return `${text} bytes`
  if (name.endsWith('Hours')) return `${text} hours`
  return name.endsWith('Days') ? `${text} days` : text
}
