import { ServerError } from '../../base/errors.ts'
import { partitionFolder } from '../../csv/partition-folder.ts'
import { RowBinaryReader } from '../../engine/decode.ts'
import type { Engine, EngineQuery } from '../../engine/engine.ts'
import type { ObjectStore } from '../../object-store/object-store.ts'
import { type UnloadShare, partitionsText } from '../../sql/clickhouse/unload-text.ts'
import type { UnloadStatement } from '../../sql/compile.ts'
import { BIGINT, VARCHAR } from '../../sql/types/type.ts'
import type { Admitted } from '../query/admission.ts'
import { columnInfo } from '../query/encode/column-info.ts'
import { row, scalar } from '../query/encode/datum-text.ts'
import type { PageText } from '../query/encode/page-text.ts'
import { type QueryProgress, type RowSource, type UnloadFigures, leastMeteredBytes, writeRow } from '../query/row-source.ts'
import { Signal } from '../query/signal.ts'
import { cellText } from './csv-row.ts'
import { type FileWriterOptions, type UnloadedFile, writeShare } from './unload-files.ts'

export interface UnloadOptions {
  readonly engine: Engine
  readonly store: ObjectStore
  readonly queryId: string
  readonly timeoutMs: number
  readonly admit: (signal: AbortSignal) => Promise<Admitted>
  readonly explain: (error: unknown) => unknown
}

/** Source: developer guide, "UNLOAD", the result of the statement. */
export const unloadColumns = [
  { name: 'rows', type: BIGINT },
  { name: 'metadataFile', type: VARCHAR },
  { name: 'manifestFile', type: VARCHAR },
]

/** What an UNLOAD reads nobody reads soon: it must not fill the engine's cache of blocks, nor push out of it what dashboards read. */
const readOnce = { use_uncompressed_cache: 0 }
/** Source: developer guide, "Quotas". */
const mostPartitions = 100
const mostPieces = 1000

interface Share extends UnloadShare {
  /** With a slash at the end. */
  readonly folder: string
}

/** Runs an UNLOAD; its result is one row, when everything is written. Closed before that, it takes its files away again. */
export class UnloadRows implements RowSource {
  readonly #statement: UnloadStatement
  readonly #options: UnloadOptions
  readonly #arrived = new Signal()
  readonly #stop = new AbortController()
  readonly #work: Promise<void>
  /** Whole ones; with their metadata and manifest in the end. */
  readonly #files: UnloadedFile[] = []
  readonly #others: string[] = []
  #bytesRead = 0
  #partitionCount = 0
  #row: string | undefined
  #failure: unknown
  #isDone = false
  #isDelivered = false

  /** Starts; what fails comes out of `next`. */
  constructor(statement: UnloadStatement, options: UnloadOptions) {
    this.#statement = statement
    this.#options = options
    this.#work = this.#run()
  }

