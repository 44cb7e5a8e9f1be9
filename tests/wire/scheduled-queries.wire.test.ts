import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import {
  CreateScheduledQueryCommand,
  type CreateScheduledQueryCommandInput,
  DeleteScheduledQueryCommand,
  DescribeScheduledQueryCommand,
  ExecuteScheduledQueryCommand,
  ListScheduledQueriesCommand,
  ListTagsForResourceCommand,
  QueryCommand,
  UpdateScheduledQueryCommand,
  paginateListScheduledQueries,
} from '@aws-sdk/client-timestream-query'
import { CreateDatabaseCommand, CreateTableCommand, WriteRecordsCommand } from '@aws-sdk/client-timestream-write'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rootKey, type Served, serve } from './served.ts'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
let folder: string
let served: Served

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-scheduled-wire-'))
  mkdirSync(join(folder, 'buckets', 'reports'), { recursive: true })
  served = await serve({ data: join(folder, 'data'), args: ['--buckets', join(folder, 'buckets')] })
  await served.write.send(new CreateDatabaseCommand({ DatabaseName: 'wire' }))
  for (const TableName of ['raw', 'derived']) await served.write.send(new CreateTableCommand({ DatabaseName: 'wire', TableName }))
  await served.write.send(
    new WriteRecordsCommand({
      DatabaseName: 'wire',
      TableName: 'raw',
      Records: [1, 2, 3].map((value) => ({
        Dimensions: [{ Name: 'host', Value: 'a' }],
        MeasureName: 'load',
        MeasureValue: String(value),
        Time: String(Date.now() - value * 1000),
      })),
    }),
  )
}, 60_000)
afterAll(async () => {
  await served.stop()
  rmSync(folder, { recursive: true, force: true })
})

const input = (Name: string, change: Partial<CreateScheduledQueryCommandInput> = {}): CreateScheduledQueryCommandInput => ({
  Name,
  QueryString: 'SELECT host, max(@scheduled_runtime) AS t, sum(measure_value::double) AS total FROM wire.raw GROUP BY host',
  ScheduleConfiguration: { ScheduleExpression: 'cron(0/30 * * * ? *)' },
  NotificationConfiguration: { SnsConfiguration: { TopicArn: 'arn:aws:sns:us-east-1:000000000000:topic' } },
  ScheduledQueryExecutionRoleArn: 'arn:aws:iam::000000000000:role/Scheduled',
  ErrorReportConfiguration: { S3Configuration: { BucketName: 'reports', ObjectKeyPrefix: 'errors', EncryptionOption: 'SSE_S3' } },
  TargetConfiguration: {
    TimestreamConfiguration: {
      DatabaseName: 'wire',
      TableName: 'derived',
      TimeColumn: 't',
      DimensionMappings: [{ Name: 'host', DimensionValueType: 'VARCHAR' }],
      MultiMeasureMappings: {
        TargetMultiMeasureName: 'totals',
        MultiMeasureAttributeMappings: [{ SourceColumn: 'total', MeasureValueType: 'DOUBLE', TargetMultiMeasureAttributeName: 'sum' }],
      },
    },
  },
  Tags: [{ Key: 'team', Value: 'sea' }],
  ...change,
})

const create = async (name: string, change?: Partial<CreateScheduledQueryCommandInput>) =>
  (await served.query.send(new CreateScheduledQueryCommand(input(name, change)))).Arn!
const describeQuery = async (ScheduledQueryArn: string) =>
  (await served.query.send(new DescribeScheduledQueryCommand({ ScheduledQueryArn }))).ScheduledQuery!

