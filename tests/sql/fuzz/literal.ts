import {
  BIGINT,
  BOOLEAN,
  DATE,
  DOUBLE,
  INTEGER,
  INTERVAL_DAY_TO_SECOND,
  INTERVAL_YEAR_TO_MONTH,
  TIME,
  TIMESTAMP,
} from '../../../src/sql/types/type.ts'
import { VARBINARY, VARCHAR, arrayOf, mapOf, rowOf, timeSeriesOf, type ScalarName, type Type } from '../../../src/sql/types/type.ts'
import type { Random } from '../../harness/random.ts'

export const scalarTypes: readonly Type[] = [
  BOOLEAN,
  INTEGER,
  BIGINT,
  DOUBLE,
  VARCHAR,
  VARBINARY,
  DATE,
  TIME,
  TIMESTAMP,
  INTERVAL_DAY_TO_SECOND,
  INTERVAL_YEAR_TO_MONTH,
]

export function randomType(random: Random, depth = 2): Type {
  if (depth === 0 || random.chance(0.75)) return random.pick(scalarTypes)
  const inner = (): Type => randomType(random, depth - 1)
  switch (random.below(4)) {
    case 0:
      return timeSeriesOf(random.pick([DOUBLE, BIGINT, VARCHAR]))
    case 1:
      return rowOf(...random.list(1, 3, (i) => (random.chance(0.6) ? { name: `f${i}`, type: inner() } : { type: inner() })))
    case 2:
      return mapOf(random.pick([VARCHAR, BIGINT]), inner())
    default:
      return arrayOf(inner())
  }
}

/** Texts that would do harm where they are not quoted, or that engines read otherwise than clients. */
export const evilTexts: readonly string[] = [
  "it's",
  '\\',
  "\\'",
  "\\\\' OR 1=1 --",
  '`',
  '"',
  '\0',
  'a\nb',
  '\r\n\t',
  '{p:String}',
  '{p:Identifier}',
  '/* c */',
  '-- d',
  '; DROP TABLE x',
  '日本語',
  '😀',
  'é',
  '%_',
  '${x}',
  '$1',
  '\u2028',
  '\ufeff',
  '\\x41',
  '\\N',
  "'||'",
  '#',
  '?',
  '@x',
  'TIDEMARK|INTERNAL|x',
]

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`

const texts: Readonly<Record<ScalarName, readonly string[]>> = {
  boolean: ['TRUE', 'FALSE'],
  integer: ['0', '1', '-1', '7', '2147483647', '-2147483648', '100'],
  bigint: ["BIGINT '5'", '9223372036854775807', '-9223372036854775808', '2147483648', '4294967296'],
  double: ['1.5', '0.0', '-0.0', '1e308', '2.5e-300', 'nan()', 'infinity()', '0.5', '3.0', "DOUBLE '0.9'"],
  varchar: [
    "'a'",
    "''",
    "'abc'",
    "'2020-08-08 01:00:00'",
    '\'{"a": [1, 2]}\'',
    "'http://h:80/p?q=1#f'",
    "'%d %s'",
    "'minute'",
    "'a.c'",
    "'12'",
  ],
  varbinary: ["X'00ff'", "X''", "to_utf8('é')"],
  date: ["DATE '2020-02-29'", "DATE '1969-12-31'", "DATE '2262-04-11'", 'current_date'],
  time: ["TIME '01:02:03.000000001'", "TIME '23:59:59'", "TIME '00:00'"],
  timestamp: [
    "TIMESTAMP '2024-01-15 12:00:00.123456789'",
    "TIMESTAMP '1969-12-31 23:59:59'",
    'now()',
    'ago(1h)',
    'from_milliseconds(1500376552001)',
  ],
  'interval day to second': ['15m', '1d', '50ns', "INTERVAL '-3' DAY", '10000ms', '0s'],
  'interval year to month': ['1y', "INTERVAL '2' MONTH", "INTERVAL '-1' YEAR"],
  unknown: ['NULL'],
}

/** A constant of the type, sometimes NULL. */
export function literal(random: Random, type: Type): string {
  if (random.chance(0.08)) return 'NULL'
  switch (type.kind) {
    case 'scalar':
      if (type.name === 'varchar' && random.chance(0.35)) return quoted(`zq${random.below(9)}${random.pick(evilTexts)}`)
      if (type.name === 'integer' && random.chance(0.4)) return String(random.below(1000) - 500)
      return random.pick(texts[type.name])
    case 'array':
      return `ARRAY[${random.list(1, 3, () => literal(random, type.element)).join(', ')}]`
    case 'row':
      if (type.fields.some((field) => field.name !== undefined)) {
        return `CAST(ROW(${type.fields.map((field) => literal(random, field.type)).join(', ')}) AS ${castName(type)})`
      }
      return `ROW(${type.fields.map((field) => literal(random, field.type)).join(', ')})`
    case 'map': {
      const keys = type.key.kind === 'scalar' && type.key.name === 'varchar' ? "'k', 'l'" : '1, 2'
      return `map(ARRAY[${keys}], ARRAY[${literal(random, type.value)}, ${literal(random, type.value)}])`
    }
    case 'timeseries': {
      const value =
        type.value.kind === 'scalar' && type.value.name === 'bigint'
          ? 'tasks'
          : type.value.kind === 'scalar' && type.value.name === 'varchar'
            ? 'region'
            : 'usage_user'
      return `(SELECT create_time_series(time, ${value}) FROM benchmark.cpu WHERE hostname = 'host_1')`
    }
    case 'function':
      return 'NULL'
  }
}

/** The type as CAST takes it. */
export function castName(type: Type): string {
  switch (type.kind) {
    case 'scalar':
      return type.name
    case 'array':
      return `array(${castName(type.element)})`
    case 'row':
      return `ROW(${type.fields.map((field, i) => `${field.name ?? `g${i}`} ${castName(field.type)}`).join(', ')})`
    case 'timeseries':
      return `timeseries(${castName(type.value)})`
    case 'map':
      return `map(${castName(type.key)}, ${castName(type.value)})`
    case 'function':
      return 'unknown'
  }
}
