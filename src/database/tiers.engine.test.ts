import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Clock, systemClock } from '../base/clock.ts'
import { defaultLimits } from '../base/limits.ts'
import { silentLog } from '../base/log.ts'
import { Metrics } from '../base/metrics.ts'
import { openObjectStore } from '../object-store/open.ts'
import { type Storage, openStorage } from '../storage/open.ts'
import type { Caller } from './caller.ts'
import type { WriteResult } from './database.ts'
import type { OpenDatabase } from './database-options.ts'
import { openDatabase } from './open.ts'

/** The present of the server can be moved; the engine's own is real, so rows are written with old times. */
const minute = 60_000
const hour = 60 * minute
const startMs = systemClock.nowMs()
let aheadMs = 0
const clock: Clock = {
  ...systemClock,
  nowMs: () => startMs + aheadMs,
  nowNs: () => BigInt(startMs + aheadMs) * 1_000_000n,
}

const metrics = new Metrics()
let directory: string
let storage: Storage
let database: OpenDatabase

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tidemark-tiers-'))
  const common = { productVersion: '1.2.3', clock, limits: defaultLimits, log: silentLog }
  storage = await openStorage({ ...common, dataDirectory: directory, engine: { kind: 'chdb' }, masterKey: { kind: 'beside-data' } })
  const account = { region: 'us-east-1', accountId: '000000000000' }
  const objectStore = await openObjectStore({ bucketsDirectory: join(directory, 'buckets') })
  database = await openDatabase({ ...common, storage, objectStore, account, metrics })
  await database.createDatabase(root(), { databaseName: 'tiers' })
})
afterAll(async () => {
  await database.drain?.()
  await storage.drain?.()
  await database.stop?.()
  await storage.stop?.()
  rmSync(directory, { recursive: true })
})

const root = (): Caller => ({ principal: { name: 'root', accessKeyId: database.rootKey.accessKeyId, isRoot: true }, requestId: 'R' })
const retentionOf = (hours: number, days: number) => ({
  memoryStoreRetentionPeriodInHours: hours,
  magneticStoreRetentionPeriodInDays: days,
})

async function makeTable(tableName: string, hours: number, days: number, enableMagneticStoreWrites = true): Promise<void> {
  aheadMs = 0
  await database.createTable(root(), {
    databaseName: 'tiers',
    tableName,
    retention: retentionOf(hours, days),
    magneticStoreWrites: { enableMagneticStoreWrites },
  })
}
const setRetention = (tableName: string, hours: number, days: number) =>
  database.updateTable(root(), { databaseName: 'tiers', tableName, retention: retentionOf(hours, days) })

/** Writes one record for each age, named after it. */
const write = (tableName: string, agesMs: readonly number[]): Promise<WriteResult> =>
  database.write(root(), {
    databaseName: 'tiers',
    tableName,
    commonAttributes: { MeasureName: 'age', MeasureValueType: 'BIGINT', Dimensions: [{ Name: 'host', Value: 'a' }] },
    records: agesMs.map((ageMs) => ({ Time: String(startMs + aheadMs - ageMs), MeasureValue: String(ageMs) })),
  })

async function rejects(tableName: string, agesMs: readonly number[]): Promise<unknown> {
  const error: unknown = await write(tableName, agesMs).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toMatchObject({ code: 'REJECTED_RECORDS' })
  return (error as { members: { RejectedRecords: unknown } }).members.RejectedRecords
}

/** The ages that a query finds, in ascending order. */
async function found(tableName: string): Promise<readonly number[]> {
  const { rowsJson } = await database.query(root(), {
    queryString: `SELECT measure_value::bigint FROM tiers.${tableName} ORDER BY 1`,
  })
  return (JSON.parse(rowsJson) as { Data: [{ ScalarValue: string }] }[]).map(({ Data }) => Number(Data[0].ScalarValue))
}

async function tiersOf(tableName: string) {
  const { tables } = await database.status(root())
  return tables.find((table) => table.tableName === tableName)!
}

