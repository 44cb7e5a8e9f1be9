import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { caller, everything, openStorage, type OpenStorage } from '../../../tests/storage/open-storage.ts'
import { systemClock } from '../../base/clock.ts'
import { defaultLimits } from '../../base/limits.ts'
import { silentLog } from '../../base/log.ts'
import type { GuardRails } from '../access/records.ts'
import type { Caller } from '../caller.ts'
import type { QueryInput, QueryPage } from '../database.ts'
import type { FinishedQuery } from './query-service-options.ts'
import { createQueryService, type QueryService } from './query-service.ts'

const directory = await mkdtemp(join(tmpdir(), 'tidemark-query-'))
const ann: Caller = { principal: { name: 'ann', accessKeyId: 'k2', isRoot: false, permissions: everything }, requestId: 'r2' }
const bob: Caller = { principal: { name: 'bob', accessKeyId: 'k3', isRoot: false, permissions: everything }, requestId: 'r3' }
/** Nobody waits for its end. */
const numbers = (name: string): string => `(SELECT ${name} FROM UNNEST(sequence(1, 10000)) AS s(${name}))`
const endless = `SELECT count(*) FROM ${numbers('a')} CROSS JOIN ${numbers('b')} CROSS JOIN ${numbers('c')} WHERE a * b + c < 0`

let storage: OpenStorage
let service: QueryService
const finished: FinishedQuery[] = []

const query = (queryString: string, input: Partial<QueryInput> = {}, who = caller): Promise<QueryPage> =>
  service.query(who, { queryString, ...input })

function values(page: QueryPage): unknown[][] {
  const rows = JSON.parse(page.rowsJson) as { Data: Record<string, unknown>[] }[]
  return rows.map(({ Data }) => Data.map((datum) => datum['ScalarValue'] ?? datum))
}

beforeAll(async () => {
  storage = await openStorage({ directory, clock: systemClock })
  service = createQueryService({
    engine: storage.engine,
    catalog: storage.catalog,
    clock: systemClock,
    limits: { ...defaultLimits, queryCallMs: 1000 },
    log: silentLog,
    account: { region: 'us-east-1', accountId: '000000000000' },
    onFinished: (query) => finished.push(query),
  })
  await service.start?.()
  await storage.createTable('db', 'cpu')
  const nowMs = Date.now()
  const records = [1, 2, 3, 4, 5].map((value) => ({
    Dimensions: [{ Name: 'host', Value: `h${value}` }],
    MeasureName: 'load',
    MeasureValue: String(value),
    Time: String(nowMs - value * 1000),
  }))
  await storage.service.write(caller, { databaseName: 'db', tableName: 'cpu', records })
})

afterAll(async () => {
  await service.drain?.()
  await service.stop?.()
  await storage.close()
  await rm(directory, { recursive: true, force: true })
})

describe('insights', () => {
  const second = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1000))

  it('tell the share and the time of the tables that are read, one query a second', async () => {
    const sql = "SELECT host FROM db.cpu WHERE time BETWEEN ago(2h) AND now() AND measure_name = 'load'"
    const page = await query(sql, { insights: true })
    const cpuArn = 'arn:aws:timestream:us-east-1:000000000000:database/db/table/cpu'
    expect(page.insights).toEqual({
      tableCount: 1,
      temporal: { valueNs: 7_200_000_000_000n, tableArn: cpuArn },
      spatial: { value: 1, tableArn: cpuArn, partitionKey: ['measure_name'] },
      outputRows: 5,
      outputBytes: page.rowsJson.length - 1,
    })
    await expect(query(sql, { insights: true })).rejects.toMatchObject({ code: 'THROTTLING' })
    expect(await query(sql)).not.toHaveProperty('insights')
    await second()
    const none = await query("SELECT host FROM db.cpu WHERE time > ago(1h) AND measure_name = 'absent'", { insights: true })
    expect(none.insights).toMatchObject({ spatial: { value: 0 }, outputRows: 0, outputBytes: 0 })
    await second()
    const paged = await query(sql, { insights: true, maxRows: 2 })
    expect(paged.insights).toMatchObject({ outputRows: 2 })
    expect((await query(sql, { maxRows: 2, nextToken: paged.nextToken! })).insights).toMatchObject({ outputRows: 4 })
  })
})

