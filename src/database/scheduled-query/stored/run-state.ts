import type { ErrorReportConfiguration, RunSummary, Trigger } from '../scheduled-queries.ts'
import { nextInvocation } from '../schedule/next-invocation.ts'
import { parseSchedule } from '../schedule/parse-schedule.ts'

/**
 * Where a scheduled query stands; kind `scheduled-query-state`, key: its query id. Every step is one compare-and-set on this document, so that
 * of several nodes one takes a run, and a run that has ended is never taken again.
 */
export interface RunState {
  readonly queryId: string
  readonly name: string
  readonly creationTimeMs: number
  readonly scheduleExpression: string
  readonly isEnabled: boolean
  /** The next run that nobody has taken yet; absent while disabled, or when the schedule has ended. */
  readonly nextInvocationMs?: number
  readonly previousInvocationMs?: number
  /** Of the last run that was taken. */
  readonly lastVersion: number
  /** The run under way. */
  readonly claim?: Claim
  /** Runs asked for by hand, in their order. */
  readonly manual: readonly ManualRun[]
  /** Client tokens of manual runs, newest last. */
  readonly tokens: readonly UsedToken[]
  readonly lastRun?: RunSummary
  /** Newest first, as the history. */
  readonly failedRuns: readonly RunSummary[]
  readonly history: readonly RunSummary[]
  /** What a list of scheduled queries shows besides. */
  readonly errorReport: ErrorReportConfiguration
  readonly targetTable?: { readonly databaseName: string; readonly tableName: string }
}

export interface Claim {
  readonly runId: string
  /** The process that runs it. */
  readonly nodeId: string
  /** Until then the others leave it alone. */
  readonly leaseUntilMs: number
  readonly trigger: Trigger
  readonly invocationMs: number
  readonly triggeredMs: number
  readonly insights: boolean
  /** Of the records. Repetitions inside the process that runs it may use up to `versionsPerRun` from here. */
  readonly version: number
  /** From 1; greater when processes that ran it have died. */
  readonly attempt: number
}

export interface ManualRun {
  readonly invocationMs: number
  readonly requestedMs: number
  readonly insights: boolean
}

export interface UsedToken {
  readonly token: string
  readonly request: string
  readonly usedMs: number
}

export const versionsPerRun = 16
export const shownFailures = 5

/** Who takes a run, and when. */
export interface Taker {
  readonly nodeId: string
  readonly runId: string
  readonly nowMs: number
  readonly leaseMs: number
  /** Of the runs that this process has taken, whatever their query; 0 for none. */
  readonly lastVersion: number
  /** Other processes use the documents as well; else whoever else took a run is dead. */
  readonly isShared: boolean
}

/** From when a run waits for this process; undefined: none will until the document changes. */
export function dueMs(state: RunState, nodeId: string, isShared: boolean): number | undefined {
  const { claim, manual, isEnabled, nextInvocationMs } = state
  if (claim !== undefined) {
    if (claim.nodeId === nodeId) return undefined
    return isShared ? claim.leaseUntilMs : claim.triggeredMs
  }
  const scheduled = isEnabled ? nextInvocationMs : undefined
  const asked = manual[0]?.requestedMs
  return asked === undefined || (scheduled !== undefined && scheduled < asked) ? scheduled : asked
}

/** The state with the run that is due taken; undefined when there is none to take. */
export function take(state: RunState, taker: Taker): (RunState & { readonly claim: Claim }) | undefined {
  const { nodeId, runId, nowMs, leaseMs, isShared } = taker
  const due = dueMs(state, nodeId, isShared)
  if (due === undefined || due > nowMs) return undefined
  // later runs have greater versions, also over the queries that write one table: the time decides, in microseconds
  const version = Math.max(nowMs * 1000, state.lastVersion + versionsPerRun, taker.lastVersion + versionsPerRun)
  const mine = { runId, nodeId, leaseUntilMs: nowMs + leaseMs, version }
  const { claim, manual, nextInvocationMs, ...rest } = state
  if (claim !== undefined) {
    return { ...state, lastVersion: version, claim: { ...claim, ...mine, attempt: claim.attempt + 1 } }
  }
  const [asked, ...later] = manual
  const isAsked = asked !== undefined && asked.requestedMs === due
  const invocationMs = isAsked ? asked.invocationMs : nextInvocationMs!
  const next = isAsked ? nextInvocationMs : nextInvocation(parseSchedule(state.scheduleExpression), invocationMs, state.creationTimeMs)
  return {
    ...rest,
    manual: isAsked ? later : manual,
    previousInvocationMs: invocationMs,
    ...(next !== undefined && { nextInvocationMs: next }),
    lastVersion: version,
    claim: {
      ...mine,
      trigger: isAsked ? 'MANUAL' : 'AUTO',
      invocationMs,
      triggeredMs: nowMs,
      insights: isAsked && asked.insights,
      attempt: 1,
    },
  }
}

/** The state after its run has ended; undefined when the run is somebody else's by now. */
export function finish(
  state: RunState,
  runId: string,
  summary: RunSummary,
  options: { readonly disable: boolean; readonly historyLength: number },
): RunState | undefined {
  const { claim, ...rest } = state
  if (claim?.runId !== runId) return undefined
  const isFailure = summary.status.endsWith('FAILURE')
  const ended: RunState = {
    ...rest,
    lastRun: summary,
    failedRuns: isFailure ? [summary, ...state.failedRuns].slice(0, shownFailures) : state.failedRuns,
    history: [summary, ...state.history].slice(0, options.historyLength),
  }
  return options.disable ? disabled(ended) : ended
}

/**
 * The state with its run left to whoever comes next; undefined when it is somebody else's by now.
 * @param isPlanned it does not count as an attempt
 */
export function leave(state: RunState, runId: string, isPlanned: boolean): RunState | undefined {
  const { claim } = state
  if (claim?.runId !== runId) return undefined
  return { ...state, claim: { ...claim, nodeId: '', leaseUntilMs: claim.triggeredMs, attempt: claim.attempt - (isPlanned ? 1 : 0) } }
}

/** Runs that were due while it was disabled are not made up. */
export function enabled(state: RunState, nowMs: number): RunState {
  if (state.isEnabled) return state
  const next = nextInvocation(parseSchedule(state.scheduleExpression), nowMs, state.creationTimeMs)
  return { ...state, isEnabled: true, ...(next !== undefined && { nextInvocationMs: next }) }
}

export function disabled(state: RunState): RunState {
  if (!state.isEnabled) return state
  const { nextInvocationMs: _dropped, ...rest } = state
  return { ...rest, isEnabled: false }
}