test('what infrastructure tools read back is what they have given, twice the same, and gone after the deletion', async () => {
  const Arn = await create('read-back')
  const described = await describeQuery(Arn)
  const { Tags: _, ...given } = input('read-back')
  expect(described).toMatchObject({ ...given, Arn, State: 'ENABLED', RecentlyFailedRuns: [] })
  expect(described.NextInvocationTime!.getTime() % 1_800_000).toBe(0)
  expect(described.NextInvocationTime!.getTime()).toBeGreaterThan(described.CreationTime!.getTime())
  expect(described.PreviousInvocationTime).toBeUndefined()
  expect(described.KmsKeyId).toBeUndefined()
  const { $metadata: _first, ...first } = await served.query.send(new DescribeScheduledQueryCommand({ ScheduledQueryArn: Arn }))
  const { $metadata: _second, ...second } = await served.query.send(new DescribeScheduledQueryCommand({ ScheduledQueryArn: Arn }))
  expect(second).toEqual(first)
  expect((await served.query.send(new ListTagsForResourceCommand({ ResourceARN: Arn }))).Tags).toEqual([{ Key: 'team', Value: 'sea' }])
  await expect(create('read-back')).rejects.toMatchObject({ name: 'ConflictException' })
  await served.query.send(new UpdateScheduledQueryCommand({ ScheduledQueryArn: Arn, State: 'DISABLED' }))
  expect((await describeQuery(Arn)).State).toBe('DISABLED')
  await served.query.send(new DeleteScheduledQueryCommand({ ScheduledQueryArn: Arn }))
  await expect(describeQuery(Arn)).rejects.toMatchObject({ name: 'ResourceNotFoundException', ScheduledQueryArn: Arn })
  await expect(served.query.send(new ListTagsForResourceCommand({ ResourceARN: Arn }))).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  })
  await expect(served.query.send(new DeleteScheduledQueryCommand({ ScheduledQueryArn: Arn }))).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  })
})

test('a manual run writes into the target and is described, with insights', async () => {
  const ScheduledQueryArn = await create('manual')
  const InvocationTime = new Date(Math.floor(Date.now() / 1000) * 1000)
  await served.query.send(
    new ExecuteScheduledQueryCommand({ ScheduledQueryArn, InvocationTime, QueryInsights: { Mode: 'ENABLED_WITH_RATE_CONTROL' } }),
  )
  let run = (await describeQuery(ScheduledQueryArn)).LastRunSummary
  for (let i = 0; run === undefined && i < 200; i++) {
    await delay(50)
    run = (await describeQuery(ScheduledQueryArn)).LastRunSummary
  }
  expect(run).toMatchObject({
    InvocationTime,
    RunStatus: 'MANUAL_TRIGGER_SUCCESS',
    ExecutionStats: { RecordsIngested: 1, QueryResultRows: 1, DataWrites: 1024 },
    QueryInsightsResponse: { QueryTableCount: 1, OutputRows: 1 },
  })
  const rows = await served.query.send(new QueryCommand({ QueryString: 'SELECT host, sum FROM wire.derived' }))
  expect(rows.Rows).toEqual([{ Data: [{ ScalarValue: 'a' }, { ScalarValue: '6.0' }] }])
  expect((await describeQuery(ScheduledQueryArn)).PreviousInvocationTime).toEqual(InvocationTime)
})

test('they are listed in pages, by the paginator of the SDK', async () => {
  for (const name of ['listed-1', 'listed-2', 'listed-3']) await create(name)
  const names: (string | undefined)[] = []
  for await (const page of paginateListScheduledQueries({ client: served.query, pageSize: 2 }, {})) {
    expect(page.ScheduledQueries!.length).toBeLessThanOrEqual(2)
    for (const { Name, TargetDestination, ErrorReportConfiguration } of page.ScheduledQueries!) {
      names.push(Name)
      expect(TargetDestination).toEqual({ TimestreamDestination: { DatabaseName: 'wire', TableName: 'derived' } })
      expect(ErrorReportConfiguration).toEqual(input('x').ErrorReportConfiguration)
    }
  }
  expect(names).toEqual(expect.arrayContaining(['listed-1', 'listed-2', 'listed-3']))
})

