import { createHash } from 'node:crypto'
import type { ScheduledQuery, ScheduledQueryDescription } from '@aws-sdk/client-timestream-query'
import { ServiceFailure } from '../failure.ts'
import { listAll, type Service } from './service.ts'
import { tagsOf } from './target-tables.ts'

export interface ScheduledQueryPlan {
  readonly databases: readonly string[]
  readonly rename: ReadonlyMap<string, string>
  /** `DATABASE.TABLE` by `DATABASE.TABLE` of the source. */
  readonly targets: ReadonlyMap<string, string>
  readonly buckets: ReadonlyMap<string, string>
  readonly state: 'ENABLED' | 'DISABLED'
}

export interface ScheduledQueryOutcome {
  readonly name: string
  readonly outcome: 'created' | 'was there already' | 'failed'
  readonly state?: 'ENABLED' | 'DISABLED'
  readonly reason?: string
}

const allScheduledQueries = (service: Service): Promise<readonly ScheduledQuery[]> =>
  listAll<{ NextToken?: string; ScheduledQueries?: ScheduledQuery[] }, ScheduledQuery>(
    service,
    'query',
    'ListScheduledQueries',
    {},
    (answer) => answer.ScheduledQueries,
  )

/** The scheduled queries that write into the databases. */
export async function scheduledQueriesOf(source: Service, databases: readonly string[]): Promise<readonly ScheduledQuery[]> {
  const all = await allScheduledQueries(source)
  return all.filter(({ TargetDestination }) => databases.includes(TargetDestination?.TimestreamDestination?.DatabaseName ?? ''))
}

/** Makes the scheduled queries at the target. One that the target refuses stops nothing: its reason is in the outcome. */
export async function copyScheduledQueries(
  source: Service,
  target: Service,
  plan: ScheduledQueryPlan,
): Promise<readonly ScheduledQueryOutcome[]> {
  const outcomes: ScheduledQueryOutcome[] = []
  const there = new Map((await allScheduledQueries(target)).map(({ Name, State }) => [Name, State]))
  for (const { Arn = '', Name: name = '' } of await scheduledQueriesOf(source, plan.databases)) {
    const state = there.get(name)
    if (state !== undefined) {
      outcomes.push({ name, outcome: 'was there already', state })
      continue
    }
    try {
      outcomes.push(await copyOne(source, target, plan, Arn, name))
    } catch (error) {
      if (!(error instanceof ServiceFailure)) throw error
      outcomes.push({ name, outcome: 'failed', reason: error.message })
    }
  }
  return outcomes
}

async function copyOne(
  source: Service,
  target: Service,
  plan: ScheduledQueryPlan,
  arn: string,
  name: string,
): Promise<ScheduledQueryOutcome> {
  const { ScheduledQuery: query } = await source.call<{ ScheduledQuery: ScheduledQueryDescription }>('query', 'DescribeScheduledQuery', {
    ScheduledQueryArn: arn,
  })
  const Tags = await tagsOf(source, 'query', arn)
  const input = { ...creation(query, plan), ...(Tags.length > 0 && { Tags }) }
  const { Arn: created } = await target.call<{ readonly Arn: string }>('query', 'CreateScheduledQuery', {
    ...input,
    // the same for each attempt, so that one whose answer was lost makes no second query
    ClientToken: createHash('sha256').update(JSON.stringify(input)).digest('hex'),
  })
  const state = query.State === 'DISABLED' ? 'DISABLED' : plan.state
  if (state === 'DISABLED') await target.call('query', 'UpdateScheduledQuery', { ScheduledQueryArn: created, State: state })
  return { name, outcome: 'created', state }
}

/** What CreateScheduledQuery takes, of what DescribeScheduledQuery shows. */
function creation(query: ScheduledQueryDescription, { rename, targets, buckets }: ScheduledQueryPlan): object {
  const { Name, QueryString, ScheduleConfiguration, NotificationConfiguration, ScheduledQueryExecutionRoleArn, ErrorReportConfiguration } =
    query
  const { DatabaseName = '', TableName = '', ...mapping } = query.TargetConfiguration?.TimestreamConfiguration ?? {}
  const mapped = targets.get(`${DatabaseName}.${TableName}`) ?? `${rename.get(DatabaseName) ?? DatabaseName}.${TableName}`
  const dot = mapped.indexOf('.')
  const report = ErrorReportConfiguration?.S3Configuration
  const bucket = report?.BucketName ?? ''
  return {
    Name,
    QueryString,
    ScheduleConfiguration,
    NotificationConfiguration,
    ScheduledQueryExecutionRoleArn,
    TargetConfiguration: {
      TimestreamConfiguration: { ...mapping, DatabaseName: mapped.slice(0, dot), TableName: mapped.slice(dot + 1) },
    },
    ErrorReportConfiguration: { S3Configuration: { ...report, BucketName: buckets.get(bucket) ?? bucket } },
  }
}
