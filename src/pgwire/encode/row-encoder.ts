import { assert } from '../../base/assert.ts'
import type { PageText } from '../../database/query/encode/page-text.ts'
import type { Encoder } from '../../database/query/encode/row-encoder.ts'
import { dateText, writeTimestamp } from '../../database/query/encode/time-text.ts'
import type { ScalarName, Type } from '../../sql/types/type.ts'
import { arrayText, jsonText } from './nested-text.ts'
import { doubleText, scalarText, type Reader } from './scalar-text.ts'
import { typeCode } from './type-codes.ts'

const dataRow = 0x44
const nullCell = 0xffff_ffff

/** From RowBinary straight to DataRow messages. `formats`: 0 text, 1 binary; none: all text, one: for all columns. */
export function dataRowEncoder(types: readonly Type[], formats: readonly number[]): Encoder {
  const cells = types.map((type, index) => (formatOf(formats, index) === 1 ? binaryCell(type) : textCell(type)))
  return (reader, page) => {
    page.reserve()
    page.byte(dataRow)
    const start = page.length
    page.uint32(0)
    page.uint16(cells.length)
    for (const cell of cells) cell(reader, page)
    page.setUint32(start, page.length - start)
  }
}

export const formatOf = (formats: readonly number[], index: number): number => (formats.length === 1 ? formats[0]! : (formats[index] ?? 0))

/** The length of the content is known after it. */
function sized(content: Encoder): Encoder {
  return (reader, page) => {
    const at = page.length
    page.uint32(0)
    content(reader, page)
    page.setUint32(at, page.length - at - 4)
    page.reserve()
  }
}

function scalarCell(content: Encoder): Encoder {
  const write = sized(content)
  return (reader, page) => {
    page.reserve()
    if (reader.isNull()) page.uint32(nullCell)
    else write(reader, page)
  }
}

function nestedCell(content: Encoder): Encoder {
  const write = sized(content)
  return (reader, page) => {
    page.reserve()
    const count = reader.arrayLength()
    if (count === 0) return page.uint32(nullCell)
    assert(count === 1, 'a nested value is an array of none or one')
    write(reader, page)
  }
}

const written =
  (read: (reader: Reader) => string): Encoder =>
  (reader, page) =>
    page.utf8(read(reader))

function textCell(type: Type): Encoder {
  if (type.kind === 'scalar') return scalarCell(textContent[type.name])
  if (type.kind === 'array' && type.element.kind === 'scalar') return nestedCell(written(arrayText(type.element)))
  return jsonCell(type)
}

/** JSON has one form for both formats. The reader of JSON reads the outer array as well. */
function jsonCell(type: Type): Encoder {
  const read = jsonText(type)
  return (reader, page) => {
    page.reserve()
    const text = read(reader)
    if (text === 'null') return page.uint32(nullCell)
    const at = page.length
    page.uint32(0)
    page.utf8(text)
    page.setUint32(at, page.length - at - 4)
    page.reserve()
  }
}

const minus = 0x2d
const zero = 0x30
const point = 0x2e

function wholeNumber(page: PageText, value: number): void {
  if (value < 0) page.byte(minus)
  page.digits(Math.abs(value))
}

const textContent: Readonly<Record<ScalarName, Encoder>> = {
  boolean: (reader, page) => page.ascii(reader.boolean() ? 't' : 'f'),
  integer: (reader, page) => wholeNumber(page, reader.int32()),
  bigint: (reader, page) => page.ascii(reader.int64Text()),
  double: (reader, page) => {
    const value = reader.float64()
    if (Number.isSafeInteger(value) && Math.abs(value) < 1e15 && !Object.is(value, -0)) wholeNumber(page, value)
    else page.ascii(doubleText(value))
  },
  varchar: (reader, page) => {
    const start = reader.span()
    page.span(reader.memory, start, reader.spanEnd)
  },
  varbinary: written(scalarText.varbinary),
  date: (reader, page) => page.ascii(dateText(reader.int32())),
  time: written(scalarText.time),
  timestamp: (reader, page) => {
    writeTimestamp(page, reader.uint32(), reader.int32())
    let end = page.length - 3
    while (page.byteAt(end - 1) === zero) end--
    page.cutTo(page.byteAt(end - 1) === point ? end - 1 : end)
    page.ascii('+00')
  },
  'interval day to second': written(scalarText['interval day to second']),
  'interval year to month': written(scalarText['interval year to month']),
  unknown: written(scalarText.unknown),
}

function binaryCell(type: Type): Encoder {
  if (type.kind === 'scalar') return scalarCell(binaryContent[type.name])
  if (type.kind === 'array' && type.element.kind === 'scalar') return nestedCell(binaryArray(type.element))
  return jsonCell(type)
}

/** Of one dimension, counted from 1; of none when it is empty. Source: PostgreSQL, array_send. */
function binaryArray(element: Extract<Type, { kind: 'scalar' }>): Encoder {
  const cell = scalarCell(binaryContent[element.name])
  const { oid } = typeCode(element)
  return (reader, page) => {
    const count = reader.arrayLength()
    page.uint32(count === 0 ? 0 : 1)
    page.uint32(count === 0 ? 0 : 1)
    page.uint32(oid)
    if (count > 0) {
      page.uint32(count)
      page.uint32(1)
    }
    for (let index = 0; index < count; index++) cell(reader, page)
  }
}

/** Days and microseconds are counted from 2000-01-01. */
const epochDays = 10_957
const epochMicroseconds = 946_684_800_000_000n

const floorThousand = (value: bigint): bigint => (value - (((value % 1000n) + 1000n) % 1000n)) / 1000n

const binaryContent: Readonly<Record<ScalarName, Encoder>> = {
  boolean: (reader, page) => page.byte(reader.boolean() ? 1 : 0),
  integer: (reader, page) => page.uint32(reader.int32()),
  bigint: (reader, page) => page.int64(reader.int64()),
  double: (reader, page) => page.float64(reader.float64()),
  varchar: textContent.varchar,
  varbinary: textContent.varchar,
  date: (reader, page) => page.uint32(reader.int32() - epochDays),
  time: (reader, page) => page.int64(reader.int64() / 1000n),
  timestamp: (reader, page) => page.int64(floorThousand(reader.int64()) - epochMicroseconds),
  'interval day to second': (reader, page) => {
    const microseconds = reader.int64() / 1000n
    const day = 86_400_000_000n
    page.int64(microseconds % day)
    page.uint32(Number(microseconds / day))
    page.uint32(0)
  },
  'interval year to month': (reader, page) => {
    page.int64(0n)
    page.uint32(0)
    page.uint32(reader.int32())
  },
  unknown: textContent.unknown,
}
