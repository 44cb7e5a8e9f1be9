import type { Log } from '../base/log.ts'
import type { EngineProgress } from './engine.ts'

const pollMs = 200

const nothingRead: EngineProgress = { rowsRead: 0, bytesRead: 0, totalRows: 0 }

/** What a query under way has read so far. */
export interface ProgressHandle {
  readonly current: EngineProgress
  stop(): void
}

/** Asks the engine from time to time what the running queries have read; costs nothing while none runs. */
export class ProgressWatch {
  readonly #watched = new Map<string, { current: EngineProgress }>()
  readonly #poll: (queryIds: readonly string[]) => Promise<ReadonlyMap<string, EngineProgress>>
  readonly #log: Log
  #timer: NodeJS.Timeout | undefined
  #polling = false

  constructor(poll: (queryIds: readonly string[]) => Promise<ReadonlyMap<string, EngineProgress>>, log: Log) {
    this.#poll = poll
    this.#log = log
  }

  /** Undefined when the query is not watched. */
  of(queryId: string): EngineProgress | undefined {
    return this.#watched.get(queryId)?.current
  }

  watch(queryId: string): ProgressHandle {
    const entry = { current: nothingRead }
    this.#watched.set(queryId, entry)
    this.#timer ??= setInterval(() => void this.#tick(), pollMs).unref()
    return {
      get current() {
        return entry.current
      },
      stop: () => {
        if (this.#watched.get(queryId) === entry) this.#watched.delete(queryId)
        if (this.#watched.size > 0) return
        clearInterval(this.#timer)
        this.#timer = undefined
      },
    }
  }

  async #tick(): Promise<void> {
    if (this.#polling) return
    this.#polling = true
    try {
      for (const [queryId, progress] of await this.#poll([...this.#watched.keys()])) {
        const entry = this.#watched.get(queryId)
        if (entry && progress.bytesRead >= entry.current.bytesRead) entry.current = progress
      }
    } catch (error) {
      this.#log.warn('engine progress unknown', { error })
    } finally {
      this.#polling = false
    }
  }
}

/** Asks for the rows that `progressOf` reads; ids are ours and hold letters and digits only. */
export function progressQuery(queryIds: readonly string[]): string {
  const list = queryIds.map((queryId) => `'${queryId}'`).join(', ')
  return (
    "SELECT Settings['log_comment'], toString(max(read_rows)), toString(max(read_bytes)), toString(max(total_rows_approx)) FROM system.processes " +
    `WHERE is_initial_query AND Settings['log_comment'] IN (${list}) GROUP BY 1`
  )
}

export function progressOf(rows: readonly (readonly unknown[])[]): ReadonlyMap<string, EngineProgress> {
  const byId = new Map<string, EngineProgress>()
  for (const [queryId, rowsRead, bytesRead, totalRows] of rows) {
    byId.set(String(queryId), { rowsRead: Number(rowsRead), bytesRead: Number(bytesRead), totalRows: Number(totalRows) })
  }
  return byId
}
