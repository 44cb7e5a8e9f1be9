import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AssumeRoleCommand, GetCallerIdentityCommand, GetSessionTokenCommand, STSClient } from '@aws-sdk/client-sts'
import { QueryCommand, TimestreamQueryClient } from '@aws-sdk/client-timestream-query'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { signedCall } from '../../src/cli/signed-call.ts'
import { rootKey, serve, type Served } from './served.ts'

const folder = mkdtempSync(join(tmpdir(), 'tidemark-sts-'))
let served: Served

beforeAll(async () => {
  served = await serve({
    data: join(folder, 'data'),
    args: ['--audit-log', join(folder, 'audit.jsonl'), '--trusted-proxies', '127.0.0.1,::1'],
  })
  const allow = (name: string, statement: object): Promise<unknown> =>
    admin('PutPolicy', { PolicyName: name, PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [statement] }) })
  await allow('Queries', { Effect: 'Allow', Action: ['timestream:SelectValues', 'timestream:DescribeEndpoints'], Resource: '*' })
  await allow('Inside', {
    Effect: 'Allow',
    Action: ['timestream:SelectValues', 'timestream:DescribeEndpoints'],
    Resource: '*',
    Condition: { IpAddress: { 'aws:SourceIp': '198.51.100.0/24' } },
  })
  await admin('CreateUser', { UserName: 'reader', PolicyNames: ['Queries'] })
  await admin('CreateUser', { UserName: 'insider', PolicyNames: ['Inside'] })
})
afterAll(async () => {
  await served.stop()
  rmSync(folder, { recursive: true, force: true })
})

interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}
interface StsCredentials {
  readonly AccessKeyId: string | undefined
  readonly SecretAccessKey: string | undefined
  readonly SessionToken: string | undefined
  readonly Expiration: Date | undefined
}

const admin = <Answer>(operation: string, input: object): Promise<Answer> =>
  signedCall<Answer>({ endpoint: served.endpoint, region: 'us-east-1', credentials: rootKey }, 'tidemark', operation, input)

async function keyOf(UserName: string): Promise<Credentials> {
  const { AccessKey: key } = await admin<{ AccessKey: Record<string, string> }>('CreateAccessKey', { UserName })
  return { accessKeyId: key['AccessKeyId']!, secretAccessKey: key['SecretAccessKey']! }
}

const sts = (credentials: Credentials = rootKey): STSClient =>
  new STSClient({ region: 'us-east-1', endpoint: served.endpoint, credentials, maxAttempts: 1 })
const fromSts = (credentials: StsCredentials | undefined): Credentials => ({
  accessKeyId: credentials!.AccessKeyId!,
  secretAccessKey: credentials!.SecretAccessKey!,
  sessionToken: credentials!.SessionToken!,
})

async function select(credentials: Credentials, forwardedFor?: string): Promise<string | undefined> {
  const client = new TimestreamQueryClient({ region: 'us-east-1', endpoint: served.endpoint, credentials, maxAttempts: 1 })
  client.middlewareStack.add(
    (next) => (args) => {
      const { headers } = args.request as { headers: Record<string, string> }
      if (forwardedFor !== undefined) headers['x-forwarded-for'] = forwardedFor
      return next(args)
    },
    { step: 'finalizeRequest', priority: 'low' },
  )
  const { Rows: rows } = await client.send(new QueryCommand({ QueryString: 'SELECT 7' }))
  return rows?.[0]?.Data?.[0]?.ScalarValue
}

