import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect } from 'vitest'
import type { CreateScheduledQueryInput } from '../../src/database/scheduled-query/scheduled-queries.ts'
import { testSeed } from '../crash/crashes.ts'
import { Random } from '../harness/random.ts'
import { MovedClock } from './moved-clock.ts'
import { bucket, openScheduled, type ScheduledDatabase } from './scheduled-database.ts'

const minuteMs = 60_000
const hosts = ['a', 'b', 'c']

export interface DayOptions {
  readonly hours: number
  /** How much faster than time it passes. */
  readonly factor: number
  /** Processes that are ended in the middle, every other one by SIGKILL. */
  readonly ends: number
}

/** A stretch of time with scheduled queries, whose processes are killed and stopped; checks that every run was made once, and the totals. */
export async function liveThrough({ hours, factor, ends }: DayOptions): Promise<void> {
  const random = new Random(testSeed())
  const directory = mkdtempSync(join(tmpdir(), 'tidemark-day-'))
  const startMs = Math.floor(Date.now() / 3_600_000) * 3_600_000 - (hours + 1) * 3_600_000
  const endMs = startMs + hours * 3_600_000
  try {
    const arns = await prepare(directory, startMs, hours)
    const realStartMs = Date.now()
    const realMs = (endMs - startMs) / factor
    const start = () => startRunner(directory, [startMs, realStartMs, factor, endMs, hours * 60 + 10])
    for (let i = 0; i < ends; i++) {
      const { child } = await start()
      await delay((realMs / ends) * (0.3 + 0.6 * random.next()))
      child.kill(i % 2 === 0 ? 'SIGKILL' : 'SIGTERM')
      await once(child, 'exit')
    }
    const { child, done } = await start()
    await done
    child.kill('SIGTERM')
    await once(child, 'exit')
    const open = await openScheduled(directory, new MovedClock(endMs, 0), { scheduledRunHistory: hours * 60 + 10 })
    try {
      await checkRuns(open, arns.minutes, startMs, minuteMs, hours * 60)
      await checkRuns(open, arns.hours, startMs, 60 * minuteMs, hours)
      await checkTotals(open, endMs)
    } finally {
      await open.close()
    }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

async function startRunner(directory: string, args: readonly number[]): Promise<{ child: ChildProcess; done: Promise<void> }> {
  const script = new URL('day-runner.ts', import.meta.url).pathname
  const child = spawn(process.execPath, ['--import', 'tsx', script, directory, ...args.map(String)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  const isSaid = (word: string) =>
    new Promise<void>((resolve, reject) => {
      child.stdout.on('data', () => said.includes(word) && resolve())
      child.once('exit', (code) => reject(new Error(`the runner ended (${code}) before it was ${word}`)))
    })
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
  const done = isSaid('done')
  // whoever kills it does not wait for it
  done.catch(() => undefined)
  await isSaid('started')
  return { child, done }
}

/** Raw records of the whole time, and a query for each minute and one for each hour of them. */
async function prepare(directory: string, startMs: number, hours: number): Promise<{ readonly minutes: string; readonly hours: string }> {
  const open = await openScheduled(directory, new MovedClock(startMs, 0), {
    futureIngestionMs: (hours + 2) * 3_600_000,
    recordsPerWrite: 10_000,
  })
  const { database, caller } = open
  try {
    await database.createDatabase(caller, { databaseName: 'day' })
    for (const tableName of ['raw', 'minutes', 'hours']) {
      const retention = { memoryStoreRetentionPeriodInHours: 1000, magneticStoreRetentionPeriodInDays: 1000 }
      await database.createTable(caller, { databaseName: 'day', tableName, retention })
    }
    for (const host of hosts) {
      const records = Array.from({ length: hours * 180 }, (_, i) => ({
        Dimensions: [{ Name: 'host', Value: host }],
        MeasureName: 'load',
        MeasureValue: String((i * 7 + host.length) % 101),
        MeasureValueType: 'BIGINT' as const,
        Time: String(startMs + i * 20_000),
      }))
      await database.write(caller, { databaseName: 'day', tableName: 'raw', records })
    }
    const minutes = await database.scheduledQueries.create(caller, definition('minutes', 'rate(1 minute)', perMinute))
    return { minutes, hours: await database.scheduledQueries.create(caller, definition('hours', 'cron(0 * * * ? *)', perHour)) }
  } finally {
    await open.close()
  }
}

const perMinute = `SELECT host, bin(time, 1m) AS t, sum(measure_value::bigint) AS total FROM day.raw
  WHERE time >= bin(@scheduled_runtime, 1m) - 1m AND time < bin(@scheduled_runtime, 1m) GROUP BY 1, 2`
const perHour = `SELECT host, bin(time, 1h) AS t, sum(measure_value::bigint) AS total FROM day.raw
  WHERE time >= bin(@scheduled_runtime, 1h) - 1h AND time < bin(@scheduled_runtime, 1h) GROUP BY 1, 2`

const definition = (tableName: string, scheduleExpression: string, queryString: string): CreateScheduledQueryInput => ({
  name: tableName,
  queryString,
  scheduleExpression,
  topicArn: 'arn:aws:sns:us-east-1:000000000000:topic',
  executionRoleArn: 'arn:aws:iam::000000000000:role/Scheduled',
  errorReport: { bucketName: bucket },
  target: {
    databaseName: 'day',
    tableName,
    timeColumn: 't',
    dimensionColumns: ['host'],
    multiMeasure: { targetMeasureName: 'totals', attributes: [{ sourceColumn: 'total', type: 'BIGINT' }] },
  },
})

async function checkRuns(
  { database, caller }: ScheduledDatabase,
  arn: string,
  startMs: number,
  periodMs: number,
  count: number,
): Promise<void> {
  const runs = (await database.scheduledQueries.history(caller, arn)).toReversed()
  const expected = Array.from({ length: count }, (_, i) => new Date(startMs + (i + 1) * periodMs).toISOString())
  expect(runs.map(({ invocationMs }) => new Date(invocationMs).toISOString())).toEqual(expected)
  expect(runs.filter(({ status }) => status !== 'AUTO_TRIGGER_SUCCESS')).toEqual([])
  const versions = runs.map(({ version }) => version)
  expect(versions).toEqual([...new Set(versions)].toSorted((a, b) => a - b))
}

async function checkTotals(open: ScheduledDatabase, endMs: number): Promise<void> {
  for (const [table, bin] of [
    ['minutes', '1m'],
    ['hours', '1h'],
  ]) {
    const until = `time < from_milliseconds(${endMs})`
    const derived = await open.values(`SELECT host, time, total FROM day.${table} WHERE ${until} ORDER BY 1, 2`)
    const direct = await open.values(
      `SELECT host, bin(time, ${bin}), sum(measure_value::bigint) FROM day.raw WHERE ${until} GROUP BY 1, 2 ORDER BY 1, 2`,
    )
    expect(derived.length).toBeGreaterThan(0)
    expect(derived).toEqual(direct)
  }
}
