import type { RunSummary } from './scheduled-queries.ts'
import type { Claim } from './stored/run-state.ts'

/** What the scheduler drives: it says when, this says what. */
export interface ScheduledRuns {
  /** Brings in what other nodes changed, where there are any, and gives up what a crash left half made. Before the first run, and now and then. */
  refresh(): Promise<void>
  /** The time from which a run waits, the earliest of all; undefined when none ever will. Milliseconds since the epoch. */
  nextDueMs(): number | undefined
  /** Takes the run that waits longest; nobody else gets it. Undefined when none is due. */
  claim(): Promise<ClaimedRun | undefined>
  /**
   * Runs it to its end: query, records, report, history, notification. Never throws. When `signal` aborts, the run is left to whoever comes next.
   */
  run(claimed: ClaimedRun, signal: AbortSignal): Promise<RunSummary | undefined>
}

export interface ClaimedRun {
  /** Of the scheduled query: the last part of its ARN. */
  readonly queryId: string
  readonly claim: Claim
}