  next(page: PageText): boolean {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#row === undefined || this.#isDelivered) return false
    this.#isDelivered = true
    return writeRow(page, this.#row)
  }

  get ended(): boolean {
    return this.#isDelivered
  }

  async wait(timeoutMs: number): Promise<void> {
    if (!this.#isDone) await this.#arrived.wait(timeoutMs)
  }

  get progress(): QueryProgress {
    const { rowsRead, totalRows, bytesRead } = this.#options.engine.progress(this.#options.queryId) ?? {
      rowsRead: 0,
      totalRows: 0,
      bytesRead: 0,
    }
    this.#bytesRead = Math.max(this.#bytesRead, bytesRead)
    const percentage = this.#isDone ? 100 : totalRows > 0 ? Math.min(99, (100 * rowsRead) / totalRows) : 0
    return { percentage, bytesScanned: this.#bytesRead, bytesMetered: Math.max(leastMeteredBytes, this.#bytesRead) }
  }

  get unloaded(): UnloadFigures | undefined {
    if (this.#row === undefined) return undefined
    const sum = (figure: 'rows' | 'bytes'): number => this.#files.reduce((total, file) => total + file[figure], 0)
    return { partitions: this.#partitionCount, rows: sum('rows'), bytes: sum('bytes') }
  }

  async close(): Promise<void> {
    if (!this.#isDone) {
      this.#stop.abort(new ServerError('QUERY_CANCELLED', 'The UNLOAD was cancelled'))
      await this.#options.engine.cancel(this.#options.queryId)
    }
    await this.#work
  }

  async #run(): Promise<void> {
    const { admit, explain, store } = this.#options
    const { bucket } = this.#statement.target
    let admitted: Admitted | undefined
    try {
      await store.check(bucket)
      admitted = await admit(this.#stop.signal)
      const writer = this.#writer(admitted)
      for (const { folder, ...share } of await this.#shares(writer.engineQuery)) {
        this.#stop.signal.throwIfAborted()
        await writeShare(writer, folder, share)
      }
      this.#stop.signal.throwIfAborted()
      this.#row = await this.#finish()
    } catch (error) {
      this.#failure = explain(error) ?? error
      // of one that fails, the files that are whole stay, as AWS has it
      if (this.#stop.signal.aborted) {
        await store.remove(bucket, [...this.#others, ...this.#files.map(({ key }) => key)]).catch(() => undefined)
      }
    }
    admitted?.leave()
    this.#isDone = true
    this.#arrived.notify()
  }

  #writer(admitted: Admitted): FileWriterOptions {
    const { engine, store, queryId, timeoutMs } = this.#options
    const settings = { ...this.#statement.query.settings, ...admitted.settings, ...readOnce }
    const onFile = (file: UnloadedFile): void => void this.#files.push(file)
    return { engine, store, statement: this.#statement, queryId, onFile, engineQuery: { settings, queryId, timeoutMs } }
  }

  /** What goes into files of their own: partitions, and for Parquet, whose files cannot be cut, pieces of about the size that is asked for. */
  async #shares(engineQuery: Omit<EngineQuery, 'text'>): Promise<readonly Share[]> {
    const { target } = this.#statement
    const results = `${target.folder === '' ? '' : `${target.folder}/`}results/`
    const arePieces = target.format === 'PARQUET' && target.maxFileBytes < wholeFileBytes
    if (target.partitionColumns === 0 && !arePieces) return [{ folder: results }]
    const partitions = await this.#partitions(engineQuery)
    if (partitions.length > mostPartitions) {
      throw new ServerError(
        'VALIDATION',
        `UNLOAD writes into ${mostPartitions} partitions at most; the columns of partitioned_by have more values`,
      )
    }
    if (target.partitionColumns > 0) this.#partitionCount = partitions.length
    return partitions.flatMap(({ path, key, bytes }): Share[] => {
      const share = { folder: results + path, ...(target.partitionColumns > 0 && { partition: key }) }
      const pieces = arePieces ? Math.min(mostPieces, Math.ceil(bytes / target.maxFileBytes)) : 1
      return pieces <= 1 ? [share] : Array.from({ length: pieces }, (_, piece) => ({ ...share, piece, pieces }))
    })
  }

  async #partitions(engineQuery: Omit<EngineQuery, 'text'>): Promise<readonly Partition[]> {
    const { query, target } = this.#statement
    const keys = query.columns.slice(query.columns.length - target.partitionColumns)
    const cells = keys.map(({ type }) => cellText(type))
    const text = partitionsText(query.text, query.columns, target.partitionColumns, mostPartitions + 1)
    const result = await this.#options.engine.query({ ...engineQuery, text })
    const reader = new RowBinaryReader()
    const found: Partition[] = []
    try {
      for await (const chunk of result.chunks()) {
        reader.feed(chunk)
        const read = (): void => {
          const values = cells.map((cell) => cell(reader))
          const [key] = [reader.string(), reader.uint64()]
          found.push({ path: partitionPath(keys, values, target.folder), key, bytes: Number(reader.uint64()) })
        }
        while (reader.attempt(read));
      }
      reader.end()
    } finally {
      await result.close()
    }
    return found
  }

  async #finish(): Promise<string> {
    const { store, queryId } = this.#options
    const { query, target } = this.#statement
    const url = (key: string): string => `s3://${target.bucket}/${key}`
    const base = `${target.folder === '' ? '' : `${target.folder}/`}${queryId}_${crypto.randomUUID()}`
    const [metadata, manifest] = [`${base}_metadata.json`, `${base}_manifest.json`]
    const rows = this.#files.reduce((sum, file) => sum + file.rows, 0)
    const put = {
      contentType: 'application/json',
      encryption: target.encryption,
      ...(target.kmsKey !== undefined && { kmsKeyId: target.kmsKey }),
    }
    const columns = query.columns.slice(0, query.columns.length - target.partitionColumns)
    const metadataText = {
      ColumnInfo: columns.map(columnInfo),
      Author: { Name: 'Amazon Timestream', MetadataFileVersion: '1.0' },
    }
    const manifestText = {
      result_files: this.#files.map((file) => ({
        url: url(file.key),
        file_metadata: { content_length_in_bytes: file.bytes, row_count: file.rows },
      })),
      query_metadata: {
        content_length_in_bytes: this.#files.reduce((sum, file) => sum + file.bytes, 0),
        total_row_count: rows,
        result_format: target.format,
        result_version: 'Amazon Timestream version 1.0.0',
      },
      author: { name: 'Amazon Timestream', manifest_file_version: '1.0' },
    }
    await store.put(target.bucket, metadata, JSON.stringify(metadataText), put)
    this.#others.push(metadata, manifest)
    this.#stop.signal.throwIfAborted()
    // last: where it is, everything is
    await store.put(target.bucket, manifest, JSON.stringify(manifestText), put)
    this.#stop.signal.throwIfAborted()
    return row(scalar(String(rows)), scalar(url(metadata)), scalar(url(manifest)))
  }
}

/** From this size on a file is whatever it comes to. */
const wholeFileBytes = 78_000_000_000

interface Partition {
  readonly path: string
  readonly key: string
  /** In memory. */
  readonly bytes: number
}

/** `column=value/…`; NULL as Hive writes it. */
function partitionPath(columns: readonly { readonly name: string }[], values: readonly (string | undefined)[], folder: string): string {
  const path = values.map((value, index) => `${partitionFolder(columns[index]!.name, value)}/`).join('')
  // the name of a file behind it takes about 100 bytes
  if (folder.length + path.length > 900) {
    const names = columns.map(({ name }) => name).join(', ')
    throw new ServerError(
      'VALIDATION',
      `UNLOAD result file key when using the S3 prefix [${folder}] along with the partitioned_by [${names}] will exceed the S3 allowed key length. See documentation for more details.`,
    )
  }
  return path
}
