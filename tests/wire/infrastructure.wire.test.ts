import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CreateScheduledQueryCommand,
  type CreateScheduledQueryCommandInput,
  ExecuteScheduledQueryCommand,
  ListScheduledQueriesCommand,
  QueryCommand,
} from '@aws-sdk/client-timestream-query'
import {
  CreateBatchLoadTaskCommand,
  type CreateBatchLoadTaskCommandInput,
  CreateDatabaseCommand,
  CreateTableCommand,
  type CreateTableCommandInput,
  DeleteDatabaseCommand,
  DeleteTableCommand,
  DescribeDatabaseCommand,
  DescribeTableCommand,
  ListBatchLoadTasksCommand,
  ListDatabasesCommand,
  ListTablesCommand,
  ListTagsForResourceCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateDatabaseCommand,
  UpdateTableCommand,
  WriteRecordsCommand,
} from '@aws-sdk/client-timestream-write'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Served, serve } from './served.ts'

/** What the providers of Terraform and the handlers of CloudFormation send and read back, and what retries and pages of theirs rely on. */
let folder: string
let served: Served

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-infrastructure-'))
  mkdirSync(join(folder, 'buckets', 'the-bucket'), { recursive: true })
  writeFileSync(join(folder, 'buckets', 'the-bucket', 'a.csv'), `time,host,load\n${Date.now()},a,1\n`)
  served = await serve({ data: join(folder, 'data'), args: ['--buckets', join(folder, 'buckets')] })
}, 60_000)
afterAll(async () => {
  await served.stop()
  rmSync(folder, { recursive: true, force: true })
})

const notFound = { name: 'ResourceNotFoundException', $metadata: { httpStatusCode: 404 } }
const validation = { name: 'ValidationException', $metadata: { httpStatusCode: 400 } }
const arn = 'arn:aws:timestream:us-east-1:000000000000:database'

const describeDatabase = async (DatabaseName: string) => (await served.write.send(new DescribeDatabaseCommand({ DatabaseName }))).Database
const describeTable = async (TableName: string, DatabaseName = 'infra') =>
  (await served.write.send(new DescribeTableCommand({ DatabaseName, TableName }))).Table
const tagsOf = async (ResourceARN: string) => (await served.write.send(new ListTagsForResourceCommand({ ResourceARN }))).Tags

describe('a database', () => {
  test('is read back as it was made, twice the same, with its tags, and is gone when it is deleted', async () => {
    const Tags = [{ Key: 'team', Value: 'sea' }]
    const { Database: made } = await served.write.send(new CreateDatabaseCommand({ DatabaseName: 'infra', Tags }))
    expect(made).toEqual({
      Arn: `${arn}/infra`,
      DatabaseName: 'infra',
      TableCount: 0,
      KmsKeyId: expect.stringMatching(/^arn:aws:kms:us-east-1:000000000000:key\/[0-9a-f-]{36}$/) as string,
      CreationTime: expect.any(Date) as Date,
      LastUpdatedTime: expect.any(Date) as Date,
    })
    expect([await describeDatabase('infra'), await describeDatabase('infra')]).toEqual([made, made])
    expect(await tagsOf(`${arn}/infra`)).toEqual(Tags)
    await expect(served.write.send(new CreateDatabaseCommand({ DatabaseName: 'infra' }))).rejects.toMatchObject({
      name: 'ConflictException',
      $metadata: { httpStatusCode: 409 },
    })
    await served.write.send(new CreateDatabaseCommand({ DatabaseName: 'short-lived', Tags }))
    await served.write.send(new DeleteDatabaseCommand({ DatabaseName: 'short-lived' }))
    await expect(describeDatabase('short-lived')).rejects.toMatchObject(notFound)
    await expect(tagsOf(`${arn}/short-lived`)).rejects.toMatchObject(notFound)
    await expect(served.write.send(new DeleteDatabaseCommand({ DatabaseName: 'short-lived' }))).rejects.toMatchObject(notFound)
    // made anew, it has no tags of its predecessor
    await served.write.send(new CreateDatabaseCommand({ DatabaseName: 'short-lived' }))
    expect(await tagsOf(`${arn}/short-lived`)).toEqual([])
  })

  test('takes another key and other tags in place', async () => {
    const KmsKeyId = 'arn:aws:kms:us-east-1:000000000000:key/11111111-2222-3333-4444-555555555555'
    const { Database: changed } = await served.write.send(new UpdateDatabaseCommand({ DatabaseName: 'infra', KmsKeyId }))
    expect(changed).toMatchObject({ Arn: `${arn}/infra`, KmsKeyId })
    expect(await describeDatabase('infra')).toEqual(changed)
    const ResourceARN = `${arn}/infra`
    await served.write.send(new TagResourceCommand({ ResourceARN, Tags: [{ Key: 'cost', Value: '' }] }))
    await served.write.send(new UntagResourceCommand({ ResourceARN, TagKeys: ['team', 'none'] }))
    expect(await tagsOf(ResourceARN)).toEqual([{ Key: 'cost', Value: '' }])
    await expect(served.write.send(new UpdateDatabaseCommand({ DatabaseName: 'none', KmsKeyId }))).rejects.toMatchObject(notFound)
  })
})

