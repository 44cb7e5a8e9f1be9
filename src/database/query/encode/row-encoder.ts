import { assert, unreachable } from '../../../base/assert.ts'
import type { RowBinaryReader } from '../../../engine/decode.ts'
import type { ScalarName, Type } from '../../../sql/types/type.ts'
import { doubleText } from './double-text.ts'
import type { PageText } from './page-text.ts'
import { dateText, daySecondText, timeText, writeTimestamp, yearMonthText } from './time-text.ts'

/** Reads one cell (or row) of RowBinary and writes it as JSON. What it wrote of an incomplete row is for the caller to cut off. */
export type Encoder = (reader: RowBinaryReader, page: PageText) => void

/**
 * Encoders, compiled once per result: from RowBinary straight to the API's datums, `{"ScalarValue":"1"}`. The form in which the engine holds each
 * type is outputType's in sql/clickhouse/physical.ts: scalars Nullable; arrays, rows, timeseries and maps an Array of none (NULL) or one.
 */
export function rowEncoder(types: readonly Type[]): Encoder {
  return between('{"Data":[', all(types.map(datumEncoder)), ']}')
}

const ascii = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'))

const nullDatum = ascii('{"NullValue":true}')
const comma = 0x2c
const closingBrace = 0x7d

function datumEncoder(type: Type): Encoder {
  switch (type.kind) {
    case 'scalar': {
      const content = scalarContent[type.name]
      return (reader, page) => {
        page.reserve()
        if (reader.isNull()) return page.bytes(nullDatum)
        page.scalarStart()
        content(reader, page)
        page.scalarEnd()
      }
    }
    case 'array':
      return optional(between('{"ArrayValue":[', items(datumEncoder(type.element)), ']}'))
    case 'row':
      return optional(between('{"RowValue":{"Data":[', all(type.fields.map((field) => datumEncoder(field.type))), ']}}'))
    case 'timeseries': {
      const value = datumEncoder(type.value)
      const [start, middle, end] = [ascii('{"Time":"'), ascii('","Value":'), closingBrace]
      const point: Encoder = (reader, page) => {
        page.reserve()
        page.bytes(start)
        writeTimestamp(page, reader.uint32(), reader.int32())
        page.bytes(middle)
        value(reader, page)
        page.byte(end)
      }
      return optional(between('{"TimeSeriesValue":[', items(point), ']}'))
    }
    case 'map': {
      const entry = between('{"RowValue":{"Data":[', all([datumEncoder(type.key), datumEncoder(type.value)]), ']}}')
      return optional(between('{"ArrayValue":[', items(entry), ']}'))
    }
    case 'function':
      throw new Error('a function is no value of a result')
    default:
      return unreachable(type)
  }
}

function between(before: string, encode: Encoder, after: string): Encoder {
  const [start, end] = [ascii(before), ascii(after)]
  return (reader, page) => {
    page.reserve()
    page.bytes(start)
    encode(reader, page)
    page.reserve()
    page.bytes(end)
  }
}

function optional(encode: Encoder): Encoder {
  return (reader, page) => {
    const count = reader.arrayLength()
    if (count === 0) {
      page.reserve()
      return page.bytes(nullDatum)
    }
    assert(count === 1, 'a nested value is an array of none or one')
    encode(reader, page)
  }
}

function all(encoders: readonly Encoder[]): Encoder {
  return (reader, page) => {
    for (let index = 0; index < encoders.length; index++) {
      if (index > 0) page.byte(comma)
      encoders[index]!(reader, page)
    }
  }
}

function items(encode: Encoder): Encoder {
  return (reader, page) => {
    const count = reader.arrayLength()
    for (let index = 0; index < count; index++) {
      if (index > 0) page.byte(comma)
      encode(reader, page)
    }
  }
}

/** What stands between the quotes, escaped for JSON. Halves of 64 bits are read low, then high. */
const scalarContent: Readonly<Record<ScalarName, Encoder>> = {
  boolean: (reader, page) => page.ascii(reader.boolean() ? 'true' : 'false'),
  integer: (reader, page) => writeInteger(page, reader.int32()),
  bigint: (reader, page) => page.ascii(reader.int64Text()),
  double: (reader, page) => writeDouble(page, reader.float64()),
  varchar: (reader, page) => {
    const start = reader.span()
    if (!page.plain(reader.memory, start, reader.spanEnd)) {
      page.utf8(escaped(reader.memory.toString('utf8', start, reader.spanEnd)))
      page.reserve()
    }
  },
  varbinary: (reader, page) => {
    page.utf8(Buffer.from(reader.bytes()).toString('base64'))
    page.reserve()
  },
  date: (reader, page) => page.ascii(dateText(reader.int32())),
  time: (reader, page) => page.ascii(timeText(reader.uint32(), reader.int32())),
  timestamp: (reader, page) => writeTimestamp(page, reader.uint32(), reader.int32()),
  'interval day to second': (reader, page) => page.ascii(daySecondText(reader.uint32(), reader.int32())),
  'interval year to month': (reader, page) => page.ascii(yearMonthText(reader.int32())),
  unknown: () => {
    throw new Error('the type unknown holds only NULL')
  },
}

const minus = 0x2d
const point = 0x2e
const zero = 0x30

function writeInteger(page: PageText, value: number): void {
  if (value < 0) page.byte(minus)
  page.digits(Math.abs(value))
}

/** Whole numbers are frequent and need no detour over a string. */
function writeDouble(page: PageText, value: number): void {
  const size = Math.abs(value)
  if (size >= 1e7 || size === 0 || !Number.isInteger(value)) return page.ascii(doubleText(value))
  if (value < 0) page.byte(minus)
  page.digits(size)
  page.byte(point)
  page.byte(zero)
}

/** What JSON.stringify would write in another form: quote, backslash, control characters. */
// oxlint-disable-next-line no-control-regex
const mustEscape = /["\\\u0000-\u001f]/

export const escaped = (text: string): string => (mustEscape.test(text) ? JSON.stringify(text).slice(1, -1) : text)
