import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { QueryCommand } from '@aws-sdk/client-timestream-query'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { crc32c } from '../../src/ingest/connectors/prometheus/crc32c.ts'
import {
  metadataRequest,
  readFrames,
  readRequest,
  readSamples,
  type TestSeries,
  writeRequest,
  writeRequestV2,
} from '../ingest/prometheus-messages.ts'
import { rootKey, type Served, serve } from './served.ts'

const nowMs = Date.now()
const authorization = `Basic ${Buffer.from(`${rootKey.accessKeyId}:${rootKey.secretAccessKey}`).toString('base64')}`
const v1 = { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy', 'x-prometheus-remote-write-version': '0.1.0' }
const v2 = {
  ...v1,
  'content-type': 'application/x-protobuf;proto=io.prometheus.write.v2.Request',
  'x-prometheus-remote-write-version': '2.0.0',
}
let folder: string
let served: Served

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-prometheus-'))
  served = await serve({ data: join(folder, 'data') })
})
afterAll(async () => {
  await served?.stop()
  rmSync(folder, { recursive: true })
})

interface Answer {
  readonly status: number
  /** Samples, histograms, exemplars, as the headers count them. */
  readonly written: string
  readonly text: string
}

async function post(body: Buffer, headers: Readonly<Record<string, string>> = v1, query = ''): Promise<Answer> {
  const response = await fetch(`${served.endpoint}/api/v1/write${query}`, { method: 'POST', headers: { authorization, ...headers }, body })
  const count = (what: string) => response.headers.get(`x-prometheus-remote-write-${what}-written`)
  return {
    status: response.status,
    written: `${count('samples')} ${count('histograms')} ${count('exemplars')}`,
    text: await response.text(),
  }
}

async function read(form: number, ...matchers: Parameters<typeof readRequest>[3][]): Promise<Buffer> {
  const body = readRequest(form, nowMs - 3_600_000, nowMs + 60_000, ...matchers)
  const response = await fetch(`${served.endpoint}/api/v1/read`, { method: 'POST', headers: { authorization }, body })
  const bytes = Buffer.from(await response.arrayBuffer())
  if (!response.ok) throw new Error(`${response.status} ${bytes.toString()}`)
  return bytes
}

async function rows(sql: string): Promise<readonly (readonly (string | undefined)[])[]> {
  const { Rows } = await served.query.send(new QueryCommand({ QueryString: sql }))
  return (Rows ?? []).map(({ Data }) => (Data ?? []).map(({ ScalarValue }) => ScalarValue))
}

const up: TestSeries = {
  labels: { __name__: 'up', instance: 'a:9090', job: 'x' },
  samples: [
    [nowMs - 1000, 1],
    [nowMs, 0],
  ],
}

