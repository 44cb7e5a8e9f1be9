import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { type ErrorCode, ServerError } from '../../src/base/errors.ts'
import { type Limits, defaultLimits } from '../../src/base/limits.ts'
import { silentLog } from '../../src/base/log.ts'
import { Metrics } from '../../src/base/metrics.ts'
import type { Caller } from '../../src/database/caller.ts'
import type { OpenDatabase } from '../../src/database/database-options.ts'
import { openDatabase } from '../../src/database/open.ts'
import type { RecordInput } from '../../src/database/write/record.ts'
import { parseLimits } from '../../src/server/options.ts'
import { type Storage, openStorage } from '../../src/storage/open.ts'

/** What goes beyond a limit, and how that is answered. */
interface Breach {
  /** The limit's value here; given as `--limits` has it. */
  readonly value: number
  /** Up to the limit: taken. */
  readonly within?: () => Promise<unknown>
  readonly beyond: () => Promise<unknown>
  /** The code of the error and a part of its message, or of the reason of a rejected record. */
  readonly answer: { readonly code: ErrorCode; readonly message: string } | { readonly reason: string }
}
/** Where the limit is enforced in a test of its own, and how that test names it when not by the limit's name. */
interface Elsewhere {
  readonly testedIn: string
  readonly by?: string
}

const nowMs = systemClock.nowMs()
let directory: string
let storage: Storage
let database: OpenDatabase
const root = (): Caller => ({ principal: { name: 'root', accessKeyId: database.rootKey.accessKeyId, isRoot: true }, requestId: 'R' })

let tables = 0
const makeTable = async (over: object = {}): Promise<string> => {
  const tableName = `table${++tables}`
  await database.createTable(root(), { databaseName: 'limits', tableName, ...over })
  return tableName
}
const write = (tableName: string, ...records: readonly RecordInput[]) =>
  database.write(root(), { databaseName: 'limits', tableName, records })
const record = (over: RecordInput = {}): RecordInput => ({
  Time: String(nowMs),
  MeasureName: 'm',
  MeasureValue: '1',
  Dimensions: [{ Name: 'd', Value: 'v' }],
  ...over,
})
const multi = (count: number, prefix: string, over: RecordInput = {}): RecordInput => ({
  Time: String(nowMs),
  MeasureName: 'm',
  Dimensions: [],
  MeasureValueType: 'MULTI',
  MeasureValues: Array.from({ length: count }, (_, i) => ({ Name: `${prefix}${i}`, Value: '1', Type: 'BIGINT' as const })),
  ...over,
})
const dimensions = (count: number, prefix: string): RecordInput =>
  record({ Dimensions: Array.from({ length: count }, (_, i) => ({ Name: `${prefix}${i}`, Value: 'v' })) })
const query = (queryString: string) => database.query(root(), { queryString })
const retention = (hours: number, days: number) => ({
  retention: { memoryStoreRetentionPeriodInHours: hours, magneticStoreRetentionPeriodInDays: days },
})
const policy = (chars: number): string => {
  const text = (sid: string): string =>
    JSON.stringify({ Version: '2012-10-17', Statement: [{ Sid: sid, Effect: 'Allow', Action: 'timestream:*', Resource: '*' }] })
  return text('s'.repeat(chars - text('').length))
}
const putPolicy = (policyName: string, document = policy(150)) => database.access.putPolicy(root(), { policyName, document })
/** `count` times, one after the other. */
async function times(count: number, make: (i: number) => Promise<unknown>): Promise<void> {
  for (let i = 0; i < count; i++) await make(i)
}

