import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Opened, openProduct } from '../../../tests/harness/opened.ts'
import { systemClock } from '../../base/clock.ts'
import type { Caller } from '../caller.ts'
import type { RecordInput } from './record.ts'

const tags = [{ key: 'tidemark:versioning', value: 'last-writer-wins' }]
const baseMs = systemClock.nowMs()
let product: Opened
let root: Caller

beforeAll(async () => {
  product = await openProduct()
  root = product.root()
  await product.database.createDatabase(root, { databaseName: 'plant' })
})
afterAll(() => product.close())

const record = (x: number, over: Partial<RecordInput> = {}): RecordInput => ({
  Dimensions: [{ Name: 'host', Value: 'a' }],
  MeasureName: 'cpu',
  MeasureValue: String(x),
  Time: String(baseMs),
  ...over,
})
const makeTable = (tableName: string): Promise<unknown> => product.database.createTable(root, { databaseName: 'plant', tableName, tags })
const write = (tableName: string, ...records: readonly RecordInput[]): Promise<unknown> =>
  product.database.write(root, { databaseName: 'plant', tableName, records })

async function values(tableName: string): Promise<readonly string[]> {
  const page = await product.database.query(root, { queryString: `SELECT measure_value::double FROM plant.${tableName} ORDER BY time` })
  return (JSON.parse(page.rowsJson) as { Data: { ScalarValue: string }[] }[]).map(({ Data }) => Data[0]!.ScalarValue)
}

describe('in a table where the last writer wins', () => {
  it('the later of two records stays: in one request, in later ones, in either direction of their values', async () => {
    await makeTable('lasts')
    await write('lasts', record(1), record(3), record(2))
    expect(await values('lasts')).toEqual(['2.0'])
    for (const x of [9, 4, 4, 7]) {
      await write('lasts', record(x))
      expect(await values('lasts')).toEqual([`${x}.0`])
    }
  })

  it('of many requests at once the last one stays, and none is refused', async () => {
    await makeTable('crowd')
    await Promise.all(Array.from({ length: 60 }, (_, x) => write('crowd', record(x), record(x, { Time: String(baseMs - 1000 - x) }))))
    expect((await values('crowd')).at(-1)).toBe('59.0')
    expect(await values('crowd')).toHaveLength(61)
  })

  it('a record with a version is decided about by it, and one without replaces even a version of the future, as after a clock that was set back', async () => {
    await makeTable('mixed')
    await write('mixed', record(1, { Version: 5 }))
    await write('mixed', record(2))
    await expect(write('mixed', record(3, { Version: 6 }))).rejects.toMatchObject({ code: 'REJECTED_RECORDS' })
    expect(await values('mixed')).toEqual(['2.0'])
    const later = Number(systemClock.nowNs() / 1000n) + 3_600_000_000
    await write('mixed', record(4, { Version: later }))
    await write('mixed', record(5))
    expect(await values('mixed')).toEqual(['5.0'])
  })

  it('holds across a restart, and with the log alone', async () => {
    await makeTable('kept')
    await write('kept', record(1), record(2))
    await product.leave()
    product = await openProduct({ dataDirectory: product.dataDirectory })
    root = product.root()
    expect(await values('kept')).toEqual(['2.0'])
    await write('kept', record(1))
    expect(await values('kept')).toEqual(['1.0'])
  })

  it('is said by a tag, which can be taken away and has no other values', async () => {
    await product.database.createTable(root, { databaseName: 'plant', tableName: 'tagged' })
    await write('tagged', record(1))
    await expect(write('tagged', record(2))).rejects.toMatchObject({ code: 'REJECTED_RECORDS' })
    const { arn } = await product.database.describeTable(root, 'plant', 'tagged')
    await product.database.tagResource(root, arn, tags)
    await write('tagged', record(2))
    expect(await values('tagged')).toEqual(['2.0'])
    await product.database.untagResource(root, arn, ['tidemark:versioning'])
    await expect(write('tagged', record(3, { Version: 1 }))).rejects.toMatchObject({ code: 'REJECTED_RECORDS' })
    await expect(write('tagged', record(3))).rejects.toMatchObject({ code: 'REJECTED_RECORDS' })
    await expect(product.database.tagResource(root, arn, [{ key: 'tidemark:versioning', value: 'newest' }])).rejects.toMatchObject({
      code: 'VALIDATION',
      message: 'The tag tidemark:versioning must be last-writer-wins or first-writer-wins, not "newest".',
    })
  })
})