describe('preparing', () => {
  it('answers columns and parameters without running the query', async () => {
    expect(await service.prepare(ann, 'SELECT host AS h, 1 FROM db.cpu WHERE time > @from')).toEqual({
      columns: [
        { name: 'h', type: { kind: 'scalar', name: 'varchar' }, origin: { database: 'db', table: 'cpu' }, isAliased: true },
        { name: '_col1', type: { kind: 'scalar', name: 'integer' }, isAliased: false },
      ],
      parameters: [{ name: 'from', type: { kind: 'scalar', name: 'timestamp' } }],
    })
    await expect(service.prepare(ann, 'SELECT nope FROM db.cpu')).rejects.toThrow("line 1:8: Column 'nope' does not exist")
  })
})

describe('EXPLAIN', () => {
  const lines = async (sql: string, who = caller): Promise<string> =>
    values(await query(sql, {}, who))
      .flat()
      .join('\n')

  it('tells the plan, what the engine will read, its SQL and the settings', async () => {
    const page = await query('EXPLAIN SELECT host FROM db.cpu WHERE time > ago(1h)')
    expect(page.columns).toEqual([{ name: 'Query Plan', type: { kind: 'scalar', name: 'varchar' } }])
    const plan = values(page).flat().join('\n')
    expect(plan).toMatch(/^QUERY of 1 columns over "db"."cpu"\n/)
    expect(plan).toContain('- Read "db"."cpu"\n    columns: host, time\n')
    expect(plan).toMatch(/- \S+: parts \d+\/\d+, granules \d+\/\d+/)
    expect(plan).toMatch(/ClickHouse SQL\n.*SELECT /)
    expect(plan).toContain('\njoin_use_nulls = 1')
    expect(plan).not.toContain('elapsed')
  })

  it('with ANALYZE runs the query and counts', async () => {
    const plan = await lines('EXPLAIN ANALYZE SELECT host FROM db.cpu')
    expect(plan).toMatch(/elapsed: [\d.]+ ms\nrows read: (?:at most )?[1-9]\d*\n(?:bytes read: [1-9]\d*\n)?result rows: 5\n/)
  })

  it('says why the query fails', async () => {
    await expect(lines('EXPLAIN ANALYZE SELECT 1 / (measure_value::bigint - measure_value::bigint) FROM db.cpu')).rejects.toThrow(
      "'measure_value::bigint' does not exist",
    )
    await expect(lines('EXPLAIN ANALYZE SELECT 1 / x FROM (VALUES 0, 1) AS t(x)')).rejects.toThrow('Division by zero')
  })

  it('may be cancelled', async () => {
    const page = await query(`EXPLAIN ANALYZE ${endless}`)
    expect(page).toMatchObject({ rowCount: 0, nextToken: expect.any(String) })
    expect(await service.cancel(caller, page.queryId)).toContain('was cancelled')
  })

  it('needs no engine for what the catalog answers', async () => {
    expect(await lines('EXPLAIN SHOW DATABASES')).toBe('SHOW DATABASES, answered without the engine\n\nPlan\n- Answered from the catalog')
  })
})

