import { describe, expect, test } from 'vitest'
import { ServerError } from '../../base/errors.ts'
import { format } from './format.ts'
import { parse } from './parse.ts'

const bounds = { maxTokens: 100_000, maxNestingDepth: 200 }
/** The statement in its canonical form: brackets show what binds to what. */
const canonical = (text: string): string => format(parse(text, bounds))
const expression = (text: string): string => canonical(`SELECT ${text}`).slice('SELECT '.length)

function failure(text: string): string {
  try {
    parse(text, bounds)
  } catch (error) {
    if (error instanceof ServerError) return `${error.code} ${error.message}`
    throw error
  }
  return 'no error'
}

describe('expressions', () => {
  test.each([
    // precedence
    ['1 + 2 * 3 - 4', '(1 + (2 * 3)) - 4'],
    ['-a * b', '(- a) * b'],
    ['- - 1', '- (- 1)'],
    ["'a' || 1 + 2 || b", "('a' || (1 + 2)) || b"],
    ['a OR b AND NOT c = d', 'a OR (b AND (NOT (c = d)))'],
    ['a AND b AND c', 'a AND b AND c'],
    ['a AND (b AND c)', 'a AND (b AND c)'],
    ['NOT a IS NULL', 'NOT (a IS NULL)'],
    ["-t AT TIME ZONE 'UTC'", "- (t AT TIME ZONE 'UTC')"],
    // predicates
    ['a != b', 'a <> b'],
    ['x NOT BETWEEN 1 AND 2 AND y', '(x NOT BETWEEN 1 AND 2) AND y'],
    ['time BETWEEN ago(1h) AND now() - 5minute', 'time BETWEEN ago(1h) AND (now() - 5m)'],
    ["a NOT LIKE 'x!_%' ESCAPE '!'", "a NOT LIKE 'x!_%' ESCAPE '!'"],
    ['a IS NOT DISTINCT FROM b', 'a IS NOT DISTINCT FROM b'],
    ['(a, b) IN ((1, 2), (3, 4))', 'ROW(a, b) IN (ROW(1, 2), ROW(3, 4))'],
    ['a NOT IN (SELECT 1)', 'a NOT IN (SELECT 1)'],
    ['11.7 = ANY (VALUES 12.0, 13.5)', '11.7 = ANY (VALUES 12.0, 13.5)'],
    ['17 < ALL (SELECT 1)', '17 < ALL (SELECT 1)'],
    ['50 >= SOME (VALUES 53)', '50 >= ANY (VALUES 53)'],
    ['EXISTS (SELECT 1)', 'EXISTS (SELECT 1)'],
    // brackets
    ['((SELECT 1))', '((SELECT 1))'],
    ['((SELECT 1) + 1)', '(SELECT 1) + 1'],
    ['((SELECT 1), 2)', 'ROW((SELECT 1), 2)'],
    ['((SELECT 1) UNION SELECT 2)', '((SELECT 1) UNION SELECT 2)'],
    ['(((a)))', 'a'],
    // literals
    ["TIMESTAMP '2020-08-08 01:00'", "timestamp '2020-08-08 01:00'"],
    ["date '2020-08-08' + 2d", "date '2020-08-08' + 2d"],
    ["time '01:00'", "time '01:00'"],
    ["DOUBLE '0.9'", "double '0.9'"],
    ["DOUBLE PRECISION '0.9'", "double '0.9'"],
    ["interval '2' day - interval -'3' hour", "INTERVAL '2' DAY - INTERVAL - '3' HOUR"],
    ["INTERVAL '2-3' YEAR TO MONTH", "INTERVAL '2-3' YEAR TO MONTH"],
    ['(1h + 50ns)', '1h + 50ns'],
    ["X'0aFF'", "X'0aFF'"],
    ['@scheduled_runtime - 10m', '@scheduled_runtime - 10m'],
    ['NULL, TRUE, false', 'NULL, TRUE, FALSE'],
    // nested values
    ['ARRAY[1, ARRAY[]][1]', 'ARRAY[1, ARRAY[]][1]'],
    ['ROW(1, (2, 3))', 'ROW(1, ROW(2, 3))'],
    ['CAST(ROW(0, 0) AS ROW(a BIGINT, b double precision)).a', '(CAST(ROW(0, 0) AS row(a bigint, b double))).a'],
    ['f(x).y[1].z', '((f(x).y)[1]).z'],
    ['reduce(ts, 0, (s, x) -> s + x.value, s -> s)', 'reduce(ts, 0, (s, x) -> s + x.value, (s) -> s)'],
    ['f(() -> 1)', 'f(() -> 1)'],
    ['filter(a, x -> x.value > 70.0 AND x.time > oldest + 1m)', 'filter(a, (x) -> (x.value > 70.0) AND (x.time > (oldest + 1m)))'],
    // calls
    ['count(*)', 'count(*)'],
    ['COUNT(DISTINCT a)', 'count(DISTINCT a)'],
    ['avg (case when a = 1 then b else null end)', 'avg(CASE WHEN a = 1 THEN b ELSE NULL END)'],
    ['sum(x) FILTER (WHERE x > 0)', 'sum(x) FILTER (WHERE x > 0)'],
    ['array_agg(x ORDER BY y DESC NULLS FIRST, z)', 'array_agg(x ORDER BY y DESC NULLS FIRST, z)'],
    ["listagg(x, ',') WITHIN GROUP (ORDER BY x)", "listagg(x, ',' ORDER BY x)"],
    ['IF(a > 1, 2)', 'if(a > 1, 2)'],
    ['FILTER(a, x -> x > 1)', 'filter(a, (x) -> x > 1)'],
    ['TRY(a / b)', 'try(a / b)'],
    ['try_cast(a AS varchar(10))', 'TRY_CAST(a AS varchar(10))'],
    ['extract(YEAR FROM t)', 'EXTRACT(YEAR FROM t)'],
    ["position('a' IN b)", "position('a' IN b)"],
    ["trim(LEADING 'x' FROM a)", "ltrim(a, 'x')"],
    ['substring(a FROM 2 FOR 3)', 'substring(a, 2, 3)'],
    ['normalize(a, NFC)', 'normalize(a, NFC)'],
    ['current_date, current_timestamp, localtime', 'current_date, current_timestamp, localtime'],
    ['grouping(a, b)', 'GROUPING(a, b)'],
    // windows
    ['rank() OVER (PARTITION BY a, b ORDER BY c DESC)', 'rank() OVER (PARTITION BY a, b ORDER BY c DESC)'],
    [
      'LAST_VALUE(x) IGNORE NULLS OVER (PARTITION BY g ORDER BY time RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)',
      'last_value(x) IGNORE NULLS OVER (PARTITION BY g ORDER BY time RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)',
    ],
    ['sum(x) OVER (ROWS 2 PRECEDING)', 'sum(x) OVER (ROWS BETWEEN 2 PRECEDING AND CURRENT ROW)'],
    [
      'sum(x) OVER (ORDER BY time RANGE BETWEEN 5m PRECEDING AND 1 + 1 FOLLOWING)',
      'sum(x) OVER (ORDER BY time RANGE BETWEEN 5m PRECEDING AND (1 + 1) FOLLOWING)',
    ],
    ['sum(x) OVER w', 'sum(x) OVER w'],
    ['sum(x) OVER (w ORDER BY a)', 'sum(x) OVER (w ORDER BY a)'],
    // types
    ['CAST(a AS ARRAY(ROW(BIGINT, x timeseries(double))))', 'CAST(a AS array(row(bigint, x timeseries(double))))'],
    ['CAST(a AS interval day to second)', 'CAST(a AS interval day to second)'],
    ['CAST(a AS timestamp(9) with time zone)', 'CAST(a AS timestamp(9) with time zone)'],
    ['CAST(a AS bigint array)', 'CAST(a AS array(bigint))'],
    ['CAST(a AS map(varchar, double))', 'CAST(a AS map(varchar, double))'],
  ])('%s', (text, expected) => {
    expect(expression(text)).toBe(expected)
  })

  test('words that are not reserved are names', () => {
    for (const word of [
      'time',
      'minute',
      'day',
      'rank',
      'value',
      'date',
      'timestamp',
      'interval',
      'row',
      'array',
      'filter',
      'all',
      'any',
      'limit',
      'first',
      'if',
      'over',
      'desc',
    ]) {
      expect(expression(`${word}, a.${word}, a AS ${word}`)).toBe(`${word}, a.${word}, a AS ${word}`)
    }
  })

  test('a quoted name stays quoted, measure columns are single names', () => {
    expect(expression('"a""b".c, t.measure_value::double, "measure_value::double"')).toBe(
      '"a""b".c, t.measure_value::double, "measure_value::double"',
    )
  })

  test('infix nodes know where their operator is', () => {
    const statement = parse('SELECT aa = bb', bounds)
    expect(statement).toMatchObject({
      query: { body: { items: [{ expression: { at: { line: 1, column: 11 }, left: { at: { line: 1, column: 8 } } } }] } },
    })
  })
})

