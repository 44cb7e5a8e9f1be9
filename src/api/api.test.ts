import Fastify, { type FastifyInstance } from 'fastify'
import { describe, expect, it } from 'vitest'
import { inMemoryDatabase, rootKey } from '../../tests/api/in-memory-database.ts'
import { presignedUrl, signedHeaders, type UnsignedRequest } from '../../tests/api/sign-request.ts'
import { systemClock } from '../base/clock.ts'
import { ServerError } from '../base/errors.ts'
import { defaultLimits } from '../base/limits.ts'
import type { Log } from '../base/log.ts'
import type { Database } from '../database/database.ts'
import { BodyBudget } from '../base/body-budget.ts'
import { SignatureVerifier } from './signature/signature-v4.ts'
import { registerApi, type ApiCall } from './api.ts'
import { httpLimits } from './http-limits.ts'

interface Line {
  readonly level: string
  readonly event: string
  readonly data: object | undefined
}

function setUp(change: Partial<Database> = {}) {
  const lines: Line[] = []
  const calls: ApiCall[] = []
  const write =
    (level: string) =>
    (event: string, data?: object): void =>
      void lines.push({ level, event, data })
  const log: Log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error'), child: () => log }
  const database = inMemoryDatabase(change)
  const app = Fastify(httpLimits(defaultLimits))
  registerApi(app, {
    database,
    clock: systemClock,
    limits: { ...defaultLimits, requestBodyBytes: 100_000 },
    log,
    budget: new BodyBudget(defaultLimits, systemClock),
    verifier: new SignatureVerifier((accessKeyId, token) => database.findAccessKey(accessKeyId, token)),
    onCall: (call) => calls.push(call),
  })
  return { app, database, lines, calls }
}

async function send(app: FastifyInstance, operation: string, input: unknown, request: UnsignedRequest = {}) {
  const body = typeof input === 'string' ? input : JSON.stringify(input)
  const target = operation.includes('.') ? operation : `Timestream_20181101.${operation}`
  const response = await app.inject({ method: 'POST', url: '/', headers: await signedHeaders({ target, body, ...request }), payload: body })
  return { status: response.statusCode, headers: response.headers, text: response.body, body: response.json<Record<string, unknown>>() }
}