const breaches: Readonly<Record<keyof Limits, Breach | Elsewhere>> = {
  databases: {
    value: 3,
    within: () => times(2, (i) => database.createDatabase(root(), { databaseName: `more${i}` })),
    beyond: () => database.createDatabase(root(), { databaseName: 'too-many' }),
    answer: { code: 'SERVICE_QUOTA_EXCEEDED', message: 'An account can have at most 3 databases.' },
  },
  tables: {
    value: 60,
    within: async () => {
      const { tableCount } = await database.describeDatabase(root(), 'limits')
      await times(60 - tableCount, () => makeTable())
    },
    beyond: () => makeTable(),
    answer: { code: 'SERVICE_QUOTA_EXCEEDED', message: 'An account can have at most 60 tables.' },
  },
  tags: {
    value: 2,
    within: () => makeTable({ tags: ['a', 'b'].map((key) => ({ key, value: '1' })) }),
    beyond: () => makeTable({ tags: ['a', 'b', 'c'].map((key) => ({ key, value: '1' })) }),
    answer: { code: 'SERVICE_QUOTA_EXCEEDED', message: 'A resource can have at most 2 tags; this would make 3.' },
  },
  dimensionsPerTable: {
    value: 4,
    beyond: async () => {
      const table = await makeTable()
      await write(table, dimensions(4, 'a'))
      await write(table, dimensions(1, 'b'))
    },
    answer: { reason: 'A table has at most 4 dimensions.' },
  },
  measureNamesPerTable: {
    value: 3,
    beyond: async () => {
      const table = await makeTable()
      await write(table, ...['a', 'b', 'c'].map((MeasureName) => record({ MeasureName })))
      await write(table, record({ MeasureName: 'd' }))
    },
    answer: { reason: 'A table has at most 3 measure names.' },
  },
  attributesPerTable: {
    value: 7,
    beyond: async () => {
      const table = await makeTable()
      await write(table, multi(4, 'a'), multi(3, 'b', { MeasureName: 'n' }))
      await write(table, multi(1, 'c'))
    },
    answer: { reason: 'The multi-measure records of a table have at most 7 measures together.' },
  },
  measuresPerRecord: {
    value: 5,
    within: async () => write(await makeTable(), multi(5, 'a')),
    beyond: async () => write(await makeTable(), multi(6, 'a')),
    answer: { reason: 'A multi-measure record has at most 5 measures, not 6.' },
  },
  recordsPerWrite: {
    value: 20,
    within: async () => write(await makeTable(), ...Array.from({ length: 20 }, () => record())),
    beyond: async () => write(await makeTable(), ...Array.from({ length: 21 }, () => record())),
    answer: { code: 'VALIDATION', message: 'Records: a request has from 1 to 20 records, not 21.' },
  },
  dimensionNameBytes: {
    value: 10,
    within: async () => write(await makeTable(), dimensions(1, 'é'.repeat(4))),
    beyond: async () => write(await makeTable(), dimensions(1, 'é'.repeat(5))),
    answer: {
      code: 'VALIDATION',
      message: 'Records[0].Dimensions[0].Name: the dimension name must not be longer than 10 bytes (it has 11).',
    },
  },
  measureNameBytes: {
    value: 12,
    within: async () => write(await makeTable(), record({ MeasureName: 'é'.repeat(6) })),
    beyond: async () => write(await makeTable(), record({ MeasureName: 'é'.repeat(7) })),
    answer: { code: 'VALIDATION', message: 'Records[0].MeasureName: the measure name must not be longer than 12 bytes (it has 14).' },
  },
  resourceNameBytes: {
    value: 40,
    within: () => database.createTable(root(), { databaseName: 'limits', tableName: `n${++tables}${'n'.repeat(36)}` }),
    beyond: () => database.createTable(root(), { databaseName: 'limits', tableName: 'n'.repeat(41) }),
    answer: {
      code: 'VALIDATION',
      message: `1 validation error detected: Value '${'n'.repeat(41)}' at 'tableName' failed to satisfy constraint: Member must have length less than or equal to 40`,
    },
  },
  seriesBytes: {
    value: 100,
    within: async () => write(await makeTable(), record({ Dimensions: [{ Name: 'd', Value: 'x'.repeat(99) }] })),
    beyond: async () => write(await makeTable(), record({ Dimensions: [{ Name: 'd', Value: 'x'.repeat(100) }] })),
    answer: { reason: 'The dimension names and values of a record have at most 100 bytes together, not 101.' },
  },
  recordBytes: {
    value: 110,
    within: async () => write(await makeTable(), record({ MeasureName: 'mm', Dimensions: [{ Name: 'd', Value: 'x'.repeat(99) }] })),
    beyond: async () => write(await makeTable(), record({ MeasureName: 'mmm', Dimensions: [{ Name: 'd', Value: 'x'.repeat(99) }] })),
    answer: { reason: 'A record without its values has at most 110 bytes, not 111.' },
  },
  measureValueBytes: {
    value: 64,
    within: async () => write(await makeTable(), record({ MeasureValueType: 'VARCHAR', MeasureValue: 'é'.repeat(32) })),
    beyond: async () => write(await makeTable(), record({ MeasureValueType: 'VARCHAR', MeasureValue: 'é'.repeat(33) })),
    answer: { code: 'VALIDATION', message: `Records[0].MeasureValue: "${'é'.repeat(33)}" is not a VARCHAR of at most 64 bytes.` },
  },
  queryTextChars: {
    value: 5000,
    within: () => query(`SELECT 1${' '.repeat(4992)}`),
    beyond: () => query(`SELECT 1${' '.repeat(4993)}`),
    answer: { code: 'VALIDATION', message: '5000' },
  },
  queryDurationMs: {
    value: 800,
    beyond: () =>
      query('SELECT count(*) FROM UNNEST(sequence(1, 10000)) a(x), UNNEST(sequence(1, 10000)) b(y), UNNEST(sequence(1, 10000)) c(z)'),
    answer: { code: 'QUERY_TIMEOUT', message: '' },
  },
  queryCallMs: { testedIn: 'src/database/query/query-service.engine.test.ts' },
  pageBytes: { testedIn: 'src/database/query/cursor.test.ts' },
  pageRows: {
    value: 50,
    within: () => database.query(root(), { queryString: 'SELECT 1', maxRows: 50 }),
    beyond: () => database.query(root(), { queryString: 'SELECT 1', maxRows: 51 }),
    answer: { code: 'VALIDATION', message: '50' },
  },
  resultBytes: { testedIn: 'src/database/query/cursor.test.ts' },
  resultMetadataBytes: {
    value: 1500,
    within: () => query('SELECT 1 AS a'),
    beyond: () => query(`SELECT ${Array.from({ length: 100 }, (_, i) => `1 AS a_column_with_a_long_name_${i}`).join(', ')}`),
    answer: { code: 'VALIDATION', message: "The result's column information is larger than 1500 bytes: select fewer columns" },
  },
  memoryRetentionMinHours: {
    value: 2,
    within: () => makeTable(retention(2, 3)),
    beyond: () => makeTable(retention(1, 3)),
    answer: {
      code: 'VALIDATION',
      message:
        "1 validation error detected: Value '1' at 'retentionProperties.memoryStoreRetentionPeriodInHours' failed to satisfy constraint: Member must have value greater than or equal to 2",
    },
  },
  memoryRetentionMaxHours: {
    value: 48,
    within: () => makeTable(retention(48, 3)),
    beyond: () => makeTable(retention(49, 3)),
    answer: {
      code: 'VALIDATION',
      message:
        "1 validation error detected: Value '49' at 'retentionProperties.memoryStoreRetentionPeriodInHours' failed to satisfy constraint: Member must have value less than or equal to 48",
    },
  },
  magneticRetentionMinDays: {
    value: 3,
    beyond: () => makeTable(retention(2, 2)),
    answer: { code: 'VALIDATION', message: 'Member must have value greater than or equal to 3' },
  },
  magneticRetentionMaxDays: {
    value: 3000,
    within: () => makeTable(retention(2, 3000)),
    beyond: () => makeTable(retention(2, 3001)),
    answer: { code: 'VALIDATION', message: 'Member must have value less than or equal to 3000' },
  },
  defaultMemoryRetentionHours: { testedIn: 'tests/limits/limits.engine.test.ts' },
  defaultMagneticRetentionDays: { testedIn: 'tests/limits/limits.engine.test.ts' },
  futureIngestionMs: {
    value: 60_000,
    within: async () => write(await makeTable(), record({ Time: String(systemClock.nowMs() + 59_000) })),
    beyond: async () => write(await makeTable(), record({ Time: String(systemClock.nowMs() + 62_000) })),
    answer: { reason: 'The record timestamp is outside the time range [' },
  },
  activeMagneticPartitions: {
    value: 2,
    beyond: async () => {
      const table = await makeTable({ ...retention(2, 3000), magneticStoreWrites: { enableMagneticStoreWrites: true } })
      for (const weeks of [1, 2, 3]) await write(table, record({ Time: String(nowMs - weeks * 7 * 86_400_000) }))
    },
    answer: { code: 'THROTTLING', message: 'The database limits can have at most 2 active partitions in the magnetic store.' },
  },
  magneticCacheBytes: { testedIn: 'tests/interop/s3-magnetic-store/main.py' },
  rejectReportBytes: { testedIn: 'src/database/write/magnetic-rejects.test.ts', by: 'are bounded in memory' },
  controlChangesPerSecond: { testedIn: 'src/database/control/control-rate.test.ts' },
  controlReadsPerSecond: { testedIn: 'src/database/control/control-rate.test.ts' },
  requestBodyBytes: { testedIn: 'src/api/api.test.ts' },
  ingestBodyBytes: { testedIn: 'src/ingest/http/body.test.ts', by: 'unpacks no further than the bound' },
  deadLetters: { testedIn: 'src/database/connectors/dead-letter-files.test.ts' },
  deadLetterBytes: { testedIn: 'src/database/connectors/dead-letter-files.test.ts' },
  deadLetterPayloadBytes: { testedIn: 'src/database/connectors/dead-letter-files.test.ts' },
  requestBodiesBytes: { testedIn: 'src/base/body-budget.test.ts' },
  pendingWriteRecords: { testedIn: 'tests/wire/throttling.wire.test.ts' },
  pendingWriteBytes: {
    value: 2_000_000,
    beyond: async () => {
      const table = await makeTable()
      const large = (i: number): RecordInput =>
        record({ Time: String(nowMs - i), MeasureValueType: 'VARCHAR', MeasureValue: 'x'.repeat(64) })
      const requests = Array.from({ length: 1500 }, (_, n) => write(table, ...Array.from({ length: 20 }, (_, i) => large(n * 20 + i))))
      const refused = (await Promise.allSettled(requests)).find((outcome) => outcome.status === 'rejected')
      throw refused?.reason
    },
    answer: { code: 'THROTTLING', message: 'Request rate exceeded' },
  },
  writeAheadLogBytes: { testedIn: 'src/storage/write-ahead-log/logged-store.test.ts' },
  rememberedSeries: { testedIn: 'src/database/write/versions.engine.test.ts' },
  openCursors: { testedIn: 'src/database/query/cursors.test.ts' },
  cursorLifetimeMs: { testedIn: 'src/database/query/cursors.test.ts' },
  pgConnections: { testedIn: 'tests/wire/pgwire.wire.test.ts', by: 'too many clients' },
  pgMessageBytes: { testedIn: 'src/pgwire/protocol/frontend.test.ts', by: 'invalid message length' },
  cursorBufferBytes: { testedIn: 'src/database/query/engine-rows.engine.test.ts' },
  resultFileBytes: { testedIn: 'src/database/query/result-files.test.ts', by: 'ResultFiles' },
  waitingQueries: { testedIn: 'src/database/query/admission.test.ts', by: 'waiting' },
  users: {
    value: 4,
    within: () => times(4, (i) => database.access.createUser(root(), { userName: `user${i}` })),
    beyond: () => database.access.createUser(root(), { userName: 'one-more' }),
    answer: { code: 'SERVICE_QUOTA_EXCEEDED', message: 'There can be at most 4' },
  },
  groups: {
    value: 3,
    within: () => times(3, (i) => database.access.createGroup(root(), `group${i}`)),
    beyond: () => database.access.createGroup(root(), 'one-more'),
    answer: { code: 'SERVICE_QUOTA_EXCEEDED', message: 'There can be at most 3' },
  },
  policies: {
    value: 3,
    within: () => times(3, (i) => putPolicy(`policy${i}`)),
    beyond: () => putPolicy('one-more'),
    answer: { code: 'SERVICE_QUOTA_EXCEEDED', message: 'There can be at most 3' },
  },
  accessKeysPerUser: {
    value: 2,
    within: () => times(2, () => database.createAccessKey(root(), 'user0')),
    beyond: () => database.createAccessKey(root(), 'user0'),
    answer: { code: 'SERVICE_QUOTA_EXCEEDED', message: 'The user user0 has 2 access keys already; revoke one first.' },
  },
  policiesPerPrincipal: {
    value: 2,
    within: () => times(2, (i) => database.access.attachPolicy(root(), `policy${i}`, { userName: 'user0' })),
    beyond: () => database.access.attachPolicy(root(), 'policy2', { userName: 'user0' }),
    answer: { code: 'SERVICE_QUOTA_EXCEEDED', message: 'There can be at most 2 policies' },
  },
  groupsPerUser: {
    value: 2,
    within: () => times(2, (i) => database.access.addUserToGroup(root(), 'user0', `group${i}`)),
    beyond: () => database.access.addUserToGroup(root(), 'user0', 'group2'),
    answer: { code: 'SERVICE_QUOTA_EXCEEDED', message: 'There can be at most 2 groups' },
  },
  policyChars: {
    value: 300,
    within: () => putPolicy('policy0', policy(300)),
    beyond: () => putPolicy('policy0', policy(301)),
    answer: { code: 'MALFORMED_POLICY_DOCUMENT', message: '300' },
  },
  sessionPolicyChars: {
    value: 200,
    within: () => database.access.createSession(root(), { userName: 'user0', policy: policy(200) }),
    beyond: () => database.access.createSession(root(), { userName: 'user0', policy: policy(201) }),
    answer: { code: 'MALFORMED_POLICY_DOCUMENT', message: '200' },
  },
  batchLoadFiles: { testedIn: 'src/database/batch-load/batch-load.engine.test.ts' },
  batchLoadBytes: { testedIn: 'src/database/batch-load/batch-load.engine.test.ts' },
  batchLoadFileBytes: { testedIn: 'src/database/batch-load/batch-load.engine.test.ts' },
  batchLoadRowBytes: { testedIn: 'src/database/batch-load/batch-load.engine.test.ts' },
  batchLoadsPerTable: { testedIn: 'src/database/batch-load/batch-load.engine.test.ts' },
  batchLoads: { testedIn: 'src/database/batch-load/batch-load.engine.test.ts' },
  batchLoadResumableMs: { testedIn: 'src/database/batch-load/batch-load.engine.test.ts' },
  sqlNestingDepth: {
    value: 30,
    within: () => query(`SELECT ${'('.repeat(20)}1${')'.repeat(20)}`),
    beyond: () => query(`SELECT ${'('.repeat(31)}1${')'.repeat(31)}`),
    answer: { code: 'SYNTAX_ERROR', message: 'nest' },
  },
  sqlTokens: {
    value: 400,
    within: () => query(`SELECT 1${' + 1'.repeat(20)}`),
    beyond: () => query(`SELECT 1${' + 1'.repeat(200)}`),
    answer: { code: 'SYNTAX_ERROR', message: '400' },
  },
  scheduledQueries: { testedIn: 'tests/scheduled-query/limits.engine.test.ts' },
  scheduledRunsAtOnce: { testedIn: 'src/scheduler/scheduler.test.ts', by: 'at once' },
  scheduledManualRuns: { testedIn: 'tests/scheduled-query/limits.engine.test.ts' },
  scheduledRunHistory: { testedIn: 'tests/scheduled-query/limits.engine.test.ts' },
  scheduledReportErrors: { testedIn: 'tests/scheduled-query/limits.engine.test.ts' },
}