describe('queries', () => {
  test.each([
    ['select distinct a, b.*, *, (r).* from t', 'SELECT DISTINCT a, b.*, *, (r).* FROM t'],
    ['SELECT ALL a b FROM t;', 'SELECT a AS b FROM t'],
    ['\n SELECT 1 \n', 'SELECT 1'],
    ['SELECT a FROM t DESC LIMIT 10', 'SELECT a FROM t AS DESC LIMIT 10'],
    ['SELECT a FROM t LIMIT ALL', 'SELECT a FROM t'],
    ['SELECT a FROM t OFFSET 5 ROWS FETCH NEXT ROW ONLY', 'SELECT a FROM t OFFSET 5 LIMIT 1'],
    ['SELECT a FROM t LIMIT 3 OFFSET 5', 'SELECT a FROM t OFFSET 5 LIMIT 3'],
    [
      'SELECT a FROM "d-b".T AS x(p, q) WHERE p > 1 GROUP BY 1, p HAVING count(*) > 1 ORDER BY 2 DESC NULLS FIRST, p ASC',
      'SELECT a FROM "d-b".T AS x(p, q) WHERE p > 1 GROUP BY (1), (p) HAVING count(*) > 1 ORDER BY 2 DESC NULLS FIRST, p',
    ],
    [
      'SELECT 1 GROUP BY (), (a, b), (a + 1) * 2, rollup(a, (b, c)), cube(a), grouping sets (a, (a, b), ())',
      'SELECT 1 GROUP BY (), (a, b), ((a + 1) * 2), ROLLUP ((a), (b, c)), CUBE ((a)), GROUPING SETS ((a), (a, b), ())',
    ],
    ['SELECT 1 FROM t WINDOW w AS (PARTITION BY a), v AS (w)', 'SELECT 1 FROM t WINDOW w AS (PARTITION BY a), v AS (w)'],
    [
      'WITH RECURSIVE a (n) AS (SELECT 1), b AS (SELECT 2) SELECT * FROM a, b',
      'WITH RECURSIVE a(n) AS (SELECT 1), b AS (SELECT 2) SELECT * FROM a CROSS JOIN b',
    ],
    ['SELECT 1 UNION SELECT 2 INTERSECT SELECT 3 EXCEPT ALL SELECT 4', 'SELECT 1 UNION SELECT 2 INTERSECT SELECT 3 EXCEPT ALL SELECT 4'],
    [
      'SELECT * FROM((SELECT * FROM a) UNION (SELECT * FROM b)) ORDER BY 1',
      'SELECT * FROM ((SELECT * FROM a) UNION (SELECT * FROM b)) ORDER BY 1',
    ],
    ['VALUES 1, (2, 3)', 'VALUES 1, ROW(2, 3)'],
    ['TABLE db.t', 'TABLE db.t'],
    // relations
    ['SELECT 1 FROM a, b JOIN c ON x = y', 'SELECT 1 FROM a CROSS JOIN (b INNER JOIN c ON x = y)'],
    ['SELECT 1 FROM a LEFT JOIN b USING (x, y) FULL OUTER JOIN c ON true', 'SELECT 1 FROM a LEFT JOIN b USING (x, y) FULL JOIN c ON TRUE'],
    ['SELECT 1 FROM a JOIN b JOIN c ON x ON y', 'SELECT 1 FROM a INNER JOIN (b INNER JOIN c ON x) ON y'],
    ['SELECT 1 FROM a NATURAL JOIN b', 'SELECT 1 FROM a NATURAL INNER JOIN b'],
    ['SELECT 1 FROM (a CROSS JOIN b) x', 'SELECT 1 FROM (a CROSS JOIN b) AS x'],
    ['SELECT 1 FROM ((SELECT 1) q CROSS JOIN b)', 'SELECT 1 FROM (SELECT 1) AS q CROSS JOIN b'],
    [
      'SELECT 1 FROM a CROSS JOIN UNNEST(x, y) WITH ORDINALITY AS t (time, cpu, n)',
      'SELECT 1 FROM a CROSS JOIN UNNEST(x, y) WITH ORDINALITY AS t(time, cpu, n)',
    ],
    ['SELECT 1 FROM a, LATERAL (SELECT a.x) l', 'SELECT 1 FROM a CROSS JOIN LATERAL (SELECT a.x) AS l'],
    ['SELECT 1 FROM (VALUES 1, 2) AS t(c)', 'SELECT 1 FROM (VALUES 1, 2) AS t(c)'],
  ])('%s', (text, expected) => {
    expect(canonical(text)).toBe(expected)
    expect(canonical(expected)).toBe(expected)
  })
})

