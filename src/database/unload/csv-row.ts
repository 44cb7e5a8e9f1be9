import { type CsvStyle, fieldQuoter } from '../../csv/csv-field.ts'
import type { RowBinaryReader } from '../../engine/decode.ts'
import type { ScalarName, Type } from '../../sql/types/type.ts'
import { doubleText } from '../query/encode/double-text.ts'
import { dateText, daySecondText, timeText, timestampText, yearMonthText } from '../query/encode/time-text.ts'

/** Reads a cell; undefined for NULL. */
export type CellText = (reader: RowBinaryReader) => string | undefined

/** Reads a row of RowBinary and answers its line. NULL is an empty field. Source: developer guide, "UNLOAD", data types and quoting. */
export function csvRow(types: readonly Type[], style: CsvStyle): (reader: RowBinaryReader) => string {
  const cells = types.map(cellText)
  const quoted = fieldQuoter(style)
  return (reader) => {
    let line = ''
    for (let index = 0; index < cells.length; index++) {
      if (index > 0) line += style.fieldDelimiter
      const text = cells[index]!(reader)
      if (text !== undefined) line += quoted(text)
    }
    return `${line}\n`
  }
}

export function csvHeader(names: readonly string[], style: CsvStyle): string {
  return `${names.map(fieldQuoter(style)).join(style.fieldDelimiter)}\n`
}

export function cellText(type: Type): CellText {
  if (type.kind === 'scalar') {
    const read = scalarText[type.name]
    return (reader) => (reader.isNull() ? undefined : read(reader))
  }
  const json = jsonText(type)
  return (reader) => {
    const text = json(reader)
    return text === 'null' ? undefined : text
  }
}

/** Nested values are JSON, as in `[23,24,25]`, `{"x":23.0,"y":"hello"}`, `[{"time":"1970-01-01 00:00:00.000000010Z","value":100.0}]`. */
function jsonText(type: Type): (reader: RowBinaryReader) => string {
  switch (type.kind) {
    case 'scalar': {
      const read = scalarText[type.name]
      const isBare = ['boolean', 'integer', 'bigint'].includes(type.name)
      if (isBare) return (reader) => (reader.isNull() ? 'null' : read(reader))
      if (type.name === 'double') {
        return (reader) => {
          if (reader.isNull()) return 'null'
          const text = read(reader)
          return /^-?\d/.test(text) ? text : `"${text}"`
        }
      }
      return (reader) => (reader.isNull() ? 'null' : JSON.stringify(read(reader)))
    }
    case 'array': {
      const element = jsonText(type.element)
      return option((reader) => list(reader, element))
    }
    case 'row': {
      const fields = type.fields.map((field, index) => [JSON.stringify(field.name ?? `field${index}`), jsonText(field.type)] as const)
      return option((reader) => `{${fields.map(([name, value]) => `${name}:${value(reader)}`).join(',')}}`)
    }
    case 'timeseries': {
      const value = jsonText(type.value)
      return option((reader) =>
        list(reader, () => `{"time":"${timestampText(reader.uint32(), reader.int32())}Z","value":${value(reader)}}`),
      )
    }
    case 'map': {
      const [key, value] = [jsonText(type.key), jsonText(type.value)]
      return option((reader) => list(reader, () => `{"key":${key(reader)},"value":${value(reader)}}`))
    }
    case 'function':
      throw new Error('a function is no value of a file')
  }
}

const option =
  (read: (reader: RowBinaryReader) => string) =>
  (reader: RowBinaryReader): string =>
    reader.arrayLength() === 0 ? 'null' : read(reader)

function list(reader: RowBinaryReader, read: (reader: RowBinaryReader) => string): string {
  const items: string[] = []
  for (let left = reader.arrayLength(); left > 0; left--) items.push(read(reader))
  return `[${items.join(',')}]`
}

/** Halves of 64 bits are read low, then high. */
const scalarText: Readonly<Record<ScalarName, (reader: RowBinaryReader) => string>> = {
  boolean: (reader) => (reader.boolean() ? 'true' : 'false'),
  integer: (reader) => String(reader.int32()),
  bigint: (reader) => reader.int64Text(),
  double: (reader) => doubleText(reader.float64()),
  varchar: (reader) => reader.string(),
  varbinary: (reader) => Buffer.from(reader.bytes()).toString('base64'),
  date: (reader) => dateText(reader.int32()),
  time: (reader) => timeText(reader.uint32(), reader.int32()),
  timestamp: (reader) => timestampText(reader.uint32(), reader.int32()),
  'interval day to second': (reader) => daySecondText(reader.uint32(), reader.int32()),
  'interval year to month': (reader) => yearMonthText(reader.int32()),
  unknown: () => '',
}
