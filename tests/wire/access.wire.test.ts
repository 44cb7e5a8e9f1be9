import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CancelQueryCommand, QueryCommand, TimestreamQueryClient } from '@aws-sdk/client-timestream-query'
import {
  CreateDatabaseCommand,
  CreateTableCommand,
  DescribeEndpointsCommand,
  ListDatabasesCommand,
  TagResourceCommand,
  TimestreamWriteClient,
  WriteRecordsCommand,
} from '@aws-sdk/client-timestream-write'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { signedCall } from '../../src/cli/signed-call.ts'
import { rootKey, serve, type Served } from './served.ts'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'tidemark-access-'))
const arn = (path: string): string => `arn:aws:timestream:us-east-1:000000000000:${path}`
let served: Served

interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

beforeAll(async () => {
  served = await serve({ data: join(folder, 'data'), args: ['--audit-log', join(folder, 'audit.jsonl')] })
  for (const DatabaseName of ['sales', 'plant']) {
    await served.write.send(new CreateDatabaseCommand({ DatabaseName }))
    await served.write.send(new CreateTableCommand({ DatabaseName, TableName: 'cpu' }))
    await served.write.send(new WriteRecordsCommand({ DatabaseName, TableName: 'cpu', Records: [record(1)] }))
  }
})

afterAll(async () => {
  await served.stop()
  rmSync(folder, { recursive: true, force: true })
})

const record = (value: number) => ({
  Dimensions: [{ Name: 'host', Value: 'a' }],
  MeasureName: 'load',
  MeasureValue: String(value),
  Time: String(Date.now()),
})

/** The command line, signing as root or with other credentials. */
function tidemark(
  args: readonly string[],
  as: Credentials = rootKey,
): Promise<{ readonly out: string; readonly err: string; readonly code: number }> {
  const env = {
    PATH: process.env['PATH'],
    AWS_ENDPOINT_URL: served.endpoint,
    AWS_ACCESS_KEY_ID: as.accessKeyId,
    AWS_SECRET_ACCESS_KEY: as.secretAccessKey,
    ...(as.sessionToken !== undefined && { AWS_SESSION_TOKEN: as.sessionToken }),
  }
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [main, ...args], { env }, (_error, out, err) =>
      resolve({ out, err, code: child.exitCode ?? -1 }),
    )
  })
}

const admin = <Answer>(operation: string, input: object): Promise<Answer> =>
  signedCall<Answer>({ endpoint: served.endpoint, region: 'us-east-1', credentials: rootKey }, 'tidemark', operation, input)

async function newUser(name: string, statements?: readonly object[]): Promise<Credentials> {
  if (statements !== undefined) {
    const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: statements })
    await admin('PutPolicy', { PolicyName: `${name}-policy`, PolicyDocument })
    await admin('CreateUser', { UserName: name, PolicyNames: [`${name}-policy`] })
  }
  const { AccessKey: key } = await admin<{ AccessKey: Record<string, string> }>('CreateAccessKey', { UserName: name })
  return { accessKeyId: key['AccessKeyId']!, secretAccessKey: key['SecretAccessKey']! }
}

const clients = (credentials: Credentials) => {
  const connection = { region: 'us-east-1', endpoint: served.endpoint, credentials, maxAttempts: 1 }
  return { write: new TimestreamWriteClient(connection), query: new TimestreamQueryClient(connection) }
}

const run = async (query: TimestreamQueryClient, QueryString: string): Promise<string[][]> => {
  const { Rows: rows = [] } = await query.send(new QueryCommand({ QueryString }))
  return rows.map((row) => (row.Data ?? []).map((datum) => datum.ScalarValue ?? ''))
}

const denied = (action: string, user: string, resource?: string) =>
  expect.objectContaining({
    name: 'AccessDeniedException',
    $metadata: expect.objectContaining({ httpStatusCode: 403 }),
    message: `User: arn:aws:iam::000000000000:user/${user} is not authorized to perform: ${action}${resource === undefined ? '' : ` on resource: ${resource}`} because no identity-based policy allows the ${action} action`,
  })

describe('a user without policies', () => {
  it('may do nothing, with the words of AWS', async () => {
    const { write, query } = clients(await newUser('nobody'))
    await expect(write.send(new DescribeEndpointsCommand({}))).rejects.toEqual(denied('timestream:DescribeEndpoints', 'nobody'))
    await expect(write.send(new ListDatabasesCommand({}))).rejects.toEqual(denied('timestream:ListDatabases', 'nobody'))
    await expect(run(query, 'SELECT 1')).rejects.toEqual(denied('timestream:SelectValues', 'nobody'))
    await expect(run(query, 'SELECT * FROM sales.cpu')).rejects.toEqual(
      denied('timestream:Select', 'nobody', arn('database/sales/table/cpu')),
    )
    await expect(write.send(new WriteRecordsCommand({ DatabaseName: 'sales', TableName: 'cpu', Records: [record(2)] }))).rejects.toEqual(
      denied('timestream:WriteRecords', 'nobody', arn('database/sales/table/cpu')),
    )
  })
})

