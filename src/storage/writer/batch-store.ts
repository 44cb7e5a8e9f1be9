import type { Engine, EngineInsert } from '../../engine/engine.ts'
import type { TableRecord } from '../table-record.ts'
import { type StoredRecords, createStoredRecords } from './stored-records.ts'

/** Where the writer puts what it has decided about. */
export interface BatchStore {
  /** Batches that it is good to give it at a time, of different tables. */
  readonly concurrency: number
  /** All that `store` took, as decisions about versions ask for it. */
  readonly stored: StoredRecords
  /** Durable when it resolves; then nothing of it is stored, or all is, when it throws. The arrays are left as they are. */
  store(table: TableRecord, insert: EngineInsert): Promise<void>
  /**
   * Resolves when what was stored before the call is in the engine: of one table, or of all.
   * @throws ServerError ENGINE_UNAVAILABLE with the reason why the engine refuses it
   */
  flush(table?: TableName): Promise<void>
  /**
   * Brings what the table has into the engine, for good: opening never writes it once more, also when it is no longer in the engine then. To be
   * called while nothing is stored for the table.
   */
  settle(table: TableRecord): Promise<void>
  /** Called when writes are refused for what waits: it goes to the engine now, whatever its age and size. */
  relieve(): void
  /** What is durable and not in the engine yet. */
  backlog(): Backlog
  /** The same of one table, by its physical name. */
  waitingOf(physicalName: string): { readonly records: number; readonly bytes: number }
  /** Why the engine does not take what is waiting, if so. */
  refusal(): string | undefined
  /** Brings everything into the engine, if that takes it. */
  drain(): Promise<void>
  stop(): Promise<void>
}

export interface TableName {
  readonly databaseName: string
  readonly tableName: string
}

export interface Backlog {
  readonly records: number
  readonly bytes: number
  readonly logBytes: number
  readonly logSegments: number
}

/** For metrics; called synchronously. */
export interface FlushObserver {
  blockFlushed(report: { readonly records: number; readonly durationMs: number }): void
  flushFailed(error: unknown): void
}

const nothing: Backlog = { records: 0, bytes: 0, logBytes: 0, logSegments: 0 }

/** The engine itself, whose insert is durable: for a cluster, which keeps no log on its nodes. */
export function directStore(engine: Pick<Engine, 'rows' | 'insert'>, engineDatabase: string): BatchStore {
  const none = async (): Promise<void> => undefined
  return {
    concurrency: 2,
    stored: createStoredRecords(engine, engineDatabase),
    store: (_table, insert) => engine.insert(insert),
    flush: none,
    settle: none,
    relieve: () => undefined,
    backlog: () => nothing,
    waitingOf: () => nothing,
    refusal: () => undefined,
    drain: none,
    stop: none,
  }
}