describe('remote_write', () => {
  test('1.0 stores a single-measure record a sample, in a database and a table that it makes', async () => {
    expect(await post(writeRequest(up))).toEqual({ status: 204, written: '2 0 0', text: '' })
    expect(await rows('SELECT instance, job, measure_name, measure_value::double FROM prometheus.metrics ORDER BY time')).toEqual([
      ['a:9090', 'x', 'up', '1.0'],
      ['a:9090', 'x', 'up', '0.0'],
    ])
  })

  test('2.0 does the same with symbols, into the database and table of its address', async () => {
    expect(await post(writeRequestV2(up), v2, '?database=other&table=wanted')).toEqual({ status: 204, written: '2 0 0', text: '' })
    expect(await rows('SELECT instance, measure_name, measure_value::double FROM other.wanted ORDER BY time')).toHaveLength(2)
  })

  test('is idempotent, and takes metadata, series without samples and samples without a value', async () => {
    expect((await post(writeRequest(up))).status).toBe(204)
    expect(await rows("SELECT count(*) FROM prometheus.metrics WHERE measure_name = 'up'")).toEqual([['2']])
    expect((await post(metadataRequest())).status).toBe(204)
    expect((await post(writeRequest())).status).toBe(204)
    const odd = {
      labels: { __name__: 'odd' },
      samples: [
        [nowMs, Number.NaN],
        [nowMs + 1, Number.POSITIVE_INFINITY],
        [nowMs + 2, 5],
      ],
    } as const
    expect(await post(writeRequest(odd))).toEqual({ status: 204, written: '3 0 0', text: '' })
    expect(await rows("SELECT count(*) FROM prometheus.metrics WHERE measure_name = 'odd'")).toEqual([['1']])
  })

  test('stores what it can, counts that, and says with 400 what it could not', async () => {
    const good = (name: string): TestSeries => ({ labels: { __name__: name }, samples: [[nowMs, 1]] })
    const cases: readonly [TestSeries, string, string][] = [
      [{ labels: { job: 'x' }, samples: [[nowMs, 1]] }, 'the label __name__ is missing', '1 0 0'],
      [{ labels: { __name__: 'job:up:sum' }, samples: [[nowMs, 1]] }, 'must not contain a colon', '1 0 0'],
      [{ labels: { __name__: 'h' }, histograms: 2 }, '2 native histograms cannot be stored', '1 0 0'],
      [
        {
          labels: { __name__: 'old' },
          samples: [
            [nowMs + 86_400_000, 1],
            [nowMs, 2],
          ],
        },
        'outside the time range',
        '2 0 0',
      ],
      [{ labels: { ...up.labels }, samples: [[nowMs, 7]] }, 'version', '1 0 0'],
      [
        {
          labels: Object.fromEntries([['__name__', 'wide'], ...Array.from({ length: 200 }, (_, i) => [`l${i}`, 'x'])]) as never,
          samples: [[nowMs, 1]],
        },
        'at most 128 dimensions',
        '1 0 0',
      ],
    ]
    for (const [i, [bad, text, written]] of cases.entries()) {
      const answer = await post(writeRequest(good(`good_${i}`), bad))
      expect(answer).toEqual({ status: 400, written, text: expect.stringContaining(text) as string })
      const second = await post(writeRequestV2(good(`fine_${i}`), bad), v2)
      expect([second.status, second.written.split(' ')[0]]).toEqual([400, written.split(' ')[0]])
    }
    expect(await rows("SELECT count(*) FROM prometheus.metrics WHERE measure_name LIKE 'good%' OR measure_name LIKE 'fine%'")).toEqual([
      ['12'],
    ])
    expect(await post(writeRequestV2({ labels: { __name__: 'e' }, samples: [[nowMs, 1]], exemplars: 1 }), v2)).toEqual({
      status: 400,
      written: '1 0 0',
      text: '1 exemplars cannot be stored\n',
    })
    // 1.0 has no way to say so
    expect((await post(writeRequest({ labels: { __name__: 'e_1' }, samples: [[nowMs, 1]], exemplars: 1 }))).status).toBe(204)
    expect((await post(writeRequestV2({ labels: { __name__: 'empty' } }), v2)).text).toContain('neither samples nor histograms')
  })

  test('refuses bodies that are none: other types with 415, damage with 400, bombs with 413', async () => {
    const status = async (body: Buffer, headers: Readonly<Record<string, string>> = v1) => (await post(body, headers)).status
    const body = writeRequest(up)
    expect(await status(body, { ...v1, 'content-type': 'application/json' })).toBe(415)
    expect(await status(body, { ...v1, 'content-type': 'application/x-protobuf;proto=unknown' })).toBe(415)
    expect(await status(body, { ...v1, 'content-encoding': 'zstd' })).toBe(415)
    expect(await status(body.subarray(0, body.length - 10))).toBe(400)
    expect(await status(Buffer.alloc(0))).toBe(400)
    expect(await status(Buffer.from('not snappy at all'))).toBe(400)
    // says that it becomes 2 GB
    expect(await status(Buffer.from([0xff, 0xff, 0xff, 0xff, 0x07, 0x00]))).toBe(413)
    // an unknown wire type, a length behind the end, a reference to no symbol
    const plain = (bytes: readonly number[]) => Buffer.from([bytes.length, (bytes.length - 1) << 2, ...bytes])
    expect(await status(plain([0x0f, 1, 2]))).toBe(400)
    expect(await status(plain([0x0a, 0x7f, 1]))).toBe(400)
    expect(await post(plain([0x22, 0, 0x2a, 4, 0x0a, 2, 5, 6]), v2)).toMatchObject({ status: 400, text: 'there is no symbol 5\n' })
    expect(await status(body, { ...v1, authorization: 'Basic eDp5' })).toBe(401)
  })
})