describe('a table', () => {
  const create = async (TableName: string, more: Partial<CreateTableCommandInput> = {}) =>
    (await served.write.send(new CreateTableCommand({ DatabaseName: 'infra', TableName, ...more }))).Table

  test('with nothing but a name has the defaults, and is read back twice the same', async () => {
    const made = await create('plain', { Tags: [{ Key: 'team', Value: 'sea' }] })
    expect(made).toEqual({
      Arn: `${arn}/infra/table/plain`,
      DatabaseName: 'infra',
      TableName: 'plain',
      TableStatus: 'ACTIVE',
      RetentionProperties: { MemoryStoreRetentionPeriodInHours: 6, MagneticStoreRetentionPeriodInDays: 73_000 },
      MagneticStoreWriteProperties: { EnableMagneticStoreWrites: false },
      Schema: { CompositePartitionKey: [{ Type: 'MEASURE' }] },
      CreationTime: expect.any(Date) as Date,
      LastUpdatedTime: expect.any(Date) as Date,
    })
    expect([await describeTable('plain'), await describeTable('plain')]).toEqual([made, made])
    expect(await tagsOf(`${arn}/infra/table/plain`)).toEqual([{ Key: 'team', Value: 'sea' }])
    expect(await describeDatabase('infra')).toMatchObject({ TableCount: 1 })
    await expect(create('plain')).rejects.toMatchObject({ name: 'ConflictException' })
    await expect(create('plain', { DatabaseName: 'no-such-database' })).rejects.toMatchObject(notFound)
  })

  test.each<[string, Partial<CreateTableCommandInput>]>([
    ['retention', { RetentionProperties: { MemoryStoreRetentionPeriodInHours: 1, MagneticStoreRetentionPeriodInDays: 1 } }],
    ['magnetic', { MagneticStoreWriteProperties: { EnableMagneticStoreWrites: true } }],
    [
      'rejects',
      {
        MagneticStoreWriteProperties: {
          EnableMagneticStoreWrites: true,
          MagneticStoreRejectedDataLocation: {
            S3Configuration: { BucketName: 'the-bucket', ObjectKeyPrefix: 'rejected', EncryptionOption: 'SSE_KMS', KmsKeyId: 'alias/key' },
          },
        },
      },
    ],
    ['measure-key', { Schema: { CompositePartitionKey: [{ Type: 'MEASURE' }] } }],
    ['optional-key', { Schema: { CompositePartitionKey: [{ Type: 'DIMENSION', Name: 'host', EnforcementInRecord: 'OPTIONAL' }] } }],
    ['required-key', { Schema: { CompositePartitionKey: [{ Type: 'DIMENSION', Name: 'host', EnforcementInRecord: 'REQUIRED' }] } }],
  ])('gives back its %s exactly', async (name, given) => {
    const made = await create(name, given)
    expect(made).toMatchObject(given)
    for (const [member, value] of Object.entries(given)) expect(made).toHaveProperty(member, value)
    expect([await describeTable(name), await describeTable(name)]).toEqual([made, made])
  })

  test('keeps what an update does not name, and is gone when it is deleted', async () => {
    const before = await describeTable('rejects')
    const RetentionProperties = { MemoryStoreRetentionPeriodInHours: 7, MagneticStoreRetentionPeriodInDays: 8 }
    await served.write.send(new UpdateTableCommand({ DatabaseName: 'infra', TableName: 'rejects', RetentionProperties }))
    expect(await describeTable('rejects')).toEqual({ ...before, RetentionProperties, LastUpdatedTime: expect.any(Date) as Date })
    const MagneticStoreWriteProperties = { EnableMagneticStoreWrites: false }
    await served.write.send(new UpdateTableCommand({ DatabaseName: 'infra', TableName: 'rejects', MagneticStoreWriteProperties }))
    expect(await describeTable('rejects')).toMatchObject({ RetentionProperties, MagneticStoreWriteProperties })
    const Schema = { CompositePartitionKey: [{ Type: 'DIMENSION' as const, Name: 'host', EnforcementInRecord: 'REQUIRED' as const }] }
    const enforce = new UpdateTableCommand({ DatabaseName: 'infra', TableName: 'optional-key', Schema })
    expect((await served.write.send(enforce)).Table?.Schema).toEqual(Schema)
    await served.write.send(new DeleteTableCommand({ DatabaseName: 'infra', TableName: 'rejects' }))
    await expect(describeTable('rejects')).rejects.toMatchObject(notFound)
    await expect(tagsOf(`${arn}/infra/table/rejects`)).rejects.toMatchObject(notFound)
    await expect(served.write.send(new DeleteTableCommand({ DatabaseName: 'infra', TableName: 'rejects' }))).rejects.toMatchObject(notFound)
    await expect(served.write.send(new UpdateTableCommand({ DatabaseName: 'infra', TableName: 'rejects' }))).rejects.toMatchObject(notFound)
    await expect(served.write.send(new DeleteDatabaseCommand({ DatabaseName: 'infra' }))).rejects.toMatchObject(validation)
  })
})

