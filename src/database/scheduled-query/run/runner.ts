import { randomUUID } from 'node:crypto'
import type { Clock } from '../../../base/clock.ts'
import { ServerError } from '../../../base/errors.ts'
import type { Limits } from '../../../base/limits.ts'
import type { Log } from '../../../base/log.ts'
import { type Account, scheduledQueryArn } from '../../control/arn.ts'
import { type Notifier, runNotification, updateNotification } from '../notify/notification.ts'
import type { RunSummary } from '../scheduled-queries.ts'
import type { ClaimedRun, ScheduledRuns } from '../scheduled-runs.ts'
import type { Definition } from '../stored/definition.ts'
import type { Definitions } from '../stored/definitions.ts'
import { type Claim, finish, leave, take, versionsPerRun } from '../stored/run-state.ts'
import type { RunStates } from '../stored/run-states.ts'
import { reportKey } from './error-report.ts'
import { type Execution, type ExecuteOptions, execute, isPassing } from './execute.ts'
import { pause } from './pause.ts'
import type { ReportBuckets } from './report-buckets.ts'

export interface RunnerOptions extends ExecuteOptions {
  readonly account: Account
  readonly log: Log
  readonly clock: Clock
  readonly limits: Limits
  readonly notifier: Notifier
  readonly buckets: ReportBuckets
  readonly nodeId: string
  readonly isShared: boolean
  /** Called when a run has ended. */
  readonly onRun?: (summary: RunSummary) => void
}

/** Source of the text: developer guide, "Scheduled query notification messages". */
const incomplete = 'Schedule encountered some errors and is incomplete. Please take a look at error report for further details'

/** A process that runs something says so this often, three times before the others take it for dead. */
const leaseMs = 30_000
/** Whatever made so many processes end would end the next one, too. */
const mostAttempts = 5
const triesPerRun = 3
const firstRetryMs = 500
const longestReason = 2048
/** What is half made for so long will not be finished by anybody. */
const abandonedAfterMs = 600_000

/** Takes runs and runs them. Each step is one compare-and-set on the document of where the query stands. */
export class Runner implements ScheduledRuns {
  readonly #states: RunStates
  readonly #definitions: Definitions
  readonly #options: RunnerOptions
  #lastVersion = 0

  constructor(states: RunStates, definitions: Definitions, options: RunnerOptions) {
    this.#states = states
    this.#definitions = definitions
    this.#options = options
  }

  async refresh(): Promise<void> {
    const states = await this.#states.readAll()
    const known = await this.#definitions.queryIds()
    const { clock, isShared } = this.#options
    for (const { queryId, creationTimeMs } of states) {
      if (known.has(queryId) || (isShared && clock.nowMs() < creationTimeMs + abandonedAfterMs)) continue
      // it may have been made since
      if ((await this.#definitions.get(queryId)) === undefined) await this.#states.remove(queryId)
    }
  }

  nextDueMs(): number | undefined {
    return this.#states.firstDue()?.sinceMs
  }

  async claim(): Promise<ClaimedRun | undefined> {
    const { clock, nodeId, isShared } = this.#options
    for (;;) {
      const first = this.#states.firstDue()
      const nowMs = clock.nowMs()
      if (first === undefined || first.sinceMs > nowMs) return undefined
      const taker = { nodeId, runId: randomUUID(), nowMs, leaseMs, isShared, lastVersion: this.#lastVersion }
      const taken = await this.#states.change(first.queryId, (state) => take(state, taker))
      if (taken) {
        this.#lastVersion = taken.claim.version
        return { queryId: taken.queryId, claim: taken.claim }
      }
      // somebody else was first; what is stored now is known by now
    }
  }

  async run(claimed: ClaimedRun, signal: AbortSignal): Promise<RunSummary | undefined> {
    const stopHeartbeat = this.#heartbeat(claimed)
    try {
      return await this.#run(claimed, signal)
    } catch (error) {
      this.#options.log.error('scheduled-query.run-failed', {
        queryId: claimed.queryId,
        error: error instanceof Error ? error.stack : String(error),
      })
      await this.#states.change(claimed.queryId, (state) => leave(state, claimed.claim.runId, false)).catch(() => undefined)
      return undefined
    } finally {
      stopHeartbeat()
    }
  }

  async #run({ queryId, claim }: ClaimedRun, signal: AbortSignal): Promise<RunSummary | undefined> {
    const definition = await this.#definitions.get(queryId)
    if (definition === undefined) {
      await this.#states.remove(queryId)
      return undefined
    }
    const { log } = this.#options
    if (claim.attempt > mostAttempts) {
      return this.#end(definition, claim, { failureReason: `The run was interrupted ${mostAttempts} times.` }, false)
    }
    const execution = await this.#execute(definition, claim, signal)
    if (execution.failure !== undefined && signal.aborted) {
      await this.#states.change(queryId, (state) => leave(state, claim.runId, true))
      return undefined
    }
    const { stats, insights, failure } = execution
    const known = { stats, ...(insights && { insights }) }
    if (failure !== undefined && !isPassing(failure)) {
      return this.#end(definition, claim, { ...known, failureReason: reasonOf(failure) }, true)
    }
    if (failure !== undefined) {
      log.warn('scheduled-query.run-failed', { queryId, error: failure })
      execution.report.addGeneral(reasonOf(failure))
    }
    if (execution.report.isEmpty) return this.#end(definition, claim, known, false)
    const errorReport = await this.#report(definition, claim, execution)
    return this.#end(definition, claim, { ...known, ...(errorReport && { errorReport }), failureReason: incomplete }, false)
  }

