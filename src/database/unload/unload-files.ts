import { randomUUID } from 'node:crypto'
import { Readable, Transform, type TransformCallback } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { ServerError } from '../../base/errors.ts'
import { RowBinaryReader } from '../../engine/decode.ts'
import type { Engine, EngineQuery } from '../../engine/engine.ts'
import { keyBytes } from '../../object-store/object-key.ts'
import type { ObjectStore, PutOptions } from '../../object-store/object-store.ts'
import { type UnloadShare, parquetText, shareText } from '../../sql/clickhouse/unload-text.ts'
import type { UnloadStatement } from '../../sql/compile.ts'
import { csvHeader, csvRow } from './csv-row.ts'
import { parquetRows } from './parquet-rows.ts'

export interface UnloadedFile {
  readonly key: string
  readonly bytes: number
  readonly rows: number
}

export interface FileWriterOptions {
  readonly engine: Engine
  readonly store: ObjectStore
  readonly statement: UnloadStatement
  readonly queryId: string
  /** Called with each file that is there. */
  readonly onFile: (file: UnloadedFile) => void
  /** Everything of the query but its text; `settings` hold those of the statement. */
  readonly engineQuery: Omit<EngineQuery, 'text'>
}

const gzipLevel = 4
/** Lines are handed on when there are so many bytes of them. */
const textBytes = 64 * 1024

/** Writes the rows of a share into files as large as the statement allows. Each file is there whole or not at all. */
export async function writeShare(options: FileWriterOptions, folder: string, share: UnloadShare): Promise<void> {
  return options.statement.target.format === 'PARQUET' ? writeParquet(options, folder, share) : writeCsv(options, folder, share)
}

async function writeParquet(options: FileWriterOptions, folder: string, share: UnloadShare): Promise<void> {
  const { engine, store, statement, engineQuery } = options
  const { query, target } = statement
  const settings = {
    ...engineQuery.settings,
    output_format_parquet_compression_method: target.compression === 'GZIP' ? 'gzip' : 'none',
    output_format_parquet_string_as_string: 1,
  }
  const text = parquetText(query.text, query.columns, target.partitionColumns, share)
  const result = await engine.query({ ...engineQuery, text, settings, format: 'Parquet' })
  const key = newKey(options, folder, '.parquet')
  const counter = new Counter()
  try {
    await bothEnd(pipeline(Readable.from(result.chunks()), counter), store.write(target.bucket, key, counter, putOptions(options)))
  } finally {
    await result.close()
  }
  const rows = counter.bytes === 0 ? 0 : await parquetRows(store, target.bucket, key, counter.bytes)
  if (rows === 0) {
    await store.remove(target.bucket, [key])
    return
  }
  options.onFile({ key, bytes: counter.bytes, rows })
}

async function writeCsv(options: FileWriterOptions, folder: string, share: UnloadShare): Promise<void> {
  const { engine, store, statement, engineQuery } = options
  const { query, target } = statement
  const columns = query.columns.slice(0, query.columns.length - target.partitionColumns)
  const header = target.includeHeader
    ? csvHeader(
        columns.map(({ name }) => name),
        target,
      )
    : ''
  const text = shareText(query.text, query.columns, target.partitionColumns, share)
  const result = await engine.query({ ...engineQuery, text })
  const isGzip = target.compression === 'GZIP'
  try {
    const lines = new Lines(
      result.chunks(),
      csvRow(
        columns.map(({ type }) => type),
        target,
      ),
    )
    while (await lines.more()) {
      const key = newKey(options, folder, isGzip ? '.gz' : '.csv')
      const counter = new Counter()
      const rowsBefore = lines.rows
      const source = Readable.from(lines.file(header, () => counter.bytes < target.maxFileBytes))
      const flow = isGzip ? pipeline(source, createGzip({ level: gzipLevel }), counter) : pipeline(source, counter)
      await bothEnd(flow, store.write(target.bucket, key, counter, putOptions(options)))
      options.onFile({ key, bytes: counter.bytes, rows: lines.rows - rowsBefore })
    }
  } finally {
    await result.close()
  }
}

/** The lines of a result, cut into files. */
class Lines {
  readonly #chunks: AsyncIterator<Uint8Array>
  readonly #readLine: (reader: RowBinaryReader) => string
  readonly #reader = new RowBinaryReader()
  #text = ''
  #ended = false
  rows = 0

  constructor(chunks: AsyncIterable<Uint8Array>, readLine: (reader: RowBinaryReader) => string) {
    this.#chunks = chunks[Symbol.asyncIterator]()
    this.#readLine = readLine
  }

  /** Another row is there. */
  async more(): Promise<boolean> {
    while (!this.#ended && this.#reader.pending === 0) await this.#feed()
    return this.#reader.pending > 0
  }

  async *file(header: string, mayGrow: () => boolean): AsyncGenerator<Buffer> {
    if (header !== '') yield Buffer.from(header)
    while (mayGrow() && (await this.more())) {
      const rows = this.#take()
      this.rows += rows
      if (this.#text !== '') yield Buffer.from(this.#text)
      if (rows === 0) {
        if (this.#ended) this.#reader.end()
        await this.#feed()
      }
    }
  }

  /** Rows into `#text`, until it is long enough or no whole row is there. */
  #take(): number {
    this.#text = ''
    let rows = 0
    const read = (reader: RowBinaryReader): void => {
      this.#text += this.#readLine(reader)
      rows++
    }
    while (this.#text.length < textBytes && this.#reader.attempt(read));
    return rows
  }

  async #feed(): Promise<void> {
    const next = await this.#chunks.next()
    if (next.done === true) this.#ended = true
    else this.#reader.feed(next.value)
  }
}

/** Waits for both, so that nothing of a file is left when one has failed; what failed first in the order of the bytes counts. */
async function bothEnd(source: Promise<void>, target: Promise<void>): Promise<void> {
  for (const outcome of await Promise.allSettled([source, target])) if (outcome.status === 'rejected') throw outcome.reason
}

class Counter extends Transform {
  bytes = 0

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.bytes += chunk.byteLength
    done(null, chunk)
  }
}

function newKey({ statement, queryId }: FileWriterOptions, folder: string, ending: string): string {
  const key = `${folder}${queryId}_${randomUUID()}${ending}`
  if (Buffer.byteLength(key) <= keyBytes) return key
  const { folder: prefix } = statement.target
  throw new ServerError(
    'VALIDATION',
    `UNLOAD result file key when using the S3 prefix [${prefix}] provided in the destination will exceed the S3 allowed key length. See documentation for more details.`,
  )
}

function putOptions({ statement }: FileWriterOptions): PutOptions {
  const { encryption, kmsKey } = statement.target
  return { encryption, ...(kmsKey !== undefined && { kmsKeyId: kmsKey }) }
}
