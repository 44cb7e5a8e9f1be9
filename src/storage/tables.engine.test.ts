import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../base/clock.ts'
import { type OpenStorage, openStorage } from '../../tests/storage/open-storage.ts'
import type { TableRecord } from './table-record.ts'
import type { TableStatistics } from './table-statistics.ts'
import type { WriteRecord } from './writer/write-record.ts'

const hourNs = 3_600_000_000_000n
const nowNs = systemClock.nowNs()
const secret = 'dimension-value-that-nobody-may-read'

let directory: string
let storage: OpenStorage
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tidemark-tables-'))
  storage = await openStorage({ directory, clock: systemClock })
})
afterAll(async () => {
  await storage.close()
  rmSync(directory, { recursive: true, force: true })
})

const schema: TableRecord['schema'] = {
  dimensions: [{ name: 'host', physicalName: 'd1' }],
  attributes: [],
  singleMeasureTypes: ['double'],
  measures: [{ name: 'cpu', dataType: 'double', dimensions: ['host'] }],
}
const record = (hoursAgo: number, index: number): WriteRecord => ({
  index,
  timeNs: nowNs - BigInt(hoursAgo) * hourNs,
  version: 1n,
  store: 'memory',
  measureName: 'cpu',
  dimensions: { names: ['host'], values: [secret] },
  value: { kind: 'single', type: 'double', value: hoursAgo },
})
const statisticsOf = async (table: TableRecord): Promise<TableStatistics> =>
  (await storage.tables.statistics([table.physicalName])).get(table.physicalName)!

/** Until it holds; the engine moves and removes parts when it comes to it. */
async function eventually(holds: () => Promise<boolean>): Promise<boolean> {
  for (let i = 0; i < 1000; i++) {
    if (await holds()) return true
    await delay(10)
  }
  return false
}

function* files(path: string): Generator<string> {
  for (const name of readdirSync(path)) {
    const child = join(path, name)
    if (statSync(child).isDirectory()) yield* files(child)
    else yield child
  }
}

describe('tables', () => {
  it('put old rows into the magnetic store and new ones into the memory store, both unreadable on disk', async () => {
    const table = await storage.createTable('db', 'tiers', { memoryStoreHours: 6, magneticStoreDays: 30, schema })
    await storage.writer.write(table, [record(0, 0), record(1, 1), record(200, 2), record(201, 3), record(202, 4)])
    const statistics = await statisticsOf(table)
    expect(statistics).toMatchObject({
      rows: 5,
      series: 1,
      memoryStore: { rows: 2, oldestTimeNs: String(nowNs - hourNs), newestTimeNs: String(nowNs) },
      magneticStore: { rows: 3, oldestTimeNs: String(nowNs - 202n * hourNs), newestTimeNs: String(nowNs - 200n * hourNs) },
    })
    expect(statistics.memoryStore.bytesOnDisk).toBeGreaterThan(0)
    expect(statistics.magneticStore.bytesOnDisk).toBeGreaterThan(0)
    let seen = 0
    for (const file of [...files(join(directory, 'memory')), ...files(join(directory, 'magnetic'))]) {
      seen++
      expect(readFileSync(file).includes(secret), file).toBe(false)
    }
    expect(seen).toBeGreaterThan(10)
  })

  it('move and remove rows when the retention shrinks, and keep them when it grows', async () => {
    const table = await storage.createTable('db', 'shrinking', { memoryStoreHours: 400, magneticStoreDays: 30, schema })
    await storage.writer.write(table, [record(0, 0), record(100, 1), record(300, 2)])
    expect((await statisticsOf(table)).memoryStore.rows).toBe(3)
    await storage.tables.alterRetention(table.physicalName, { memoryStoreHours: 2, magneticStoreDays: 7 })
    expect(
      await eventually(async () => {
        const { rows, magneticStore } = await statisticsOf(table)
        return rows === 2 && magneticStore.rows === 1
      }),
    ).toBe(true)
    await storage.tables.alterRetention(table.physicalName, { memoryStoreHours: 400, magneticStoreDays: 73_000 })
    expect((await statisticsOf(table)).rows).toBe(2)
  })

  it('tell of the parts that move, and of the times that each tier holds', async () => {
    const table = await storage.createTable('db', 'moving', { memoryStoreHours: 8000, magneticStoreDays: 30, schema })
    await storage.writer.write(table, [record(100, 0)])
    const name = `tidemark.${table.physicalName}`
    const [day] = (await storage.engine.rows(`SELECT toString(intDiv(time, 86400000000000)) FROM ${name}`))[0]!
    await storage.engine.execute(
      `INSERT INTO ${name} (time, series, measure_name, version, value_double) ` +
        `SELECT ${day} * 86400000000000 + number, rand64(), 'cpu', 1, rand64() FROM numbers(5000000)`,
    )
    await storage.tables.alterRetention(table.physicalName, { memoryStoreHours: 1, magneticStoreDays: 30 })
    let seen = 0
    expect(
      await eventually(async () => {
        const found = (await storage.tables.tiers(10)).get(table.physicalName)!
        seen = Math.max(seen, found.moves)
        return found.memoryStore.rows === 0 && found.moves === 0
      }),
    ).toBe(true)
    expect(seen).toBeGreaterThan(0)
    const tiers = (await storage.tables.tiers(10)).get(table.physicalName)!
    expect(tiers.memoryStore).toEqual({ rows: 0, bytesOnDisk: 0 })
    expect(tiers.magneticStore).toMatchObject({ rows: 5_000_001, oldestTimeNs: String(BigInt(String(day)) * 24n * hourNs) })
    expect((await storage.tables.tiers(1)).size).toBe(1)
    await storage.tables.drop(table.physicalName)
  })

  it('of a batch over more than a hundred days is stored in one insert', async () => {
    const table = await storage.createTable('db', 'days', { magneticStoreDays: 73_000, schema })
    await storage.writer.write(
      table,
      Array.from({ length: 120 }, (_, day) => record(24 * day, day)),
    )
    expect((await statisticsOf(table)).rows).toBe(120)
  })

  it('with a partition key keep rows with and without its dimension', async () => {
    const keyed = { ...schema, dimensions: [...schema.dimensions, { name: 'tenant', physicalName: 'd0' }] }
    const table = await storage.createTable('db', 'keyed', { partitionKey: { type: 'DIMENSION', name: 'tenant' }, schema: keyed })
    await storage.writer.write(table, [record(0, 0), { ...record(0, 1), dimensions: { names: ['host', 'tenant'], values: ['a', 'x'] } }])
    expect(await storage.select(table, 'd0, d1', 'ORDER BY d0')).toEqual([
      ['x', 'a'],
      [null, secret],
    ])
    expect(await storage.engine.rows(`SELECT sorting_key FROM system.tables WHERE name = '${table.physicalName}'`)).toEqual([
      ['d0, measure_name, series, time'],
    ])
  })

  it('are made, altered and dropped any number of times', async () => {
    const table = await storage.createTable('db', 'repeated')
    await storage.tables.create(table)
    const column = [{ physicalName: 'a1_double', type: 'Nullable(Float64) CODEC(ALP, ZSTD(1))' }]
    await storage.tables.addColumns(table.physicalName, column)
    await storage.tables.addColumns(table.physicalName, column)
    await storage.tables.drop(table.physicalName)
    await storage.tables.drop(table.physicalName)
    expect(await storage.engine.rows(`SELECT count() FROM system.tables WHERE name = '${table.physicalName}'`)).toEqual([['0']])
    expect((await statisticsOf(table)).rows).toBe(0)
  })
})