describe('operations', () => {
  it('create, describe and list databases in the wire’s form', async () => {
    const { app } = setUp()
    const created = await send(app, 'CreateDatabase', { DatabaseName: 'db-1', Tags: [{ Key: 'k', Value: '' }] })
    const database = {
      Arn: 'arn:aws:timestream:us-east-1:000000000000:database/db-1',
      DatabaseName: 'db-1',
      TableCount: 0,
      KmsKeyId: 'arn:key',
      CreationTime: 1677167593.266,
      LastUpdatedTime: 1677167593.266,
    }
    expect(created).toMatchObject({ status: 200, body: { Database: database } })
    expect(created.headers).toMatchObject({
      'content-type': 'application/x-amz-json-1.0',
      'x-amzn-requestid': expect.stringMatching(/^[A-Z2-7]{26}$/),
    })
    expect((await send(app, 'DescribeDatabase', { DatabaseName: 'db-1' })).body).toEqual({ Database: database })
    expect((await send(app, 'ListDatabases', '')).text).toBe(JSON.stringify({ Databases: [database] }))
    expect((await send(app, 'UpdateDatabase', { DatabaseName: 'db-1', KmsKeyId: 'k2' })).body).toEqual({
      Database: { ...database, KmsKeyId: 'k2' },
    })
    expect((await send(app, 'DeleteDatabase', { DatabaseName: 'db-1' })).text).toBe('{}')
  })

  it('create tables with every property handed on and shown', async () => {
    const { app } = setUp()
    const properties = {
      RetentionProperties: { MemoryStoreRetentionPeriodInHours: 24, MagneticStoreRetentionPeriodInDays: 7 },
      MagneticStoreWriteProperties: {
        EnableMagneticStoreWrites: true,
        MagneticStoreRejectedDataLocation: { S3Configuration: { BucketName: 'my-bucket', EncryptionOption: 'SSE_S3' } },
      },
      Schema: { CompositePartitionKey: [{ Type: 'DIMENSION', Name: 'host', EnforcementInRecord: 'REQUIRED' }] },
    }
    const { body } = await send(app, 'CreateTable', { DatabaseName: 'db-1', TableName: 'cpu', ...properties })
    expect(body).toEqual({
      Table: {
        Arn: 'arn:aws:timestream:us-east-1:000000000000:database/db-1/table/cpu',
        DatabaseName: 'db-1',
        TableName: 'cpu',
        TableStatus: 'ACTIVE',
        CreationTime: 1,
        LastUpdatedTime: 2.5,
        ...properties,
      },
    })
    const plain = await send(app, 'CreateTable', { DatabaseName: 'db-1', TableName: 'cpu' })
    expect(plain.body['Table']).toMatchObject({
      MagneticStoreWriteProperties: { EnableMagneticStoreWrites: false },
      Schema: { CompositePartitionKey: [{ Type: 'MEASURE' }] },
    })
  })

  it('write records as they were parsed, versions exact', async () => {
    const { app, database } = setUp()
    const records = '[{"MeasureName":"m","MeasureValue":"1","Time":"5","Version":9223372036854775807}]'
    const answer = await send(app, 'WriteRecords', `{"DatabaseName":"db","TableName":"t","CommonAttributes":{},"Records":${records}}`)
    expect(answer.text).toBe('{"RecordsIngested":{"Total":1,"MemoryStore":1,"MagneticStore":0}}')
    expect(database.written).toEqual([
      {
        databaseName: 'db',
        tableName: 't',
        commonAttributes: {},
        records: [{ MeasureName: 'm', MeasureValue: '1', Time: '5', Version: 9223372036854775807n }],
      },
    ])
  })

  it('prepare a query and tell the account settings', async () => {
    const { app } = setUp()
    expect((await send(app, 'PrepareQuery', { QueryString: 'SELECT @p', ValidateOnly: true })).body).toEqual({
      QueryString: 'SELECT @p',
      Columns: [{ Name: 'x', Type: { ScalarType: 'BIGINT' }, DatabaseName: 'db', TableName: 't', Aliased: true }],
      Parameters: [{ Name: 'p', Type: { ScalarType: 'TIMESTAMP' } }],
    })
    expect((await send(app, 'DescribeAccountSettings', {})).body).toEqual({
      MaxQueryTCU: 200,
      QueryPricingModel: 'COMPUTE_UNITS',
      QueryCompute: { ComputeMode: 'ON_DEMAND' },
    })
    const NotificationConfiguration = { SnsConfiguration: { TopicArn: 'arn:topic' }, RoleArn: 'arn:role' }
    const ProvisionedCapacity = { TargetQueryTCU: 8, NotificationConfiguration }
    const updated = await send(app, 'UpdateAccountSettings', {
      MaxQueryTCU: 12,
      QueryCompute: { ComputeMode: 'PROVISIONED', ProvisionedCapacity },
    })
    expect(updated.body).toEqual({
      MaxQueryTCU: 12,
      QueryPricingModel: 'COMPUTE_UNITS',
      QueryCompute: {
        ComputeMode: 'PROVISIONED',
        ProvisionedCapacity: { ActiveQueryTCU: 8, NotificationConfiguration, LastUpdate: { TargetQueryTCU: 8, Status: 'SUCCEEDED' } },
      },
    })
  })

  it('write the nanoseconds of query insights with all digits', async () => {
    const insights = { tableCount: 1, temporal: { valueNs: 9_007_199_254_740_993n, tableArn: 'arn:t' }, outputRows: 1, outputBytes: 9 }
    const page = { queryId: 'AEB1', columns: [], rowsJson: '[]', rowCount: 0, progressPercentage: 100, cumulativeBytesScanned: 0 }
    const { app } = setUp({ query: async () => ({ ...page, cumulativeBytesMetered: 0, insights }) })
    const { text } = await send(app, 'Query', { QueryString: 'SELECT 1', QueryInsights: { Mode: 'ENABLED_WITH_RATE_CONTROL' } })
    expect(text).toContain(
      '"QueryInsightsResponse":{"QueryTemporalRange":{"Max":{"Value":9007199254740993,"TableArn":"arn:t"}},"QueryTableCount":1,"OutputRows":1,"OutputBytes":9}',
    )
  })

  it('answer a query with the rows’ text as it is', async () => {
    const { app } = setUp()
    const { text } = await send(app, 'Query', { QueryString: 'SELECT 1', ClientToken: 'x'.repeat(36), QueryInsights: { Mode: 'DISABLED' } })
    expect(text).toBe(
      '{"QueryId":"AEB1","NextToken":"next","Rows":[{"Data":[{"ScalarValue":"9007199254740993"}]}],' +
        '"ColumnInfo":[{"Name":"x","Type":{"ScalarType":"BIGINT"}}],' +
        '"QueryStatus":{"ProgressPercentage":100,"CumulativeBytesScanned":12,"CumulativeBytesMetered":10000000}}',
    )
    expect((await send(app, 'CancelQuery', { QueryId: 'AEB1' })).body).toEqual({ CancellationMessage: 'query AEB1 was cancelled' })
  })

  it('set, list and remove tags; pages exist for scheduled queries only', async () => {
    const { app } = setUp()
    const tags = (...keys: string[]) => keys.map((Key) => ({ Key, Value: 'v' }))
    const arn = 'arn:aws:timestream:us-east-1:000000000000:database/db'
    expect((await send(app, 'TagResource', { ResourceARN: arn, Tags: tags('b', 'a', 'c') })).text).toBe('{}')
    expect((await send(app, 'UntagResource', { ResourceARN: arn, TagKeys: ['c'] })).text).toBe('{}')
    expect((await send(app, 'ListTagsForResource', { ResourceARN: arn, MaxResults: 1 })).body).toEqual({ Tags: tags('b', 'a') })
    const scheduled = 'arn:aws:timestream:us-east-1:000000000000:scheduled-query/q-1'
    await send(app, 'TagResource', { ResourceARN: scheduled, Tags: tags('b', 'a', 'c') })
    const first = await send(app, 'ListTagsForResource', { ResourceARN: scheduled, MaxResults: 2 })
    expect(first.body).toEqual({ Tags: tags('a', 'b'), NextToken: expect.any(String) })
    const second = await send(app, 'ListTagsForResource', { ResourceARN: scheduled, MaxResults: 2, NextToken: first.body['NextToken'] })
    expect(second.body).toEqual({ Tags: tags('c') })
    expect(await send(app, 'ListTagsForResource', { ResourceARN: scheduled, NextToken: '#' })).toMatchObject({
      status: 400,
      body: { Message: 'Invalid pagination token' },
    })
  })

  it.each([
    ['aws-sdk-js/3.1138.0 ua/2.1', '127.0.0.1:8470', '127.0.0.1'],
    ['Boto3/1.43 md/Botocore', '127.0.0.1:8470', 'http://127.0.0.1:8470'],
    ['aws-sdk-go-v2/1.30', 'tidemark.example', 'http://tidemark.example'],
  ])('describe this server’s address to %s', async (userAgent, host, address) => {
    const { app } = setUp()
    const { text } = await send(app, 'DescribeEndpoints', {}, { headers: { host, 'user-agent': userAgent } })
    expect(text).toBe(`{"Endpoints":[{"Address":"${address}","CachePeriodInMinutes":1440}]}`)
  })

  it('serve our own operations under our own prefix', async () => {
    const { app } = setUp()
    expect((await send(app, 'Tidemark_20261101.CreateAccessKey', { UserName: 'ann' })).body).toEqual({
      AccessKey: { AccessKeyId: 'AKIDNEW', SecretAccessKey: rootKey.secretAccessKey, UserName: 'ann', Status: 'active' },
    })
    expect((await send(app, 'Tidemark_20261101.ListAccessKeys', {})).body).toEqual({
      AccessKeys: [{ AccessKeyId: 'AKIDROOT', UserName: 'root', Status: 'active', CreateDate: 1.5 }],
    })
    expect((await send(app, 'Tidemark_20261101.RevokeAccessKey', { AccessKeyId: 'AKIDNEW' })).text).toBe('{}')
    expect((await send(app, 'Timestream_20181101.CreateAccessKey', { UserName: 'ann' })).status).toBe(404)
  })

  it('take presigned requests', async () => {
    const { app } = setUp()
    const body = '{"QueryString":"SELECT 1"}'
    const { url, headers } = await presignedUrl({ target: 'Timestream_20181101.Query', body })
    expect((await app.inject({ method: 'POST', url, headers, payload: body })).statusCode).toBe(200)
  })
})