describe('a query', () => {
  it('answers rows, columns and status', async () => {
    const page = await query("SELECT host, measure_value::double AS load FROM db.cpu WHERE host <> 'h5' ORDER BY host")
    expect(values(page)).toEqual([
      ['h1', '1.0'],
      ['h2', '2.0'],
      ['h3', '3.0'],
      ['h4', '4.0'],
    ])
    expect(page).toMatchObject({
      queryId: expect.stringMatching(/^AE[A-Z2-7]{54}$/),
      columns: [
        { name: 'host', type: { kind: 'scalar', name: 'varchar' } },
        { name: 'load', type: { kind: 'scalar', name: 'double' } },
      ],
      rowCount: 4,
      progressPercentage: 100,
      cumulativeBytesMetered: 10_000_000,
    })
    expect(page).not.toHaveProperty('nextToken')
    expect(finished).toContainEqual(expect.objectContaining({ queryId: page.queryId, kind: 'query', rows: 4 }))
  })

  it('of the catalog meters nothing', async () => {
    expect(values(await query('SHOW DATABASES'))).toEqual([['db']])
    const described = await query('DESCRIBE "db"."cpu"', { maxRows: 1 })
    expect(values(described)).toEqual([
      ['host', 'varchar', 'DIMENSION'],
      ['measure_name', 'varchar', 'MEASURE_NAME'],
      ['time', 'timestamp', 'TIMESTAMP'],
      ['measure_value::double', 'double', 'MEASURE_VALUE'],
    ])
    expect(described).toMatchObject({ cumulativeBytesMetered: 0, cumulativeBytesScanned: 0, progressPercentage: 100 })
    expect(described).not.toHaveProperty('nextToken')
  })

  it('is paged by exactly the rows asked for, whatever the client token of each call', async () => {
    const text = 'SELECT host FROM db.cpu ORDER BY host'
    const first = await query(text, { maxRows: 3, clientToken: 'a'.repeat(32) })
    expect(values(first)).toEqual([['h1'], ['h2'], ['h3']])
    expect(first.progressPercentage).toBeLessThan(100)
    const second = await query(text, { maxRows: 3, clientToken: 'b'.repeat(32), nextToken: first.nextToken! })
    expect(values(second)).toEqual([['h4'], ['h5']])
    expect(second).toMatchObject({ queryId: first.queryId, columns: first.columns })
    expect(second).not.toHaveProperty('nextToken')
    expect(await query(text, { maxRows: 3, nextToken: first.nextToken! })).toEqual(second)
    expect(await query(text, { maxRows: 3, clientToken: 'a'.repeat(32) })).toEqual(first)
    await expect(query('SELECT 1', { clientToken: 'a'.repeat(32) })).rejects.toMatchObject({ code: 'CONFLICT' })
  })

  it('has pages only for the same text and principal', async () => {
    const text = 'SELECT host FROM db.cpu'
    const { nextToken } = await query(text, { maxRows: 1 }, ann)
    const invalid = { code: 'VALIDATION', message: 'Invalid pagination token' }
    await expect(query(text, { nextToken: nextToken! }, bob)).rejects.toMatchObject(invalid)
    await expect(query(`${text} `, { nextToken: nextToken! }, ann)).rejects.toMatchObject(invalid)
    await expect(query(text, { nextToken: 'made up' }, ann)).rejects.toMatchObject(invalid)
    expect(values(await query(text, { nextToken: nextToken! }, ann))).toHaveLength(4)
  })

  it.each([
    ['SELEC 1', 'SYNTAX_ERROR', 'line 1:1: '],
    ['SELECT nope FROM db.cpu', 'COLUMN_NOT_FOUND', "line 1:8: Column 'nope' does not exist"],
    ['SELECT 1 FROM db.nope', 'TABLE_NOT_FOUND', 'nope'],
    ['SELECT 1 FROM nope.cpu', 'DATABASE_NOT_FOUND', 'nope'],
    ['SELECT 1 / (x - 1) FROM (VALUES 1) AS t(x)', 'DIVISION_BY_ZERO', 'Division by zero'],
    ['SHOW TABLES FROM nope', 'DATABASE_NOT_FOUND', 'nope'],
    ['', 'SYNTAX_ERROR', ''],
    [`SELECT ${'('.repeat(100_000)}1`, '', ''],
    ['x'.repeat(262_145), 'VALIDATION', '262144'],
  ])('is refused with its place or name: %#', async (text, code, message) => {
    await expect(query(text)).rejects.toMatchObject({ code: expect.stringContaining(code), message: expect.stringContaining(message) })
  })

  it('of a table that went away meanwhile says that it does not exist', async () => {
    const { physicalName } = await storage.createTable('db', 'gone')
    await storage.documents.remove('table', 'db/gone', 1)
    await storage.tables.drop(physicalName)
    await expect(query('SELECT count(*) FROM db.gone')).rejects.toMatchObject({ code: 'TABLE_NOT_FOUND' })
  })

  it('answers no page size out of range', async () => {
    await expect(query('SELECT 1', { maxRows: 0 })).rejects.toMatchObject({ code: 'VALIDATION' })
    await expect(query('SELECT 1', { maxRows: 1001 })).rejects.toMatchObject({ code: 'VALIDATION' })
  })
})