describe('a user with a policy for one table', () => {
  let credentials: Credentials
  let query: TimestreamQueryClient
  let write: TimestreamWriteClient

  beforeAll(async () => {
    credentials = await newUser('ann', [
      {
        Effect: 'Allow',
        Action: ['timestream:Select', 'timestream:DescribeTable', 'timestream:WriteRecords'],
        Resource: arn('database/sales/table/*'),
      },
      { Effect: 'Allow', Action: ['timestream:SelectValues', 'timestream:CancelQuery', 'timestream:DescribeEndpoints'], Resource: '*' },
    ])
    ;({ query, write } = clients(credentials))
  })

  it('reads and writes it, and no other, also through joins, subqueries, unions and EXPLAIN', async () => {
    expect(await run(query, 'SELECT measure_value::double FROM sales.cpu')).toEqual([['1.0']])
    await write.send(new WriteRecordsCommand({ DatabaseName: 'sales', TableName: 'cpu', Records: [record(1)] }))
    const refusal = denied('timestream:Select', 'ann', arn('database/plant/table/cpu'))
    for (const text of [
      'SELECT * FROM plant.cpu',
      'SELECT a.host FROM sales.cpu a JOIN plant.cpu b ON a.host = b.host',
      'SELECT host FROM sales.cpu WHERE host IN (SELECT host FROM plant.cpu)',
      'WITH x AS (SELECT host FROM plant.cpu) SELECT host FROM x',
      'SELECT host FROM sales.cpu UNION ALL SELECT host FROM plant.cpu',
      'EXPLAIN SELECT * FROM plant.cpu',
      'SELECT nothing_there FROM plant.cpu',
    ]) {
      await expect(run(query, text), text).rejects.toEqual(refusal)
    }
    await expect(run(query, 'SELECT nothing_there FROM sales.cpu')).rejects.toMatchObject({ name: 'ValidationException' })
  })

  it('needs a permission of its own for each statement about the catalog', async () => {
    expect((await run(query, 'DESCRIBE sales.cpu')).length).toBeGreaterThan(2)
    await expect(run(query, 'DESCRIBE plant.cpu')).rejects.toEqual(
      denied('timestream:DescribeTable', 'ann', arn('database/plant/table/cpu')),
    )
    await expect(run(query, 'SHOW MEASURES FROM sales.cpu')).rejects.toEqual(
      denied('timestream:ListMeasures', 'ann', arn('database/sales/table/cpu')),
    )
    await expect(run(query, 'SHOW TABLES FROM sales')).rejects.toEqual(denied('timestream:ListTables', 'ann', arn('database/sales')))
    await expect(run(query, 'SHOW DATABASES')).rejects.toEqual(denied('timestream:ListDatabases', 'ann'))
  })

  it('sees in information_schema what it may describe or read', async () => {
    expect(await run(query, 'SELECT table_schema, table_name FROM information_schema.tables')).toEqual([['sales', 'cpu']])
    expect(await run(query, 'SELECT schema_name FROM information_schema.schemata')).toEqual([['sales']])
    expect(await run(query, 'SELECT DISTINCT table_schema FROM information_schema.columns')).toEqual([['sales']])
    expect(await run(served.query, 'SELECT count(*) FROM information_schema.tables')).toEqual([['2']])
  })

  it("cannot cancel another user's query", async () => {
    await expect(query.send(new CancelQueryCommand({ QueryId: 'AESOMEBODYELSES' }))).rejects.toMatchObject({ name: 'ValidationException' })
  })

  it('is allowed by the tags of a table as they change', async () => {
    const tagged = clients(
      await newUser('tess', [
        { Effect: 'Allow', Action: 'timestream:Select', Resource: '*', Condition: { StringEquals: { 'aws:ResourceTag/team': 'a' } } },
      ]),
    )
    const text = 'SELECT count(*) FROM plant.cpu'
    await expect(run(tagged.query, text)).rejects.toMatchObject({ name: 'AccessDeniedException' })
    await served.write.send(new TagResourceCommand({ ResourceARN: arn('database/plant/table/cpu'), Tags: [{ Key: 'team', Value: 'a' }] }))
    expect(await run(tagged.query, text)).toEqual([['1']])
  })
})

describe('temporary credentials', () => {
  it('work with the SDK while they last, and not without their token', async () => {
    const ann = await newUser('temp', [{ Effect: 'Allow', Action: 'timestream:SelectValues', Resource: '*' }])
    const made = JSON.parse((await tidemark(['keys', 'session', '--duration', '2', '--output', 'json'], ann)).out) as Record<string, string>
    const issuedAtMs = Date.now()
    const credentials = { accessKeyId: made['AccessKeyId']!, secretAccessKey: made['SecretAccessKey']! }
    const session = clients({ ...credentials, sessionToken: made['SessionToken']! })
    expect(await run(session.query, 'SELECT 1')).toEqual([['1']])
    await expect(run(clients(credentials).query, 'SELECT 1')).rejects.toMatchObject({ name: 'UnrecognizedClientException' })
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, issuedAtMs + 2100 - Date.now())))
    await expect(run(session.query, 'SELECT 1')).rejects.toMatchObject({
      name: 'ExpiredTokenException',
      message: 'The security token included in the request is expired',
    })
  })
})

