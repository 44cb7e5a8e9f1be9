import { describe, expect, it } from 'vitest'
import { ServerError } from '../base/errors.ts'
import { defaultLimits } from '../base/limits.ts'
import { sampleCatalog } from '../../tests/sql/support/sample-catalog.ts'
import { compile } from './compile.ts'
import { TIMESTAMP, typeText } from './types/type.ts'

/** 2026-11-18 00:00:00 UTC. */
const nowNs = 1_794_960_000_000_000_000n
const session = {
  nowNs,
  parameters: { scheduled_runtime: { type: TIMESTAMP, value: nowNs } },
  maxNestingDepth: defaultLimits.sqlNestingDepth,
  maxTokens: defaultLimits.sqlTokens,
}

function query(sql: string) {
  const statement = compile(sql, sampleCatalog, session)
  if (statement.kind !== 'query') throw new Error(`a query was expected, not ${statement.kind}`)
  return statement
}

const columns = (sql: string): readonly string[] => query(sql).columns.map((column) => `${column.name} ${typeText(column.type)}`)

function failure(sql: string): string {
  try {
    query(sql)
  } catch (error) {
    if (error instanceof ServerError) return `${error.code} ${error.message}`
    throw error
  }
  return 'no error'
}

describe('output columns', () => {
  it.each([
    ['SELECT 1', ['_col0 integer']],
    ['SELECT hostname, 1 + 1, time FROM benchmark.cpu', ['hostname varchar', '_col1 integer', 'time timestamp']],
    [
      'SELECT measure_value::double, t."measure_value::double" FROM benchmark.cpu t',
      ['measure_value::double double', 'measure_value::double double'],
    ],
    ['SELECT benchmark.cpu.HOSTNAME FROM benchmark.cpu', ['hostname varchar']],
    ['SELECT count(*) AS n, max(time) FROM benchmark.cpu', ['n bigint', '_col1 timestamp']],
    ['SELECT * FROM (VALUES (1, NULL)) t(a, b)', ['a integer', 'b unknown']],
    ["SELECT ROW(1, 'a') AS r, ARRAY[1, 2.5] AS a", ['r row(integer, varchar)', 'a array(double)']],
    [
      'SELECT a.hostname, b.* FROM benchmark.cpu a JOIN sampleDB.IoT b ON a.hostname = b.truck_id',
      [
        'hostname varchar',
        'truck_id varchar',
        'fleet varchar',
        'fuel_capacity varchar',
        'measure_name varchar',
        'time timestamp',
        'measure_value::double double',
        'measure_value::varchar varchar',
      ],
    ],
    ['SELECT CASE WHEN true THEN (SELECT NULL) ELSE time END FROM benchmark.cpu', ['_col0 timestamp']],
    [
      'SELECT time, value FROM (SELECT create_time_series(time, usage_user) AS s FROM benchmark.cpu) CROSS JOIN UNNEST(s)',
      ['time timestamp', 'value double'],
    ],
  ])('of %s', (sql, expected) => {
    expect(columns(sql)).toEqual(expected)
  })
})