describe('a long query', () => {
  it('answers empty pages until it is cancelled, by its owner only', async () => {
    const first = await query(endless, {}, ann)
    expect(first).toMatchObject({ rowsJson: '[]', nextToken: expect.any(String), columns: [{ name: '_col0' }] })
    const second = await query(endless, { nextToken: first.nextToken! }, ann)
    expect(second).toMatchObject({ rowsJson: '[]', queryId: first.queryId })
    await expect(service.cancel(bob, first.queryId)).rejects.toMatchObject({ code: 'VALIDATION' })
    const polling = query(endless, { nextToken: second.nextToken! }, ann)
    const [message] = await Promise.all([
      service.cancel(ann, first.queryId),
      expect(polling).rejects.toMatchObject({ code: 'QUERY_CANCELLED', message: 'Unable to poll results for a cancelled query.' }),
    ])
    expect(message).toContain('was cancelled')
    await expect(query(endless, { nextToken: second.nextToken! }, ann)).rejects.toMatchObject({ code: 'QUERY_CANCELLED' })
    expect(await service.cancel(ann, first.queryId)).toContain('already cancelled')
    await expect.poll(() => storage.engine.activity().queries).toBe(0)
    expect(finished).toContainEqual(expect.objectContaining({ queryId: first.queryId, errorCode: 'QUERY_CANCELLED' }))
  })

  it('stops taking processor time within a second of being cancelled', async () => {
    const page = await query(endless)
    const busy = await processorShare(500)
    await service.cancel(caller, page.queryId)
    await new Promise((resolve) => setTimeout(resolve, 500))
    const idle = await processorShare(500)
    expect(idle).toBeLessThan(busy / 4)
    expect(storage.engine.activity().queries).toBe(0)
  })

  it('is not known under any other id', async () => {
    await expect(service.cancel(caller, 'AEXXX')).rejects.toMatchObject({
      code: 'VALIDATION',
      message: 'The query AEXXX does not exist or has ended.',
    })
  })
})

/** Of one processor, what this process takes in the given time; the engine runs in this process. */
async function processorShare(durationMs: number): Promise<number> {
  const before = process.cpuUsage()
  await new Promise((resolve) => setTimeout(resolve, durationMs))
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000 / durationMs
}

describe('the guard rails of a principal', () => {
  const bound = (guardRails: GuardRails): Caller => ({
    principal: { name: 'kim', accessKeyId: 'k4', isRoot: false, permissions: { ...everything, guardRails: () => guardRails } },
    requestId: 'r4',
  })

  it.each<[string, GuardRails, string, string, string]>([
    [
      'rows of a result',
      { maxResultRows: 4 },
      'SELECT host FROM db.cpu',
      'RESULT_TOO_LARGE',
      'The guard rail MaxResultRows of kim ended the query: its result has more than 4 rows',
    ],
    [
      'bytes that it reads',
      { maxBytesScanned: 10 },
      'SELECT host FROM db.cpu',
      'RESULT_TOO_LARGE',
      'The guard rail MaxBytesScanned of kim ended the query: it reads more bytes than 10',
    ],
    ['the time that it runs', { maxQuerySeconds: 1 }, endless, 'QUERY_TIMEOUT', 'The guard rail MaxQuerySeconds of kim ended the query'],
  ])('bound a query by %s', async (_name, rails, text, code, message) => {
    const run = async (): Promise<void> => {
      let page = await query(text, {}, bound(rails))
      while (page.nextToken !== undefined) page = await query(text, { nextToken: page.nextToken }, bound(rails))
    }
    await expect(run()).rejects.toMatchObject({ code, message: expect.stringContaining(message) })
  })

  it('leave alone what stays within them', async () => {
    const rails = { maxResultRows: 5, maxBytesScanned: 1_000_000, maxQuerySeconds: 30, maxConcurrentQueries: 1 }
    expect((await query('SELECT host FROM db.cpu', {}, bound(rails))).rowCount).toBe(5)
  })

  it('bound how many queries run at once, until they end', async () => {
    const kim = bound({ maxConcurrentQueries: 1 })
    const first = await query(endless, {}, kim)
    await expect(query('SELECT host FROM db.cpu', {}, kim)).rejects.toMatchObject({ code: 'THROTTLING' })
    await service.cancel(kim, first.queryId)
    await expect
      .poll(() =>
        query('SELECT host FROM db.cpu', {}, kim).then(
          ({ rowCount }) => rowCount,
          () => 0,
        ),
      )
      .toBe(5)
  })
})

describe('the compute units of the account', () => {
  it('bound the queries at once; those beyond wait, and answer empty pages meanwhile', async () => {
    service.setTcu(1)
    try {
      const first = await query(endless)
      const second = await query('SELECT host FROM db.cpu')
      expect(second).toMatchObject({ rowCount: 0, nextToken: expect.any(String), progressPercentage: 0 })
      await service.cancel(caller, first.queryId)
      const page = await query('SELECT host FROM db.cpu', { nextToken: second.nextToken! })
      expect(page.rowCount).toBe(5)
    } finally {
      service.setTcu(200)
    }
  })
})
