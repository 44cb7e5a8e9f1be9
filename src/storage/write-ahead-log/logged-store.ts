import type { Clock } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import type { Engine, EngineInsert } from '../../engine/engine.ts'
import type { StorageKeys } from '../at-rest/storage-keys.ts'
import type { DocumentStore } from '../document-store.ts'
import type { StoredCatalog } from '../stored-catalog.ts'
import type { TableRecord } from '../table-record.ts'
import type { Backlog, BatchStore, FlushObserver, TableName } from '../writer/batch-store.ts'
import { identityKey, seriesKey } from '../writer/resolve-versions.ts'
import type { RecordIdentity, StoredRecord, StoredRecords } from '../writer/stored-records.ts'
import { encodeEntry } from './entry-format.ts'
import { LogCheckpoints } from './log-checkpoints.ts'
import { PendingTables } from './pending-tables.ts'
import { replayLog } from './replay-log.ts'
import { WriteAheadLog } from './write-ahead-log.ts'

export interface LoggedStoreOptions {
  readonly engine: Pick<Engine, 'insert'>
  /** Of the engine. */
  readonly stored: StoredRecords
  readonly catalog: Pick<StoredCatalog, 'table' | 'markDuplicates' | 'widen'>
  readonly clock: Clock
  readonly log: Log
  readonly engineDatabase: string
  readonly keys: StorageKeys
  readonly documents: Pick<DocumentStore, 'get' | 'put' | 'list' | 'remove'>
  /** Of the log's segments. */
  readonly directory: string
  readonly segmentBytes?: number
  readonly observer?: Partial<FlushObserver>
  /** When opening cannot read what the engine has of a table; answers whether it can now. */
  readonly onUnreadable?: (table: TableRecord, failure: unknown) => Promise<boolean>
}

/**
 * Opens the log of this node and brings what a crash left in it into the engine; rows that the engine refuses stay pending.
 * @throws ServerError CONFIGURATION for a damaged log.
 */
export async function openLoggedStore(options: LoggedStoreOptions): Promise<BatchStore> {
  const checkpoints = await LogCheckpoints.open(options.documents)
  const log = await WriteAheadLog.open({ ...options, firstSegment: checkpoints.greatest })
  // before anything is removed: what is not there now was removed for good
  await checkpoints.forget(log.oldestSegment)
  let isReplayed = false
  const pending = new PendingTables({
    ...options,
    onFlushed: (below) => {
      if (isReplayed) log.release(below)
    },
  })
  const store = new LoggedStore(log, pending, options.stored, checkpoints)
  try {
    await replayLog({ ...options, source: log, checkpoints, pending, stored: store.stored })
  } catch (error) {
    await pending.stop()
    throw error
  }
  isReplayed = true
  log.release(pending.oldestSegment ?? 'all')
  return store
}

/** A log of fewer segments is not looked through. */
const fewSegments = 8
/** A log that is so many times as large as what is pending holds little that is needed. */
const keptShare = 4

class LoggedStore implements BatchStore {
  /** The log puts all that waits into one write, so that many tables wait together. */
  readonly concurrency = 64
  readonly stored: StoredRecords
  readonly #log: WriteAheadLog
  readonly #pending: PendingTables
  readonly #checkpoints: LogCheckpoints
  #moving: Promise<void> | undefined
  #relieving: Promise<void> | undefined

  constructor(log: WriteAheadLog, pending: PendingTables, engineStored: StoredRecords, checkpoints: LogCheckpoints) {
    this.#log = log
    this.#pending = pending
    this.#checkpoints = checkpoints
    this.stored = withPending(engineStored, pending)
  }

  async store(table: TableRecord, insert: EngineInsert): Promise<void> {
    await this.#log.append(encodeEntry(table, insert), (segment) => this.#pending.add(table, insert, segment))
    this.#moving ??= this.#makeRoom()?.finally(() => (this.#moving = undefined))
  }

  /** A table that the engine refuses keeps segments full of what others have long stored: its rows are written to the log once more. */
  #makeRoom(): Promise<void> | undefined {
    const { size } = this.#log
    if (size.segments < fewSegments || size.bytes < keptShare * this.#pending.size.bytes) return undefined
    const copies = this.#pending.keepersOfOldest().map(({ table, insert, moved }) => this.#log.append(encodeEntry(table, insert), moved))
    return Promise.allSettled(copies).then(() => this.#log.release(this.#pending.oldestSegment ?? 'all'))
  }

  flush(table?: TableName): Promise<void> {
    return this.#pending.flush(table)
  }

  async settle(table: TableRecord): Promise<void> {
    await this.#pending.flush(table)
    // after what waits to be written to the log once more, which may be rows of this table
    await this.#checkpoints.set(table.physicalName, await this.#log.seal())
    this.#log.release(this.#pending.oldestSegment ?? 'all')
  }

  relieve(): void {
    // a failure is kept with its table, and told by `refusal`
    this.#relieving ??= this.#pending
      .flush()
      .catch(() => undefined)
      .finally(() => (this.#relieving = undefined))
  }

  backlog(): Backlog {
    const { bytes: logBytes, segments: logSegments } = this.#log.size
    return { ...this.#pending.size, logBytes, logSegments }
  }

  waitingOf(physicalName: string): { readonly records: number; readonly bytes: number } {
    return this.#pending.waitingOf(physicalName)
  }

  refusal(): string | undefined {
    return this.#pending.failure?.message
  }

  async drain(): Promise<void> {
    await this.#pending.flush().catch(() => undefined)
  }

  async stop(): Promise<void> {
    await Promise.all([this.#moving, this.#relieving])
    await this.#pending.stop()
    await this.#log.close(() => this.#pending.size.records === 0)
  }
}

/** Rows go from pending to stored, never back: what is not pending when it is looked for can be found in the engine. */
function withPending(engine: StoredRecords, pending: PendingTables): StoredRecords {
  return {
    async newestTimes(table, series, fromNs) {
      const blocks = pending.blocksOf(table)
      const newest = series.flatMap((one) =>
        blocks.flatMap((block) => {
          const timeNs = block.newestTime(one)
          return timeNs === undefined ? [] : [{ ...one, timeNs }]
        }),
      )
      const times = new Map<string, (typeof newest)[number]>()
      for (const one of [...newest, ...(await engine.newestTimes(table, series, fromNs))]) {
        const key = seriesKey(one)
        const other = times.get(key)
        if (other === undefined || other.timeNs < one.timeNs) times.set(key, one)
      }
      return [...times.values()]
    },

    async find(table, identities) {
      const blocks = pending.blocksOf(table)
      const found: StoredRecord[] = []
      const elsewhere: RecordIdentity[] = []
      const seen = new Set<string>()
      for (const identity of identities) {
        const record = firstOf(blocks, (block) => block.find(identity))
        if (record === undefined) elsewhere.push(identity)
        else {
          found.push(record)
          seen.add(identityKey(identity))
        }
      }
      if (elsewhere.length === 0) return found
      // the engine may answer more than was asked for: of what is pending it has an older version, if any
      const stored = await engine.find(table, elsewhere)
      return [...found, ...stored.filter(({ identity }) => !seen.has(identityKey(identity)))]
    },
  }
}

function firstOf<T, R>(items: readonly T[], look: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const result = look(item)
    if (result !== undefined) return result
  }
  return undefined
}