describe('errors', () => {
  it.each([
    ['SELECT vehicleName FROM benchmark.cpu', "COLUMN_NOT_FOUND line 1:8: Column 'vehicleName' does not exist"],
    ['SELECT hostnam FROM benchmark.cpu', "COLUMN_NOT_FOUND line 1:8: Column 'hostnam' does not exist. Did you mean 'hostname'?"],
    ['SELECT * FROM abc.sampleDB', "DATABASE_NOT_FOUND Requested database 'abc' not found for identifier 'abc.sampleDB' at line 1:15"],
    ['SELECT *\nFROM benchmark.disk', "TABLE_NOT_FOUND Requested table 'disk' not found for identifier 'benchmark.disk' at line 2:6"],
    ['SELECT frobnicate(1)', "FUNCTION_NOT_FOUND line 1:8: Function 'frobnicate' not registered"],
    ['SELECT uper(hostname) FROM benchmark.cpu', "FUNCTION_NOT_FOUND line 1:8: Function 'uper' not registered. Did you mean 'upper'?"],
    ["SELECT 1 = 'a'", "TYPE_MISMATCH line 1:10: '=' cannot be applied to integer, varchar"],
    ["SELECT 1 + 'a'", "TYPE_MISMATCH line 1:10: '+' cannot be applied to integer, varchar"],
    [
      "SELECT * FROM benchmark.cpu WHERE time > 'yesterday'",
      'INVALID_CAST_ARGUMENT line 1:40: Value cannot be cast to timestamp: yesterday',
    ],
    [
      'SELECT hostname, max(time) FROM benchmark.cpu',
      `GROUPING_ERROR line 1:8: '"hostname"' must be an aggregate expression or appear in GROUP BY clause`,
    ],
    [
      'SELECT max(time) FROM benchmark.cpu WHERE max(time) > now()',
      'SEMANTIC_ERROR line 1:53: WHERE clause cannot contain aggregations, window functions or grouping operations',
    ],
    ['SELECT time FROM benchmark.cpu a, benchmark.cpu b', "AMBIGUOUS_NAME line 1:8: Column 'time' is ambiguous"],
    ['SELECT 1 UNION SELECT 1, 2', 'SEMANTIC_ERROR line 1:1: UNION query has different number of fields: 1, 2'],
    ['SELECT 1 ORDER BY 2', 'SEMANTIC_ERROR line 1:19: ORDER BY position 2 is not in select list'],
    ['SELECT @later', 'SEMANTIC_ERROR line 1:8: Parameter @later has no value'],
    ['SELECT row_number()', 'SEMANTIC_ERROR line 1:8: Window function row_number requires an OVER clause'],
    [
      'SELECT max(min(time)) FROM benchmark.cpu',
      "SEMANTIC_ERROR line 1:8: Cannot nest aggregations or window functions inside aggregation 'max'",
    ],
    ['SELECT abs(DISTINCT 1)', 'SEMANTIC_ERROR line 1:8: DISTINCT is only for aggregate and window functions, which abs is not'],
    ['WITH a AS (SELECT 1), a AS (SELECT 2) SELECT * FROM a', "SEMANTIC_ERROR line 1:23: WITH query name 'a' specified more than once"],
    ['SELECT ROW(1, 2).x', "COLUMN_NOT_FOUND line 1:18: Column 'x' does not exist"],
  ])('of %s', (sql, expected) => {
    expect(failure(sql)).toBe(expected)
  })

  it('bound what WITH items can grow to', () => {
    const items = Array.from({ length: 14 }, (_, i) => `a${i + 1} AS (SELECT x.v FROM a${i} x, a${i} y)`)
    expect(failure(`WITH a0 AS (SELECT 1 AS v), ${items.join(', ')} SELECT * FROM a14`)).toContain('NOT_SUPPORTED')
  })
})

describe('statements about the catalog', () => {
  it('resolve their names', () => {
    expect(compile('DESCRIBE sampledb.devops', sampleCatalog, session)).toEqual({ kind: 'describe', database: 'sampleDB', table: 'DevOps' })
    expect(compile(`SHOW TABLES FROM "benchmark" LIKE 'c!%' ESCAPE '!'`, sampleCatalog, session)).toEqual({
      kind: 'show-tables',
      database: 'benchmark',
      like: { pattern: 'c!%', escape: '!' },
    })
    expect(compile('SHOW MEASURES FROM "sampleDB"."IoT"', sampleCatalog, session)).toEqual({
      kind: 'show-measures',
      database: 'sampleDB',
      table: 'IoT',
    })
    expect(() => compile('DESCRIBE "sampledb"."DevOps"', sampleCatalog, session)).toThrow("Requested database 'sampledb' not found")
  })

  it('name the tables that a query reads, once', () => {
    expect(query('SELECT 1 FROM benchmark.cpu a, benchmark.cpu b WHERE EXISTS (SELECT 1 FROM sampleDB.IoT)').tables).toEqual([
      { database: 'benchmark', table: 'cpu' },
      { database: 'sampleDB', table: 'IoT' },
    ])
  })
})

