import { createHash, randomBytes } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import { ServerError } from '../../base/errors.ts'
import type { Limits } from '../../base/limits.ts'
import type { Tags } from '../../storage/table-record.ts'
import { type Action, authorize } from '../access/authorize.ts'
import type { Caller } from '../caller.ts'
import { anyArn, parseArn, scheduledQueryArn, tableArn } from '../control/arn.ts'
import { pageOf } from '../control/page.ts'
import { addTags } from '../control/tags.ts'
import type { Page, PageRequest } from '../database.ts'
import { type CheckOptions, checkDefinition } from './check-definition.ts'
import { type Notifier, lifeNotification, updateNotification } from './notify/notification.ts'
import { nextInvocation } from './schedule/next-invocation.ts'
import { parseSchedule } from './schedule/parse-schedule.ts'
import type {
  CreateScheduledQueryInput,
  ExecuteScheduledQueryInput,
  RunSummary,
  ScheduledQueries,
  ScheduledQueryDescription,
  ScheduledQueryState,
  ScheduledQuerySummary,
} from './scheduled-queries.ts'
import type { ScheduledRuns } from './scheduled-runs.ts'
import type { Definition } from './stored/definition.ts'
import type { Definitions } from './stored/definitions.ts'
import { type RunState, type UsedToken, disabled, enabled } from './stored/run-state.ts'
import type { RunStates } from './stored/run-states.ts'

export interface ControlOptions extends CheckOptions {
  readonly clock: Clock
  readonly limits: Limits
  readonly notifier: Notifier
  readonly isShared: boolean
}

/** A client token stands for its request so long. Source: API reference, CreateScheduledQuery, ClientToken. */
const tokenMs = 8 * 3_600_000
const keptTokens = 100
const mostListed = 1000
/** The last time that a run can be for, so that nanoseconds hold it. */
const lastInvocationMs = 9_223_372_036_854

export class ScheduledQueryControl implements ScheduledQueries {
  readonly runs: ScheduledRuns
  readonly #definitions: Definitions
  readonly #states: RunStates
  readonly #options: ControlOptions

  constructor(runs: ScheduledRuns, definitions: Definitions, states: RunStates, options: ControlOptions) {
    this.runs = runs
    this.#definitions = definitions
    this.#states = states
    this.#options = options
  }

