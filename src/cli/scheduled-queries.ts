import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type {
  DescribeScheduledQueryResponse,
  ListScheduledQueriesResponse,
  ScheduledQuery,
  ScheduledQueryRunSummary,
} from '@aws-sdk/client-timestream-query'
import type { Command } from 'commander'
import { systemClock } from '../base/clock.ts'
import { ServerError } from '../base/errors.ts'
import { parseChoice, parseSwitch, readOptions, type OptionDefinitions, type OptionSources } from '../base/option.ts'
import { command, optionSources } from './command-options.ts'
import { type Connection, connectionOptions, readConnection } from './connection.ts'
import { ServiceFailure } from './failure.ts'
import { rowFormats, writeTextRows, type Output } from './output.ts'
import { signedCall } from './signed-call.ts'

export const scheduledQueryOptions = {
  format: {
    flag: 'format',
    placeholder: 'FORMAT',
    summary: `How rows are written: ${rowFormats.join(', ')}`,
    fallback: 'table',
    parse: parseChoice(rowFormats),
  },
} as const satisfies OptionDefinitions

export const runOptions = {
  time: {
    flag: 'time',
    placeholder: 'TIME',
    summary: 'The time for which it runs (@scheduled_runtime), as in 2026-11-27T10:00:00Z; now when absent',
    parse: parseTime,
  },
  wait: { flag: 'wait', summary: 'Wait for the end of the run, and fail when it fails', fallback: 'false', parse: parseSwitch },
} as const satisfies OptionDefinitions

/** Times are numbers on the wire, seconds since the epoch. */
type OnWire<T> = { readonly [K in keyof T]: Date extends T[K] ? number | undefined : T[K] }
type Run = OnWire<ScheduledQueryRunSummary>
type Listed = OnWire<ScheduledQuery>
type Description = OnWire<NonNullable<DescribeScheduledQueryResponse['ScheduledQuery']>>
type Act = (arn: string, connection: Connection, sources: OptionSources) => Promise<void>

/** `tidemark scheduled-queries …`. */
export function addScheduledQueryCommands(program: Command, output: Output): void {
  const group = program
    .command('scheduled-queries')
    .description('Show, run, enable and disable scheduled queries')
    .helpOption('--help', 'Show this help')
  command(group, 'list', 'List the scheduled queries', { ...scheduledQueryOptions, ...connectionOptions }).action(
    async (_options: object, self: Command) => {
      const sources = optionSources(self)
      const rows = (await listAll(readConnection(sources))).map((query) => [
        query.Name ?? '',
        query.State ?? '',
        timeText(query.PreviousInvocationTime),
        timeText(query.NextInvocationTime),
        query.LastRunStatus ?? '',
        targetText(query),
      ])
      const { format } = readOptions(scheduledQueryOptions, sources)
      await writeTextRows(format, ['name', 'state', 'previous run', 'next run', 'last status', 'target'], rows, output)
    },
  )
  const add = (name: string, summary: string, definitions: OptionDefinitions, act: Act): void => {
    command(group, name, summary, { ...definitions, ...connectionOptions })
      .argument('<QUERY>', 'name or ARN of the scheduled query')
      .action(async (query: string, _options: object, self: Command) => {
        const sources = optionSources(self)
        const connection = readConnection(sources)
        await act(await arnOf(query, connection), connection, sources)
      })
  }
  add('show', 'Show a scheduled query and its last runs', scheduledQueryOptions, (arn, connection, sources) =>
    show(arn, connection, sources, output),
  )
  add('run', 'Run a scheduled query now, for a time of your choice', runOptions, (arn, connection, sources) =>
    run(arn, connection, sources, output),
  )
  add('enable', 'Let a scheduled query run by its schedule', {}, (arn, connection) => setState(arn, 'ENABLED', connection, output))
  add('disable', 'Keep a scheduled query from running by its schedule', {}, (arn, connection) =>
    setState(arn, 'DISABLED', connection, output),
  )
}