describe('the command line', () => {
  it('checks a policy without storing it, and says what is wrong with one', async () => {
    const good = join(folder, 'good.json')
    const bad = join(folder, 'bad.json')
    writeFileSync(good, JSON.stringify({ Statement: { Effect: 'Allow', Action: ['timestream:Select', 's3:GetObject'], Resource: '*' } }))
    writeFileSync(bad, JSON.stringify({ Statement: { Effect: 'Allow', Action: 'timestream:Selekt', Resource: '*' } }))
    expect((await tidemark(['policies', 'put', 'trial', good, '--dry-run'])).out).toBe(
      `${good} is a valid policy\nnote: Statement[0].Action[1]: s3:GetObject belongs to another service and has no effect here\n`,
    )
    const refused = await tidemark(['policies', 'put', 'trial', bad])
    expect(refused).toMatchObject({
      code: 1,
      err: expect.stringContaining('names the unknown action "timestream:Selekt"; is timestream:Select meant?'),
    })
    expect((await tidemark(['policies', 'list'])).out).not.toContain('trial')
  })

  it('simulates, attaches, shows and bounds', async () => {
    expect((await tidemark(['users', 'create', 'cleo'])).out).toContain('it may do nothing until a policy is attached')
    await tidemark(['keys', 'create', 'cleo'])
    await tidemark(['policies', 'attach', 'AmazonTimestreamReadOnlyAccess', 'cleo'])
    const said = await tidemark(['policies', 'simulate', 'timestream:Select,timestream:WriteRecords', '--user', 'cleo', '--format', 'csv'])
    expect(said.out).toContain('timestream:Select,*,allowed,AmazonTimestreamReadOnlyAccess[1]')
    expect(said.out).toContain('timestream:WriteRecords,*,implicit-deny,')
    expect((await tidemark(['users', 'guard', 'cleo', '--max-result-rows', '10'])).out).toBe('cleo: MaxResultRows=10\n')
    expect((await tidemark(['users', 'list'])).out).toMatch(/^cleo +AmazonTimestreamReadOnlyAccess +MaxResultRows=10 +TM/m)
    expect((await tidemark(['users', 'delete', 'cleo'])).err).toContain('has access keys; revoke them first')
    expect((await tidemark(['policies', 'show', 'AmazonTimestreamFullAccess'])).out).toContain('"timestream:*"')
  })

  it('does for a user what the policies of the user allow', async () => {
    const boss = await newUser('boss')
    expect((await tidemark(['users', 'list'], boss)).err).toContain('is not authorized to perform: tidemark:ListUsers')
    await admin('AttachPolicy', { PolicyName: 'AdministratorAccess', UserName: 'boss' })
    expect((await tidemark(['users', 'list'], boss)).out).toContain('boss')
  })
})

it('notes in the audit log who did what to what, and from where', async () => {
  const { query } = clients(await newUser('watched', [{ Effect: 'Allow', Action: 'timestream:Select', Resource: arn('database/sales/*') }]))
  await run(query, 'SELECT host FROM sales.cpu')
  await expect(run(query, 'SELECT host FROM plant.cpu')).rejects.toMatchObject({ name: 'AccessDeniedException' })
  await expect(run(clients({ accessKeyId: 'TMSTRANGER', secretAccessKey: 'x' }).query, 'SELECT 1')).rejects.toThrow('security token')
  const lines = readFileSync(join(folder, 'audit.jsonl'), 'utf8').trimEnd().split('\n')
  const noted = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  const action = 'timestream:Select'
  expect(noted.filter(({ principal }) => principal === 'watched')).toMatchObject([
    {
      operation: 'Query',
      outcome: 'succeeded',
      sourceIp: '127.0.0.1',
      requestId: expect.stringMatching(/^[A-Z0-9]{26}$/),
      userAgent: expect.stringContaining('aws-sdk-js'),
      decisions: [{ action, resource: arn('database/sales/table/cpu'), isAllowed: true }],
    },
    { outcome: 'denied', errorCode: 'ACCESS_DENIED', decisions: [{ action, resource: arn('database/plant/table/cpu'), isAllowed: false }] },
  ])
  expect(noted.at(-1)).toMatchObject({ operation: 'Query', accessKeyId: 'TMSTRANGER', outcome: 'denied', errorCode: 'UNRECOGNIZED_CLIENT' })
  expect(noted.filter(({ principal }) => principal === 'root').map(({ operation }) => operation)).toContain('CreateDatabase')
})

it('keeps users, policies and keys over a restart, their secrets encrypted', async () => {
  const credentials = await newUser('kept', [{ Effect: 'Allow', Action: 'timestream:SelectValues', Resource: '*' }])
  await served.stop()
  served = await serve({ data: join(folder, 'data') })
  expect(await run(clients(credentials).query, 'SELECT 1')).toEqual([['1']])
  expect(readFileSync(join(folder, 'data', 'catalog', 'data.mdb')).includes(Buffer.from(credentials.secretAccessKey))).toBe(false)
})