  async create(caller: Caller, input: CreateScheduledQueryInput): Promise<string> {
    const { account, clock, limits, notifier, isShared } = this.#options
    this.#authorize(caller, 'timestream:CreateScheduledQuery', anyArn(account))
    if (input.target) {
      this.#authorize(caller, 'timestream:WriteRecords', tableArn(account, input.target.databaseName, input.target.tableName))
    }
    const nowMs = clock.nowMs()
    const repeated = await this.#sameCreation(input, nowMs)
    if (repeated !== undefined) return scheduledQueryArn(account, repeated)
    const tags = addTags(undefined, input.tags ?? [], limits)
    await checkDefinition(caller, input, nowMs, this.#options)
    if (isShared) await this.#states.readAll()
    if (this.#states.count >= limits.scheduledQueries) {
      throw new ServerError('SERVICE_QUOTA_EXCEEDED', `An account can have at most ${limits.scheduledQueries} scheduled queries.`)
    }
    const definition = newDefinition(caller, input, tags, nowMs)
    const { queryId, topicArn } = definition
    await this.#states.add(newState(definition, nowMs))
    if (!(await this.#definitions.add(definition))) {
      await this.#states.remove(queryId)
      const other = await this.#sameCreation(input, nowMs)
      if (other !== undefined) return scheduledQueryArn(account, other)
      throw alreadyThere(input.name)
    }
    const address = { topicArn, arn: scheduledQueryArn(account, queryId) }
    notifier.send(lifeNotification(address, 'SCHEDULED_QUERY_CREATING'))
    notifier.send(lifeNotification(address, 'SCHEDULED_QUERY_CREATED'))
    return address.arn
  }

  async describe(caller: Caller, arn: string): Promise<ScheduledQueryDescription> {
    const { definition, state } = await this.#find(caller, 'timestream:DescribeScheduledQuery', arn)
    const { name, queryString, creationTimeMs, scheduleExpression, topicArn, executionRoleArn, errorReport, target, kmsKeyId } = definition
    return {
      arn,
      name,
      queryString,
      creationTimeMs,
      ...invocations(state),
      scheduleExpression,
      topicArn,
      executionRoleArn,
      errorReport,
      ...(target && { target }),
      ...(kmsKeyId !== undefined && { kmsKeyId }),
      ...(state.lastRun && { lastRun: state.lastRun }),
      failedRuns: state.failedRuns,
    }
  }

  async list(caller: Caller, page: PageRequest): Promise<Page<ScheduledQuerySummary>> {
    const { account } = this.#options
    this.#authorize(caller, 'timestream:ListScheduledQueries', anyArn(account))
    const states = new Map((await this.#states.readAll()).map((state) => [state.queryId, state]))
    const summary = (queryId: string): ScheduledQuerySummary => {
      const state = states.get(queryId)!
      const { name, creationTimeMs, errorReport, targetTable, lastRun } = state
      return {
        arn: scheduledQueryArn(account, queryId),
        name,
        creationTimeMs,
        ...invocations(state),
        errorReport,
        ...(targetTable && { targetTable }),
        ...(lastRun && { lastRunStatus: lastRun.status }),
      }
    }
    return pageOf([...states.keys()], 'scheduled-queries', page, summary, mostListed)
  }

  async update(caller: Caller, arn: string, wanted: ScheduledQueryState): Promise<void> {
    const { definition } = await this.#find(caller, 'timestream:UpdateScheduledQuery', arn)
    const { clock, notifier } = this.#options
    const change = (state: RunState): RunState => (wanted === 'ENABLED' ? enabled(state, clock.nowMs()) : disabled(state))
    if ((await this.#states.change(definition.queryId, change)) === undefined) throw notFound(arn)
    notifier.send(updateNotification({ topicArn: definition.topicArn, arn }, wanted))
  }

  async delete(caller: Caller, arn: string): Promise<void> {
    const { definition } = await this.#find(caller, 'timestream:DeleteScheduledQuery', arn)
    if (!(await this.#definitions.remove(definition.queryId))) throw notFound(arn)
    await this.#states.remove(definition.queryId)
    this.#options.notifier.send(lifeNotification({ topicArn: definition.topicArn, arn }, 'SCHEDULED_QUERY_DELETED'))
  }

  async execute(caller: Caller, input: ExecuteScheduledQueryInput): Promise<void> {
    const { arn, invocationMs, clientToken, insights = false } = input
    const { clock, limits } = this.#options
    const { definition } = await this.#find(caller, 'timestream:ExecuteScheduledQuery', arn)
    if (!Number.isSafeInteger(invocationMs) || Math.abs(invocationMs) > lastInvocationMs) {
      throw new ServerError('VALIDATION', 'InvocationTime is not a time from 1677-09-21 to 2262-04-11.')
    }
    const nowMs = clock.nowMs()
    const token = clientToken === undefined ? undefined : digest(`${caller.principal.name}\n${clientToken}`)
    const request = digest(JSON.stringify([invocationMs, insights]))
    const asked = await this.#states.change(definition.queryId, (state) => {
      const tokens = state.tokens.filter(({ usedMs }) => nowMs < usedMs + tokenMs)
      const used = token === undefined ? undefined : tokens.find((each) => each.token === token)
      if (used !== undefined) return repeatedExecution(state, used, request)
      if (state.manual.length >= limits.scheduledManualRuns) {
        throw new ServerError('THROTTLING', `${state.manual.length} runs of the scheduled query wait already.`)
      }
      return {
        ...state,
        manual: [...state.manual, { invocationMs, requestedMs: nowMs, insights }],
        tokens: token === undefined ? tokens : [...tokens, { token, request, usedMs: nowMs }].slice(-keptTokens),
      }
    })
    if (asked === undefined) throw notFound(arn)
  }

  async history(caller: Caller, arn: string): Promise<readonly RunSummary[]> {
    return (await this.#find(caller, 'timestream:DescribeScheduledQuery', arn)).state.history
  }

  async tagsOf(queryId: string): Promise<Tags> {
    const definition = await this.#definitions.get(queryId)
    if (definition === undefined) throw notFound(scheduledQueryArn(this.#options.account, queryId))
    return definition.tags
  }

  knownTags(queryId: string): Tags | undefined {
    return this.#definitions.knownTags(queryId)
  }

  async changeTags(queryId: string, change: (current: Tags) => Tags): Promise<void> {
    if (!(await this.#definitions.changeTags(queryId, change))) throw notFound(scheduledQueryArn(this.#options.account, queryId))
  }

  /** The query that an earlier call with the same token has made. @throws ServerError CONFLICT when the name is taken otherwise */
  async #sameCreation(input: CreateScheduledQueryInput, nowMs: number): Promise<string | undefined> {
    const known = await this.#definitions.byName(input.name)
    if (known === undefined) return undefined
    const { creation, creationTimeMs, queryId } = known
    const isSame = creation !== undefined && input.clientToken !== undefined && creation.token === digest(input.clientToken)
    if (isSame && nowMs < creationTimeMs + tokenMs && creation.request === requestDigest(input)) return queryId
    throw alreadyThere(input.name)
  }

  async #find(caller: Caller, action: Action, arn: string): Promise<{ readonly definition: Definition; readonly state: RunState }> {
    const { account } = this.#options
    this.#authorize(caller, action, arn)
    const resource = parseArn(account, arn)
    if (resource.kind !== 'scheduled-query') {
      throw new ServerError('VALIDATION', `The ARN ${JSON.stringify(arn)} is not that of a scheduled query.`)
    }
    const [definition, state] = await Promise.all([this.#definitions.get(resource.queryId), this.#states.get(resource.queryId)])
    if (definition === undefined || state === undefined) throw notFound(arn)
    return { definition, state }
  }

  #authorize(caller: Caller, action: Action, arn: string): void {
    authorize(caller, action, arn, this.#options.account)
  }
}

function newDefinition(caller: Caller, input: CreateScheduledQueryInput, tags: Tags, nowMs: number): Definition {
  const { clientToken, tags: _tags, ...asked } = input
  const { name, isRoot } = caller.principal
  return {
    ...asked,
    queryId: `${input.name}-${randomBytes(8).toString('hex')}`,
    creationTimeMs: nowMs,
    tags,
    owner: { name, isRoot },
    ...(clientToken !== undefined && { creation: { token: digest(clientToken), request: requestDigest(input) } }),
  }
}

function newState({ queryId, name, creationTimeMs, scheduleExpression, errorReport, target }: Definition, nowMs: number): RunState {
  const next = nextInvocation(parseSchedule(scheduleExpression), nowMs, creationTimeMs)
  return {
    queryId,
    name,
    creationTimeMs,
    scheduleExpression,
    isEnabled: true,
    ...(next !== undefined && { nextInvocationMs: next }),
    lastVersion: 0,
    manual: [],
    tokens: [],
    failedRuns: [],
    history: [],
    errorReport,
    ...(target && { targetTable: { databaseName: target.databaseName, tableName: target.tableName } }),
  }
}

function invocations({ isEnabled, previousInvocationMs, nextInvocationMs }: RunState) {
  return {
    state: isEnabled ? ('ENABLED' as const) : ('DISABLED' as const),
    ...(previousInvocationMs !== undefined && { previousInvocationMs }),
    ...(nextInvocationMs !== undefined && { nextInvocationMs }),
  }
}

function repeatedExecution(state: RunState, used: UsedToken, request: string): RunState {
  if (used.request === request) return state
  throw new ServerError('VALIDATION', 'The ClientToken was used before with other parameters.')
}

const digest = (text: string): string => createHash('sha256').update(text).digest('base64url')

function requestDigest(input: CreateScheduledQueryInput): string {
  const { clientToken: _token, ...asked } = input
  return digest(JSON.stringify(asked))
}

const alreadyThere = (name: string): ServerError => new ServerError('CONFLICT', `The scheduled query ${name} already exists.`)

const notFound = (arn: string): ServerError =>
  new ServerError('RESOURCE_NOT_FOUND', `The scheduled query ${arn} does not exist.`, { members: { ScheduledQueryArn: arn } })