/** Until it holds; the engine moves and removes parts when it comes to it. */
async function eventually(holds: () => Promise<boolean>, seconds = 20): Promise<boolean> {
  for (let i = 0; i < 10 * seconds; i++) {
    if (await holds()) return true
    await delay(100)
  }
  return false
}

const iso = (ageMs: number): string => new Date(startMs + aheadMs - ageMs).toISOString()

describe('the windows of a table', () => {
  it('without writes to the magnetic store are the memory store, to the millisecond', async () => {
    await makeTable('prompt', 2, 10, false)
    const oldest = 2 * hour + 25 * minute
    expect(await write('prompt', [0, oldest, -15 * minute + 1])).toEqual({ total: 3, memoryStore: 3, magneticStore: 0 })
    const Reason = `The record timestamp is outside the time range [${iso(oldest)}, ${iso(-15 * minute)}) of the memory store.`
    expect(await rejects('prompt', [oldest + 1, -15 * minute])).toEqual([
      { RecordIndex: 0, Reason },
      { RecordIndex: 1, Reason },
    ])
  })

  it('with writes to the magnetic store reach down to the end of its retention', async () => {
    await makeTable('late', 2, 10)
    const memory = 2 * hour + 25 * minute
    const oldest = memory + 240 * hour
    expect(await write('late', [0, memory, memory + 1, oldest])).toEqual({ total: 4, memoryStore: 2, magneticStore: 2 })
    const Reason = `The record timestamp is outside the time range [${iso(oldest)}, ${iso(-15 * minute)}) of the data ingestion window.`
    expect(await rejects('late', [oldest + 1, 0, -15 * minute])).toEqual([
      { RecordIndex: 0, Reason },
      { RecordIndex: 2, Reason },
    ])
  })

  it('hold for the first and the last instant that a record can have', async () => {
    await makeTable('far', 1, 1)
    const records = ['0', '9223372036854775807'].map((Time) => ({
      Time,
      TimeUnit: 'NANOSECONDS' as const,
      MeasureName: 'm',
      MeasureValue: '1',
      Dimensions: [],
    }))
    await expect(database.write(root(), { databaseName: 'tiers', tableName: 'far', records })).rejects.toMatchObject({
      members: { RejectedRecords: [{ RecordIndex: 0 }, { RecordIndex: 1 }] },
    })
    await makeTable('longest', 8766, 73_000)
    expect(await database.write(root(), { databaseName: 'tiers', tableName: 'longest', records: [records[0]!] })).toEqual({
      total: 1,
      memoryStore: 0,
      magneticStore: 1,
    })
    const { rowsJson } = await database.query(root(), { queryString: 'SELECT time FROM tiers.longest' })
    expect(rowsJson).toContain('1970-01-01 00:00:00.000000000')
  })

  it('follow a change of the retention at once', async () => {
    await makeTable('changing', 1, 1, false)
    await rejects('changing', [3 * hour])
    await setRetention('changing', 6, 1)
    expect((await write('changing', [3 * hour])).memoryStore).toBe(1)
    await setRetention('changing', 1, 1)
    expect(await rejects('changing', [3 * hour])).toHaveLength(1)
    await database.updateTable(root(), {
      databaseName: 'tiers',
      tableName: 'changing',
      magneticStoreWrites: { enableMagneticStoreWrites: true },
    })
    expect((await write('changing', [3 * hour + 1])).magneticStore).toBe(1)
  })
})

