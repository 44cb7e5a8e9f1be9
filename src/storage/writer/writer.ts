import type { Clock } from '../../base/clock.ts'
import { ServerError } from '../../base/errors.ts'
import type { Limits } from '../../base/limits.ts'
import type { Log } from '../../base/log.ts'
import type { Service } from '../../base/service.ts'
import type { Engine, EngineInsert } from '../../engine/engine.ts'
import type { StoredCatalog } from '../stored-catalog.ts'
import type { TableRecord } from '../table-record.ts'
import { mayWait } from './admission.ts'
import { type Backlog, type BatchStore, type FlushObserver, type TableName, directStore } from './batch-store.ts'
import { resolveVersions } from './resolve-versions.ts'
import { type BatchBounds, type PendingBatch, type PendingWrite, TableQueue } from './table-queue.ts'
import type { VersionReject, WriteOutcome, WriteRecord } from './write-record.ts'
import { Watermarks } from './watermarks.ts'

export interface Writer extends Service {
  /**
   * Makes the records durable and visible, together with those of other callers; the names and types must be in the table's schema.
   * Answers the records that lost against a stored version.
   * @throws ServerError THROTTLING when too much is waiting, SHUTTING_DOWN, RESOURCE_NOT_FOUND, or the engine's error: then nothing is acknowledged.
   */
  write(table: TableRecord, records: readonly WriteRecord[]): Promise<WriteOutcome>
  /**
   * Called with each batch after it is durable and before it is acknowledged, in the order of the table's batches. The columns are the ones
   * that are stored: read them, do not change them. Returns the way to stop.
   */
  onDurableBatch(listener: (batch: DurableBatch) => void): () => void
  /** Records that are not durable yet. */
  pending(): { readonly records: number; readonly bytes: number }
  /**
   * Resolves when the engine has all records that were acknowledged before the call: of one table, or of all. Reading follows it.
   * @throws ServerError ENGINE_UNAVAILABLE with the reason why the engine refuses them
   */
  flush(table?: TableName): Promise<void>
  /**
   * Runs `work` while no batch of the table is being written and the engine has, for good, all that was acknowledged; new records wait meanwhile.
   * @throws ServerError ENGINE_UNAVAILABLE, NO_SPACE with the reason why the engine refuses them; whatever `work` throws
   */
  settled<T>(table: TableRecord, work: () => Promise<T>): Promise<T>
  /** Records that are durable in the log of this node and not in the engine yet. */
  backlog(): Backlog
}

export interface DurableBatch {
  readonly table: TableRecord
  /** What was stored: physical columns, without the rows that changed nothing. */
  readonly insert: EngineInsert
}

/** For metrics; called synchronously. */
export interface WriteObserver extends Partial<FlushObserver> {
  batchWritten(batch: BatchReport): void
  batchFailed(error: unknown): void
}

export interface BatchReport {
  readonly records: number
  readonly requests: number
  /** From the first record's arrival until writing began. */
  readonly waitMs: number
  /** Looking up what may be stored already. */
  readonly lookUpMs: number
  readonly insertMs: number
  readonly lookedUp: number
  readonly rejected: number
}

export interface WriterOptions {
  readonly engine: Pick<Engine, 'rows' | 'insert'>
  readonly catalog: Pick<StoredCatalog, 'table' | 'markDuplicates'>
  readonly clock: Clock
  readonly limits: Pick<Limits, 'pendingWriteRecords' | 'pendingWriteBytes' | 'writeAheadLogBytes' | 'rememberedSeries'>
  readonly log: Log
  /** The engine's database that holds the tables. */
  readonly engineDatabase: string
  /** What makes batches durable; the engine when absent. The writer drains and stops it. */
  readonly store?: BatchStore
  readonly observer?: WriteObserver
  /** Batches that are being stored at a time, over all tables. */
  readonly concurrentInserts?: number
  readonly batchBounds?: BatchBounds
}

export const openWriter = (options: WriterOptions): Writer => new GroupCommitWriter(options)

const defaultBatchBounds: BatchBounds = { rows: 100_000, bytes: 64 * 1024 * 1024 }
/** Tables whose distinct texts are kept while nothing of them is waiting. */
const idleTables = 256

/**
 * Group commit: while a batch of a table is being written, the records that arrive form its next one. Tables take turns.
 */
class GroupCommitWriter implements Writer {
  readonly name = 'writer'
  readonly #catalog: WriterOptions['catalog']
  readonly #clock: Clock
  readonly #limits: WriterOptions['limits']
  readonly #log: Log
  readonly #engineDatabase: string
  readonly #observer: WriteObserver | undefined
  readonly #concurrentInserts: number
  readonly #batchBounds: BatchBounds
  readonly #watermarks: Watermarks
  readonly #store: BatchStore
  readonly #listeners = new Set<(batch: DurableBatch) => void>()

