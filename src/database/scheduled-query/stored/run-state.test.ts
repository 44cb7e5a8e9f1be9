import { describe, expect, it } from 'vitest'
import type { RunSummary } from '../scheduled-queries.ts'
import { disabled, dueMs, enabled, finish, leave, type RunState, take, type Taker } from './run-state.ts'

const minuteMs = 60_000
const state = (change: Partial<RunState> = {}): RunState => ({
  queryId: 'q-0123456789abcdef',
  name: 'q',
  creationTimeMs: 0,
  scheduleExpression: 'rate(1 minute)',
  isEnabled: true,
  nextInvocationMs: minuteMs,
  lastVersion: 0,
  manual: [],
  tokens: [],
  failedRuns: [],
  history: [],
  errorReport: { bucketName: 'reports' },
  ...change,
})
const taker = (change: Partial<Taker> = {}): Taker => ({
  nodeId: 'me',
  runId: 'run',
  nowMs: 10 * minuteMs,
  leaseMs: 30_000,
  lastVersion: 0,
  isShared: true,
  ...change,
})
const summary = (status: RunSummary['status']): RunSummary => ({ invocationMs: minuteMs, triggeredMs: 0, status, version: 1 })
const success = summary('AUTO_TRIGGER_SUCCESS')
const plain = { disable: false, historyLength: 3 }

describe('a run', () => {
  it('is taken when it is due, and the next one is then the one after it', () => {
    expect(take(state(), taker({ nowMs: minuteMs - 1 }))).toBeUndefined()
    const taken = take(state(), taker())!
    expect(taken.claim).toMatchObject({ invocationMs: minuteMs, trigger: 'AUTO', triggeredMs: 10 * minuteMs, attempt: 1 })
    expect(taken).toMatchObject({ nextInvocationMs: 2 * minuteMs, previousInvocationMs: minuteMs })
  })

  it('is not taken while another of the query is under way, by whomever', () => {
    const taken = take(state(), taker())!
    expect(take(taken, taker())).toBeUndefined()
    expect(take(taken, taker({ nodeId: 'other' }))).toBeUndefined()
  })

  it('is taken over when its lease has ended, with a greater version, for the same time', () => {
    const taken = take(state(), taker())!
    const over = take(taken, taker({ nodeId: 'other', runId: 'second', nowMs: 10 * minuteMs + 30_000 }))!
    expect(over.claim).toMatchObject({ runId: 'second', nodeId: 'other', invocationMs: minuteMs, attempt: 2 })
    expect(over.claim.version).toBeGreaterThan(taken.claim.version)
    expect(over.nextInvocationMs).toBe(2 * minuteMs)
    // the first one comes too late
    expect(finish(over, 'run', success, plain)).toBeUndefined()
    expect(leave(over, 'run', true)).toBeUndefined()
  })

  it('is taken over at once where no other process can be alive', () => {
    const taken = take(state(), taker())!
    expect(take(taken, taker({ nodeId: 'other', isShared: false }))?.claim.attempt).toBe(2)
  })

  it('that was left is due for everybody, the one who left it as well', () => {
    const left = leave(take(state(), taker())!, 'run', true)!
    expect(take(left, taker())?.claim).toMatchObject({ invocationMs: minuteMs, attempt: 1 })
    expect(take(leave(take(state(), taker())!, 'run', false)!, taker())?.claim.attempt).toBe(2)
  })

  it('asked for by hand runs in its turn and moves no schedule', () => {
    const asked = state({ manual: [{ invocationMs: 5, requestedMs: 30_000, insights: true }] })
    expect(dueMs(asked, 'me', true)).toBe(30_000)
    const taken = take(asked, taker())!
    expect(taken.claim).toMatchObject({ trigger: 'MANUAL', invocationMs: 5, insights: true })
    expect(taken).toMatchObject({ manual: [], nextInvocationMs: minuteMs })
    const later = state({ manual: [{ invocationMs: 5, requestedMs: 2 * minuteMs, insights: false }] })
    expect(take(later, taker())?.claim.trigger).toBe('AUTO')
  })

  it('has a greater version than every earlier one, even when the clock went back', () => {
    const first = take(state(), taker())!
    const second = take(finish(first, 'run', success, plain)!, taker({ nowMs: 3 * minuteMs }))!
    expect(second.claim.version).toBeGreaterThan(first.claim.version)
    expect(take(state(), taker({ lastVersion: 1e15 }))!.claim.version).toBeGreaterThan(1e15)
  })
})

describe('what has ended', () => {
  it('is the last run, in the history, and among the failures when it failed', () => {
    let current = state()
    for (let i = 0; i < 7; i++) {
      const status = i % 3 === 0 ? 'AUTO_TRIGGER_SUCCESS' : 'AUTO_TRIGGER_FAILURE'
      current = finish(take(current, taker())!, 'run', summary(status), plain)!
    }
    expect(current.claim).toBeUndefined()
    expect(current.history).toHaveLength(3)
    expect(current.failedRuns).toHaveLength(4)
    expect(current.lastRun?.status).toBe('AUTO_TRIGGER_SUCCESS')
    expect(current.nextInvocationMs).toBe(8 * minuteMs)
  })

  it('may disable the query', () => {
    const ended = finish(take(state(), taker())!, 'run', summary('AUTO_TRIGGER_FAILURE'), { ...plain, disable: true })!
    expect(ended.isEnabled).toBe(false)
    expect(dueMs(ended, 'me', true)).toBeUndefined()
  })
})

it('a query that is enabled again goes on with the next time from now', () => {
  const again = enabled(disabled(state()), 90_000)
  expect(again).toMatchObject({ isEnabled: true, nextInvocationMs: 2 * minuteMs })
  expect(enabled(again, 1e9)).toBe(again)
})
