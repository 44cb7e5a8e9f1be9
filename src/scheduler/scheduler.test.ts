import { afterEach, expect, it } from 'vitest'
import { systemClock } from '../base/clock.ts'
import { silentLog } from '../base/log.ts'
import type { ClaimedRun, ScheduledRuns } from '../database/scheduled-query/scheduled-runs.ts'
import { Scheduler } from './scheduler.ts'

/** Runs that end when they are told to. */
class HeldRuns implements ScheduledRuns {
  readonly waiting: string[]
  readonly started: string[] = []
  readonly #ends = new Map<string, () => void>()
  failing = 0

  constructor(...waiting: string[]) {
    this.waiting = waiting
  }

  async refresh(): Promise<void> {
    if (this.failing-- > 0) throw new Error('no documents')
  }

  nextDueMs(): number | undefined {
    return this.waiting.length > 0 ? systemClock.nowMs() - 5000 : undefined
  }

  async claim(): Promise<ClaimedRun | undefined> {
    const queryId = this.waiting.shift()
    return queryId === undefined ? undefined : ({ queryId } as ClaimedRun)
  }

  run({ queryId }: ClaimedRun, signal: AbortSignal): Promise<undefined> {
    this.started.push(queryId)
    return new Promise((resolve) => {
      this.#ends.set(queryId, () => resolve(undefined))
      signal.addEventListener('abort', () => resolve(undefined))
    })
  }

  end(queryId: string): void {
    this.#ends.get(queryId)?.()
  }
}

const moment = () => new Promise((resolve) => setTimeout(resolve, 20))
let scheduler: Scheduler | undefined
afterEach(async () => scheduler?.drain())

async function start(runs: ScheduledRuns, atOnce: number): Promise<Scheduler> {
  scheduler = new Scheduler({ runs, clock: systemClock, log: silentLog, atOnce, lookEveryMs: 2 })
  await scheduler.start()
  await moment()
  return scheduler
}

it('has no more runs under way than may be at once, and takes the next when one ends', async () => {
  const runs = new HeldRuns('a', 'b', 'c')
  const started = await start(runs, 2)
  expect(runs.started).toEqual(['a', 'b'])
  expect(started.underWay).toBe(2)
  expect(started.lagMs()).toBeGreaterThanOrEqual(5000)
  runs.end('a')
  await moment()
  expect(runs.started).toEqual(['a', 'b', 'c'])
  expect(started.lagMs()).toBe(0)
})

it('looks again when it could not', async () => {
  const runs = new HeldRuns('a')
  runs.failing = 3
  await start(runs, 1)
  await moment()
  expect(runs.started).toEqual(['a'])
})

it('stops what is under way when it is drained, and takes nothing more', async () => {
  const runs = new HeldRuns('a', 'b')
  const started = await start(runs, 1)
  await started.drain()
  await moment()
  expect(runs.started).toEqual(['a'])
  expect(started.underWay).toBe(0)
})