describe('remote_read', () => {
  test('answers series with their labels, as samples and as chunks', async () => {
    const expected = {
      '{__name__="up",instance="a:9090",job="x"}': [
        [nowMs - 1000, 1],
        [nowMs, 0],
      ],
    }
    const byName = { type: 0, name: '__name__', value: 'up' }
    expect(readSamples(await read(0, byName))).toEqual(expected)
    const frames = readFrames(await read(1, byName))
    expect(frames.map(({ checksum, bytes }) => checksum === crc32c(bytes))).toEqual([true])
    const [series] = frames[0]!.series
    expect(series!.labels.map(({ name, value }) => `${name}=${value}`)).toEqual(['__name__=up', 'instance=a:9090', 'job=x'])
    expect(series!.chunks.map((chunk) => [chunk.type, Number(chunk.min_time_ms), Number(chunk.max_time_ms)])).toEqual([
      [1, nowMs - 1000, nowMs],
    ])
  })

  test('matches labels as Prometheus does', async () => {
    const code = (value: string): TestSeries => ({ labels: { __name__: 'http', ...(value && { code: value }) }, samples: [[nowMs, 1]] })
    await post(writeRequest(code('200'), code('201'), code('404'), code('')))
    const name = { type: 0, name: '__name__', value: 'http' }
    const found = async (type: number, value: string, label = 'code') =>
      Object.keys(readSamples(await read(0, name, { type, name: label, value }))).map((key) => /code="(\d+)"/.exec(key)?.[1] ?? 'none')
    expect(await found(0, '200')).toEqual(['200'])
    expect(await found(1, '200')).toEqual(['none', '201', '404'])
    expect(await found(2, '2..')).toEqual(['200', '201'])
    expect(await found(3, '2..')).toEqual(['none', '404'])
    expect(await found(0, '')).toEqual(['none'])
    expect(await found(2, '20')).toEqual([])
    expect(await found(0, 'x', 'unknown')).toEqual([])
    expect(await found(1, 'x', 'unknown')).toHaveLength(4)
    expect(readSamples(await read(0, { type: 0, name: '__name__', value: 'not there' }))).toEqual({})
  })
})

describe('the mapping multi', () => {
  test('has a table for each first word of metrics, and reads from it', async () => {
    await served.stop()
    const path = join(folder, 'connectors.json')
    writeFileSync(path, JSON.stringify({ connectors: [{ type: 'prometheus', options: { mapping: 'multi', database: 'words' } }] }))
    served = await serve({ data: join(folder, 'data'), args: ['--connectors', path] })
    const load = { labels: { __name__: 'node_load1', instance: 'a' }, samples: [[nowMs, 0.5]] } as const
    expect(await post(writeRequest(load, up))).toEqual({ status: 204, written: '3 0 0', text: '' })
    expect(await rows('SELECT instance, measure_name, value FROM words.node')).toEqual([['a', 'node_load1', '0.5']])
    expect(await rows('SELECT measure_name, value FROM words."up_" ORDER BY time')).toHaveLength(2)
    expect(readSamples(await read(0, { type: 0, name: '__name__', value: 'node_load1' }))).toEqual({
      '{__name__="node_load1",instance="a"}': [[nowMs, 0.5]],
    })
    await expect(read(0, { type: 2, name: '__name__', value: 'node.*' })).rejects.toThrow('must be asked for by its name')
  })
})
