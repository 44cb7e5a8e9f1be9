import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Opened, openProduct } from '../../../tests/harness/opened.ts'
import { systemClock } from '../../base/clock.ts'
import type { Caller } from '../caller.ts'
import type { QueryPage } from '../database.ts'
import type { RecordInput } from '../write/record.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const nowMs = systemClock.nowMs()
let product: Opened
let root: Caller

beforeAll(async () => {
  product = await openProduct({ resultCacheBytes: 1_000_000 })
  root = product.root()
  await product.database.createDatabase(root, { databaseName: 'plant' })
})
afterAll(() => product.close())

const record = (value: number, ageMs: number, over: Partial<RecordInput> = {}): RecordInput => ({
  Dimensions: [{ Name: 'host', Value: 'a' }],
  MeasureName: 'cpu',
  MeasureValue: String(value),
  Time: String(nowMs - ageMs),
  ...over,
})

const retention = { memoryStoreRetentionPeriodInHours: 1, magneticStoreRetentionPeriodInDays: 100 }
async function makeTable(tableName: string, ...records: readonly RecordInput[]): Promise<void> {
  const magneticStoreWrites = { enableMagneticStoreWrites: true }
  await product.database.createTable(root, { databaseName: 'plant', tableName, retention, magneticStoreWrites })
  await write(tableName, ...records)
}
const write = (tableName: string, ...records: readonly RecordInput[]): Promise<unknown> =>
  product.database.write(root, { databaseName: 'plant', tableName, records })
const query = (queryString: string, who = root, maxRows?: number): Promise<QueryPage> =>
  product.database.query(who, { queryString, ...(maxRows !== undefined && { maxRows }) })

/** A page that was made for the query says that something was metered. */
const isKept = (page: QueryPage): boolean => page.cumulativeBytesMetered === 0
const valueOf = ({ rowsJson }: QueryPage): string | undefined =>
  (JSON.parse(rowsJson) as { Data: { ScalarValue?: string }[] }[])[0]?.Data[0]?.ScalarValue

/** The sum of the values from so many days ago on, for so many days. */
const sum = (tableName: string, fromDays: number, days: number): string =>
  `SELECT sum(measure_value::double) FROM plant.${tableName} WHERE time >= from_milliseconds(${nowMs - fromDays * dayMs}) ` +
  `AND time < from_milliseconds(${nowMs - (fromDays - days) * dayMs})`

/** Asks twice: the second answer is the kept one, and the same. */
async function keep(sql: string): Promise<string | undefined> {
  const first = await query(sql)
  const second = await query(sql)
  expect(isKept(second)).toBe(true)
  expect({ ...second, queryId: '' }).toMatchObject({ columns: first.columns, rowsJson: first.rowsJson, rowCount: first.rowCount })
  return valueOf(second)
}
async function expectAnew(sql: string, value: string | undefined): Promise<void> {
  const page = await query(sql)
  expect([isKept(page), valueOf(page)]).toEqual([false, value])
}

