import { execFile } from 'node:child_process'
import { createHash, createHmac } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { QueryCommand } from '@aws-sdk/client-timestream-query'
import { CreateDatabaseCommand } from '@aws-sdk/client-timestream-write'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { signedCall } from '../../src/cli/signed-call.ts'
import { rootKey, type Served, serve } from './served.ts'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const nowMs = Date.now()
const basic = `Basic ${Buffer.from(`${rootKey.accessKeyId}:${rootKey.secretAccessKey}`).toString('base64')}`
let folder: string
let served: Served

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-connectors-'))
  served = await serve({ data: join(folder, 'data') })
  await served.write.send(new CreateDatabaseCommand({ DatabaseName: 'plant' }))
})
afterAll(async () => {
  await served?.stop()
  rmSync(folder, { recursive: true })
})

const call = <T>(operation: string, input: object): Promise<T> =>
  signedCall<T>({ endpoint: served.endpoint, region: 'us-east-1', credentials: rootKey }, 'tidemark', operation, input)

const parameters = {
  TimeValue: '$.at',
  VersionValue: '1',
  DimensionMappings: [{ DimensionName: 'device', DimensionValue: '$.device', DimensionValueType: 'VARCHAR' }],
  SingleMeasureMappings: [{ MeasureName: 'celsius', MeasureValue: '$.celsius', MeasureValueType: 'DOUBLE' }],
}

const post = (events: readonly object[], authorization = basic, table = 'oven'): Promise<Response> =>
  fetch(`${served.endpoint}/pipes/events`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ DatabaseName: 'plant', TableName: table, TimestreamParameters: parameters, Events: events }),
  })

describe('the HTTP endpoint for pipes', () => {
  test('stores events by TimestreamParameters, makes the table, and says which events it could not store', async () => {
    const response = await post([
      { at: nowMs, device: 'd1', celsius: 20.5 },
      { at: 'noon', device: 'd1', celsius: 1 },
      { at: nowMs + 1, device: 'd1', celsius: '21.5' },
    ])
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({
      RecordsIngested: 2,
      FailedEventCount: 1,
      FailedEvents: [{ EventIndex: 1, Reason: '$.at: "noon" is not a number of milliseconds.' }],
    })
    const { Rows } = await served.query.send(
      new QueryCommand({
        QueryString: "SELECT device, measure_value::double FROM plant.oven WHERE measure_name = 'celsius' ORDER BY time",
      }),
    )
    expect(Rows?.map(({ Data }) => Data?.map(({ ScalarValue }) => ScalarValue))).toEqual([
      ['d1', '20.5'],
      ['d1', '21.5'],
    ])
  })

  test('answers who proves nobody with 401, and bad requests with 400', async () => {
    expect((await post([{}], 'Basic bm9ib2R5OmFueXRoaW5n')).status).toBe(401)
    const bad = await fetch(`${served.endpoint}/pipes/events`, {
      method: 'POST',
      headers: { authorization: basic },
      body: '{"DatabaseName":"plant"',
    })
    expect([bad.status, await bad.json()]).toEqual([
      400,
      { __type: 'SerializationException', Message: 'The body is not valid JSON: unexpected character at position 23' },
    ])
  })
})

describe('who may write through a connector', () => {
  interface Created {
    readonly AccessKey: { readonly AccessKeyId: string; readonly SecretAccessKey: string }
  }

  test('is said by the policies of the user whose key it brings', async () => {
    const { AccessKey } = await call<Created>('CreateAccessKey', { UserName: 'sender' })
    const authorization = `Bearer ${AccessKey.AccessKeyId}:${AccessKey.SecretAccessKey}`
    const event = { at: nowMs + 2, device: 'd3', celsius: 1 }
    const denied = await post([event], authorization)
    expect([denied.status, await denied.json()]).toEqual([
      403,
      { __type: 'AccessDeniedException', Message: expect.stringContaining('not authorized to perform: timestream:WriteRecords') as string },
    ])
    const allow = (Action: string) => ({ Effect: 'Allow', Action, Resource: '*' })
    const put = (...actions: readonly string[]) =>
      call('PutPolicy', {
        PolicyName: 'sending',
        PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: actions.map(allow) }),
      })
    await put('timestream:WriteRecords')
    await call('AttachPolicy', { PolicyName: 'sending', UserName: 'sender' })
    expect((await post([event], authorization)).status).toBe(200)
    const other = await post([event], authorization, 'another')
    expect([other.status, (await other.json()) as object]).toMatchObject([
      403,
      { Message: expect.stringContaining('timestream:CreateTable') as string },
    ])
    await put('timestream:WriteRecords', 'timestream:CreateTable')
    expect((await post([event], authorization, 'another')).status).toBe(200)
  })

  test('is proven by a signature, too', async () => {
    const body = JSON.stringify({
      DatabaseName: 'plant',
      TableName: 'oven',
      TimestreamParameters: parameters,
      Events: [{ at: nowMs + 3, celsius: 1 }],
    })
    const send = (secret: string): Promise<Response> => {
      const url = new URL('/pipes/events', served.endpoint)
      const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '')
      const sha = (text: string): string => createHash('sha256').update(text).digest('hex')
      const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
      const canonical = `POST\n/pipes/events\n\nhost:${url.host}\nx-amz-date:${date}\n\nhost;x-amz-date\n${sha(body)}`
      const scope = `${date.slice(0, 8)}/us-east-1/timestream/aws4_request`
      const key = ['us-east-1', 'timestream', 'aws4_request'].reduce<Buffer>(hmac, hmac(`AWS4${secret}`, date.slice(0, 8)))
      const signature = hmac(key, `AWS4-HMAC-SHA256\n${date}\n${scope}\n${sha(canonical)}`).toString('hex')
      const authorization = `AWS4-HMAC-SHA256 Credential=${rootKey.accessKeyId}/${scope}, SignedHeaders=host;x-amz-date, Signature=${signature}`
      return fetch(url, { method: 'POST', headers: { authorization, 'x-amz-date': date }, body })
    }
    expect((await send(rootKey.secretAccessKey)).status).toBe(200)
    expect((await send('another')).status).toBe(401)
  })
})

