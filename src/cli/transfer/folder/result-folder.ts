import { randomUUID } from 'node:crypto'
import { mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ColumnInfo } from '@aws-sdk/client-timestream-query'
import { ServerError } from '../../../base/errors.ts'
import { partitionFolder } from '../../../csv/partition-folder.ts'
import type { OpenFile, ResultFile, ResultRow } from './result-file.ts'
import { unloadText } from './unload-text.ts'

export interface ResultFolderOptions {
  readonly folder: string
  readonly queryId: string
  readonly columns: readonly ColumnInfo[]
  /** How many of the last columns name the folder of a row instead of being in its file. */
  readonly partitionColumns: number
  readonly format: 'CSV' | 'PARQUET'
  readonly ending: string
  readonly open: OpenFile
  readonly maxFileBytes: number
}

interface Writing {
  /** Of the whole file. */
  readonly path: string
  readonly file: ResultFile
  rows: number
}

const mostPartitions = 100
const unfinished = '.unfinished'
/** Rows of all files that are in memory. */
const waitingRows = 50_000

/** The files of a result in a folder, laid out as UNLOAD does. They have their names when all of them are whole; the manifest comes last. */
export class ResultFolder {
  readonly #options: ResultFolderOptions
  readonly #columns: readonly ColumnInfo[]
  readonly #partitionColumns: readonly ColumnInfo[]
  /** By the folder. */
  readonly #writing = new Map<string, Writing>()
  readonly #partitions = new Set<string>()
  readonly #done: { readonly path: string; readonly rows: number }[] = []
  #waiting = 0

  constructor(options: ResultFolderOptions) {
    this.#options = options
    const last = options.columns.length - options.partitionColumns
    this.#columns = options.columns.slice(0, last)
    this.#partitionColumns = options.columns.slice(last)
  }

  async write(rows: readonly ResultRow[]): Promise<void> {
    for (const row of rows) {
      const writing = this.#fileOf(row)
      writing.file.add(row)
      writing.rows++
    }
    this.#waiting += rows.length
    if (this.#waiting < waitingRows) return
    this.#waiting = 0
    for (const [folder, { file, path, rows: count }] of this.#writing) {
      await file.flush()
      if (file.bytes < this.#options.maxFileBytes) continue
      await file.end()
      this.#writing.delete(folder)
      this.#done.push({ path, rows: count })
    }
  }

  #fileOf(row: ResultRow): Writing {
    const { folder, queryId, ending, open } = this.#options
    const parts = this.#partitionColumns.map(({ Name = '', Type }, index) =>
      partitionFolder(Name, unloadText(row[this.#columns.length + index] ?? { NullValue: true }, Type)),
    )
    const partition = parts.join('/')
    let writing = this.#writing.get(partition)
    if (writing === undefined) {
      this.#partitions.add(partition)
      if (this.#partitions.size > mostPartitions)
        throw new ServerError('CONFIGURATION', `--partitioned-by: there are more than ${mostPartitions} partitions`)
      const path = join(folder, 'results', partition, `${queryId}_${randomUUID()}${ending}`)
      mkdirSync(dirname(path), { recursive: true })
      writing = { path, file: open(path + unfinished, this.#columns), rows: 0 }
      this.#writing.set(partition, writing)
    }
    return writing
  }

  /** Answers where the manifest is. */
  async finish(): Promise<{ readonly rows: number; readonly manifest: string; readonly metadata: string }> {
    const { folder, queryId, format } = this.#options
    for (const [partition, { path, file, rows }] of [...this.#writing]) {
      await file.end()
      this.#done.push({ path, rows })
      this.#writing.delete(partition)
    }
    for (const { path } of this.#done) renameSync(path + unfinished, path)
    const files = this.#done.map(({ path, rows }) => ({
      url: pathToFileURL(path).href,
      file_metadata: { content_length_in_bytes: statSync(path).size, row_count: rows },
    }))
    const rows = files.reduce((sum, file) => sum + file.file_metadata.row_count, 0)
    mkdirSync(folder, { recursive: true })
    const base = join(folder, `${queryId}_${randomUUID()}`)
    const [manifest, metadata] = [`${base}_manifest.json`, `${base}_metadata.json`]
    const author = { Name: 'Tidemark', MetadataFileVersion: '1.0' }
    writeFileSync(metadata, JSON.stringify({ ColumnInfo: this.#columns, Author: author }))
    writeFileSync(
      manifest,
      JSON.stringify({
        result_files: files,
        query_metadata: {
          content_length_in_bytes: files.reduce((sum, file) => sum + file.file_metadata.content_length_in_bytes, 0),
          total_row_count: rows,
          result_format: format,
          result_version: 'Amazon Timestream version 1.0.0',
        },
        author: { name: 'Tidemark', manifest_file_version: '1.0' },
      }),
    )
    return { rows, manifest, metadata }
  }

  /** Takes all files away again. */
  abandon(): void {
    for (const { path, file } of this.#writing.values()) {
      file.abandon()
      rmSync(path + unfinished, { force: true })
    }
    for (const { path } of this.#done) for (const each of [path, path + unfinished]) rmSync(each, { force: true })
  }
}
