import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ServerError } from '../base/errors.ts'
import { Evaluator, nowNs } from '../../tests/sql/support/evaluator.ts'
import { sampleCatalog } from '../../tests/sql/support/sample-catalog.ts'

let evaluator: Evaluator

/** Two days, one row per host and hour; `tasks` is NULL for host-3. */
async function createTables(): Promise<void> {
  const { engine } = evaluator
  await engine.execute('CREATE DATABASE tidemark')
  await engine.execute(
    'CREATE TABLE tidemark.t_cpu (time Int64, measure_name LowCardinality(String), d1 LowCardinality(Nullable(String)), d2 LowCardinality(Nullable(String)), ' +
      'value_double Nullable(Float64), a1_double Nullable(Float64), a2_double Nullable(Float64), a3_bigint Nullable(Int64)) ' +
      'ENGINE = MergeTree PARTITION BY intDiv(time, 86400000000000) ORDER BY (measure_name, time)',
  )
  await engine.execute(
    `INSERT INTO tidemark.t_cpu SELECT ${nowNs} - intDiv(number, 3) * 3600000000000, 'cpu', concat('host-', toString(number % 3 + 1)), ` +
      "'eu', number, number, 100 - number, if(number % 3 = 2, NULL, number % 3) FROM numbers(144)",
  )
}

beforeAll(async () => {
  evaluator = await Evaluator.open(sampleCatalog)
  await createTables()
})
afterAll(() => evaluator.close())

const rows = async (sql: string) => (await evaluator.run(sql)).rows

async function failure(sql: string): Promise<string> {
  try {
    await evaluator.run(sql)
  } catch (error) {
    if (error instanceof ServerError) return `${error.code} ${error.message}`
    throw error
  }
  return 'no error'
}

