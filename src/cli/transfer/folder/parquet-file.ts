import { gzipSync } from 'node:zlib'
import type { ColumnInfo, Datum } from '@aws-sdk/client-timestream-query'
import type { SchemaElement } from 'hyparquet'
import { fileWriter, ParquetWriter } from 'hyparquet-writer'
import type { OpenFile, ResultFile, ResultRow } from './result-file.ts'
import { unloadText } from './unload-text.ts'

/** Parquet with the types that UNLOAD writes; nested values, times and intervals as text. */
export const parquetFile =
  ({ isGzip }: { readonly isGzip: boolean }): OpenFile =>
  (path, columns) =>
    new ParquetFile(path, columns, isGzip)

const createdBy = 'Tidemark'

class ParquetFile implements ResultFile {
  readonly #columns: readonly { readonly name: string; readonly read: (datum: Datum) => unknown; values: unknown[] }[]
  readonly #target: ReturnType<typeof fileWriter>
  readonly #writer: ParquetWriter
  waitingRows = 0

  constructor(path: string, columns: readonly ColumnInfo[], isGzip: boolean) {
    this.#columns = columns.map(({ Name = '', Type }) => ({ name: Name, read: readerOf(Type), values: [] }))
    this.#target = fileWriter(path)
    const schema = [{ name: 'root', num_children: columns.length }, ...columns.map(elementOf)]
    const compressors = { GZIP: (input: Uint8Array) => gzipSync(input, { level: 4 }) }
    this.#writer = new ParquetWriter({ writer: this.#target, schema, codec: isGzip ? 'GZIP' : 'UNCOMPRESSED', compressors, createdBy })
  }

  get bytes(): number {
    return this.#target.offset
  }

  add(row: ResultRow): void {
    this.waitingRows++
    for (let index = 0; index < this.#columns.length; index++) {
      const { values, read } = this.#columns[index]!
      values.push(read(row[index] ?? { NullValue: true }))
    }
  }

  async flush(): Promise<void> {
    if (this.waitingRows === 0) return
    const columnData = this.#columns.map(({ name, values }) => ({ name, data: values }))
    await this.#writer.write({ columnData, rowGroupSize: this.waitingRows })
    for (const column of this.#columns) column.values = []
    this.waitingRows = 0
  }

  async end(): Promise<void> {
    await this.flush()
    await this.#writer.finish()
  }

  abandon(): void {}
}

function elementOf({ Name: name = '', Type }: ColumnInfo): SchemaElement {
  const optional = { name, repetition_type: 'OPTIONAL' } as const
  switch (Type?.ScalarType) {
    case 'BOOLEAN':
      return { ...optional, type: 'BOOLEAN' }
    case 'INTEGER':
      return { ...optional, type: 'INT32' }
    case 'BIGINT':
      return { ...optional, type: 'INT64' }
    case 'DOUBLE':
      return { ...optional, type: 'DOUBLE' }
    case 'DATE':
      return { ...optional, type: 'INT32', converted_type: 'DATE' }
    case 'TIMESTAMP':
      return { ...optional, type: 'INT64', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'NANOS' } }
    default:
      return { ...optional, type: 'BYTE_ARRAY', converted_type: 'UTF8' }
  }
}

function readerOf(type: ColumnInfo['Type']): (datum: Datum) => unknown {
  const scalar =
    (read: (text: string) => unknown) =>
    ({ ScalarValue }: Datum): unknown =>
      ScalarValue === undefined ? undefined : read(ScalarValue)
  switch (type?.ScalarType) {
    case 'BOOLEAN':
      return scalar((text) => text === 'true')
    case 'INTEGER':
    case 'DOUBLE':
      return scalar(Number)
    case 'BIGINT':
      return scalar(BigInt)
    case 'DATE':
      return scalar((text) => Date.parse(text) / 86_400_000)
    case 'TIMESTAMP':
      return scalar(nanoseconds)
    default:
      return (datum) => unloadText(datum, type)
  }
}

/** `2024-01-02 03:04:05.123456789` */
function nanoseconds(text: string): bigint {
  const ms = Date.parse(`${text.slice(0, 10)}T${text.slice(11, 19)}Z`)
  return BigInt(ms) * 1_000_000n + BigInt(text.slice(20).padEnd(9, '0'))
}