describe('connectors', () => {
  interface Listed {
    readonly Connectors: readonly { readonly Name: string; readonly Status: string; readonly RecordsAccepted: number }[]
  }

  test('are stopped and started by the API, and remember it over a restart', async () => {
    await call('StopConnector', { Name: 'pipes' })
    expect((await post([{ at: nowMs, device: 'd2', celsius: 1 }])).status).toBe(503)
    await served.stop()
    served = await serve({ data: join(folder, 'data') })
    expect((await post([{ at: nowMs, device: 'd2', celsius: 1 }])).status).toBe(503)
    await call('StartConnector', { Name: 'pipes' })
    expect((await post([{ at: nowMs, device: 'd2', celsius: 1 }])).status).toBe(200)
    const { Connectors } = await call<Listed>('ListConnectors', {})
    expect(Connectors).toContainEqual(expect.objectContaining({ Name: 'pipes', Status: 'running', RecordsAccepted: 1 }))
    expect(await (await fetch(`${served.endpoint}/metrics`)).text()).toContain(
      'tidemark_connector_records_total{connector="pipes",outcome="accepted"} 1',
    )
  })

  test('are shown on the command line, with their dead letters', async () => {
    const tidemark = async (...args: readonly string[]): Promise<string> => {
      const environment = {
        ...process.env,
        AWS_ENDPOINT_URL: served.endpoint,
        AWS_ACCESS_KEY_ID: rootKey.accessKeyId,
        AWS_SECRET_ACCESS_KEY: rootKey.secretAccessKey,
      }
      return (await promisify(execFile)(process.execPath, [main, ...args], { env: environment })).stdout
    }
    expect(await tidemark('connectors', 'list', '--format', 'csv')).toMatch(/^pipes,pipes,running,1,0,0,"?"?$/m)
    expect(await tidemark('connectors', 'stop', 'otlp')).toBe('otlp is stopped\n')
    expect(await tidemark('connectors', 'list', '--format', 'csv')).toMatch(/^otlp,otlp,stopped,/m)
    expect(await tidemark('dead-letters', 'list', 'pipes', '--format', 'csv')).toBe('id,received,source,bytes,reason\n')
    expect(await tidemark('dead-letters', 'replay', 'pipes')).toBe('0 replayed, 0 cannot be stored still\n')
  })

  test('are refused when their type or their options are wrong', async () => {
    await expect(call('PutConnector', { Name: 'mine', Type: 'pigeon' })).rejects.toThrow('there is no connector type "pigeon"')
    await expect(call('PutConnector', { Name: 'pipes', Type: 'pipes', Options: '{}' })).rejects.toThrow('belongs to the configuration')
  })

  test('come from a file, whose mistakes are named at the start', async () => {
    const path = join(folder, 'connectors.json')
    const start = (text: string) => {
      writeFileSync(path, text)
      return serve({ data: join(folder, 'other'), args: ['--connectors', path], env: { DAYS: '30' } })
    }
    await expect(start('{"connectors": [{"type": "pipes", "options": {"createTable": true}}]}')).rejects.toThrow(
      'there is no option "createTable"',
    )
    await expect(start('{"connectors": [{"type": "pipes", "options": {"createTables": "yes"}}]}')).rejects.toThrow(
      'the option createTables is neither true nor false',
    )
    const other = await start('{"connectors": [{"type": "pipes", "options": {"createTables": false, "createDatabases": true}}]}')
    try {
      const response = await fetch(`${other.endpoint}/pipes/events`, {
        method: 'POST',
        headers: { authorization: basic },
        body: JSON.stringify({
          DatabaseName: 'plant',
          TableName: 'oven',
          TimestreamParameters: parameters,
          Events: [{ at: nowMs, celsius: 1 }],
        }),
      })
      expect(response.status).toBe(404)
    } finally {
      await other.stop()
    }
  })
})
