import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../base/clock.ts'
import { defaultLimits } from '../base/limits.ts'
import { silentLog } from '../base/log.ts'
import { Metrics } from '../base/metrics.ts'
import { type Storage, openStorage } from '../storage/open.ts'
import type { Caller } from './caller.ts'
import type { OpenDatabase } from './database-options.ts'
import { openDatabase } from './open.ts'
import type { RecordInput } from './write/record.ts'

let directory: string
let storage: Storage
let database: OpenDatabase
const nowMs = systemClock.nowMs()

async function open(): Promise<void> {
  const common = { productVersion: '1.2.3', clock: systemClock, limits: defaultLimits, log: silentLog }
  storage = await openStorage({ ...common, dataDirectory: directory, engine: { kind: 'chdb' }, masterKey: { kind: 'beside-data' } })
  const account = { region: 'us-east-1', accountId: '000000000000' }
  database = await openDatabase({ ...common, storage, account, metrics: new Metrics() })
  await database.start?.()
}

/** Without a drain: what is pending stays in the log. */
async function leave(): Promise<void> {
  await database.stop?.()
  await storage.stop?.()
}

const root = (): Caller => ({ principal: { name: 'root', accessKeyId: database.rootKey.accessKeyId, isRoot: true }, requestId: 'R' })
const record = (value: number, over: RecordInput = {}): RecordInput => ({
  Dimensions: [{ Name: 'host', Value: 'a' }],
  MeasureName: 'cpu',
  MeasureValue: String(value),
  Time: String(nowMs - value),
  ...over,
})
const write = (tableName: string, ...records: RecordInput[]) => database.write(root(), { databaseName: 'base', tableName, records })

async function values(queryString: string): Promise<unknown[]> {
  const { rowsJson } = await database.query(root(), { queryString })
  return (JSON.parse(rowsJson) as { Data: { ScalarValue: string }[] }[]).map(({ Data }) => Data[0]!.ScalarValue)
}
const stored = (tableName: string): Promise<unknown[]> => values(`SELECT measure_value::double AS v FROM base.${tableName} ORDER BY v`)

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tidemark-reads-'))
  await open()
  await database.createDatabase(root(), { databaseName: 'base' })
  for (const tableName of ['cpu', 'versions', 'refused']) await database.createTable(root(), { databaseName: 'base', tableName })
})
afterAll(async () => {
  await leave()
  rmSync(directory, { recursive: true, force: true })
})

describe('a query', () => {
  it('sees every record that was acknowledged before it, also those of many writers', async () => {
    for (let i = 1; i <= 3; i++) {
      await write('cpu', record(i))
      expect(await stored('cpu')).toHaveLength(i)
    }
    await Promise.all(Array.from({ length: 20 }, (_, i) => write('cpu', record(10 + i))))
    expect(await values('SELECT count(*) FROM base.cpu AS a')).toEqual(['23'])
    expect(await values('SELECT count(*) FROM base.cpu AS a CROSS JOIN base.versions AS b')).toEqual(['0'])
  })

  it('sees the winner of a record that was replaced while both were pending, and when one was stored', async () => {
    await write('versions', record(1))
    await write('versions', record(2, { Time: String(nowMs - 1), Version: 2 }))
    expect(await stored('versions')).toEqual(['2.0'])
    await write('versions', record(3, { Time: String(nowMs - 1), Version: 3 }))
    await expect(write('versions', record(4, { Time: String(nowMs - 1), Version: 2 }))).rejects.toMatchObject({ code: 'REJECTED_RECORDS' })
    expect(await stored('versions')).toEqual(['3.0'])
  })

  it('sees what was pending when the process ended, once', async () => {
    await write('cpu', record(100), record(101))
    await leave()
    await open()
    expect(storage.writer.backlog().records).toBe(0)
    await write('cpu', record(101), record(102))
    expect(await values('SELECT count(*) FROM base.cpu AS a')).toEqual(['26'])
  })

  it('fails with the reason while the engine refuses records of its table, and others do not', async () => {
    await write('refused', record(1))
    const table = storage.catalog.table('base', 'refused')!
    await storage.tables.drop(table.physicalName)
    await expect(stored('refused')).rejects.toMatchObject({
      code: 'ENGINE_UNAVAILABLE',
      message: expect.stringMatching(
        /^Records of base\.refused are safe in the write-ahead log, but the engine does not take them: /,
      ) as string,
    })
    expect(await stored('versions')).toEqual(['3.0'])
    await storage.tables.create(table)
    await expect.poll(() => stored('refused').catch(() => []), { timeout: 8000 }).toEqual(['1.0'])
  })
})
