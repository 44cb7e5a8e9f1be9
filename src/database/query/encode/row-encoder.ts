import { assert, unreachable } from '../../../base/assert.ts'
import type { RowBinaryReader } from '../../../engine/decode.ts'
import type { ScalarName, Type } from '../../../sql/types/type.ts'
import { doubleText } from './double-text.ts'
import { dateText, daySecondText, timestampText, timeText, yearMonthText } from './time-text.ts'

/** Reads one cell (or row) of RowBinary and answers it as JSON text. */
export type Encoder = (reader: RowBinaryReader) => string

/**
 * Encoders, compiled once per result: from RowBinary straight to the API's datums, `{"ScalarValue":"1"}`. The form in which the engine holds each
 * type is outputType's in sql/clickhouse/physical.ts: scalars Nullable; arrays, rows, timeseries and maps an Array of none (NULL) or one.
 */
export function rowEncoder(types: readonly Type[]): Encoder {
  const cells = types.map(datumEncoder)
  return (reader) => `{"Data":[${encodeAll(cells, reader)}]}`
}

const nullDatum = '{"NullValue":true}'

function datumEncoder(type: Type): Encoder {
  switch (type.kind) {
    case 'scalar': {
      const content = scalarContent[type.name]
      return (reader) => (reader.isNull() ? nullDatum : `{"ScalarValue":"${content(reader)}"}`)
    }
    case 'array': {
      const element = datumEncoder(type.element)
      return optional((reader) => `{"ArrayValue":[${encodeItems(element, reader)}]}`)
    }
    case 'row': {
      const fields = type.fields.map((field) => datumEncoder(field.type))
      return optional((reader) => `{"RowValue":{"Data":[${encodeAll(fields, reader)}]}}`)
    }
    case 'timeseries': {
      const value = datumEncoder(type.value)
      const point: Encoder = (reader) => `{"Time":"${timestampText(reader.uint32(), reader.int32())}","Value":${value(reader)}}`
      return optional((reader) => `{"TimeSeriesValue":[${encodeItems(point, reader)}]}`)
    }
    case 'map': {
      const entry = [datumEncoder(type.key), datumEncoder(type.value)]
      const row: Encoder = (reader) => `{"RowValue":{"Data":[${encodeAll(entry, reader)}]}}`
      return optional((reader) => `{"ArrayValue":[${encodeItems(row, reader)}]}`)
    }
    case 'function':
      throw new Error('a function is no value of a result')
    default:
      return unreachable(type)
  }
}

function optional(encode: Encoder): Encoder {
  return (reader) => {
    const count = reader.arrayLength()
    if (count === 0) return nullDatum
    assert(count === 1, 'a nested value is an array of none or one')
    return encode(reader)
  }
}

function encodeAll(encoders: readonly Encoder[], reader: RowBinaryReader): string {
  let text = ''
  for (const encode of encoders) text += text === '' ? encode(reader) : `,${encode(reader)}`
  return text
}

function encodeItems(encode: Encoder, reader: RowBinaryReader): string {
  const count = reader.arrayLength()
  let text = ''
  for (let index = 0; index < count; index++) text += index === 0 ? encode(reader) : `,${encode(reader)}`
  return text
}

/** What stands between the quotes, escaped for JSON. Halves of 64 bits are read low, then high. */
const scalarContent: Readonly<Record<ScalarName, Encoder>> = {
  boolean: (reader) => (reader.boolean() ? 'true' : 'false'),
  integer: (reader) => String(reader.int32()),
  bigint: (reader) => reader.int64Text(),
  double: (reader) => doubleText(reader.float64()),
  varchar: (reader) => escaped(reader.string()),
  varbinary: (reader) => Buffer.from(reader.bytes()).toString('base64'),
  date: (reader) => dateText(reader.int32()),
  time: (reader) => timeText(reader.uint32(), reader.int32()),
  timestamp: (reader) => timestampText(reader.uint32(), reader.int32()),
  'interval day to second': (reader) => daySecondText(reader.uint32(), reader.int32()),
  'interval year to month': (reader) => yearMonthText(reader.int32()),
  unknown: () => {
    throw new Error('the type unknown holds only NULL')
  },
}

/** What JSON.stringify would write in another form: quote, backslash, control characters. */
// oxlint-disable-next-line no-control-regex
const mustEscape = /["\\\u0000-\u001f]/

export const escaped = (text: string): string => (mustEscape.test(text) ? JSON.stringify(text).slice(1, -1) : text)