describe('queries on a table', () => {
  it('group, filter groups, sort and cut', async () => {
    expect(
      await rows(
        'SELECT hostname, count(*) AS n, sum(tasks) FROM benchmark.cpu WHERE time > ago(6h) GROUP BY hostname HAVING count(*) > 1 ORDER BY hostname DESC LIMIT 2',
      ),
    ).toEqual([
      ['host-3', '6', null],
      ['host-2', '6', '6'],
    ])
  })

  it('do not see rows that have expired', async () => {
    expect(await rows('SELECT count(*) FROM benchmark.cpu WHERE time < ago(47h)')).toEqual([['0']])
    await evaluator.engine.execute(`INSERT INTO tidemark.t_cpu SELECT ${nowNs} - 40 * 86400000000000, 'cpu', 'old', 'eu', 1, 1, 1, 1`)
    expect(await rows("SELECT count(*) FROM benchmark.cpu WHERE hostname = 'old'")).toEqual([['0']])
  })

  it('give the last point by max_by, by a self join and by rows in a subquery', async () => {
    const expected = [
      ['host-1', '0.0'],
      ['host-2', '1.0'],
      ['host-3', '2.0'],
    ]
    expect(await rows('SELECT hostname, max_by(usage_user, time) FROM benchmark.cpu GROUP BY hostname ORDER BY 1')).toEqual(expected)
    expect(
      await rows(
        'WITH l AS (SELECT hostname, max(time) AS t FROM benchmark.cpu GROUP BY 1) SELECT b.hostname, b.usage_user FROM l JOIN benchmark.cpu b ON l.hostname = b.hostname AND l.t = b.time ORDER BY 1',
      ),
    ).toEqual(expected)
    expect(
      await rows(
        'SELECT hostname, usage_user FROM benchmark.cpu WHERE (hostname, time) IN (SELECT hostname, max(time) FROM benchmark.cpu GROUP BY hostname) ORDER BY 1',
      ),
    ).toEqual(expected)
  })

  it('may read outer columns in subqueries', async () => {
    expect(
      await rows(
        'SELECT hostname, usage_user FROM benchmark.cpu a WHERE usage_user = (SELECT max(usage_user) FROM benchmark.cpu b WHERE b.hostname = a.hostname) ORDER BY 1',
      ),
    ).toEqual([
      ['host-1', '141.0'],
      ['host-2', '142.0'],
      ['host-3', '143.0'],
    ])
    expect(await rows('SELECT x, (SELECT count(*) FROM benchmark.cpu WHERE tasks = x) FROM (VALUES 0, 7) t(x) ORDER BY x')).toEqual([
      ['0', '48'],
      ['7', '0'],
    ])
    expect(
      await rows('SELECT x FROM (VALUES 1, 2, NULL) t(x) WHERE NOT EXISTS (SELECT 1 FROM (VALUES 2, NULL) u(y) WHERE y = x) ORDER BY x'),
    ).toEqual([['1'], [null]])
    expect(await failure('SELECT x, (SELECT usage_user FROM benchmark.cpu WHERE tasks = x) FROM (VALUES 0) t(x)')).toMatch(
      /^SUBQUERY_MULTIPLE_ROWS/,
    )
  })

  it('know three truth values in IN', async () => {
    expect(
      await rows(
        'SELECT x IN (1, NULL), x NOT IN (SELECT tasks FROM benchmark.cpu), x = ANY (VALUES 1), x > ALL (SELECT tasks FROM benchmark.cpu WHERE false) FROM (VALUES 1, 5, NULL) t(x) ORDER BY x',
      ),
    ).toEqual([
      ['true', 'false', 'true', 'true'],
      [null, null, 'false', 'true'],
      [null, null, null, 'true'],
    ])
    expect(await rows('SELECT count(*) FROM benchmark.cpu WHERE tasks NOT IN (SELECT tasks FROM benchmark.cpu WHERE tasks > 0)')).toEqual([
      ['48'],
    ])
  })

  it('join outer sides with NULLs, on any condition', async () => {
    expect(await rows('SELECT a.x, b.y FROM (VALUES 1, 2) a(x) LEFT JOIN (VALUES 1, 3) b(y) ON a.x < b.y ORDER BY 1')).toEqual([
      ['1', '3'],
      ['2', '3'],
    ])
    expect(await rows('SELECT x, y FROM (VALUES 1) a(x) FULL JOIN (VALUES 2) b(y) ON x = y ORDER BY 1')).toEqual([
      ['1', null],
      [null, '2'],
    ])
    expect(await rows('SELECT k, a, b FROM (VALUES (1, 2)) t(k, a) FULL JOIN (VALUES (3, 4)) u(k, b) USING (k) ORDER BY k')).toEqual([
      ['1', '2', null],
      ['3', null, '4'],
    ])
  })

  it('keep names apart that the engine would mix up', async () => {
    expect(
      await rows("SELECT upper(hostname) AS hostname, region AS time FROM benchmark.cpu WHERE hostname = 'host-1' AND time = now()"),
    ).toEqual([['HOST-1', 'eu']])
    expect(await rows('SELECT max(usage_user) AS usage_user, min(usage_user) AS m FROM benchmark.cpu WHERE usage_user < 10')).toEqual([
      ['9.0', '0.0'],
    ])
    expect(await rows('SELECT -x AS x FROM (VALUES 1, 2) t(x) ORDER BY x')).toEqual([['-2'], ['-1']])
  })
})

describe('errors while a query runs', () => {
  it('come as their code, and only where the value is needed', async () => {
    expect(await failure('SELECT 1 / (tasks - tasks) FROM benchmark.cpu')).toBe('DIVISION_BY_ZERO Division by zero')
    expect(await failure('SELECT CAST(hostname AS bigint) FROM benchmark.cpu')).toMatch(/^INVALID_CAST_ARGUMENT Cannot cast/)
    expect(await failure('SELECT 9223372036854775807 + tasks FROM benchmark.cpu')).toMatch(/^NUMERIC_VALUE_OUT_OF_RANGE/)
    expect(
      await rows(
        'SELECT DISTINCT TRY(1 / (tasks - tasks)), IF(tasks > 5, 1 / 0, 7), tasks > 5 AND 1 / 0 = 1, coalesce(region, CAST(hostname AS varchar)) FROM benchmark.cpu WHERE tasks >= 0',
      ),
    ).toEqual([[null, '7', 'false', 'eu']])
    expect(await rows('SELECT count(*) FROM benchmark.cpu WHERE tasks <> 0 AND 10 / tasks > 5')).toEqual([['48']])
  })
})
