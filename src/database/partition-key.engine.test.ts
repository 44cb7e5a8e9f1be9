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
import type { PartitionKey } from './database.ts'
import type { OpenDatabase } from './database-options.ts'
import { openDatabase } from './open.ts'

const nowMs = systemClock.nowMs()
let directory: string
let storage: Storage
let database: OpenDatabase

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tidemark-key-'))
  const limits = { ...defaultLimits, recordsPerWrite: 60_000, pendingWriteRecords: 1_000_000 }
  const common = { productVersion: '1.2.3', clock: systemClock, limits, log: silentLog }
  storage = await openStorage({ ...common, dataDirectory: directory, engine: { kind: 'chdb' }, masterKey: { kind: 'beside-data' } })
  const account = { region: 'us-east-1', accountId: '000000000000' }
  database = await openDatabase({ ...common, storage, account, metrics: new Metrics() })
  await database.createDatabase(root(), { databaseName: 'keys' })
})
afterAll(async () => {
  await database.stop?.()
  await storage.stop?.()
  rmSync(directory, { recursive: true })
})

const root = (): Caller => ({ principal: { name: 'root', accessKeyId: database.rootKey.accessKeyId, isRoot: true }, requestId: 'R' })
const create = (tableName: string, ...compositePartitionKey: readonly PartitionKey[]) =>
  database.createTable(root(), { databaseName: 'keys', tableName, compositePartitionKey })
const tenant = (enforcementInRecord?: 'REQUIRED' | 'OPTIONAL'): PartitionKey => ({
  type: 'DIMENSION',
  name: 'tenant',
  ...(enforcementInRecord && { enforcementInRecord }),
})
const write = (tableName: string, ...dimensions: readonly Readonly<Record<string, string>>[]) =>
  database.write(root(), {
    databaseName: 'keys',
    tableName,
    commonAttributes: { MeasureName: 'load', MeasureValue: '1' },
    records: dimensions.map((set, i) => ({
      Time: String(nowMs - i),
      Dimensions: Object.entries(set).map(([Name, Value]) => ({ Name, Value })),
    })),
  })
async function column(queryString: string): Promise<readonly (string | undefined)[]> {
  const { rowsJson } = await database.query(root(), { queryString })
  return (JSON.parse(rowsJson) as { Data: [{ ScalarValue?: string }] }[]).map(({ Data }) => Data[0].ScalarValue)
}
/** Granules that the engine reads for a query, and how many there are. */
async function granules(queryString: string): Promise<readonly [read: number, all: number]> {
  const plan = (await column(`EXPLAIN ${queryString}`)).join('\n')
  const [, read, all] = /granules (\d+)\/(\d+)/.exec(plan) ?? []
  expect(read, plan).toBeDefined()
  return [Number(read), Number(all)]
}

describe('a partition key', () => {
  it('is the measure name unless another one is given', async () => {
    expect((await database.createTable(root(), { databaseName: 'keys', tableName: 'plain' })).compositePartitionKey).toEqual([
      { type: 'MEASURE' },
    ])
    expect((await create('measure', { type: 'MEASURE' })).compositePartitionKey).toEqual([{ type: 'MEASURE' }])
  })

  it('of a dimension is optional in records unless it is said to be required', async () => {
    expect((await create('lenient', tenant())).compositePartitionKey).toEqual([tenant('OPTIONAL')])
    expect(await write('lenient', { host: 'a' }, { host: 'a', tenant: 't' })).toMatchObject({ total: 2 })
    expect(await column('SELECT tenant FROM keys.lenient ORDER BY 1 NULLS FIRST')).toEqual([undefined, 't'])
  })

  it('that is required rejects the records without it, and takes the others', async () => {
    await create('strict', tenant('REQUIRED'))
    const error: unknown = await write('strict', { host: 'a' }, { tenant: 't' }, { Tenant: 't' }).then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    const Reason = 'The record does not have the dimension tenant, which the partition key of the table requires.'
    expect(error).toMatchObject({
      code: 'REJECTED_RECORDS',
      members: {
        RejectedRecords: [
          { RecordIndex: 0, Reason },
          { RecordIndex: 2, Reason },
        ],
      },
    })
    expect(await column('SELECT tenant FROM keys.strict')).toEqual(['t'])
  })

  it('can be enforced or not after the table was made, in force at once', async () => {
    await create('changing', tenant('REQUIRED'))
    const update = (...compositePartitionKey: readonly PartitionKey[]) =>
      database.updateTable(root(), { databaseName: 'keys', tableName: 'changing', compositePartitionKey })
    expect((await update(tenant('OPTIONAL'))).compositePartitionKey).toEqual([tenant('OPTIONAL')])
    await write('changing', { host: 'a' })
    await update(tenant('REQUIRED'))
    await expect(write('changing', { host: 'b' })).rejects.toMatchObject({ code: 'REJECTED_RECORDS' })
    expect((await update(tenant())).compositePartitionKey).toEqual([tenant('REQUIRED')])
    for (const other of [{ ...tenant('OPTIONAL'), name: 'host' }, { type: 'MEASURE' } as const]) {
      await expect(update(other)).rejects.toMatchObject({
        code: 'VALIDATION',
        message: expect.stringContaining('cannot be changed after the table was created') as string,
      })
    }
  })

  it.each([
    [
      'two keys',
      [tenant(), { type: 'MEASURE' }],
      'You have specified too many partition keys to be used in your composite partition key. Only 1 partition keys can be specified.',
    ],
    ['none', [], 'CompositePartitionKey: at least 1 partition key must be given.'],
    ['a dimension without a name', [{ type: 'DIMENSION' }], 'CompositePartitionKey: a key of type DIMENSION needs a Name.'],
    [
      'a measure with a name',
      [{ type: 'MEASURE', name: 'x' }],
      'CompositePartitionKey: a key of type MEASURE has neither Name nor EnforcementInRecord.',
    ],
    ['a name that is no dimension', [{ type: 'DIMENSION', name: 'time' }], 'CompositePartitionKey: the dimension name "time" is reserved.'],
  ] as const)('is refused as %s', async (_name, keys, message) => {
    await expect(create('refused', ...keys)).rejects.toMatchObject({ code: 'VALIDATION', message })
  })

  it('leads the order of the rows, so that a query on it reads a part of them only', async () => {
    await create('ordered', tenant('REQUIRED'))
    const rows = Array.from({ length: 50_000 }, (_, i) => ({ host: `h${i % 1000}`, tenant: `t${i % 50}` }))
    await write('ordered', ...rows)
    await write('plain', ...rows)
    await storage.writer.flush()
    for (const name of ['ordered', 'plain']) {
      expect(await column(`SELECT count(*) FROM keys.${name} WHERE tenant = 't7'`)).toEqual(['1000'])
    }
    const [read, all] = await granules("SELECT * FROM keys.ordered WHERE tenant = 't7'")
    expect(all).toBeGreaterThanOrEqual(6)
    expect(read).toBeLessThanOrEqual(2)
    const [readWithout, allWithout] = await granules("SELECT * FROM keys.plain WHERE tenant = 't7'")
    expect(readWithout).toBe(allWithout)
  })
})
