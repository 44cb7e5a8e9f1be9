import type { Clock } from '../base/clock.ts'
import { ServerError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { Service } from '../base/service.ts'
import type { ScheduledRuns } from '../database/scheduled-query/scheduled-runs.ts'

export interface SchedulerOptions {
  readonly runs: ScheduledRuns
  readonly clock: Clock
  readonly log: Log
  /** Runs under way at once. */
  readonly atOnce: number
  /** How often it looks whether something is due. */
  readonly lookEveryMs?: number
  /** How often what other nodes changed is read; absent: there are no others. */
  readonly refreshEveryMs?: number
}

/** The timer behind scheduled queries: takes what is due, the longest waiting first, and runs it. */
export class Scheduler implements Service {
  readonly name = 'scheduler'
  readonly #options: SchedulerOptions
  readonly #underWay = new Set<Promise<void>>()
  readonly #stop = new AbortController()
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> | undefined
  #refreshedAtMs: number | undefined

  constructor(options: SchedulerOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    this.#timer = setInterval(() => this.#look(), this.#options.lookEveryMs ?? 500)
    this.#timer.unref()
    this.#look()
  }

  /** Runs under way are left to the next start. */
  async drain(): Promise<void> {
    clearInterval(this.#timer)
    this.#stop.abort(new ServerError('SHUTTING_DOWN', 'The server is shutting down'))
    await this.#looking
    await Promise.all(this.#underWay)
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
  }

  /** How long the run that waits longest has been due; 0 when none is. */
  lagMs(): number {
    const dueMs = this.#options.runs.nextDueMs()
    return dueMs === undefined ? 0 : Math.max(0, this.#options.clock.nowMs() - dueMs)
  }

  get underWay(): number {
    return this.#underWay.size
  }

  /** One look at a time. */
  #look(): void {
    this.#looking ??= this.#take()
      .catch((error: unknown) => this.#options.log.warn('scheduler.look-failed', { error: String(error) }))
      .finally(() => (this.#looking = undefined))
  }

  async #take(): Promise<void> {
    const { runs, atOnce } = this.#options
    await this.#refresh()
    while (this.#underWay.size < atOnce && !this.#stop.signal.aborted) {
      const claimed = await runs.claim()
      if (claimed === undefined) return
      const work = runs.run(claimed, this.#stop.signal).then(() => {
        this.#underWay.delete(work)
        if (!this.#stop.signal.aborted) this.#look()
      })
      this.#underWay.add(work)
    }
  }

  async #refresh(): Promise<void> {
    const { runs, clock, refreshEveryMs = Number.POSITIVE_INFINITY } = this.#options
    const nowMs = clock.monotonicMs()
    if (this.#refreshedAtMs !== undefined && nowMs < this.#refreshedAtMs + refreshEveryMs) return
    await runs.refresh()
    this.#refreshedAtMs = nowMs
  }
}
