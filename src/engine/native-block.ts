import type { EngineInsert, InsertColumn } from './engine.ts'

/**
 * An insert as one block of ClickHouse's Native format: column count, row count, then for each column its name, its type and its values.
 * Numbers are copied as they lie in memory; strings that come with a dictionary travel as LowCardinality, so that each distinct text is
 * encoded once. The engine converts to the table's own types. Source: ClickHouse documentation, "Native format"; checked by the engine suite.
 */
export function encodeNativeBlock(insert: EngineInsert): Buffer {
  const writer = new BlockWriter(estimateBytes(insert))
  writer.varint(insert.columns.length)
  writer.varint(insert.rowCount)
  for (const column of insert.columns) {
    checkLengths(insert, column)
    writer.text(column.name)
    writeColumn(writer, column, insert.rowCount)
  }
  return writer.finish()
}

function writeColumn(writer: BlockWriter, column: InsertColumn, rowCount: number): void {
  const { nulls } = column
  if (column.kind === 'dictionary') {
    writeDictionary(writer, column.codes, column.dictionary, nulls)
    return
  }
  const type = plainTypes[column.kind]
  writer.text(nulls === undefined ? type : `Nullable(${type})`)
  if (nulls !== undefined) writer.bytes(nulls)
  switch (column.kind) {
    case 'int64':
    case 'uint64':
    case 'float64':
      writer.bytes(new Uint8Array(column.values.buffer, column.values.byteOffset, column.values.byteLength))
      break
    case 'boolean':
      writer.bytes(column.values)
      break
    case 'string':
      for (let row = 0; row < rowCount; row++) writer.text(column.values[row] ?? '')
      break
  }
}

const plainTypes = { int64: 'Int64', uint64: 'UInt64', float64: 'Float64', boolean: 'Bool', string: 'String' } as const

/** Keys follow with the block (bit 9) and replace any earlier ones (bit 10); the low bits tell the width of the indexes. */
const ownKeys = 0x600n

function writeDictionary(writer: BlockWriter, codes: Int32Array, dictionary: readonly string[], nulls: Uint8Array | undefined): void {
  writer.text(nulls === undefined ? 'LowCardinality(String)' : 'LowCardinality(Nullable(String))')
  // key 0 of a nullable dictionary stands for NULL
  const shift = nulls === undefined ? 0 : 1
  const keyCount = dictionary.length + shift
  const width = keyCount <= 0x100 ? 0 : keyCount <= 0x1_0000 ? 1 : 2
  writer.uint64(1n)
  writer.uint64(ownKeys | BigInt(width))
  writer.uint64(BigInt(keyCount))
  if (shift === 1) writer.text('')
  for (const text of dictionary) writer.text(text)
  writer.uint64(BigInt(codes.length))
  const indexes = width === 0 ? new Uint8Array(codes.length) : width === 1 ? new Uint16Array(codes.length) : new Uint32Array(codes.length)
  for (let row = 0; row < codes.length; row++) indexes[row] = nulls !== undefined && nulls[row] === 1 ? 0 : codes[row]! + shift
  writer.bytes(new Uint8Array(indexes.buffer))
}

function checkLengths(insert: EngineInsert, column: InsertColumn): void {
  const length = column.kind === 'dictionary' ? column.codes.length : column.values.length
  if (length !== insert.rowCount || (column.nulls !== undefined && column.nulls.length !== insert.rowCount)) {
    throw new Error(`column ${column.name} of ${insert.table} has ${length} values, expected ${insert.rowCount}`)
  }
}

function estimateBytes(insert: EngineInsert): number {
  const perRow = insert.columns.reduce((sum, column) => sum + (column.kind === 'string' ? 24 : column.kind === 'dictionary' ? 4 : 9), 0)
  return 1024 + insert.columns.length * 64 + insert.rowCount * perRow
}

/** Bytes at the end of a growing buffer. */
class BlockWriter {
  #buffer: Buffer
  #length = 0

  constructor(capacity: number) {
    this.#buffer = Buffer.allocUnsafe(capacity)
  }

  finish(): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }

  #reserve(size: number): void {
    if (this.#length + size <= this.#buffer.length) return
    const grown = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + size))
    grown.set(this.#buffer.subarray(0, this.#length))
    this.#buffer = grown
  }

  varint(value: number): void {
    this.#reserve(10)
    while (value > 0x7f) {
      this.#buffer[this.#length++] = (value % 128) | 0x80
      value = Math.floor(value / 128)
    }
    this.#buffer[this.#length++] = value
  }

  uint64(value: bigint): void {
    this.#reserve(8)
    this.#length = this.#buffer.writeBigUInt64LE(value, this.#length)
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.byteLength)
    this.#buffer.set(bytes, this.#length)
    this.#length += bytes.byteLength
  }

  /** Length and UTF-8 of a text. */
  text(text: string): void {
    const size = text.length
    this.#reserve(size * 3 + 10)
    if (size <= 32 && this.#ascii(text)) return
    const bytes = Buffer.byteLength(text, 'utf8')
    this.varint(bytes)
    this.#length += this.#buffer.write(text, this.#length, bytes, 'utf8')
  }

  /** Short ASCII texts without a call out of JavaScript; false, with nothing written, for others. */
  #ascii(text: string): boolean {
    const start = this.#length + 1
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index)
      if (code > 0x7f) return false
      this.#buffer[start + index] = code
    }
    this.#buffer[this.#length] = text.length
    this.#length = start + text.length
    return true
  }
}
