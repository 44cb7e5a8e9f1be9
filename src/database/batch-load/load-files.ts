import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../../base/clock.ts'
import { ServerError } from '../../base/errors.ts'
import type { Limits } from '../../base/limits.ts'
import type { ListedObject, ObjectStore } from '../../object-store/object-store.ts'
import type { WriteInput, WriteResult } from '../database.ts'
import type { RecordInput, RejectedRecord } from '../write/record.ts'
import type { DataModel } from '../../csv/model-types.ts'
import type { BatchLoadProgress, BatchLoadSource } from './batch-loads.ts'
import { CsvScanner } from '../../csv/csv-scanner.ts'
import { rowReader } from '../../csv/data-model.ts'
import { type TaskErrors, addError } from './error-report.ts'

/** How far a task has come: what is before it is in the table. */
export interface Checkpoint {
  /** The file under way, by its key; absent before the first. Files are taken in the order of their keys. */
  readonly key?: string
  /** Where its next row begins. 0: nothing of it is read. */
  readonly offset: number
  readonly line: number
  readonly progress: BatchLoadProgress
  readonly errors: TaskErrors
}

export interface LoadOptions {
  readonly store: ObjectStore
  readonly clock: Clock
  readonly limits: Limits
  readonly source: BatchLoadSource
  readonly dataModel: DataModel
  readonly databaseName: string
  readonly tableName: string
  readonly recordVersion: number
  readonly signal: AbortSignal
  readonly write: (input: WriteInput) => Promise<WriteResult>
  /** Makes a checkpoint durable. */
  readonly save: (checkpoint: Checkpoint) => Promise<void>
}

/** Writes on their way at a time. */
const parallelWrites = 24
const saveEveryMs = 1000
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf])

/** The bounds move while a task runs: without them the rows are one reason. */
const outsideWindow = 'The record timestamp is outside the time range of the data ingestion window.'

/** @throws ServerError VALIDATION when there are too many or too large files, or none */
export async function listSource(
  store: ObjectStore,
  { bucketName, objectKeyPrefix = '' }: BatchLoadSource,
  limits: Limits,
): Promise<ListedObject[]> {
  const files: ListedObject[] = []
  let bytes = 0
  for await (const file of store.list(bucketName, objectKeyPrefix)) {
    if (file.key.endsWith('/')) continue
    files.push(file)
    bytes += file.size
    if (files.length > limits.batchLoadFiles)
      throw new ServerError('VALIDATION', `There are more than ${limits.batchLoadFiles} files under the prefix.`)
    if (bytes > limits.batchLoadBytes)
      throw new ServerError('VALIDATION', `The files under the prefix have more than ${limits.batchLoadBytes} bytes.`)
  }
  if (files.length === 0) throw new ServerError('VALIDATION', 'There are no files under the prefix.')
  return files
}

/** Loads what a checkpoint leaves. Throws what stops it; what is before the last checkpoint need not be loaded again. */
export async function loadFiles(options: LoadOptions, from: Checkpoint): Promise<Checkpoint> {
  const files = await listSource(options.store, options.source, options.limits)
  const load = new Load(options, from)
  for (const file of files) {
    if (from.key !== undefined && file.key < from.key) continue
    await load.file(file, file.key === from.key ? from : undefined)
  }
  return load.checkpoint
}

/** A record that is read and not written. */
interface Pending {
  readonly record: RecordInput
  readonly line: number
  readonly lastLine: number
}

class Load {
  readonly #options: LoadOptions
  readonly #errors: TaskErrors
  readonly #counts: { -readonly [K in keyof BatchLoadProgress]: BatchLoadProgress[K] }
  #key: string | undefined
  #offset = 0
  #line = 1
  #savedMs: number
  readonly #writes = new Set<Promise<void>>()
  #failure: unknown
  #batch: Pending[] = []

  constructor(options: LoadOptions, from: Checkpoint) {
    this.#options = options
    this.#errors = structuredClone(from.errors)
    this.#counts = { ...from.progress }
    this.#savedMs = options.clock.monotonicMs()
  }