describe('statements', () => {
  test.each([
    ['show databases', 'SHOW DATABASES'],
    ["SHOW DATABASES LIKE '%ion!_T%' escape '!'", "SHOW DATABASES LIKE '%ion!_T%' ESCAPE '!'"],
    ['SHOW TABLES', 'SHOW TABLES'],
    [`SHOW TABLES FROM "d.b" LIKE 'x%'`, `SHOW TABLES FROM "d.b" LIKE 'x%'`],
    ['SHOW MEASURES FROM "db"."t"', 'SHOW MEASURES FROM "db"."t"'],
    ['DESCRIBE grafanaDB.DevOps', 'DESCRIBE grafanaDB.DevOps'],
    ['EXPLAIN ANALYZE SELECT 1', 'EXPLAIN ANALYZE SELECT 1'],
    [
      "UNLOAD(SELECT a, b FROM db.t) TO 's3://bucket/p/' WITH ( partitioned_by = ARRAY['b'], FORMAT='CSV')",
      "UNLOAD (SELECT a, b FROM db.t) TO 's3://bucket/p/' WITH (partitioned_by = ARRAY['b'], format = 'CSV')",
    ],
  ])('%s', (text, expected) => {
    expect(canonical(text)).toBe(expected)
  })
})

describe('errors', () => {
  test.each([
    [
      '',
      "line 1:1: mismatched input '<EOF>'. Expecting: '(', 'DELETE', 'DESC', 'DESCRIBE', 'EXPLAIN', 'SELECT', 'SHOW', 'TABLE', 'UNLOAD', 'VALUES', 'WITH'",
    ],
    [
      'CREATE TABLE x',
      "line 1:1: mismatched input 'CREATE'. Expecting: '(', 'DELETE', 'DESC', 'DESCRIBE', 'EXPLAIN', 'SELECT', 'SHOW', 'TABLE', 'UNLOAD', 'VALUES', 'WITH'",
    ],
    ['SELECT FROM t', "line 1:8: mismatched input 'FROM'. Expecting: '*', 'DISTINCT', <expression>"],
    [
      'SELECT a b c',
      "line 1:12: mismatched input 'c'. Expecting: ',', ';', 'EXCEPT', 'FETCH', 'FROM', 'GROUP', 'HAVING', 'INTERSECT', 'LIMIT', 'OFFSET', 'ORDER', 'UNION', 'WHERE', 'WINDOW', <EOF>",
    ],
    ['SELECT 1; SELECT 2', "line 1:11: mismatched input 'SELECT'. Expecting: <EOF>"],
    ['SELECT a FROM t WHERE', "line 1:22: mismatched input '<EOF>'. Expecting: <expression>"],
    ['SELECT a FROM t ORDER BY a LIMIT x', "line 1:34: mismatched input 'x'. Expecting: 'ALL', <integer>"],
    ['SELECT CAST(a AS)', "line 1:17: mismatched input ')'. Expecting: <identifier>"],
    [
      "SELECT INTERVAL '1' fortnight",
      "line 1:21: mismatched input 'fortnight'. Expecting: 'DAY', 'HOUR', 'MINUTE', 'MONTH', 'SECOND', 'WEEK', 'YEAR'",
    ],
    [
      'SELECT a FROM t JOIN u',
      "line 1:23: mismatched input '<EOF>'. Expecting: '.', 'AS', 'CROSS', 'FULL', 'INNER', 'JOIN', 'LEFT', 'NATURAL', 'ON', 'RIGHT', 'USING', <identifier>",
    ],
    ['SELECT ‘a’', "line 1:8: mismatched input '‘'. Expecting: '*', 'DISTINCT', <expression>. Strings take ' and identifiers take \""],
  ])('%s', (text, message) => {
    expect(failure(text)).toBe(`SYNTAX_ERROR ${message}`)
  })

  test.each([
    'SELECT a = b = c',
    'SELECT 1 DAY 2',
    'SELECT a, FROM t',
    'SELECT (1',
    'SELECT 1)',
    'SELECT a[1',
    'SELECT a NOT b',
    'SHOW',
    'SELECT ? ',
    'SELECT x::double',
    'VALUES',
  ])('%s is refused', (text) => {
    expect(failure(text)).toMatch(/^SYNTAX_ERROR line 1:\d+: mismatched input/)
  })

  test('known constructs that are left out are named', () => {
    expect(failure('SELECT a FROM t TABLESAMPLE BERNOULLI (10)')).toBe('NOT_SUPPORTED line 1:17: TABLESAMPLE is not supported')
  })
})

