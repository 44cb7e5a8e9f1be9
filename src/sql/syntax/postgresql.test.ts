import { describe, expect, test } from 'vitest'
import { format } from './format.ts'
import { parse } from './parse.ts'

const bounds = { maxTokens: 10_000, maxNestingDepth: 100 }
const read = (text: string): string => format(parse(text, { ...bounds, dialect: 'postgresql' }))
const same = (postgresql: string, timestream: string): void => expect(read(postgresql)).toBe(format(parse(timestream, bounds)))

describe('statements as PostgreSQL’s clients write them', () => {
  test.each([
    ['SELECT x::float8, y::int8::text FROM db.t', 'SELECT CAST(x AS double), CAST(CAST(y AS bigint) AS varchar) FROM db.t'],
    ["SELECT '2026-01-01'::timestamptz", "SELECT CAST('2026-01-01' AS timestamp)"],
    ['SELECT CAST(x AS character varying(20)) FROM db.t', 'SELECT CAST(x AS varchar(20)) FROM db.t'],
    ['SELECT x::int4[] FROM db.t', 'SELECT CAST(x AS array(integer)) FROM db.t'],
    ["SELECT now() - interval '1 hour'", "SELECT now() - interval '1' hour"],
    ["SELECT now() - '2 days'::interval", "SELECT now() - interval '2' day"],
    ["SELECT interval '1 day 02:03:04.5'", "SELECT interval '1' day + interval '02' hour + interval '03' minute + interval '04.5' second"],
    ["SELECT interval '1 hour ago'", "SELECT interval -'1' hour"],
    ["SELECT interval '1' hour", "SELECT interval '1' hour"],
    ["SELECT time_bucket('300.000s', time) FROM db.t", "SELECT bin(time, interval '300.000' second) FROM db.t"],
    ["SELECT a FROM db.t WHERE a ILIKE 'X%'", "SELECT a FROM db.t WHERE lower(a) LIKE lower('X%')"],
    ["SELECT a FROM db.t WHERE a NOT ILIKE 'X%'", "SELECT a FROM db.t WHERE lower(a) NOT LIKE lower('X%')"],
    ["SELECT a FROM db.t WHERE a ~ 'x'", "SELECT a FROM db.t WHERE regexp_like(a, 'x')"],
    ["SELECT a FROM db.t WHERE a !~* 'x'", "SELECT a FROM db.t WHERE NOT regexp_like(a, '(?i)' || 'x')"],
    ["SELECT a FROM db.t WHERE a = ANY (ARRAY['x'])", "SELECT a FROM db.t WHERE contains(ARRAY['x'], a)"],
    ['SELECT a FROM db.t WHERE a IS TRUE', 'SELECT a FROM db.t WHERE a IS NOT DISTINCT FROM true'],
    ['SELECT a FROM db.t WHERE a IS NOT FALSE', 'SELECT a FROM db.t WHERE a IS DISTINCT FROM false'],
    ['SELECT a FROM db.t WHERE a IS UNKNOWN', 'SELECT a FROM db.t WHERE a IS NULL'],
    ['SELECT extract(epoch FROM time) FROM db.t', 'SELECT to_unixtime(time) FROM db.t'],
    ["SELECT date_part('hour', time) FROM db.t", 'SELECT extract(hour FROM time) FROM db.t'],
    ['SELECT percentile_cont(0.9) WITHIN GROUP (ORDER BY x) FROM db.t', 'SELECT approx_percentile(x, 0.9) FROM db.t'],
    ['SELECT * FROM generate_series(1, 5) AS g', 'SELECT * FROM UNNEST(sequence(1, 5)) AS g(g)'],
    ['SELECT * FROM generate_series(1, 5) AS g(n)', 'SELECT * FROM UNNEST(sequence(1, 5)) AS g(n)'],
    ["SELECT E'a\\n\\'b'''", "SELECT 'a\n''b'''"],
    ['SELECT measure_value::double::int8 FROM db.t', 'SELECT CAST(measure_value::double AS bigint) FROM db.t'],
    ['SELECT a FROM db.t LIMIT 5::INTEGER OFFSET 10::bigint', 'SELECT a FROM db.t OFFSET 10 LIMIT 5'],
    ['SELECT a FROM db.t LIMIT 5 OFFSET 10', 'SELECT a FROM db.t OFFSET 10 LIMIT 5'],
  ])('%s', same)

  test('places are parameters with numbers as names', () => {
    expect(read('SELECT a FROM db.t WHERE a = $1 AND b > $12')).toContain('@12')
  })

  test('what only Timestream writes is understood as well', () => {
    same('SELECT bin(time, 15m) FROM db.t WHERE time > ago(1h)', 'SELECT bin(time, 15m) FROM db.t WHERE time > ago(1h)')
  })

  test.each(["SELECT interval 'soon'", "SELECT interval '1 parsec'", "SELECT E'open"])('%s is refused with its place', (text) => {
    expect(() => read(text)).toThrow(/invalid input syntax for type interval|unterminated/)
  })

  test('Timestream’s own statements take none of it', () => {
    expect(() => parse('SELECT x::float8 FROM db.t', bounds)).toThrow('mismatched input')
    expect(() => parse("SELECT a FROM db.t WHERE a ILIKE 'x'", bounds)).toThrow('mismatched input')
  })
})