describe('the tools of AWS', () => {
  it('learn who asks', async () => {
    expect(await sts().send(new GetCallerIdentityCommand({}))).toMatchObject({
      Account: '000000000000',
      Arn: 'arn:aws:iam::000000000000:root',
      UserId: '000000000000',
    })
    expect(await sts(await keyOf('reader')).send(new GetCallerIdentityCommand({}))).toMatchObject({
      Arn: 'arn:aws:iam::000000000000:user/reader',
      UserId: 'reader',
    })
  })

  it('get credentials that end, and use them', async () => {
    const { Credentials: credentials } = await sts(await keyOf('reader')).send(new GetSessionTokenCommand({ DurationSeconds: 900 }))
    const lifeMs = credentials!.Expiration!.getTime() - Date.now()
    expect(lifeMs).toBeGreaterThan(800_000)
    expect(lifeMs).toBeLessThanOrEqual(900_000)
    expect(await select(fromSts(credentials))).toBe('7')
    await expect(sts(fromSts(credentials)).send(new GetSessionTokenCommand({}))).rejects.toMatchObject({ name: 'AccessDenied' })
    expect((await sts(fromSts(credentials)).send(new GetCallerIdentityCommand({}))).UserId).toBe('reader')
  })

  it('assume the role of a user, narrowed by a policy, when they may make credentials for that user', async () => {
    const RoleArn = 'arn:aws:iam::000000000000:role/reader'
    const assumed = await sts().send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'nightly' }))
    expect(assumed.AssumedRoleUser).toEqual({
      Arn: 'arn:aws:sts::000000000000:assumed-role/reader/nightly',
      AssumedRoleId: 'reader:nightly',
    })
    expect(await select(fromSts(assumed.Credentials))).toBe('7')
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Deny', Action: 'timestream:SelectValues', Resource: '*' }],
    })
    const narrowed = await sts().send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'nightly', Policy }))
    await expect(select(fromSts(narrowed.Credentials))).rejects.toMatchObject({ name: 'AccessDeniedException' })
    await expect(
      sts(await keyOf('reader')).send(new AssumeRoleCommand({ RoleArn: RoleArn.replace('reader', 'insider'), RoleSessionName: 'xx' })),
    ).rejects.toMatchObject({
      name: 'AccessDenied',
      message: expect.stringContaining('tidemark:CreateSession') as string,
    })
  })

  it('are told what is wrong, in the words of STS', async () => {
    await expect(sts({ ...rootKey, secretAccessKey: 'wrong' }).send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({
      name: 'SignatureDoesNotMatch',
    })
    await expect(
      sts({ accessKeyId: 'TMNOSUCHKEY000000000', secretAccessKey: 'x' }).send(new GetCallerIdentityCommand({})),
    ).rejects.toMatchObject({
      name: 'InvalidClientTokenId',
    })
    await expect(sts().send(new GetSessionTokenCommand({ DurationSeconds: 60 }))).rejects.toMatchObject({
      name: 'ValidationError',
      message: 'DurationSeconds must be from 900 to 129600, not "60"',
    })
    await expect(
      sts().send(new GetSessionTokenCommand({ SerialNumber: 'arn:aws:iam::000000000000:mfa/x', TokenCode: '123456' })),
    ).rejects.toMatchObject({
      name: 'ValidationError',
    })
    for (const RoleArn of ['arn:aws:iam::999999999999:role/reader', 'arn:aws:iam::000000000000:role/nosuchuser']) {
      await expect(sts().send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'xx' }))).rejects.toMatchObject({
        $metadata: expect.objectContaining({ httpStatusCode: expect.any(Number) as number }) as object,
      })
    }
    const response = await fetch(served.endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'Action=GetCallerIdentity&Version=2011-06-15',
    })
    expect([response.status, response.headers.get('content-type')]).toEqual([403, 'text/xml'])
    expect(await response.text()).toContain('<Code>MissingAuthenticationToken</Code>')
  })

  it('are in the audit log', () => {
    const lines = readFileSync(join(folder, 'audit.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { operation: string; principal?: string; outcome: string })
    expect(lines.some(({ operation, principal }) => operation === 'CreateSession' && principal === 'reader')).toBe(true)
    expect(lines.some(({ operation, outcome }) => operation === 'GetCallerIdentity' && outcome !== 'succeeded')).toBe(true)
  })
})

describe('behind a trusted proxy', () => {
  it('policies see the address of the client', async () => {
    const insider = await keyOf('insider')
    expect(await select(insider, '198.51.100.20')).toBe('7')
    await expect(select(insider, '203.0.113.1')).rejects.toMatchObject({ name: 'AccessDeniedException' })
    await expect(select(insider, '198.51.100.20, 203.0.113.1')).rejects.toMatchObject({ name: 'AccessDeniedException' })
    await expect(select(insider)).rejects.toMatchObject({ name: 'AccessDeniedException' })
  })
})