describe('bounds', () => {
  test.each([
    ['a megabyte of brackets', '('.repeat(1_000_000), 'statement has more than 100000 tokens'],
    ['brackets', `SELECT ${'('.repeat(40_000)}`, 'nested more than 200 levels deep'],
    ['calls', `SELECT ${'position('.repeat(20_000)}`, 'nested more than 200 levels deep'],
    ['subqueries', 'SELECT * FROM ('.repeat(10_000), 'nested more than 200 levels deep'],
    ['relations in brackets', `SELECT 1 FROM ${'('.repeat(20_000)}`, 'nested more than 200 levels deep'],
    ['types', `SELECT CAST(1 AS ${'array('.repeat(20_000)}`, 'nested more than 200 levels deep'],
    ['lambdas', `SELECT f(${'x -> '.repeat(20_000)}1)`, 'nested more than 200 levels deep'],
    ['signs', `SELECT ${'- '.repeat(90_000)}1`, 'more than 1000 operations inside one another'],
    ['negations', `SELECT ${'NOT '.repeat(90_000)}a`, 'more than 1000 operations inside one another'],
    ['sums', `SELECT 1${' + 1'.repeat(45_000)}`, 'more than 1000 operations inside one another'],
    ['unions', `SELECT 1${' UNION SELECT 1'.repeat(30_000)}`, 'more than 1000 operations inside one another'],
    ['nested explains', 'EXPLAIN '.repeat(50_000), 'nested more than 200 levels deep'],
  ])('%s', (_, text, message) => {
    expect(failure(text)).toContain(message)
  })

  test('what is wide and not deep is fine', () => {
    expect(failure(`SELECT 1 WHERE a${' AND a'.repeat(49_000)}`)).toBe('no error')
    expect(failure(`SELECT 1 WHERE a IN (1${', 1'.repeat(49_000)})`)).toBe('no error')
    expect(failure(`SELECT 1${' + 1'.repeat(900)}`)).toBe('no error')
    expect(failure(`SELECT ${'('.repeat(150)}1${')'.repeat(150)}`)).toBe('no error')
  })
})
