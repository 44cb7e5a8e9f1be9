import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { QueryCommand } from '@aws-sdk/client-timestream-query'
import { CreateDatabaseCommand } from '@aws-sdk/client-timestream-write'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { signedCall } from '../../src/cli/signed-call.ts'
import { rootKey, type Served, serve } from './served.ts'

const nowS = Math.floor(Date.now() / 1000)
let folder: string
let served: Served

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-influx-'))
  served = await serve({ data: join(folder, 'data') })
  await served.write.send(new CreateDatabaseCommand({ DatabaseName: 'metrics' }))
})
afterAll(async () => {
  await served?.stop()
  rmSync(folder, { recursive: true })
})

const token = `Token ${rootKey.accessKeyId}:${rootKey.secretAccessKey}`

async function post(
  path: string,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): Promise<readonly [number, string]> {
  const response = await fetch(`${served.endpoint}${path}`, { method: 'POST', headers: { authorization: token, ...headers }, body })
  return [response.status, await response.text()]
}

const call = (operation: string, input: object): Promise<object> =>
  signedCall({ endpoint: served.endpoint, region: 'us-east-1', credentials: rootKey }, 'tidemark', operation, input)

async function rows(sql: string): Promise<readonly (readonly (string | undefined)[])[]> {
  const { Rows } = await served.query.send(new QueryCommand({ QueryString: sql }))
  return (Rows ?? []).map(({ Data }) => (Data ?? []).map(({ ScalarValue }) => ScalarValue))
}