describe('a kept result', () => {
  it('is answered until rows come into the days that it reads, late ones too', async () => {
    await makeTable('late', record(1, 0), record(2, 10 * dayMs))
    const [recent, old] = [sum('late', 3, 4), sum('late', 12, 4)]
    expect([await keep(recent), await keep(old)]).toEqual(['1.0', '2.0'])
    await write('late', record(5, 10 * dayMs + 1))
    expect(isKept(await query(recent))).toBe(true)
    await expectAnew(old, '7.0')
    await write('late', record(7, 1))
    await expectAnew(recent, '8.0')
    expect(isKept(await query(old))).toBe(true)
  })

  it('is not after a greater version, a deletion, a change of the retention, a new column, or when the table is made again', async () => {
    await makeTable('changed', record(1, 0))
    const sql = sum('changed', 2, 3)
    expect(await keep(sql)).toBe('1.0')
    await write('changed', record(3, 0, { Version: 2 }))
    await expectAnew(sql, '3.0')
    expect(await keep(sql)).toBe('3.0')
    await query("DELETE FROM plant.changed WHERE host = 'nosuch' OR time < timestamp '2001-01-01'")
    await write('changed', record(10, 5))
    expect(await keep(sql)).toBe('13.0')
    await query(`DELETE FROM plant.changed WHERE time = from_milliseconds(${nowMs - 5})`)
    await expectAnew(sql, '3.0')
    expect(await keep(sql)).toBe('3.0')
    await product.database.updateTable(root, {
      databaseName: 'plant',
      tableName: 'changed',
      retention: { ...retention, magneticStoreRetentionPeriodInDays: 50 },
    })
    await expectAnew(sql, '3.0')
    await keep(sql)
    await write('changed', record(1, 60 * hourMs, { Dimensions: [{ Name: 'zone', Value: 'z' }] }))
    await expectAnew(sql, '3.0')
    await keep(sql)
    await product.database.deleteTable(root, 'plant', 'changed')
    await makeTable('changed', record(42, 0))
    await expectAnew(sql, '42.0')
  })

  it('is for the same text with the same times only, and its names', async () => {
    await makeTable('times', record(1, 0))
    const binned = 'SELECT count(*) AS n FROM plant.times WHERE time > bin(ago(1d), 30d) - 30d'
    await query(binned)
    expect(isKept(await query(binned))).toBe(true)
    const renamed = await query(binned.replace('AS n', 'AS m'))
    expect([isKept(renamed), renamed.columns[0]?.name]).toEqual([false, 'm'])
    for (const sql of [
      'SELECT count(*) FROM plant.times WHERE time > ago(1h)',
      'SELECT count(*), now() FROM plant.times WHERE time > bin(ago(1d), 30d) - 30d',
      'SELECT count(*), random() FROM plant.times WHERE time > bin(ago(1d), 30d) - 30d',
      // reads back to where records expire
      'SELECT count(*) FROM plant.times',
      // means the end of the retention itself
      'SELECT count(*), ago(2401h) FROM plant.times WHERE time > bin(ago(1d), 30d) - 30d',
      'SELECT 1',
    ]) {
      await query(sql)
      expect(isKept(await query(sql)), sql).toBe(false)
    }
  })

  it('is for whoever may read the table, and nobody else; not for smaller pages, and not beyond a guard rail', async () => {
    await makeTable('guarded', record(1, 0), record(2, 1))
    const sql = `SELECT host FROM plant.guarded WHERE time >= from_milliseconds(${nowMs - dayMs})`
    await keep(sql)
    const { access } = product.database
    const userOf = async (userName: string, action: string): Promise<Caller> => {
      const document = JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: action, Resource: '*' }] })
      await access.putPolicy(root, { policyName: `${userName}Policy`, document })
      await access.createUser(root, { userName, policyNames: [`${userName}Policy`] })
      return { principal: access.principalOf(userName)!, requestId: 'r' }
    }
    const reader = await userOf('reader', 'timestream:Select')
    expect(isKept(await query(sql, reader))).toBe(true)
    await expect(query(sql, await userOf('writer', 'timestream:WriteRecords'))).rejects.toMatchObject({ code: 'ACCESS_DENIED' })
    const page = await query(sql, root, 1)
    expect([isKept(page), page.rowCount, page.nextToken !== undefined]).toEqual([false, 1, true])
    await access.putGuardRails(root, { userName: 'reader' }, { maxResultRows: 1 })
    await expect(query(sql, reader)).rejects.toMatchObject({ message: expect.stringContaining('MaxResultRows') as string })
  })

  it('is the same as a new one at every moment, while records are written', { timeout: 60_000 }, async () => {
    await makeTable('moving', record(0, 0))
    const sql = `SELECT count(*) FROM plant.moving WHERE time >= from_milliseconds(${nowMs - dayMs})`
    let acknowledged = 1
    let isDone = false
    let kept = 0
    const writing = (async () => {
      for (; acknowledged < 150; acknowledged++) {
        await write('moving', record(1, acknowledged))
        if (acknowledged % 5 === 0) await new Promise((resolve) => setTimeout(resolve, 20))
        // without writes the second of two questions is answered with a kept result
        if (acknowledged % 50 === 0) await vi.waitUntil(() => kept >= acknowledged / 50, { timeout: 20_000 })
      }
      isDone = true
    })()
    while (!isDone) {
      // kept results need no input or output, which the writes need
      await new Promise((resolve) => setImmediate(resolve))
      const least = acknowledged
      const page = await query(sql)
      if (isKept(page)) kept++
      expect(Number(valueOf(page))).toBeGreaterThanOrEqual(least)
    }
    await writing
    expect(kept).toBeGreaterThan(0)
    expect(valueOf(await query(sql))).toBe('150')
  })
})
