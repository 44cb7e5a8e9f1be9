import { describe, expect, it } from 'vitest'
import type { OptionValue } from '../../../option.ts'
import { PartlyDecoded } from '../../../partly-decoded.ts'
import { applyRules } from './apply-rules.ts'
import { topicMatcher } from './topic-filter.ts'
import { readTopicRules } from './topic-rule.ts'

const nowMs = 1_700_000_000_123
const action = { databaseName: 'iot', tableName: 'readings', dimensions: [{ name: 'device', value: '${topic(3)}' }] }
const rule = (more: object = {}, changed: object = {}): { readonly [name: string]: OptionValue } => ({
  sql: "SELECT temperature, on FROM 'dt/sensor/+'",
  awsIotSqlVersion: '2016-03-23',
  actions: [{ timestream: { ...action, ...changed } }],
  ...more,
})
const apply = (rules: OptionValue, payload: string | Buffer, topic = 'dt/sensor/d1') =>
  applyRules(readTopicRules(rules), {
    topic,
    clientId: undefined,
    principal: undefined,
    payload: Buffer.from(payload),
    receivedAtMs: nowMs,
  })

describe('a topic rule', () => {
  it('stores every attribute as a record of its own, at the time when the message came', () => {
    expect(apply({ r: rule() }, '{"temperature":21.5,"on":true,"other":1}')).toEqual([
      {
        databaseName: 'iot',
        tableName: 'readings',
        records: [
          {
            timeNs: 1_700_000_000_123_000_000n,
            measureName: 'temperature',
            dimensions: { names: ['device'], values: ['d1'] },
            value: { kind: 'single', type: 'double', value: 21.5 },
          },
          expect.objectContaining({ measureName: 'on', value: { kind: 'single', type: 'boolean', value: true } }),
        ],
      },
    ])
  })

  it('types numbers as the version of its SQL does', () => {
    const typeOf = (version: string, payload: string) =>
      apply({ r: rule({ awsIotSqlVersion: version, sql: "SELECT cast(a AS Decimal) AS a FROM 'dt/#'" }) }, payload)[0]!.records[0]!.value
    expect(typeOf('2016-03-23', '{"a":10.0}')).toEqual({ kind: 'single', type: 'bigint', value: 10n })
    expect(typeOf('2015-10-08', '{"a":10}')).toEqual({ kind: 'single', type: 'double', value: 10 })
  })

  it('takes the time, the table and dimensions from the payload as it came', () => {
    const [table] = apply(
      {
        r: rule(
          { sql: "SELECT v AS speed FROM 'dt/sensor/#'" },
          {
            tableName: 't_${topic(2)}',
            dimensions: [{ name: 'at', value: '${meta.site}-${upper(meta.unit)}' }],
            timestamp: { value: '${meta.ts}', unit: 'SECONDS' },
          },
        ),
      },
      '{"v":"fast","meta":{"site":3,"unit":"x","ts":1700000000.5}}',
    )
    expect(table).toEqual({
      databaseName: 'iot',
      tableName: 't_sensor',
      records: [
        {
          timeNs: 1_700_000_000_500_000_000n,
          measureName: 'speed',
          dimensions: { names: ['at'], values: ['3-X'] },
          value: { kind: 'single', type: 'varchar', value: 'fast' },
        },
      ],
    })
  })

  it('takes each element of a list with batchMode, looking into it first', () => {
    const tables = apply(
      {
        r: rule(
          { sql: "SELECT VALUE readings FROM 'dt/#'" },
          { batchMode: true, dimensions: [{ name: 'gw', value: '${gateway}' }], timestamp: { value: '${t}', unit: 'MILLISECONDS' } },
        ),
      },
      '{"gateway":"g1","readings":[{"t":1,"x":1.5},{"t":2,"x":2.5}]}',
    )
    expect(tables.map(({ records }) => records.map(({ timeNs, measureName }) => [timeNs, measureName]))).toEqual([
      [
        [1_000_000n, 't'],
        [1_000_000n, 'x'],
      ],
      [
        [2_000_000n, 't'],
        [2_000_000n, 'x'],
      ],
    ])
  })

  it('stores what is no JSON, encoded', () => {
    const [table] = apply({ r: rule({ sql: "SELECT encode(*, 'base64') AS data FROM 'dt/#'" }) }, Buffer.from([255, 0, 254]))
    expect(table!.records[0]!.value).toEqual({ kind: 'single', type: 'varchar', value: '/wD+' })
  })

  it('is passed over when it is disabled, does not match, or WHERE does not hold', () => {
    expect(apply({ r: rule({ ruleDisabled: true }) }, '{"temperature":1}')).toEqual([])
    expect(apply({ r: rule() }, '{"temperature":1}', 'dt/other/d1')).toEqual([])
    expect(apply({ r: rule({ sql: "SELECT * FROM 'dt/#' WHERE temperature > 5" }) }, '{"temperature":1}')).toEqual([])
  })

  it('that fails leaves the records of the others', () => {
    const rules = { bad: rule({ sql: "SELECT nested FROM 'dt/#'" }), good: rule() }
    try {
      apply(rules, '{"temperature":1.5,"nested":{"a":1}}')
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(PartlyDecoded)
      expect((error as PartlyDecoded).message).toBe('bad: The attribute "nested" is an object or a list; only single values can be stored.')
      expect((error as PartlyDecoded).tables[0]!.records).toHaveLength(1)
    }
  })

  it.each<[string, string | Buffer, OptionValue, string]>([
    ['no JSON', '{"temperature":', rule(), 'r: The payload is not JSON'],
    ['a list', '[1]', rule({ sql: "SELECT * FROM 'dt/#'" }), 'r: The result of the rule is no object with attributes.'],
    ['nothing to measure', '{}', rule(), 'r: The result of the rule has no attribute with a value.'],
    ['a great integer', '{"temperature":99999999999999999999}', rule(), 'r: The attribute "temperature" is no integer of 64 bits.'],
    [
      'no dimension',
      '{"temperature":1}',
      rule({}, { dimensions: [{ name: 'd', value: '${id}' }] }),
      'r: dimensions[0].value: ${id} has no value in this message.',
    ],
    [
      'no time',
      '{"temperature":1}',
      rule({}, { timestamp: { value: '${temperature}x', unit: 'SECONDS' } }),
      'r: timestamp.value is "1x", no number of seconds.',
    ],
    [
      '101 attributes',
      JSON.stringify(Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`a${i}`, i]))),
      rule({ sql: "SELECT * FROM 'dt/#'" }),
      '101 attributes; 100 are the most',
    ],
    ['deep nesting', '{"a":'.repeat(12) + '1' + '}'.repeat(12), rule(), 'nested deeper than 9 levels'],
    ['very deep nesting', '['.repeat(200_000), rule(), 'The payload is not JSON'],
  ])('answers for %s', (_what, payload, given, message) => {
    expect(() => apply({ r: given }, payload)).toThrow(message)
  })

  it.each<[OptionValue, string]>([
    [{ r: rule({ sql: 'SELECT' }) }, 'the option rules: r: An expression was expected at character 7 of the SQL.'],
    [{ r: rule({ awsIotSqlVersion: '2014' }) }, 'awsIotSqlVersion is not one of'],
    [{ r: rule({ actions: [] }) }, 'actions is not a list of 1 to 10 actions'],
    [{ r: rule({ actions: [{ s3: {} }] }) }, 'actions[0] has no member "s3"; it has timestream'],
    [{ r: rule({ extra: 1 }) }, 'The rule has no member "extra"'],
    [{ r: rule({}, { dimensions: [] }) }, 'dimensions is not a list of 1 to 128 entries'],
    [{ r: rule({}, { dimensions: [{ name: 'time', value: 'x' }] }) }, 'dimensions[0].name is "time"'],
    [{ r: rule({}, { dimensions: [{ name: 'a:b', value: 'x' }] }) }, 'have a colon'],
    [{ r: rule({}, { dimensions: [{ name: 'a', value: '${x' }] }) }, 'dimensions[0].value: "${" has no "}" in "${x".'],
    [
      { r: rule({}, { dimensions: [{ name: 'a', value: '${1 +}' }] }) },
      'dimensions[0].value: An expression was expected at character 4 of "1 +".',
    ],
    [{ r: rule({}, { timestamp: { value: '1', unit: 'HOURS' } }) }, 'timestamp.unit is not one of SECONDS'],
    [{ 'a-b': rule() }, 'A name has 1 to 128 letters, digits and underscores.'],
    [{}, 'has not 1 to 1000 rules'],
  ])('is refused (%#)', (rules, message) => {
    expect(() => readTopicRules(rules)).toThrow(message)
  })
})

describe('a topic filter', () => {
  it.each([
    ['a/b', 'a/b', true],
    ['a/+', 'a/b', true],
    ['a/+', 'a/b/c', false],
    ['a/#', 'a', true],
    ['a/#', 'a/b/c', true],
    ['+/+', '/finance', true],
    ['#', '$SYS/x', false],
    ['$SYS/#', '$SYS/x', true],
  ])('%s for %s: %s', (filter, topic, matches) => {
    expect(topicMatcher(filter)(topic)).toBe(matches)
  })
})
