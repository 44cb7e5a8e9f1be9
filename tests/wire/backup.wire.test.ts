import { execFile } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { QueryCommand } from '@aws-sdk/client-timestream-query'
import {
  CreateDatabaseCommand,
  CreateTableCommand,
  ListTagsForResourceCommand,
  WriteRecordsCommand,
} from '@aws-sdk/client-timestream-write'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { S3Store } from '../../src/object-store/s3-store.ts'
import { type S3Server, startS3Server } from '../harness/s3-server.ts'
import { rootKey, serve, type Served } from './served.ts'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-backup-cli-'))
})
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

async function started(data: string): Promise<Served> {
  const served = await serve({ data })
  onTestFinished(() => void served.process.kill('SIGKILL'))
  return served
}

function tidemark(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ code: unknown; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], { env: { ...process.env, ...env }, timeout: 60_000 }, (error, out, err) => {
      resolve({ code: error === null ? 0 : error.code, out, err })
    })
  })
}

const rowsOf = async (served: Served): Promise<unknown> =>
  (
    await served.query.send(
      new QueryCommand({ QueryString: 'SELECT host, sum(measure_value::double) FROM plant.pumps GROUP BY host ORDER BY host' }),
    )
  ).Rows

it('makes a new data folder out of a backup, on which another server has the same rows, tags and keys', async () => {
  const [data, target, copy] = ['first', 'backups', 'second'].map((name) => join(folder, name)) as [string, string, string]
  const first = await started(data)
  await first.write.send(new CreateDatabaseCommand({ DatabaseName: 'plant', Tags: [{ Key: 'owner', Value: 'ops' }] }))
  await first.write.send(new CreateTableCommand({ DatabaseName: 'plant', TableName: 'pumps' }))
  const Records = Array.from({ length: 90 }, (_, i) => ({
    Dimensions: [{ Name: 'host', Value: `h${i % 3}` }],
    MeasureName: 'load',
    MeasureValue: String(i / 2),
    Time: String(Date.now() - i),
  }))
  await first.write.send(new WriteRecordsCommand({ DatabaseName: 'plant', TableName: 'pumps', Records }))
  const signed = {
    AWS_ENDPOINT_URL: first.endpoint,
    AWS_ACCESS_KEY_ID: rootKey.accessKeyId,
    AWS_SECRET_ACCESS_KEY: rootKey.secretAccessKey,
  }
  const [key] = JSON.parse((await tidemark(['keys', 'create', 'ann', '--format', 'json'], signed)).out) as [
    { readonly access_key_id: string },
  ]
  expect(await tidemark(['backup', target], signed)).toMatchObject({ code: 0, out: expect.stringContaining('1 tables, 90 rows') as string })
  expect((await tidemark(['backups', target, '--format', 'json'], signed)).out).toContain('"kind":"full"')
  const before = await rowsOf(first)
  expect(await first.stop()).toBe(0)

  // without the key that it was encrypted with, nothing can be read, and nothing is left behind
  const withoutKey = await tidemark(['restore', target, '--new-data', copy])
  expect(withoutKey).toMatchObject({ code: 2, err: expect.stringContaining('its master key is missing') as string })
  expect(readdirSync(copy)).toEqual([])
  const wrongKey = await tidemark(['restore', target, '--new-data', copy], { TIDEMARK_MASTER_KEY: 'ab'.repeat(32) })
  expect(wrongKey).toMatchObject({ code: 2, err: expect.stringContaining('does not open the storage keys') as string })

  copyFileSync(join(data, 'master.key'), join(copy, 'master.key'))
  const restored = await tidemark(['restore', target, '--new-data', copy])
  expect(restored).toMatchObject({ code: 0, out: expect.stringContaining('1 tables, 90 rows, counts and checksums agree') as string })
  expect((await tidemark(['restore', target, '--new-data', copy])).err).toContain('is not empty')

  const second = await started(copy)
  expect(await rowsOf(second)).toEqual(before)
  const tags = await second.write.send(
    new ListTagsForResourceCommand({ ResourceARN: 'arn:aws:timestream:us-east-1:000000000000:database/plant' }),
  )
  expect(tags.Tags).toEqual([{ Key: 'owner', Value: 'ops' }])
  const keys = await tidemark(['keys', 'list', '--format', 'json'], { ...signed, AWS_ENDPOINT_URL: second.endpoint })
  expect(keys.out).toContain(key.access_key_id)
  expect(await second.stop()).toBe(0)
})

it('says what it did not find', async () => {
  const served = await started(join(folder, 'errors'))
  const signed = {
    AWS_ENDPOINT_URL: served.endpoint,
    AWS_ACCESS_KEY_ID: rootKey.accessKeyId,
    AWS_SECRET_ACCESS_KEY: rootKey.secretAccessKey,
  }
  const empty = join(folder, 'nothing')
  mkdirSync(empty)
  expect(await tidemark(['restore', empty], signed)).toMatchObject({ code: 1, err: expect.stringContaining('there is none') as string })
  expect(await tidemark(['backup', empty, '--database', 'none'], signed)).toMatchObject({
    code: 1,
    err: expect.stringContaining('There is nothing to back up') as string,
  })
  expect(existsSync(join(empty, 'manifest.json'))).toBe(false)
  expect(await served.stop()).toBe(0)
})

