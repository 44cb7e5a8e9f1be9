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
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
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
