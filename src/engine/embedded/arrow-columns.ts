import type { EngineInsert, InsertColumn } from '../engine.ts'
import { quoteName, quoteText } from '../bind-parameters.ts'

/** One column as chDB's Arrow entry takes it: an Arrow C format letter and the buffers of the array, validity first. */
export interface ArrowColumn {
  readonly name: string
  readonly format: string
  readonly length: number
  readonly nullCount: number
  readonly buffers: readonly (Buffer | null)[]
}

export interface ArrowInsert {
  readonly columns: readonly ArrowColumn[]
  /** The statement that moves the rows registered as `source` into the table. */
  statement(source: string): string
}

/** Longest dictionary, in UTF-16 code units, that goes into the text of a statement. */
const dictionaryTextLimit = 4_000_000

/**
 * An insert as Arrow columns over the caller's own memory (nothing is copied but strings and NULL bits).
 * Source: Arrow columnar format, https://arrow.apache.org/docs/format/CDataInterface.html.
 */
export function arrowInsert(insert: EngineInsert): ArrowInsert {
  const columns: ArrowColumn[] = []
  const expressions: string[] = []
  for (const [index, column] of insert.columns.entries()) {
    const name = `c${index}`
    const length = column.kind === 'dictionary' ? column.codes.length : column.values.length
    if (length !== insert.rowCount || (column.nulls !== undefined && column.nulls.length !== insert.rowCount)) {
      throw new Error(`column ${column.name} of ${insert.table} has ${length} values, expected ${insert.rowCount}`)
    }
    const { format, buffers, expression } = arrowValues(column, name)
    const [validity, nullCount] = validityBits(column.nulls)
    columns.push({ name, format, length, nullCount, buffers: [validity, ...buffers] })
    expressions.push(expression)
  }
  const names = insert.columns.map((column) => quoteName(column.name)).join(', ')
  const target = `${quoteName(insert.database)}.${quoteName(insert.table)}`
  return {
    columns,
    statement: (source) => `INSERT INTO ${target} (${names}) SELECT ${expressions.join(', ')} FROM arrowstream(${quoteText(source)})`,
  }
}

interface ArrowValues {
  readonly format: string
  readonly buffers: readonly Buffer[]
  /** What stands for the column in the SELECT. */
  readonly expression: string
}

function arrowValues(column: InsertColumn, name: string): ArrowValues {
  switch (column.kind) {
    case 'int64':
      return { format: 'l', buffers: [bytesOf(column.values)], expression: name }
    case 'uint64':
      return { format: 'L', buffers: [bytesOf(column.values)], expression: name }
    case 'float64':
      return { format: 'g', buffers: [bytesOf(column.values)], expression: name }
    case 'boolean':
      return { format: 'C', buffers: [bytesOf(column.values)], expression: name }
    case 'string':
      return { format: 'u', buffers: stringBuffers(column.values), expression: name }
    case 'dictionary':
      return dictionaryValues(column.codes, column.dictionary, name)
  }
}

/** The codes travel; the engine looks the texts up in a literal array, which stays dictionary-coded on the way into the table. */
function dictionaryValues(codes: Int32Array, dictionary: readonly string[], name: string): ArrowValues {
  const textLength = dictionary.reduce((sum, text) => sum + text.length + 3, 0)
  if (textLength > dictionaryTextLimit || dictionary.length > codes.length) {
    const values = Array.from(codes, (code) => dictionary[code] ?? null)
    return { format: 'u', buffers: stringBuffers(values), expression: name }
  }
  const texts = dictionary.map(quoteText).join(', ')
  return {
    format: 'i',
    buffers: [bytesOf(codes)],
    expression: `arrayElement(_CAST([${texts}], 'Array(LowCardinality(String))'), ${name} + 1)`,
  }
}

/** Offsets of 32 bits and the concatenated UTF-8. */
function stringBuffers(values: readonly (string | null)[]): Buffer[] {
  const offsets = new Int32Array(values.length + 1)
  let size = 0
  for (const value of values) size += value === null ? 0 : Buffer.byteLength(value)
  if (size > 0x7fff_ffff) throw new Error(`a column of ${size} bytes of text is too long for one insert`)
  const data = Buffer.allocUnsafe(size)
  let end = 0
  for (const [row, value] of values.entries()) {
    if (value !== null) end += data.write(value, end, 'utf8')
    offsets[row + 1] = end
  }
  return [bytesOf(offsets), data]
}

/** One bit a row, 1 = there is a value; no bits when nothing is NULL. */
function validityBits(nulls: Uint8Array | undefined): readonly [Buffer | null, number] {
  if (nulls === undefined) return [null, 0]
  const bits = Buffer.alloc(Math.ceil(nulls.length / 8))
  let count = 0
  for (let row = 0; row < nulls.length; row++) {
    if (nulls[row] === 1) count++
    else bits[row >> 3]! |= 1 << (row & 7)
  }
  return count === 0 ? [null, 0] : [bits, count]
}

function bytesOf(values: ArrayBufferView): Buffer {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength)
}