const isElsewhere = (entry: Breach | Elsewhere): entry is Elsewhere => 'testedIn' in entry
const entries = Object.entries(breaches)
const here = entries.flatMap(([name, entry]) => (isElsewhere(entry) ? [] : [{ name, ...entry }]))
const elsewhere = entries.flatMap(([name, entry]) => (isElsewhere(entry) ? [{ name, ...entry }] : []))

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tidemark-limits-'))
  const given = [...here.map(({ name, value }) => `${name}=${value}`), 'defaultMemoryRetentionHours=5', 'defaultMagneticRetentionDays=77']
  const common = { productVersion: '1.2.3', clock: systemClock, limits: parseLimits(given.join(',')), log: silentLog }
  storage = await openStorage({ ...common, dataDirectory: directory, engine: { kind: 'chdb' }, masterKey: { kind: 'beside-data' } })
  const account = { region: 'us-east-1', accountId: '000000000000' }
  database = await openDatabase({ ...common, storage, account, metrics: new Metrics() })
  await database.createDatabase(root(), { databaseName: 'limits' })
})
afterAll(async () => {
  await database.drain?.()
  await storage.drain?.()
  await database.stop?.()
  await storage.stop?.()
  rmSync(directory, { recursive: true })
})

describe('every limit', () => {
  it('has an entry here', () => {
    expect(Object.keys(breaches).toSorted()).toEqual(Object.keys(defaultLimits).toSorted())
  })

  // the one that leaves no table to make comes last
  it.each(here.toSorted((a, b) => Number(a.name === 'tables') - Number(b.name === 'tables')))(
    '$name: what is within is taken, what is beyond is answered with its error',
    async ({ within, beyond, answer }) => {
      await within?.()
      const error: unknown = await beyond().then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      expect(error).toBeInstanceOf(ServerError)
      const { code, message, members } = error as ServerError
      if ('reason' in answer) {
        expect(code).toBe('REJECTED_RECORDS')
        const [rejected] = (members as { RejectedRecords: readonly { Reason: string }[] }).RejectedRecords
        expect(rejected?.Reason).toContain(answer.reason)
      } else {
        expect(code).toBe(answer.code)
        expect(message).toContain(answer.message)
      }
    },
  )

  it.each(elsewhere)('$name: is tested in $testedIn', ({ name, testedIn, by = name }) => {
    const path = join(import.meta.dirname, '..', '..', testedIn)
    expect(existsSync(path)).toBe(true)
    expect(readFileSync(path, 'utf8')).toContain(by)
  })

  it('defaultMemoryRetentionHours and defaultMagneticRetentionDays: what a table has that names none', async () => {
    const { retention: given } = await database.describeTable(root(), 'limits', 'table1')
    expect(given).toEqual({ memoryStoreRetentionPeriodInHours: 5, magneticStoreRetentionPeriodInDays: 77 })
  })
})