const load = (): CreateBatchLoadTaskCommandInput => ({
  TargetDatabaseName: 'infra',
  TargetTableName: 'plain',
  DataSourceConfiguration: { DataSourceS3Configuration: { BucketName: 'the-bucket', ObjectKeyPrefix: 'a.csv' }, DataFormat: 'CSV' },
  DataModelConfiguration: {
    DataModel: {
      TimeColumn: 'time',
      DimensionMappings: [{ SourceColumn: 'host' }],
      MultiMeasureMappings: {
        TargetMultiMeasureName: 'metrics',
        MultiMeasureAttributeMappings: [{ SourceColumn: 'load', MeasureValueType: 'DOUBLE' }],
      },
    },
  },
  ReportConfiguration: { ReportS3Configuration: { BucketName: 'the-bucket' } },
})

const scheduled = (Name: string): CreateScheduledQueryCommandInput => ({
  Name,
  QueryString: 'SELECT host, max(time) AS t, count(*) AS n FROM infra.plain GROUP BY host',
  ScheduleConfiguration: { ScheduleExpression: 'rate(1 day)' },
  NotificationConfiguration: { SnsConfiguration: { TopicArn: 'arn:aws:sns:us-east-1:000000000000:topic' } },
  ScheduledQueryExecutionRoleArn: 'arn:aws:iam::000000000000:role/Scheduled',
  ErrorReportConfiguration: { S3Configuration: { BucketName: 'the-bucket' } },
  TargetConfiguration: {
    TimestreamConfiguration: {
      DatabaseName: 'infra',
      TableName: 'plain',
      TimeColumn: 't',
      DimensionMappings: [{ Name: 'host', DimensionValueType: 'VARCHAR' }],
      MultiMeasureMappings: {
        TargetMultiMeasureName: 'm',
        MultiMeasureAttributeMappings: [{ SourceColumn: 'n', MeasureValueType: 'BIGINT' }],
      },
    },
  },
})