describe('what the engine is asked', () => {
  const where = (condition: string): string =>
    / WHERE (.*)$/.exec(query(`SELECT hostname FROM sampleDB.DevOps WHERE ${condition}`).text)![1]!

  it.each([
    ["time >= '2016-01-01 00:00:00 +0000'", 'greaterOrEquals(time, 1451606400000000000)'],
    ['time > ago(1h)', 'greater(time, 1794956400000000000)'],
    ['time BETWEEN now() - 15m AND now()', 'and(greaterOrEquals(time, 1794959100000000000), lessOrEquals(time, 1794960000000000000))'],
    ['time BETWEEN from_milliseconds(1) AND from_milliseconds(2)', 'and(greaterOrEquals(time, 1000000), lessOrEquals(time, 2000000))'],
    ['bin(time, 1h) >= ago(90m)', 'greaterOrEquals(time, 1794956400000000000)'],
    ['bin(time, 1h) = now()', 'and(greaterOrEquals(time, 1794960000000000000), less(time, 1794963600000000000))'],
    ['time + 1h <= now()', 'lessOrEquals(time, 1794956400000000000)'],
    ['now() - 1h < time', 'greater(time, 1794956400000000000)'],
    ["date_trunc('day', time) < now()", 'less(time, 1794960000000000000)'],
    ["cast(time AS date) = DATE '1970-01-02'", 'and(greaterOrEquals(time, 86400000000000), less(time, 172800000000000))'],
    ['time >= bin(@scheduled_runtime, 1d) - 1d', 'greaterOrEquals(time, 1794873600000000000)'],
    ["measure_name = 'cpu' AND hostname IN ('a', 'b')", "and(equals(measure_name, 'cpu'), (d3 IN ('a', 'b')))"],
    ["hostname LIKE 'a\\_%'", "like(d3, 'a\\\\\\\\_%')"],
    ["region = 'it''s \\ `x`'", "equals(d1, 'it\\'s \\\\ `x`')"],
  ])('for WHERE %s', (condition, expected) => {
    expect(where(condition)).toBe(expected)
  })

  it('reads the columns that are used, in one SELECT, under the retention period', () => {
    expect(
      query('SELECT bin(time, 1h) AS hour, max(usage_user) AS m FROM benchmark.cpu GROUP BY 1 HAVING count(*) > 2 ORDER BY m DESC LIMIT 3')
        .text,
    ).toBe(
      'WITH minus(time, positiveModulo(time, toInt64(3600000000000))) AS c9, max(a1_double) AS c11, toInt64(ifNull(count(), 0)) AS c10 ' +
        'SELECT CAST(c9 AS Nullable(Int64)) AS c14, c11 AS c15 FROM tidemark.t_cpu ' +
        'WHERE greaterOrEquals(time, 1792281600000000000) GROUP BY c9 HAVING greater(c10, 2) ORDER BY c11 DESC NULLS LAST LIMIT 3',
    )
  })

  it.each([
    ["time > '2026-11-01' AND time >= '2026-11-02'", 'WHERE greaterOrEquals(time, 1793577600000000000)'],
    ["time >= '2026-11-01' AND time > '2026-11-01'", 'WHERE greater(time, 1793491200000000000)'],
    ["time >= '2020-01-01'", 'WHERE greaterOrEquals(time, 1792281600000000000)'],
    ["time >= '2026-11-01' OR hostname = 'a'", 'WHERE and(greaterOrEquals(time, 1792281600000000000), or('],
  ])('asks for the latest of several beginnings only: %s', (condition, expected) => {
    expect(query(`SELECT time FROM benchmark.cpu WHERE ${condition}`).text).toContain(expected)
  })

  it('finds the table through layers of subqueries', () => {
    const { text } = query(
      "SELECT * FROM (SELECT * FROM (SELECT hostname AS h, bin(time, 5m) AS b FROM sampleDB.DevOps)) WHERE b < '2020-01-01' AND h = 'a'",
    )
    expect(text).toContain("FROM tidemark.t_devops WHERE and(less(time, 1577836800000000000), equals(d3, 'a'))")
    expect(text.match(/SELECT/g)).toHaveLength(1)
  })

  it('puts conditions before joins and groupings', () => {
    const { text } = query(
      "SELECT * FROM (SELECT hostname, count(*) AS n FROM sampleDB.DevOps GROUP BY hostname) a, benchmark.cpu b WHERE a.hostname = b.hostname AND a.hostname = 'x' AND b.time > ago(1h)",
    )
    expect(text).toContain("FROM tidemark.t_devops WHERE equals(d3, 'x') GROUP BY d3")
    expect(text).toContain('greater(time, 1794956400000000000)')
    expect(text).toMatch(/INNER JOIN .* ON equals\(c\d+, c\d+\)$/)
  })
})
