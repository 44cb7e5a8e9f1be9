import { assert } from '../../base/assert.ts'
import type { EngineInsert, InsertColumn } from '../../engine/engine.ts'
import type { TableRecord } from '../table-record.ts'

/** A batch of one table as it was decided: its rows are to be stored. */
export interface LoggedBatch {
  readonly databaseName: string
  readonly tableName: string
  readonly insert: EngineInsert
}

/**
 * An entry: length (4) and JSON that describes the batch and holds its texts, then the numbers and NULL marks of the columns as they lie in
 * memory (little-endian, as on every machine that the engine runs on).
 */
interface Head {
  readonly databaseName: string
  readonly tableName: string
  readonly database: string
  readonly table: string
  readonly rowCount: number
  readonly columns: readonly HeadColumn[]
}
interface HeadColumn {
  readonly name: string
  readonly kind: InsertColumn['kind']
  readonly nulls?: true
  /** Of a dictionary: its distinct texts; of strings: one for each row. */
  readonly texts?: readonly (string | null)[]
}

export function encodeEntry({ databaseName, tableName }: TableRecord, insert: EngineInsert): Buffer {
  const { database, table, rowCount } = insert
  const parts: Uint8Array[] = []
  const columns = insert.columns.map((column): HeadColumn => {
    const { name, kind, nulls } = column
    if (nulls !== undefined) parts.push(nulls.subarray(0, rowCount))
    const described = { name, kind, ...(nulls === undefined ? {} : { nulls: true as const }) }
    switch (column.kind) {
      case 'string':
        return { ...described, texts: column.values }
      case 'dictionary':
        parts.push(bytesOf(column.codes.subarray(0, rowCount)))
        return { ...described, texts: column.dictionary }
      case 'int64':
      case 'uint64':
      case 'float64':
      case 'boolean':
        parts.push(bytesOf(column.values.subarray(0, rowCount)))
        return described
    }
  })
  const head: Head = { databaseName, tableName, database, table, rowCount, columns }
  const text = Buffer.from(JSON.stringify(head))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(text.length)
  return Buffer.concat([length, text, ...parts])
}

/** For bytes that `encodeEntry` made. */
export function decodeEntry(entry: Buffer): LoggedBatch {
  const headEnd = 4 + entry.readUInt32LE(0)
  const head = JSON.parse(entry.toString('utf8', 4, headEnd)) as Head
  const { rowCount } = head
  let at = headEnd
  const take = (width: number): ArrayBuffer => {
    const from = entry.byteOffset + at
    at += width * rowCount
    assert(at <= entry.length, 'an entry of the log is shorter than it says')
    return (entry.buffer as ArrayBuffer).slice(from, from + width * rowCount)
  }
  const columns = head.columns.map(({ name, kind, nulls: hasNulls, texts = [] }): InsertColumn => {
    const described = { name, ...(hasNulls === true ? { nulls: new Uint8Array(take(1)) } : {}) }
    switch (kind) {
      case 'string':
        return { ...described, kind, values: texts }
      case 'dictionary':
        return { ...described, kind, codes: new Int32Array(take(4)), dictionary: texts.map((text) => text ?? '') }
      case 'int64':
        return { ...described, kind, values: new BigInt64Array(take(8)) }
      case 'uint64':
        return { ...described, kind, values: new BigUint64Array(take(8)) }
      case 'float64':
        return { ...described, kind, values: new Float64Array(take(8)) }
      case 'boolean':
        return { ...described, kind, values: new Uint8Array(take(1)) }
    }
  })
  const { databaseName, tableName, database, table } = head
  return { databaseName, tableName, insert: { database, table, rowCount, columns } }
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array => new Uint8Array(buffer, byteOffset, byteLength)