describe('refusals', () => {
  const modelled = 'com.amazonaws.timestream.v20181101#'
  const frontEnd = 'com.amazon.coral.service#'

  it('have the exception’s name in body and header, its status and its message', async () => {
    const { app } = setUp()
    const answer = await send(app, 'DescribeDatabase', { DatabaseName: 'nope' })
    expect(answer.status).toBe(404)
    expect(answer.text).toBe(`{"__type":"${modelled}ResourceNotFoundException","Message":"The database nope does not exist."}`)
    expect(answer.headers).toMatchObject({ 'x-amzn-errortype': 'ResourceNotFoundException', 'content-type': 'application/x-amz-json-1.0' })
  })

  it('carry further members, long versions exactly', async () => {
    const members = { RejectedRecords: [{ RecordIndex: 0, Reason: 'late', ExistingVersion: 9007199254740993n }] }
    const { app } = setUp({
      write: async () => Promise.reject(new ServerError('REJECTED_RECORDS', 'One or more records have been rejected.', { members })),
    })
    const answer = await send(app, 'WriteRecords', { DatabaseName: 'db', TableName: 't', Records: [{}] })
    expect(answer.status).toBe(419)
    expect(answer.text).toContain('"RejectedRecords":[{"RecordIndex":0,"Reason":"late","ExistingVersion":9007199254740993}]}')
  })

  it('mask what went wrong inside, and log it', async () => {
    const { app, lines } = setUp({ describeDatabase: async () => Promise.reject(new TypeError('secret internals')) })
    const answer = await send(app, 'DescribeDatabase', { DatabaseName: 'db' })
    expect(answer.status).toBe(500)
    expect(answer.text).toBe(`{"__type":"${modelled}InternalServerException","Message":"Internal server error"}`)
    expect(lines).toContainEqual({
      level: 'error',
      event: 'api.call',
      data: expect.objectContaining({ cause: expect.stringContaining('secret internals'), requestId: answer.headers['x-amzn-requestid'] }),
    })
  })

  it.each([
    ['an unknown operation', 'Timestream_20181101.Nope', {}, 404, 'UnknownOperationException'],
    ['another prefix', 'DynamoDB_20120810.Query', {}, 404, 'UnknownOperationException'],
    ['broken JSON', 'Timestream_20181101.Query', '{', 400, 'SerializationException'],
    ['a body that is no structure', 'Timestream_20181101.Query', '[]', 400, 'SerializationException'],
  ])('for %s come from the front end', async (_what, target, input, status, exception) => {
    const { app } = setUp()
    const answer = await send(app, target, input)
    expect(answer).toMatchObject({ status, body: { __type: frontEnd + exception, Message: expect.any(String) } })
  })

  it('name the content type or encoding that is not spoken', async () => {
    const { app } = setUp()
    const xml = await send(app, 'Query', {}, { headers: { 'content-type': 'text/xml' } })
    expect(xml).toMatchObject({ status: 404, body: { Message: "Content-Type must be application/x-amz-json-1.0, not 'text/xml'" } })
    const gzip = await send(app, 'Query', {}, { headers: { 'content-encoding': 'gzip' } })
    expect(gzip).toMatchObject({ status: 400, body: { Message: "Content-Encoding 'gzip' is not supported" } })
  })

  it('of unsigned requests say so before anything is read', async () => {
    const { app } = setUp()
    const headers = { 'x-amz-target': 'Timestream_20181101.Query', 'content-type': 'application/x-amz-json-1.0' }
    const answer = await app.inject({ method: 'POST', url: '/', headers, payload: '{' })
    expect(answer.statusCode).toBe(403)
    expect(answer.json()).toEqual({ __type: `${frontEnd}MissingAuthenticationTokenException`, Message: 'Missing Authentication Token' })
  })

  it('of bodies over the limit name the limit', async () => {
    const { app, calls } = setUp()
    const answer = await send(app, 'Query', { QueryString: 'x'.repeat(100_001) })
    expect(answer).toMatchObject({ status: 413, body: { Message: 'The body is larger than 100000 bytes' } })
    expect(calls).toMatchObject([{ operation: 'Unknown', status: 413, errorCode: 'REQUEST_TOO_LARGE' }])
  })

  it.each([
    [
      '101 records',
      'WriteRecords',
      { DatabaseName: 'db', TableName: 't', Records: Array.from({ length: 101 }, () => ({})) },
      "at 'records' failed to satisfy constraint: Member must have length less than or equal to 100",
    ],
    ['no records', 'WriteRecords', { DatabaseName: 'db', TableName: 't', Records: [] }, "at 'records' failed"],
    [
      'an unknown measure type',
      'WriteRecords',
      { DatabaseName: 'db', TableName: 't', Records: [{ MeasureValueType: 'FLOAT' }] },
      "Value 'FLOAT' at 'records.1.member.measureValueType'",
    ],
    ['a name outside the pattern', 'CreateDatabase', { DatabaseName: 'a b' }, 'regular expression pattern: [a-zA-Z0-9_.-]+'],
    ['21 results a page', 'ListTables', { MaxResults: 21 }, "Value '21' at 'maxResults'"],
    ['1001 rows a page', 'Query', { QueryString: 'SELECT 1', MaxRows: 1001 }, "Value '1001' at 'maxRows'"],
    ['a preparation that is to be run', 'PrepareQuery', { QueryString: 'SELECT 1' }, 'ValidateOnly must be true'],
    ['an empty retention', 'CreateTable', { DatabaseName: 'db', TableName: 't', RetentionProperties: {} }, '2 validation errors detected'],
  ])('for %s say what and where', async (_what, operation, input, message) => {
    const { app } = setUp()
    expect(await send(app, operation, input)).toMatchObject({
      status: 400,
      body: { __type: `${modelled}ValidationException`, Message: expect.stringContaining(message) },
    })
  })
})