async function show(arn: string, connection: Connection, sources: OptionSources, output: Output): Promise<void> {
  const { format } = readOptions(scheduledQueryOptions, sources)
  const answer = await signedCall<{ readonly ScheduledQuery: Description }>(connection, 'aws', 'DescribeScheduledQuery', {
    ScheduledQueryArn: arn,
  })
  const query = answer.ScheduledQuery
  const runs = await runsOf(arn, connection)
  if (format === 'table') {
    const facts = [
      ['name', query.Name],
      ['arn', query.Arn],
      ['state', query.State],
      ['schedule', query.ScheduleConfiguration?.ScheduleExpression],
      ['next run', timeText(query.NextInvocationTime)],
      ['target', query.TargetConfiguration?.TimestreamConfiguration && targetName(query.TargetConfiguration.TimestreamConfiguration)],
      ['topic', query.NotificationConfiguration?.SnsConfiguration?.TopicArn],
      ['reports', query.ErrorReportConfiguration?.S3Configuration?.BucketName],
      ['query', query.QueryString],
    ]
    await output.write(`${facts.map(([name = '', value = '']) => `${name.padEnd(10)}${value}\n`).join('')}\n`)
  }
  const rows = runs.map((each) => [
    timeText(each.InvocationTime),
    timeText(each.TriggerTime),
    each.RunStatus ?? '',
    String(each.ExecutionStats?.ExecutionTimeInMillis ?? ''),
    String(each.ExecutionStats?.QueryResultRows ?? ''),
    String(each.ExecutionStats?.RecordsIngested ?? ''),
    each.FailureReason ?? '',
  ])
  await writeTextRows(format, ['for', 'triggered', 'status', 'milliseconds', 'rows', 'records', 'reason'], rows, output)
}

const askEveryMs = 250

async function run(arn: string, connection: Connection, sources: OptionSources, output: Output): Promise<void> {
  const { time = systemClock.nowMs(), wait } = readOptions(runOptions, sources)
  const before = await runsOf(arn, connection)
  const input = { ScheduledQueryArn: arn, InvocationTime: time / 1000, ClientToken: randomUUID() }
  await signedCall<object>(connection, 'aws', 'ExecuteScheduledQuery', input)
  if (!wait) return output.write(`the run for ${new Date(time).toISOString()} is asked for\n`)
  for (;;) {
    await delay(askEveryMs)
    const known = before[0]?.TriggerTime ?? 0
    const ended = (await runsOf(arn, connection)).find(
      (each) => each.RunStatus?.startsWith('MANUAL') && each.InvocationTime === time / 1000 && (each.TriggerTime ?? 0) > known,
    )
    if (ended === undefined) continue
    if (ended.RunStatus !== 'MANUAL_TRIGGER_SUCCESS') throw new ServiceFailure(ended.RunStatus ?? '', ended.FailureReason ?? '')
    const { RecordsIngested: records = 0, QueryResultRows: rows = 0, ExecutionTimeInMillis: ms = 0 } = ended.ExecutionStats ?? {}
    return output.write(`${rows} rows, ${records} records, ${ms} ms\n`)
  }
}

async function setState(arn: string, State: 'ENABLED' | 'DISABLED', connection: Connection, output: Output): Promise<void> {
  await signedCall<object>(connection, 'aws', 'UpdateScheduledQuery', { ScheduledQueryArn: arn, State })
  await output.write(`${arn} is ${State.toLowerCase()}\n`)
}

async function runsOf(arn: string, connection: Connection): Promise<readonly Run[]> {
  const answer = await signedCall<{ readonly Runs: readonly Run[] }>(connection, 'tidemark', 'ListScheduledQueryRuns', {
    ScheduledQueryArn: arn,
  })
  return answer.Runs
}

async function listAll(connection: Connection): Promise<readonly Listed[]> {
  const found: Listed[] = []
  let NextToken: string | undefined
  do {
    const page = await signedCall<ListScheduledQueriesResponse>(connection, 'aws', 'ListScheduledQueries', { NextToken })
    found.push(...((page.ScheduledQueries ?? []) as unknown as readonly Listed[]))
    ;({ NextToken } = page)
  } while (NextToken !== undefined)
  return found
}

async function arnOf(query: string, connection: Connection): Promise<string> {
  if (query.startsWith('arn:')) return query
  const found = (await listAll(connection)).find(({ Name }) => Name === query)?.Arn
  if (found === undefined) throw new ServerError('RESOURCE_NOT_FOUND', `there is no scheduled query ${JSON.stringify(query)}`)
  return found
}

/** Milliseconds since the epoch. */
function parseTime(text: string): number {
  const time = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(time)) throw new Error('is not a time as in 2026-11-27T10:00:00Z')
  return time
}

function timeText(seconds: number | undefined): string {
  return seconds === undefined ? '' : new Date(seconds * 1000).toISOString()
}

function targetText({ TargetDestination: target }: Listed): string {
  return target?.TimestreamDestination === undefined ? '' : targetName(target.TimestreamDestination)
}

const targetName = ({
  DatabaseName,
  TableName,
}: {
  readonly DatabaseName?: string | undefined
  readonly TableName?: string | undefined
}): string => `${DatabaseName}.${TableName}`