  get checkpoint(): Checkpoint {
    const key = this.#key === undefined ? {} : { key: this.#key }
    return { ...key, offset: this.#offset, line: this.#line, progress: { ...this.#counts }, errors: structuredClone(this.#errors) }
  }

  async file({ key, size }: ListedObject, from: Checkpoint | undefined): Promise<void> {
    const { store, source, limits, dataModel, recordVersion } = this.#options
    this.#key = key
    if (from !== undefined && from.offset >= size) return
    if (size > limits.batchLoadFileBytes) return this.#failFile(`The file has more than ${limits.batchLoadFileBytes} bytes.`, size)
    const head = await this.#header(key)
    if (typeof head === 'string') return this.#failFile(head, size)
    const read = rowReader(dataModel, head.header, recordVersion)
    if (typeof read === 'string') return this.#failFile(read, size)
    const start = from !== undefined && from.offset > 0 ? { offset: from.offset, line: from.line } : { offset: head.end, line: head.line }
    ;[this.#offset, this.#line] = [start.offset, start.line]
    const scanner = new CsvScanner(source.csv ?? {}, limits.batchLoadRowBytes, start)
    const bytes = await store.read(source.bucketName, key, { start: start.offset })
    let meteredTo = start.offset
    const take = async (isLast: boolean): Promise<void> => {
      for (;;) {
        const row = scanner.next(isLast)
        if (row === undefined) return
        const records = row.failure ?? read(row.fields)
        if (typeof records === 'string') this.#reject('parseFailures', records, row.line, row.lastLine, 1)
        else for (const record of records) this.#batch.push({ record, line: row.line, lastLine: row.lastLine })
        this.#counts.recordsProcessed += typeof records === 'string' ? 1 : records.length
        this.#counts.bytesMetered += row.end - meteredTo
        meteredTo = row.end
        ;[this.#offset, this.#line] = [row.end, row.lastLine + 1]
        if (this.#batch.length >= limits.recordsPerWrite) await this.#send()
      }
    }
    for await (const chunk of bytes) {
      scanner.feed(chunk as Buffer)
      await take(false)
      if (scanner.isTooLong) {
        this.#counts.fileFailures++
        this.#reject(
          'parseFailures',
          `The row has more than ${limits.batchLoadRowBytes} bytes; nothing behind it is loaded.`,
          scanner.line,
          scanner.line,
          0,
        )
        this.#offset = size
        break
      }
    }
    if (!scanner.isTooLong) {
      await take(true)
      this.#offset = size
    }
    await this.#save()
  }

  async #header(key: string): Promise<{ readonly header: readonly string[]; readonly end: number; readonly line: number } | string> {
    const { store, source, limits } = this.#options
    const scanner = new CsvScanner(source.csv ?? {}, limits.batchLoadRowBytes)
    let isFirst = true
    const find = (isLast: boolean): { header: string[]; end: number; line: number } | string | undefined => {
      const row = scanner.next(isLast)
      if (row === undefined) return undefined
      if (row.failure !== undefined) return row.failure
      const header = row.fields.map((field) => field ?? '')
      const twice = header.find((name, index) => name !== '' && header.indexOf(name) !== index)
      return twice === undefined
        ? { header, end: row.end, line: row.lastLine + 1 }
        : `The header has the column ${JSON.stringify(twice)} twice.`
    }
    for await (const chunk of await store.read(source.bucketName, key)) {
      if (isFirst && (chunk as Buffer).subarray(0, 3).equals(byteOrderMark)) return 'The file begins with a byte order mark (BOM).'
      isFirst = false
      scanner.feed(chunk as Buffer)
      const found = find(false)
      if (found !== undefined) return found
      if (scanner.isTooLong) return `The header has more than ${limits.batchLoadRowBytes} bytes.`
    }
    return find(true) ?? 'The file has no header.'
  }

  async #failFile(reason: string, size: number): Promise<void> {
    this.#counts.fileFailures++
    addError(this.#errors, this.#key ?? '', reason, 1, 1)
    this.#offset = size
    await this.#save()
  }

  #reject(count: 'parseFailures' | 'recordIngestionFailures', reason: string, line: number, lastLine: number, records: number): void {
    this.#counts[count] += records
    addError(this.#errors, this.#key ?? '', reason, line, lastLine)
  }

  async #send(): Promise<void> {
    const { clock, limits } = this.#options
    while (this.#batch.length > 0) {
      this.#start(this.#batch.splice(0, limits.recordsPerWrite))
      if (this.#writes.size >= parallelWrites) await Promise.race(this.#writes)
      if (this.#failure !== undefined) break
    }
    if (this.#failure !== undefined || clock.monotonicMs() - this.#savedMs >= saveEveryMs) await this.#save()
  }

  #start(batch: readonly Pending[]): void {
    const write = this.#write(batch).catch((error: unknown) => {
      this.#failure ??= error
    })
    this.#writes.add(write)
    void write.then(() => this.#writes.delete(write))
  }

  /** Waits for everything that was read, so that the place in the file is the place in the table. */
  async #save(): Promise<void> {
    if (this.#batch.length > 0 && this.#failure === undefined) this.#start(this.#batch.splice(0))
    await Promise.all(this.#writes)
    if (this.#failure !== undefined) throw this.#failure
    this.#options.signal.throwIfAborted()
    await this.#options.save(this.checkpoint)
    this.#savedMs = this.#options.clock.monotonicMs()
  }

  async #write(batch: readonly Pending[]): Promise<void> {
    const { databaseName, tableName, write, signal } = this.#options
    for (let attempt = 0; ; attempt++) {
      signal.throwIfAborted()
      try {
        await write({ databaseName, tableName, records: batch.map(({ record }) => record) })
        this.#counts.recordsIngested += batch.length
        return
      } catch (error) {
        if (!(error instanceof ServerError)) throw error
        if (error.code === 'REJECTED_RECORDS') return this.#rejected(batch, error)
        // one record is wrong in itself, and says nothing about the others
        if (error.code === 'VALIDATION') return this.#halve(batch, error)
        if (error.code !== 'THROTTLING') throw error
        await delay(Math.min(2000, 50 * 2 ** attempt), undefined, { signal })
      }
    }
  }

  #rejected(batch: readonly Pending[], error: ServerError): void {
    const rejects = (error.members?.['RejectedRecords'] ?? []) as readonly RejectedRecord[]
    this.#counts.recordsIngested += batch.length - rejects.length
    for (const { RecordIndex, Reason } of rejects) {
      const { line, lastLine } = batch[RecordIndex]!
      const reason = Reason.startsWith('The record timestamp is outside the time range') ? outsideWindow : Reason
      this.#reject('recordIngestionFailures', reason, line, lastLine, 1)
    }
  }

  async #halve(batch: readonly Pending[], error: ServerError): Promise<void> {
    const [first] = batch
    if (batch.length === 1 && first) {
      this.#reject('recordIngestionFailures', error.message.replace(/^Records\[0\][.:]?\s*/, ''), first.line, first.lastLine, 1)
      return
    }
    const middle = batch.length >> 1
    await this.#write(batch.slice(0, middle))
    await this.#write(batch.slice(middle))
  }
}
