import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { QueryCommand } from '@aws-sdk/client-timestream-query'
import { CreateDatabaseCommand, CreateTableCommand, type _Record, WriteRecordsCommand } from '@aws-sdk/client-timestream-write'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { rootKey, type Served, serve } from './served.ts'
import { asleep, getOnce, type Health, healthOf } from './sleeper.ts'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const DatabaseName = 'nights'
const TableName = 'dreams'
let folder: string
let served: Served
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-sleep-'))
  served = await serve({ data: join(folder, 'data'), args: ['--sleep-after', '1s'], env: { TIDEMARK_BUCKETS: folder } })
}, 60_000)
afterEach(async () => {
  await served.stop()
  rmSync(folder, { recursive: true, force: true })
})

const get = (path: string): Promise<string> => getOnce(served, path)
const health = (): Promise<Health> => healthOf(served)
const untilAsleep = (): Promise<Health> => asleep(served)

const residentMb = (): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${served.process.pid}/status`, 'utf8'))?.[1]) / 1024

const children = (): string => {
  try {
    return execFileSync('ps', ['-o', 'pid=', '--ppid', String(served.process.pid)], { encoding: 'utf8' }).trim()
  } catch {
    return ''
  }
}

/** Records whose request is larger than what one read of a socket takes. */
const record = (i: number): _Record => ({
  Dimensions: [{ Name: 'who', Value: `d${i % 100}` }],
  MeasureName: 'text',
  MeasureValue: `${i}`.padEnd(2000, 'x'),
  MeasureValueType: 'VARCHAR',
  Time: String(Date.now() - i),
})

async function count(): Promise<string | undefined> {
  const { Rows } = await served.query.send(new QueryCommand({ QueryString: `SELECT count(*) FROM ${DatabaseName}.${TableName}` }))
  return Rows?.[0]?.Data?.[0]?.ScalarValue
}

async function makeTable(): Promise<void> {
  await served.write.send(new CreateDatabaseCommand({ DatabaseName }))
  await served.write.send(new CreateTableCommand({ DatabaseName, TableName }))
}

test('a server that nobody asks for anything gives its memory back; the next requests wake it and none fails', async () => {
  await makeTable()
  await served.write.send(new WriteRecordsCommand({ DatabaseName, TableName, Records: [record(1000)] }))
  await untilAsleep()
  while (children() !== '') await delay(20)
  if (process.platform === 'linux') expect(residentMb()).toBeLessThan(150)
  // looking wakes nothing
  expect(await get('/metrics')).toContain('tidemark_asleep 1\n')
  const env = {
    ...process.env,
    AWS_ENDPOINT_URL: served.endpoint,
    AWS_ACCESS_KEY_ID: rootKey.accessKeyId,
    AWS_SECRET_ACCESS_KEY: rootKey.secretAccessKey,
  }
  const said = await new Promise((resolve) => execFile(process.execPath, [main, 'status'], { env }, (_error, stdout) => resolve(stdout)))
  expect(said).toContain('asleep since')
  expect(await health()).toMatchObject({ status: 'asleep' })

  const Records = Array.from({ length: 100 }, (_, i) => record(i))
  const at = (n: number): Promise<unknown> =>
    served.write.send(new WriteRecordsCommand({ DatabaseName, TableName, Records: Records.slice(n * 10, n * 10 + 10) }))
  await Promise.all([
    served.write.send(new WriteRecordsCommand({ DatabaseName, TableName, Records })),
    ...Array.from({ length: 10 }, (_, n) => at(n)),
    count(),
  ])
  expect(await count()).toBe('101')
  expect(await health()).toEqual({ status: 'ready' })
  expect(await get('/metrics')).toMatch(/tidemark_asleep 0\n[^]*tidemark_wakes_total 1\n/)
})

test('requests that come while it falls asleep are answered', async () => {
  await makeTable()
  for (let round = 0; round < 3; round++) {
    await delay(1000 + round * 60)
    await Promise.all(
      Array.from({ length: 8 }, async (_, i) => {
        await delay(i * 40)
        await served.write.send(new WriteRecordsCommand({ DatabaseName, TableName, Records: [record(round * 8 + i)] }))
      }),
    )
  }
  expect(await count()).toBe('24')
})

test('it stops in order, asleep or awake, and leaves nothing behind', async () => {
  await makeTable()
  await served.write.send(new WriteRecordsCommand({ DatabaseName, TableName, Records: [record(1)] }))
  const child = Number(children())
  expect(await served.stop()).toBe(0)
  expect(() => process.kill(child, 0)).toThrow('ESRCH')
  served = await serve({ data: join(folder, 'data'), args: ['--sleep-after', '1s'] })
  expect(await count()).toBe('1')
  await untilAsleep()
  expect(await served.stop()).toBe(0)
  // when the supervisor is killed, the server stops by itself
  served = await serve({ data: join(folder, 'data'), args: ['--sleep-after', '60s'] })
  const orphan = Number(children())
  served.process.kill('SIGKILL')
  await served.exited
  const isAlive = (): boolean => {
    try {
      return process.kill(orphan, 0)
    } catch {
      return false
    }
  }
  while (isAlive()) await delay(50)
  served = await serve({ data: join(folder, 'data') })
  expect(await count()).toBe('1')
}, 60_000)

test('what hinders the start is said', async () => {
  await untilAsleep()
  while (children() !== '') await delay(20)
  await delay(100)
  // its data directory is its own while it sleeps, too
  await expect(serve({ data: join(folder, 'data'), args: ['--sleep-after', '10m'] })).rejects.toThrow('is in use by process')
  await expect(serve({ data: folder, args: ['--sleep-after', '10'] })).rejects.toThrow('is not a duration')
})