  /** What passes by itself is tried again. Each try has a greater version, so that it replaces what the one before has written. */
  async #execute(definition: Definition, claim: Claim, signal: AbortSignal): Promise<Execution> {
    for (let attempt = 0; ; attempt++) {
      const execution = await execute(definition, claim, claim.version + attempt, this.#options, signal)
      const { failure } = execution
      if (failure === undefined || !isPassing(failure) || signal.aborted || attempt + 1 === triesPerRun || attempt + 1 === versionsPerRun) {
        return execution
      }
      await pause(firstRetryMs * 4 ** attempt, signal).catch(() => undefined)
    }
  }

  async #report(definition: Definition, claim: Claim, { report }: Execution): Promise<RunSummary['errorReport']> {
    const { errorReport, queryId } = definition
    const { buckets, log } = this.#options
    const objectKey = reportKey(errorReport, { queryId, ...claim })
    const encryption = errorReport.encryptionOption
    try {
      const options = { contentType: 'application/json', ...(encryption && { encryption }) }
      await buckets.put(errorReport.bucketName, objectKey, report.text(), options)
      return { bucketName: errorReport.bucketName, objectKey }
    } catch (error) {
      log.warn('scheduled-query.report-failed', { queryId, bucket: errorReport.bucketName, error: String(error) })
      return undefined
    }
  }

  /** The run counts when the document says so; whoever finds it taken by another says nothing. */
  async #end(
    definition: Definition,
    { runId, trigger, invocationMs, triggeredMs, version }: Claim,
    known: Pick<RunSummary, 'stats' | 'insights' | 'errorReport' | 'failureReason'>,
    disable: boolean,
  ): Promise<RunSummary | undefined> {
    const { limits, notifier, account, onRun, log } = this.#options
    const status = `${trigger}_TRIGGER_${known.failureReason === undefined ? 'SUCCESS' : 'FAILURE'}` as const
    const summary: RunSummary = { invocationMs, triggeredMs, status, version, ...known }
    const { queryId, topicArn } = definition
    const options = { disable, historyLength: limits.scheduledRunHistory }
    const ended = await this.#states.change(queryId, (state) => finish(state, runId, summary, options))
    if (ended === undefined) {
      log.warn('scheduled-query.run-lost', { queryId, runId })
      return undefined
    }
    onRun?.(summary)
    const data = { queryId, invocation: new Date(invocationMs).toISOString(), status, ...known.stats }
    if (known.failureReason === undefined) log.info('scheduled-query.run', data)
    else log.warn('scheduled-query.run', { ...data, reason: known.failureReason })
    const address = { topicArn, arn: scheduledQueryArn(account, queryId) }
    notifier.send(runNotification(address, trigger, summary, ended.nextInvocationMs))
    if (disable) notifier.send(updateNotification(address, 'DISABLED'))
    return summary
  }

  /** Keeps the run from being taken for abandoned. Only needed where there are others to take it. */
  #heartbeat({ queryId, claim }: ClaimedRun): () => void {
    const { isShared, clock, log } = this.#options
    if (!isShared) return () => undefined
    const timer = setInterval(() => {
      const renewed = this.#states.change(queryId, (state) =>
        state.claim?.runId === claim.runId ? { ...state, claim: { ...state.claim, leaseUntilMs: clock.nowMs() + leaseMs } } : undefined,
      )
      renewed.catch((error: unknown) => log.warn('scheduled-query.lease-not-renewed', { queryId, error: String(error) }))
    }, leaseMs / 3)
    timer.unref()
    return () => clearInterval(timer)
  }
}

function reasonOf(failure: unknown): string {
  const isShown = failure instanceof ServerError && failure.definition.blame === 'client'
  const text = isShown || (failure instanceof ServerError && !('masked' in failure.definition)) ? failure.message : 'Internal server error'
  return text.length > longestReason ? `${text.slice(0, longestReason)}…` : text
}