  /** In the order of last use. */
  readonly #queues = new Map<string, TableQueue>()
  /** Tables with a batch to write and none being written, in turn. */
  readonly #ready: TableQueue[] = []
  #inserts = 0
  #pumpScheduled = false
  #pendingRecords = 0
  #pendingBytes = 0
  #isDraining = false
  #drained: (() => void)[] = []

  constructor(options: WriterOptions) {
    this.#catalog = options.catalog
    this.#clock = options.clock
    this.#limits = options.limits
    this.#log = options.log
    this.#engineDatabase = options.engineDatabase
    this.#observer = options.observer
    this.#store = options.store ?? directStore(options.engine, options.engineDatabase)
    this.#concurrentInserts = options.concurrentInserts ?? this.#store.concurrency
    this.#batchBounds = options.batchBounds ?? defaultBatchBounds
    this.#watermarks = new Watermarks(options.limits.rememberedSeries)
  }

  write(table: TableRecord, records: readonly WriteRecord[]): Promise<WriteOutcome> {
    if (records.length === 0) return Promise.resolve({ rejected: [] })
    return new Promise((resolve, reject) => {
      const queue = this.#queueOf(table.physicalName)
      this.#admit(queue, records.length)
      const pending = queue.append(table, records, { resolve, reject }, this.#clock.monotonicMs())
      this.#account(queue, pending)
      if (!queue.isCommitting && !this.#ready.includes(queue)) this.#ready.push(queue)
      this.#schedule()
    })
  }

  onDurableBatch(listener: (batch: DurableBatch) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  pending(): { readonly records: number; readonly bytes: number } {
    return { records: this.#pendingRecords, bytes: this.#pendingBytes }
  }

  flush(table?: TableName): Promise<void> {
    return this.#store.flush(table)
  }

  async settled<T>(table: TableRecord, work: () => Promise<T>): Promise<T> {
    const queue = this.#queueOf(table.physicalName)
    await queue.hold()
    try {
      await this.#store.settle(table)
      return await work()
    } finally {
      queue.release()
      if (!queue.isEmpty && !queue.isCommitting && !this.#ready.includes(queue)) this.#ready.push(queue)
      this.#schedule()
    }
  }

  backlog(): Backlog {
    return this.#store.backlog()
  }

  /** Refuses new records; resolves when those in hand are written, and in the engine if that takes them. */
  async drain(): Promise<void> {
    this.#isDraining = true
    if (this.#pendingRecords > 0) await new Promise<void>((resolve) => this.#drained.push(resolve))
    await this.#store.drain()
  }

  stop(): Promise<void> {
    this.#isDraining = true
    return this.#store.stop()
  }

  #admit(queue: TableQueue, records: number): void {
    if (this.#isDraining) throw new ServerError('SHUTTING_DOWN', 'The server is shutting down.')
    const { pendingWriteRecords, pendingWriteBytes, writeAheadLogBytes } = this.#limits
    const backlog = this.#store.backlog()
    const waitingRecords = this.#pendingRecords + backlog.records
    const waitingBytes = this.#pendingBytes + backlog.bytes
    const own = this.#store.waitingOf(queue.physicalName)
    const ownRecords = queue.waitingRecords + own.records
    if (
      mayWait(ownRecords, waitingRecords, records, pendingWriteRecords) &&
      mayWait(queue.waitingBytes + own.bytes, waitingBytes, 0, pendingWriteBytes) &&
      backlog.logBytes < writeAheadLogBytes
    )
      return
    this.#store.relieve()
    const refusal = this.#store.refusal()
    throw new ServerError(
      'THROTTLING',
      `Request rate exceeded: ${waitingRecords} records (${waitingBytes} bytes) are waiting to be stored, ${ownRecords} of this table. Retry with backoff.` +
        (refusal === undefined ? '' : ` ${refusal}`),
    )
  }

  #queueOf(physicalName: string): TableQueue {
    let queue = this.#queues.get(physicalName)
    if (queue === undefined) {
      this.#forgetIdle()
      queue = new TableQueue(physicalName, this.#batchBounds)
    } else this.#queues.delete(physicalName)
    this.#queues.set(physicalName, queue)
    return queue
  }

  #forgetIdle(): void {
    if (this.#queues.size < idleTables) return
    for (const [name, queue] of this.#queues) {
      if (!queue.isEmpty || queue.isCommitting || queue.isHeld) continue
      this.#queues.delete(name)
      return
    }
  }

  /** Takes the batch's growth into the sums over all tables. */
  #account(queue: TableQueue, pending: PendingBatch): void {
    const { rowCount, bytes } = pending.batch
    this.#pendingRecords += rowCount - pending.rows
    this.#pendingBytes += bytes - pending.bytes
    queue.waitingRecords += rowCount - pending.rows
    queue.waitingBytes += bytes - pending.bytes
    pending.rows = rowCount
    pending.bytes = bytes
  }

  /** After the events at hand, so that requests that arrived together are written together. */
  #schedule(): void {
    if (this.#pumpScheduled) return
    this.#pumpScheduled = true
    setImmediate(() => {
      this.#pumpScheduled = false
      this.#pump()
    })
  }

  #pump(): void {
    while (this.#inserts < this.#concurrentInserts) {
      const queue = this.#ready.shift()
      if (queue === undefined) return
      const pending = queue.isHeld ? undefined : queue.take()
      if (pending === undefined) continue
      queue.isCommitting = true
      this.#inserts++
      void this.#commit(queue, pending).finally(() => {
        queue.committed()
        this.#inserts--
        if (!queue.isEmpty) this.#ready.push(queue)
        if (this.#pendingRecords === 0) for (const resolve of this.#drained.splice(0)) resolve()
        this.#schedule()
      })
    }
  }

  /** Not pending any more: the store has the batch, or nobody. Before its callers hear of it. */
  #release(queue: TableQueue, pending: PendingBatch): void {
    queue.waitingRecords -= pending.rows
    queue.waitingBytes -= pending.bytes
    this.#pendingRecords -= pending.rows
    this.#pendingBytes -= pending.bytes
    pending.rows = 0
    pending.bytes = 0
  }

  async #commit(queue: TableQueue, pending: PendingBatch): Promise<void> {
    const { batch, writes, openedMs, rows } = pending
    const startedMs = this.#clock.monotonicMs()
    try {
      const table = this.#currentTable(batch.table)
      const { kept, rejects, replaces, lookedUp } = await resolveVersions(table, batch, this.#watermarks, this.#store.stored)
      const lookedUpMs = this.#clock.monotonicMs()
      if (replaces) await this.#catalog.markDuplicates(table.databaseName, table.tableName)
      if (kept === undefined || kept.length > 0) await this.#keep(table, batch.toInsert(this.#engineDatabase, kept))
      this.#release(queue, pending)
      acknowledge(writes, rejects)
      this.#observer?.batchWritten({
        records: rows,
        requests: writes.length,
        waitMs: startedMs - openedMs,
        lookUpMs: lookedUpMs - startedMs,
        insertMs: this.#clock.monotonicMs() - lookedUpMs,
        lookedUp,
        rejected: rejects.length,
      })
    } catch (error) {
      this.#release(queue, pending)
      this.#log.error('batch not written', { table: batch.table.physicalName, records: rows, error: String(error) })
      this.#observer?.batchFailed(error)
      const shown = this.#shownError(batch.table, error)
      for (const write of writes) write.reject(shown)
    }
  }

