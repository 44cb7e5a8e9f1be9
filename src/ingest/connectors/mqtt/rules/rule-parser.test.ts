import { describe, expect, it } from 'vitest'
import { parseRuleSql } from './rule-parser.ts'
import { parsePayload, type RuleValue, type SqlVersion } from './rule-value.ts'

const sensor =
  '{"temp":21.5,"whole":10.0,"count":7,"on":true,"name":"Pump","none":null,"state":{"reported":{"rpm":900}},"list":[3,4],"t":"2023-11-14 22:13:20"}'

function select(what: string, payload = sensor, version: SqlVersion = '2016-03-23', where = ''): RuleValue {
  const query = parseRuleSql(`SELECT ${what} FROM 'dt/+/#' ${where}`, version)
  const message = {
    topic: 'dt/site/dev1',
    clientId: 'c1',
    principal: undefined,
    payload: Buffer.from(payload),
    receivedAtMs: 1_700_000_000_123,
    version,
  }
  return query.run({ value: parsePayload(payload, version), message })
}

describe('the SQL of topic rules', () => {
  it.each<[string, RuleValue]>([
    ['temp', { temp: 21.5 }],
    ['temp AS celsius, on', { celsius: 21.5, on: true }],
    ['state.reported.rpm', { rpm: 900n }],
    ['state.reported.rpm AS `r p m`', { 'r p m': 900n }],
    ['missing, count', { count: 7n }],
    ['none', { none: null }],
    [
      'topic() AS t, topic(2) AS site, topic(9) AS no, clientid() AS c, timestamp() AS ts',
      { t: 'dt/site/dev1', site: 'site', c: 'c1', ts: 1_700_000_000_123n },
    ],
    ['temp * 2 + 1 AS a, -count AS b, count / 2 AS c, 8 / 2 AS d, count % 4 AS e', { a: 44, b: -7n, c: 3.5, d: 4n, e: 3n }],
    ["name + '-' + count AS label, concat(name, 'x') AS cc", { label: 'Pump-7', cc: 'Pumpx' }],
    [
      "cast(temp AS Int) AS i, cast('5' AS Int) AS j, cast(count AS String) AS s, cast('tRuE' AS Boolean) AS b, cast('x' AS Decimal) AS n",
      { i: 21n, j: 5n, s: '7', b: true },
    ],
    [
      'floor(temp) AS f, ceil(temp) AS c, round(temp) AS r, round(21.256, 2) AS r2, mod(17, 5) AS m, abs(-3) AS a, trunc(2.39, 1) AS t',
      { f: 21n, c: 22n, r: 22n, r2: 21.26, m: 2n, a: 3n, t: 2.3 },
    ],
    ['power(2, 10) AS p, sqrt(9) AS s, sign(-2.5) AS g, bitand(6, 3) AS ba, bitxor(6, 3) AS bx', { p: 1024, s: 3, g: -1n, ba: 2n, bx: 5n }],
    [
      "substring(name, 1) AS a, substring(name, 1, 3) AS b, upper(name) AS u, length(name) AS l, lpad(name, 2) AS p, indexof(name, 'm') AS i",
      { a: 'ump', b: 'um', u: 'PUMP', l: 4n, p: '  Pump', i: 2n },
    ],
    [
      "regexp_matches(name, '(?i)^pu') AS m, regexp_replace(name, '[aeiou]', '_') AS r, regexp_substr(name, 'm.') AS s, regexp_matches(name, '(') AS broken",
      { m: true, r: 'P_mp', s: 'mp' },
    ],
    [
      "startswith(name, 'Pu') AS s, endswith(name, 'x') AS e, replace(name, 'Pu', 'Ju') AS r, trim(' a ') AS t",
      { s: true, e: false, r: 'Jump', t: 'a' },
    ],
    [
      "encode(name, 'base64') AS e, decode('UHVtcA==', 'base64') AS d, md5('a') AS h",
      { e: 'UHVtcA==', d: 'Pump', h: '0cc175b9c0f1b6a831c399e269772661' },
    ],
    ["get(list, 1) AS second, get(list, 5) AS no, get(state, 'reported').rpm AS rpm, get(name, 0) AS c", { second: 4n, rpm: 900n, c: 'P' }],
    [
      'isNull(none) AS n, isUndefined(missing) AS u, nanvl(missing, 1) AS d, get_or_default(missing, 5) AS g',
      { n: true, u: true, d: 1n, g: 5n },
    ],
    [
      "CASE name WHEN 'Pump' THEN 1 WHEN 'Fan' THEN 2 ELSE 3 END AS kind, CASE WHEN temp > 30 THEN 'hot' ELSE 'mild' END AS feels",
      { kind: 1n, feels: 'mild' },
    ],
    ["time_to_epoch(t, 'yyyy-MM-dd HH:mm:ss') AS ms, sql_version() AS v", { ms: 1_700_000_000_000n, v: '2016-03-23' }],
    ["{'a': count, 'b': [temp, 1]} AS made", { made: { a: 7n, b: [21.5, 1n] } }],
    ['VALUE list', [3n, 4n]],
    ['VALUE state.reported', { rpm: 900n }],
    ['*', parsePayload(sensor, '2016-03-23')],
    ['topic(3)', { 'topic(3)': 'dev1' }],
  ])('SELECT %s', (what, result) => {
    expect(select(what)).toEqual(result)
  })

  it('adds to all members, and replaces them', () => {
    expect(select('*, topic(2) AS site, a + 1 AS a', '{"a":1,"b":2}')).toEqual({ a: 2n, b: 2n, site: 'site' })
  })

  it('takes whole numbers for Int in version 2016-03-23 only', () => {
    expect(select('whole', sensor, '2016-03-23')).toEqual({ whole: 10n })
    const old = select('whole, count', sensor, '2015-10-08') as Record<string, RuleValue>
    expect(old).toEqual({ whole: 10, count: 7n })
    expect(select('big', '{"big":9007199254740993}')).toEqual({ big: 9_007_199_254_740_993n })
  })

  it.each<[string, boolean]>([
    ['temp > 20 AND on', true],
    ["name = 'Pump' AND NOT count >= 8", true],
    ['missing > 1', false],
    ['missing = 1 OR on', false],
    ["name IN ['Fan', 'Pump']", true],
    ["name IN ('Fan')", false],
    ['4 IN list', true],
    ["count = '7' AND count <> 8 AND count != 9.5", true],
    ["state.reported = {'rpm': 900.0}", true],
    ['none = NULL', true],
    ["'a' < 'b' AND temp <= 21.5", true],
    ['temp', false],
    ['EXISTS (SELECT * FROM list WHERE TRUE)', true],
    ["topic(2) = 'site' AND regexp_matches(topic(), 'dev\\d$')", true],
  ])('WHERE %s: %s', (where, isTaken) => {
    expect(select('count', sensor, '2016-03-23', `WHERE ${where}`)).toEqual(isTaken ? { count: 7n } : undefined)
  })

  it('selects from lists inside of the message', () => {
    const senml = '{"e":[{"n":"temperature","v":22.5},{"n":"light","v":135},{"n":"acidity","v":7}]}'
    expect(select('(SELECT VALUE n FROM e) AS sensors', senml)).toEqual({ sensors: ['temperature', 'light', 'acidity'] })
    expect(select("(SELECT v FROM e WHERE n = 'temperature') AS temperature", senml)).toEqual({ temperature: [{ v: 22.5 }] })
    expect(select("get((SELECT v FROM e WHERE n = 'temperature'), 0).v AS temperature", senml)).toEqual({ temperature: 22.5 })
    expect(select('VALUE value', '{"value":{"a":1}}')).toEqual({ a: 1n })
    expect(select('value', '{"value":5}')).toEqual({ value: 5n })
    expect(select('value * 2 AS twice', '{"value":5}')).toEqual({ twice: 10n })
  })

  it.each([
    ['SELECT FROM x', '"FROM" was not expected at character 8'],
    ['SELECT * FROM dt', 'A topic filter in quotes was expected at character 15'],
    ["SELECT * FROM 'a/#/b'", 'The topic filter "a/#/b" has levels behind #'],
    ["SELECT * FROM 'a+/b'", 'has + or # beside other characters'],
    ["SELECT a b FROM 't'", 'FROM was expected at character 10'],
    ["SELECT nothing(a) FROM 't'", 'There is no function nothing, at character 8'],
    ["SELECT aws_lambda('x', a) FROM 't'", 'The function aws_lambda is not supported here'],
    ["SELECT abs(1, 2) FROM 't'", 'abs takes 1 arguments, not 2'],
    ["SELECT a FROM 't' WHERE (b", ') was expected at character 27'],
    ["SELECT a FROM 't' LIMIT 1", '"LIMIT" was not expected'],
    ["SELECT 'open FROM t", '"\'" was not expected at character 8'],
    [`SELECT ${'('.repeat(100)}a FROM 't'`, 'nested too deeply'],
  ])('%s is refused', (sql, message) => {
    expect(() => parseRuleSql(sql, '2016-03-23')).toThrow(message)
  })
})