const arn = (name: string) => `arn:aws:timestream:us-east-1:000000000000:scheduled-query/${name}`
test.each<[string, () => Promise<unknown>, string]>([
  [
    'a cron of 61 minutes',
    () => create('bad', { ScheduleConfiguration: { ScheduleExpression: 'cron(61 * * * ? *)' } }),
    'ValidationException',
  ],
  [
    'a role of 3 000 characters',
    () => create('bad', { ScheduledQueryExecutionRoleArn: `arn:aws:iam::000000000000:role/${'r'.repeat(3000)}` }),
    'ValidationException',
  ],
  ['a short client token', () => create('bad', { ClientToken: 'short' }), 'ValidationException'],
  ['a name of 65 characters', () => create('n'.repeat(65)), 'ValidationException'],
  ['an unknown parameter', () => create('bad', { QueryString: 'SELECT @nope' }), 'ValidationException'],
  [
    'a bucket that is missing',
    () => create('bad', { ErrorReportConfiguration: { S3Configuration: { BucketName: 'missing-bucket' } } }),
    'ValidationException',
  ],
  ['a token of nothing', () => served.query.send(new ListScheduledQueriesCommand({ NextToken: 'x' })), 'ValidationException'],
  ['a page of 1001', () => served.query.send(new ListScheduledQueriesCommand({ MaxResults: 1001 })), 'ValidationException'],
  ['an ARN of nothing', () => describeQuery(arn('nope-0123456789abcdef')), 'ResourceNotFoundException'],
  ['an ARN of another form', () => describeQuery('x'), 'ValidationException'],
  [
    'a time that is none',
    () =>
      served.query.send(
        new ExecuteScheduledQueryCommand({ ScheduledQueryArn: arn('x-0123456789abcdef'), InvocationTime: 'noon' as unknown as Date }),
      ),
    'SerializationException',
  ],
])('%s is refused, and nothing is made', async (_name, call, exception) => {
  // the SDK itself refuses some of it: those calls never leave the client
  const error = (await call().then(
    () => undefined,
    (thrown: unknown) => thrown,
  )) as Error | undefined
  expect(error).toBeInstanceOf(Error)
  if (!(error instanceof TypeError)) expect(error!.name).toBe(exception)
  const { ScheduledQueries } = await served.query.send(new ListScheduledQueriesCommand({}))
  expect(ScheduledQueries!.filter(({ Name }) => Name === 'bad' || Name!.startsWith('nnn'))).toEqual([])
})

/** The command line, as a user runs it. */
function tidemark(...args: string[]): Promise<{ readonly code: number; readonly said: string }> {
  const env = {
    ...process.env,
    AWS_ENDPOINT_URL: served.endpoint,
    AWS_ACCESS_KEY_ID: rootKey.accessKeyId,
    AWS_SECRET_ACCESS_KEY: rootKey.secretAccessKey,
  }
  return new Promise((resolve) => {
    execFile(process.execPath, [main, 'scheduled-queries', ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, said: `${stdout}${stderr}` }),
    )
  })
}

test('the command line lists, shows, runs, enables and disables', async () => {
  await create('by-hand')
  expect((await tidemark('list')).said).toMatch(/^by-hand\s+ENABLED .*wire\.derived$/m)
  expect((await tidemark('run', 'by-hand', '--wait')).said).toMatch(/^1 rows, 1 records, \d+ ms$/m)
  const shown = await tidemark('show', 'by-hand')
  expect(shown.said).toContain('cron(0/30 * * * ? *)')
  expect(shown.said).toContain('MANUAL_TRIGGER_SUCCESS')
  expect((await tidemark('disable', 'by-hand')).said).toContain('is disabled')
  expect((await tidemark('list', '--format', 'json')).said).toMatch(/"name":"by-hand","state":"DISABLED"/)
  expect((await tidemark('enable', 'by-hand')).code).toBe(0)
  expect(await tidemark('show', 'nobody')).toEqual({ code: 1, said: 'tidemark: there is no scheduled query "nobody"\n' })
  await create('failing', { QueryString: "SELECT 'a' AS host, @scheduled_runtime AS t, 1 / 0 * 1.0e0 AS total" })
  expect((await tidemark('run', 'failing', '--wait')).code).toBe(1)
})

test('an error report lies in the bucket, and /metrics count the runs', async () => {
  const ScheduledQueryArn = await create('reported', {
    QueryString: "SELECT 'a' AS host, @scheduled_runtime - 900d AS t, 1.0e0 AS total",
  })
  expect((await tidemark('run', ScheduledQueryArn, '--wait')).said).toContain('Please take a look at error report')
  const { RecentlyFailedRuns } = await describeQuery(ScheduledQueryArn)
  const { BucketName, ObjectKey } = RecentlyFailedRuns![0]!.ErrorReportLocation!.S3ReportLocation!
  const report = JSON.parse(readFileSync(join(folder, 'buckets', BucketName!, ObjectKey!), 'utf8')) as { errors: { reason: string }[] }
  expect(report.errors[0]?.reason).toContain('outside the time range')
  const metrics = await (await fetch(`${served.endpoint}/metrics`)).text()
  expect(metrics).toMatch(/tidemark_scheduled_runs_total\{status="MANUAL_TRIGGER_SUCCESS"\} [1-9]/)
  expect(metrics).toMatch(/tidemark_scheduled_runs_total\{status="MANUAL_TRIGGER_FAILURE"\} [1-9]/)
  expect(metrics).toMatch(/tidemark_scheduled_lag_seconds 0/)
  expect(metrics).toMatch(/tidemark_notifications_total\{outcome="delivered"\} [1-9]/)
})