  async #keep(table: TableRecord, insert: EngineInsert): Promise<void> {
    await this.#store.store(table, insert)
    for (const listener of this.#listeners) {
      // the batch is durable: what a listener makes of it does not change that
      try {
        listener({ table, insert })
      } catch (error) {
        this.#log.error('a listener failed on a durable batch', { table: table.physicalName, error: String(error) })
      }
    }
  }

  /** The catalog's newest record of the table: its schema has the columns of every record that was taken. */
  #currentTable({ databaseName, tableName, physicalName }: TableRecord): TableRecord {
    const current = this.#catalog.table(databaseName, tableName)
    if (current?.physicalName === physicalName) return current
    throw new ServerError('RESOURCE_NOT_FOUND', `The table ${tableName} does not exist.`)
  }

  /** What callers see of a failed batch: never a fault of theirs, but for a table that was deleted while their records were on the way. */
  #shownError(table: TableRecord, error: unknown): unknown {
    try {
      this.#currentTable(table)
    } catch (notFound) {
      return notFound
    }
    if (!(error instanceof ServerError) || error.definition.blame === 'server') return error
    const message = `The records could not be stored: ${error.message}`
    return new ServerError(error.code === 'MEMORY_LIMIT' ? 'THROTTLING' : 'ENGINE_UNAVAILABLE', message, { cause: error })
  }
}

function acknowledge(writes: readonly PendingWrite[], rejects: readonly (VersionReject & { readonly row: number })[]): void {
  const byRow = [...rejects].sort((a, b) => a.row - b.row)
  let next = 0
  for (const { firstRow, rowCount, resolve } of writes) {
    const rejected: VersionReject[] = []
    for (; next < byRow.length && byRow[next]!.row < firstRow + rowCount; next++) rejected.push(byRow[next]!)
    resolve({ rejected })
  }
}
