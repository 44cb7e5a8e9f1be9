import { setTimeout as delay } from 'node:timers/promises'
import type { ServerError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'

/** How long after its time limit a query that does not notice is killed. */
const timeoutGraceMs = 1000
const killEveryMs = 100

export interface RunningQuery {
  readonly queryId: string
  /** Aborted with the reason when the query is to stop. */
  readonly stopping: AbortController
  /** Why it is being stopped; what its reader gets. */
  stopped: ServerError | undefined
  ended: boolean
}

/** The queries that wait or run, by their id, and how each is stopped. */
export class RunningQueries {
  readonly #running = new Map<string, RunningQuery>()
  readonly #kill: (queryId: string) => Promise<void>
  readonly #log: Log
  #idleWaiters: (() => void)[] = []

  /** @param kill asks the engine once to stop the query, if it knows it. */
  constructor(kill: (queryId: string) => Promise<void>, log: Log) {
    this.#kill = kill
    this.#log = log
  }

  begin(queryId: string): RunningQuery {
    if (!/^[A-Za-z0-9_-]+$/.test(queryId) || this.#running.has(queryId)) throw new Error(`query id ${queryId} is malformed or in use`)
    const running: RunningQuery = { queryId, stopping: new AbortController(), stopped: undefined, ended: false }
    this.#running.set(queryId, running)
    return running
  }

  finish(running: RunningQuery): void {
    if (running.ended) return
    running.ended = true
    this.#running.delete(running.queryId)
    if (this.#running.size === 0) for (const wake of this.#idleWaiters.splice(0)) wake()
  }

  get(queryId: string): RunningQuery | undefined {
    return this.#running.get(queryId)
  }

  /** Resolves after the first request to stop; repeats it while the query runs, since it may not have begun. */
  async stop(running: RunningQuery, why: ServerError): Promise<void> {
    if (running.stopped || running.ended) return
    running.stopped = why
    running.stopping.abort(why)
    if (running.ended) return
    await this.#kill(running.queryId)
    void (async () => {
      while (!running.ended) {
        await delay(killEveryMs)
        if (!running.ended) await this.#kill(running.queryId)
      }
    })().catch((error: unknown) => this.#log.error('engine kill failed', { queryId: running.queryId, error }))
  }

  /** Stops the query some time after its limit, in case that the engine does not notice. Returns how to give that up. */
  watchdog(running: RunningQuery, timeoutMs: number | undefined, why: () => ServerError): () => void {
    if (timeoutMs === undefined) return () => undefined
    const stop = (): void => {
      this.stop(running, why()).catch((error: unknown) => this.#log.error('engine kill failed', { queryId: running.queryId, error }))
    }
    // a timer holds 31 bits
    const timer = setTimeout(stop, Math.min(timeoutMs + timeoutGraceMs, 0x7fff_ffff))
    return () => clearTimeout(timer)
  }

  async stopAll(why: ServerError): Promise<void> {
    await Promise.all([...this.#running.values()].map((running) => this.stop(running, why)))
  }

  /** Resolves when none waits or runs. */
  async idle(): Promise<void> {
    if (this.#running.size > 0) await new Promise<void>((resolve) => this.#idleWaiters.push(resolve))
  }
}