describe('the door', () => {
  it('greets browsers and health probes', async () => {
    const { app } = setUp()
    const page = await app.inject({ method: 'GET', url: '/' })
    expect(page.statusCode).toBe(200)
    expect(page.body).toContain('AWS JSON 1.0')
    expect((await app.inject({ method: 'HEAD', url: '/' })).statusCode).toBe(200)
  })

  it.each(['PUT', 'DELETE', 'OPTIONS', 'PATCH'] as const)('knows no operation called with %s', async (method) => {
    const { app } = setUp()
    expect((await app.inject({ method, url: '/' })).json()).toMatchObject({ Message: `Operations are called with POST, not ${method}` })
  })

  it('tells every call to the observer and the log, without what was in it', async () => {
    const { app, calls, lines } = setUp()
    await send(app, 'Query', { QueryString: "SELECT 'hush-hush'" })
    await send(app, 'DescribeDatabase', { DatabaseName: 'hush-hush' })
    expect(calls).toEqual([
      { operation: 'Query', status: 200, durationMs: expect.any(Number) },
      { operation: 'DescribeDatabase', status: 404, durationMs: expect.any(Number), errorCode: 'RESOURCE_NOT_FOUND' },
    ])
    const shown = lines.filter((line) => line.level !== 'debug')
    expect(shown).toMatchObject([
      { event: 'api.call', data: { operation: 'Query', status: 200, principal: 'root' } },
      { event: 'api.call', data: { operation: 'DescribeDatabase', status: 404, errorCode: 'RESOURCE_NOT_FOUND' } },
    ])
    expect(JSON.stringify(shown)).not.toContain('hush')
  })

  it('leaves the other routes of the application alone', async () => {
    const { app } = setUp()
    app.post('/echo', (request, reply) => reply.send(request.body))
    expect((await app.inject({ method: 'POST', url: '/echo', payload: { a: 1 } })).json()).toEqual({ a: 1 })
  })
})