describe('a table of one hour in the memory store and one day in the magnetic store', () => {
  it('holds rows in their tier, and shows them for 25 hours, exact to the row, while time goes by', async () => {
    await makeTable('day', 1, 1)
    const ages = [0, 30 * minute, 2 * hour, 20 * hour, 24.5 * hour]
    expect(await write('day', ages)).toEqual({ total: 5, memoryStore: 2, magneticStore: 3 })
    expect(await found('day')).toEqual(ages)
    aheadMs = 30 * minute
    expect(await found('day')).toEqual(ages)
    aheadMs = 30 * minute + 1
    expect(await found('day')).toEqual(ages.slice(0, 4))
    aheadMs = 6 * hour
    expect(await found('day')).toEqual(ages.slice(0, 3))
    expect((await write('day', [0])).memoryStore).toBe(1)
    aheadMs = 25 * hour + 1
    expect(await found('day')).toEqual([0])
    aheadMs = 31 * hour + 1
    expect(await found('day')).toEqual([])
  })

  it('moves rows from tier to tier and removes them by itself', async () => {
    await makeTable('moving', 1, 1)
    aheadMs = systemClock.nowMs() - startMs
    const soon = 4000
    await write('moving', [hour - soon])
    await write('moving', [25 * hour - soon])
    const before = await tiersOf('moving')
    expect(before).toMatchObject({ rows: 2, memoryStore: { rows: 1 }, magneticStore: { rows: 1 } })
    expect(
      await eventually(async () => {
        const { rows, memoryStore, magneticStore } = await tiersOf('moving')
        return rows === 1 && memoryStore.rows === 0 && magneticStore.rows === 1
      }, 60),
    ).toBe(true)
    aheadMs += soon + 1
    expect(await found('moving')).toEqual([hour - soon])
  }, 90_000)
})

describe('a change of the retention', () => {
  it('shows and hides rows at once, and the tiers follow', async () => {
    await makeTable('resized', 400, 30)
    const ages = [0, 100 * hour, 300 * hour]
    await write('resized', ages)
    expect((await tiersOf('resized')).memoryStore.rows).toBe(3)
    await setRetention('resized', 2, 7)
    expect(await found('resized')).toEqual(ages.slice(0, 2))
    expect(
      await eventually(async () => {
        const { rows, magneticStore } = await tiersOf('resized')
        return rows === 2 && magneticStore.rows === 1
      }),
    ).toBe(true)
    await setRetention('resized', 2, 3)
    expect(await found('resized')).toEqual(ages.slice(0, 1))
    await setRetention('resized', 400, 73_000)
    expect(await write('resized', [500 * hour])).toEqual({ total: 1, memoryStore: 0, magneticStore: 1 })
    aheadMs = 73_000 * 24 * hour
    expect(await found('resized')).toContain(0)
  })
})

describe('late records that lose against stored ones', () => {
  const magneticStoreWrites = {
    enableMagneticStoreWrites: true,
    rejectedDataLocation: { bucketName: 'rejected', objectKeyPrefix: 'late', encryptionOption: 'SSE_S3' as const },
  }
  const lose = (tableName: string, MeasureValue: string) =>
    database.write(root(), {
      databaseName: 'tiers',
      tableName,
      records: [{ Time: String(startMs - 5 * hour), MeasureName: 'm', MeasureValue, Dimensions: [{ Name: 'host', Value: 'a' }] }],
    })

  it('are accepted, and reported into the bucket of their table', async () => {
    aheadMs = 0
    const bucket = join(directory, 'buckets', 'rejected')
    mkdirSync(bucket)
    await database.createTable(root(), { databaseName: 'tiers', tableName: 'lost', retention: retentionOf(1, 1), magneticStoreWrites })
    await lose('lost', '1')
    expect(await lose('lost', '2')).toEqual({ total: 1, memoryStore: 0, magneticStore: 1 })
    const reports = (): string[] => readdirSync(bucket, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json'))
    expect(await eventually(async () => reports().length > 0)).toBe(true)
    expect(reports()).toEqual([expect.stringMatching(/^late\/tiers\/lost\/\d{4}\/\d\d\/\d\d\/\d\d\/[0-9A-F]{32}\.json$/)])
    const report = JSON.parse(readFileSync(join(bucket, reports()[0]!), 'utf8')) as { errors: unknown }
    expect(report.errors).toEqual([
      {
        reason: expect.stringMatching(
          /^A record already exists with the same time, dimensions, measure name, and record version\./,
        ) as string,
        records: [expect.objectContaining({ measureName: 'm', measureValue: '2', time: `${startMs - 5 * hour}000000`, version: 1 })],
      },
    ])
    expect(await metrics.text()).toContain('tidemark_magnetic_rejects_total{outcome="reported"} 1')
  })
})