test('a call that is repeated with its ClientToken is one, of every operation that takes one', async () => {
  const ClientToken = '0123456789abcdef0123456789abcdef0123'
  const Records = [{ Dimensions: [{ Name: 'host', Value: 'b' }], MeasureName: 'load', MeasureValue: '1', Time: String(Date.now()) }]
  await served.write.send(new WriteRecordsCommand({ DatabaseName: 'infra', TableName: 'plain', Records }))
  const select = async (QueryString: string) => await served.query.send(new QueryCommand({ QueryString, ClientToken }))
  const first = await select('SELECT 1 AS a')
  const again = await select('SELECT 1 AS a')
  expect([again.QueryId, again.Rows]).toEqual([first.QueryId, first.Rows])
  await expect(select('SELECT 2 AS a')).rejects.toMatchObject({ name: expect.stringMatching(/^(Validation|Conflict)Exception$/) as string })

  const make = async (Name: string) => (await served.query.send(new CreateScheduledQueryCommand({ ...scheduled(Name), ClientToken }))).Arn
  const ScheduledQueryArn = await make('once')
  expect(await make('once')).toBe(ScheduledQueryArn)
  const other = { ...scheduled('once'), ScheduleConfiguration: { ScheduleExpression: 'rate(2 days)' }, ClientToken }
  await expect(served.query.send(new CreateScheduledQueryCommand(other))).rejects.toMatchObject({
    name: expect.stringMatching(/^(Validation|Conflict)Exception$/) as string,
  })
  const InvocationTime = new Date(Date.now() - 60_000)
  const execute = () => served.query.send(new ExecuteScheduledQueryCommand({ ScheduledQueryArn, InvocationTime, ClientToken }))
  await execute()
  await execute()

  const start = async (RecordVersion: number) =>
    (await served.write.send(new CreateBatchLoadTaskCommand({ ...load(), RecordVersion, ClientToken }))).TaskId
  const TaskId = await start(1)
  expect(await start(1)).toBe(TaskId)
  await expect(start(2)).rejects.toMatchObject({ name: 'ConflictException' })
  const { BatchLoadTasks } = await served.write.send(new ListBatchLoadTasksCommand({}))
  expect(BatchLoadTasks?.map((task) => task.TaskId)).toEqual([TaskId])
})

test('a NextToken of another query, list or filter is refused by every operation that takes one', async () => {
  await served.query.send(new CreateScheduledQueryCommand(scheduled('second')))
  for (let task = 0; task < 2; task++) await served.write.send(new CreateBatchLoadTaskCommand(load()))
  const query = async (QueryString: string, NextToken?: string) =>
    await served.query.send(new QueryCommand({ QueryString, NextToken, MaxRows: 1 }))
  const [a, b] = ['SELECT x FROM UNNEST(sequence(1, 9)) AS t (x)', 'SELECT x FROM UNNEST(sequence(1, 8)) AS t (x)']
  const lists: Readonly<Record<string, (NextToken?: string) => Promise<{ readonly NextToken?: string | undefined }>>> = {
    [a]: (token) => query(a, token),
    [b]: (token) => query(b, token),
    ListDatabases: (NextToken) => served.write.send(new ListDatabasesCommand({ MaxResults: 1, NextToken })),
    ListTables: (NextToken) => served.write.send(new ListTablesCommand({ MaxResults: 1, NextToken })),
    'ListTables of a database': (NextToken) =>
      served.write.send(new ListTablesCommand({ DatabaseName: 'infra', MaxResults: 1, NextToken })),
    ListBatchLoadTasks: (NextToken) => served.write.send(new ListBatchLoadTasksCommand({ MaxResults: 1, NextToken })),
    ListScheduledQueries: (NextToken) => served.query.send(new ListScheduledQueriesCommand({ MaxResults: 1, NextToken })),
  }
  const tokens = new Map<string, string>()
  for (const [name, list] of Object.entries(lists)) {
    const { NextToken = '' } = await list()
    expect([name, NextToken]).not.toEqual([name, ''])
    tokens.set(name, NextToken)
  }
  for (const [name, list] of Object.entries(lists)) {
    for (const [from, token] of [...tokens, ['nowhere', 'bm90aGluZw'] as const]) {
      if (from === name) await list(token)
      else await expect(list(token), `${name} with the token of ${from}`).rejects.toMatchObject(validation)
    }
  }
})