describe('into a bucket', () => {
  let s3: S3Server
  let store: S3Store
  let access: Readonly<Record<string, string>>
  beforeAll(async () => {
    s3 = await startS3Server(['vault'])
    const { accessKeyId, secretAccessKey } = s3.credentials
    store = new S3Store({ region: 'us-east-1', endpoint: s3.endpoint, credentials: s3.credentials })
    access = { TIDEMARK_S3_ENDPOINT: s3.endpoint, TIDEMARK_S3_ACCESS_KEY_ID: accessKeyId, TIDEMARK_S3_SECRET_ACCESS_KEY: secretAccessKey }
  })
  afterAll(async () => {
    store.close()
    await s3.close()
  })

  async function keysBelow(prefix: string): Promise<readonly string[]> {
    const keys: string[] = []
    for await (const { key } of store.list('vault', prefix)) keys.push(key)
    return keys
  }

  it('goes everything while it is written to, then what is new, and both come back: a table beside the old one, and a new machine', async () => {
    const [data, copy] = [join(folder, 'bucket-first'), join(folder, 'bucket-second')]
    const served = await serve({ data, env: access })
    onTestFinished(() => void served.process.kill('SIGKILL'))
    const signed = {
      AWS_ENDPOINT_URL: served.endpoint,
      AWS_ACCESS_KEY_ID: rootKey.accessKeyId,
      AWS_SECRET_ACCESS_KEY: rootKey.secretAccessKey,
    }
    await served.write.send(new CreateDatabaseCommand({ DatabaseName: 'plant' }))
    for (const TableName of ['pumps', 'fans']) await served.write.send(new CreateTableCommand({ DatabaseName: 'plant', TableName }))
    const nowMs = Date.now()
    let next = 0
    const write = async (): Promise<void> => {
      const first = next
      next += 100
      const Records = Array.from({ length: 100 }, (_, i) => ({
        Dimensions: [{ Name: 'host', Value: `hidden-host-${i % 3}` }],
        MeasureName: 'load',
        MeasureValue: String(first + i),
        Time: String(nowMs - first - i),
      }))
      await served.write.send(new WriteRecordsCommand({ DatabaseName: 'plant', TableName: 'pumps', Records }))
    }
    for (let i = 0; i < 5; i++) await write()

    let isOver = false
    const writing = (async () => {
      while (!isOver) await write()
    })()
    const full = await tidemark(['backup', 's3://vault/nightly'], signed)
    isOver = true
    await writing
    expect(full).toMatchObject({ code: 0, out: expect.stringMatching(/^backup \S+-full: 2 tables, \d+00 rows/) as string })
    await write()
    const before = await rowsOf(served)
    const step = await tidemark(['backup', 's3://vault/nightly/', '--incremental'], signed)
    expect(step).toMatchObject({ code: 0, out: expect.stringContaining(`-incremental: 2 tables, ${next} rows`) as string })
    expect(await tidemark(['backup', 's3://vault/pumps', '--database', 'plant', '--table', 'pumps'], signed)).toMatchObject({
      out: expect.stringContaining(`1 tables, ${next} rows`) as string,
    })
    const listed = JSON.parse((await tidemark(['backups', 's3://vault/nightly', '--format', 'json'], signed)).out) as { kind: string }[]
    expect(listed.map(({ kind }) => kind)).toEqual(['full', 'incremental'])

    const keys = await keysBelow('')
    expect(keys.every((key) => /^(nightly|pumps)\/\d{8}T/.test(key))).toBe(true)
    const open = []
    for (const key of keys) {
      if (/hidden-host|S3RVER/.test((await store.get('vault', key)).toString('latin1'))) open.push(key)
    }
    expect(open).toEqual([])

    const as = ['--database', 'plant', '--table', 'pumps', '--as-table', 'pumps-again']
    expect(await tidemark(['restore', 's3://vault/pumps', ...as], signed)).toMatchObject({
      code: 0,
      out: expect.stringContaining(`1 tables, ${next} rows, counts and checksums agree`) as string,
    })
    expect(await served.stop()).toBe(0)

    mkdirSync(copy)
    copyFileSync(join(data, 'master.key'), join(copy, 'master.key'))
    const flags = ['--new-data', copy, '--s3-endpoint', s3.endpoint]
    const restored = await tidemark(['restore', 's3://vault/nightly', ...flags], { ...access, TIDEMARK_S3_ENDPOINT: '' })
    expect(restored).toMatchObject({
      code: 0,
      out: expect.stringContaining(`2 tables, ${next} rows, counts and checksums agree`) as string,
    })
    const second = await started(copy)
    expect(await rowsOf(second)).toEqual(before)
    expect(await second.stop()).toBe(0)
  })

  it('says what is wrong with the bucket, and leaves nothing of a backup that failed', async () => {
    const served = await serve({ data: join(folder, 'bucket-errors'), env: access })
    onTestFinished(() => void served.process.kill('SIGKILL'))
    const signed = {
      AWS_ENDPOINT_URL: served.endpoint,
      AWS_ACCESS_KEY_ID: rootKey.accessKeyId,
      AWS_SECRET_ACCESS_KEY: rootKey.secretAccessKey,
    }
    const said = async (...args: string[]): Promise<string> => (await tidemark(args, signed)).err
    expect(await said('backup', 's3://no-such-bucket/x')).toContain('The bucket no-such-bucket does not exist')
    expect(await said('backup', 's3://vault/a/../b')).toContain('neither an absolute folder nor s3://BUCKET/PREFIX')
    expect(await said('restore', 's3://vault/empty')).toContain('there is none')
    expect(await said('backup', 's3://vault/empty', '--incremental')).toContain('There is no full backup in s3://vault/empty')
    expect(await keysBelow('empty')).toEqual([])
    await served.stop()
    const without = await started(join(folder, 'bucket-none'))
    expect((await tidemark(['backup', 's3://vault/x'], { ...signed, AWS_ENDPOINT_URL: without.endpoint })).err).toContain(
      'no option of S3 is given',
    )
    expect(await without.stop()).toBe(0)
  })
})