describe('line protocol', () => {
  test('becomes a table for each measurement, tags as dimensions, fields as attributes of one record', async () => {
    const lines = `cpu,host=a,region=eu load=0.5,procs=12i,ok=t,note="fine" ${nowS}000000001\nmem,host=a used=1i ${nowS}000000001`
    expect(await post('/write?db=metrics', lines)).toEqual([204, ''])
    expect(await rows('SELECT host, region, measure_name, to_nanoseconds(time) % 1000, load, procs, ok, note FROM metrics.cpu')).toEqual([
      ['a', 'eu', 'cpu', '1', '0.5', '12', 'true', 'fine'],
    ])
    expect(await rows('SELECT measure_name, used FROM metrics.mem')).toEqual([['mem', '1']])
  })

  test('may be gzipped, have another precision, and come over the paths of versions 2 and 3', async () => {
    const gzip = { 'content-encoding': 'gzip' }
    expect(await post('/api/v2/write?bucket=metrics&org=x&precision=s', gzipSync(`v_2 a=1 ${nowS}`), gzip)).toEqual([204, ''])
    expect(await post('/api/v3/write_lp?db=metrics&precision=millisecond', `v_3 a=1 ${nowS}000`)).toEqual([204, ''])
    expect(await rows(`SELECT to_milliseconds(time) - ${nowS}000 FROM metrics.v_3`)).toEqual([['0']])
  })

  test('is written twice and stored once', async () => {
    const line = `twice,host=a v=1 ${nowS}000000000`
    expect(await post('/write?db=metrics', `${line}\n${line}`)).toEqual([204, ''])
    expect(await post('/write?db=metrics', line)).toEqual([204, ''])
    expect(await rows('SELECT count(*) FROM metrics.twice')).toEqual([['1']])
  })

  test('that is partly wrong is partly stored, with the text that clients know', async () => {
    const [status, text] = await post('/write?db=metrics', `part v=1 ${nowS}000000000\npart v=\npart,:x=y v=2\n`)
    expect(status).toBe(400)
    expect(JSON.parse(text)).toEqual({
      error: expect.stringMatching(
        /^partial write: unable to parse 'part v=': missing field value \(line 2\)\nline 3: .*must not contain a colon.* dropped=2$/,
      ) as string,
    })
    expect(await rows('SELECT count(*) FROM metrics.part')).toEqual([['1']])
    expect(await post('/api/v2/write?bucket=metrics', 'cpu')).toEqual([
      400,
      '{"code":"invalid","message":"unable to parse \'cpu\': missing fields (line 1)"}',
    ])
  })

  test('says when a field has another type, when a point is too old, and when a measurement cannot be a table', async () => {
    await post('/write?db=metrics', `typed v=1 ${nowS}000000000`)
    expect((await post('/write?db=metrics', `typed v=1i ${nowS}000000001`))[1]).toContain('partial write: field type conflict: line 1: ')
    expect((await post('/write?db=metrics', `typed v=1 ${nowS + 86_400}000000000`))[1]).toContain('points beyond retention policy')
    const [status, text] = await post('/write?db=metrics', `a/b v=1 ${nowS}000000000\ngood v=1 ${nowS}000000000`)
    expect([status, text]).toEqual([400, expect.stringContaining("Value 'a/b' at 'tableName' failed") as string])
    expect(await rows('SELECT count(*) FROM metrics.good')).toEqual([['1']])
  })

  test('is refused as its clients expect: wrong credentials, no database, too much, an unknown precision', async () => {
    const refused = async (path: string, body: string | Buffer = 'cpu v=1', headers = {}) => (await post(path, body, headers))[0]
    expect(await refused('/write?db=metrics', 'cpu v=1', { authorization: 'Token x:y' })).toBe(401)
    expect(await post('/write?db=nowhere', 'cpu v=1')).toEqual([404, '{"error":"database not found: \\"nowhere\\""}'])
    expect(await post('/api/v2/write?bucket=nowhere', 'cpu v=1')).toEqual([
      404,
      '{"code":"not found","message":"bucket \\"nowhere\\" not found"}',
    ])
    expect(await post('/write', 'cpu v=1')).toEqual([400, '{"error":"database is required"}'])
    expect(await refused('/write?db=metrics&precision=fortnights')).toBe(400)
    // a line of 10 MB that is none
    expect(await refused('/write?db=metrics', Buffer.alloc(10 * 1024 * 1024, 'x'))).toBe(400)
    expect(await refused('/write?db=metrics', gzipSync(Buffer.alloc(60_000_000, 'x')), { 'content-encoding': 'gzip' })).toBe(413)
    expect(await refused('/write?db=metrics', 'not gzip', { 'content-encoding': 'gzip' })).toBe(400)
    // a line of 8 MB, and 200 tags
    expect(await refused('/write?db=metrics', `cpu note="${'x'.repeat(7_000_000)}"`)).toBe(400)
    const tags = Array.from({ length: 200 }, (_, i) => `t${i}=x`).join(',')
    expect(await post('/write?db=metrics', `cpu,${tags} load=1`)).toEqual([
      400,
      expect.stringContaining('at most 128 dimensions') as string,
    ])
  })

  test('comes after the questions that clients ask first', async () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    expect(await post('/query', 'q=CREATE+DATABASE+"telegraf"', form)).toEqual([200, '{"results":[{"statement_id":0}]}\n'])
    expect(await post('/query', 'q=CREATE+DATABASE+telegraf', form)).toEqual([200, '{"results":[{"statement_id":0}]}\n'])
    expect((await post('/query?q=SHOW%20DATABASES', ''))[1]).toContain('["metrics"],["telegraf"]')
    expect((await post('/query?q=DROP%20DATABASE%20x', ''))[0]).toBe(400)
    const ping = await fetch(`${served.endpoint}/ping`, { method: 'HEAD' })
    expect([ping.status, ping.headers.get('x-influxdb-version')]).toEqual([204, '1.8.10'])
    const health = await fetch(`${served.endpoint}/health`, { headers: { 'user-agent': 'influxdb-client-js/1.35' } })
    expect(await health.json()).toMatchObject({ status: 'pass' })
  })
})

describe('a table that the last writer wins', () => {
  test('is made so by an option, and then keeps the last of two points', async () => {
    await call('StopConnector', { Name: 'influx' })
    await served.stop()
    const path = join(folder, 'connectors.json')
    writeFileSync(
      path,
      JSON.stringify({ connectors: [{ type: 'influx', options: { lastWriterWins: true, database: 'metrics', table: 'every' } }] }),
    )
    served = await serve({ data: join(folder, 'data'), args: ['--connectors', path] })
    expect((await post('/write', `cpu v=1 ${nowS}000000000`))[0]).toBe(503)
    await call('StartConnector', { Name: 'influx' })
    expect(await post('/write', `cpu v=1 ${nowS}000000000\nmem v=5 ${nowS}000000000`)).toEqual([204, ''])
    expect(await post('/write', `cpu v=2 ${nowS}000000000`)).toEqual([204, ''])
    expect(await rows('SELECT measure_name, v FROM metrics.every ORDER BY 1')).toEqual([
      ['cpu', '2.0'],
      ['mem', '5.0'],
    ])
  })
})
