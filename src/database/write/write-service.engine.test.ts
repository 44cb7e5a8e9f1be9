import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../base/clock.ts'
import { defaultLimits } from '../../base/limits.ts'
import { silentLog } from '../../base/log.ts'
import type { TableRecord } from '../../storage/table-record.ts'
import { openWriter } from '../../storage/writer/writer.ts'
import { type OpenStorage, caller, openStorage } from '../../../tests/storage/open-storage.ts'
import type { RecordInput } from './record.ts'
import { createWriteService } from './write-service.ts'

let directory: string
let storage: OpenStorage
const nowMs = systemClock.nowMs()

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tidemark-writer-'))
  storage = await openStorage({ directory, clock: systemClock })
})
afterAll(async () => {
  await storage.close()
  rmSync(directory, { recursive: true, force: true })
})

const single = (time: number, value: string, over: RecordInput = {}): RecordInput => ({
  Dimensions: [{ Name: 'host', Value: 'a' }],
  MeasureName: 'cpu',
  MeasureValue: value,
  Time: String(time),
  ...over,
})
const write = (table: TableRecord, ...records: readonly RecordInput[]) =>
  storage.service.write(caller, { databaseName: table.databaseName, tableName: table.tableName, records })
const rejects = async (table: TableRecord, ...records: readonly RecordInput[]): Promise<unknown> => {
  const error = await write(table, ...records).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toMatchObject({ code: 'REJECTED_RECORDS' })
  return (error as { members: { RejectedRecords: unknown } }).members.RejectedRecords
}

describe('writing', () => {
  it('stores every type so that a read after the answer sees it', async () => {
    const table = await storage.createTable('db', 'types')
    const result = await write(
      table,
      single(nowMs, '1.5'),
      single(nowMs, '-9223372036854775808', { MeasureName: 'big', MeasureValueType: 'BIGINT' }),
      single(nowMs, 'true', { MeasureName: 'flag', MeasureValueType: 'BOOLEAN', Dimensions: [{ Name: 'region', Value: 'ü"\\\'\n' }] }),
      single(nowMs, 'long ✓', { MeasureName: 'text', MeasureValueType: 'VARCHAR', Dimensions: [] }),
      {
        Dimensions: [{ Name: 'host', Value: 'b' }],
        MeasureName: 'all',
        MeasureValueType: 'MULTI',
        MeasureValues: [
          { Name: 'd', Value: '0.1', Type: 'DOUBLE' },
          { Name: 'i', Value: '7', Type: 'BIGINT' },
          { Name: 'b', Value: 'false', Type: 'BOOLEAN' },
          { Name: 's', Value: 'x', Type: 'VARCHAR' },
          { Name: 't', Value: '5', Type: 'TIMESTAMP' },
        ],
        Time: String(nowMs),
      },
    )
    expect(result).toEqual({ total: 5, memoryStore: 5, magneticStore: 0 })
    const columns =
      'measure_name, d1, d2, value_double, value_bigint, value_boolean, value_varchar, a1_double, a2_bigint, a3_boolean, a4_varchar, a5_timestamp'
    expect(await storage.select(table, columns, 'ORDER BY measure_name')).toEqual([
      ['all', 'b', null, null, null, null, null, 0.1, '7', false, 'x', '5000000'],
      ['big', 'a', null, null, '-9223372036854775808', null, null, null, null, null, null, null],
      ['cpu', 'a', null, 1.5, null, null, null, null, null, null, null, null],
      ['flag', null, 'ü"\\\'\n', null, null, true, null, null, null, null, null, null],
      ['text', null, null, null, null, null, 'long ✓', null, null, null, null, null],
    ])
    expect(await storage.select(table, 'uniq(series), toString(any(time))', '')).toEqual([['4', `${nowMs}000000`]])
  })

  it('decides about versions against what is stored', async () => {
    const table = await storage.createTable('db', 'versions')
    const equal =
      'A record already exists with the same time, dimensions, measure name, and record version. A higher record version must be specified in order to update the measure value. Specifying record version is supported by the latest SDKs.'
    await write(table, single(nowMs, '1'))
    await write(table, single(nowMs, '1'))
    expect(await rejects(table, single(nowMs + 1, '5'), single(nowMs, '2'))).toEqual([{ RecordIndex: 1, Reason: equal }])
    expect(storage.catalog.snapshot().table('db', 'versions')?.physical.final).toBe(false)
    await write(table, single(nowMs, '2', { Version: 2 }))
    expect(storage.catalog.snapshot().table('db', 'versions')?.physical.final).toBe(true)
    await write(table, single(nowMs, '2', { Version: 3 }))
    expect(await rejects(table, single(nowMs, '2', { Version: 2 }))).toEqual([
      {
        RecordIndex: 0,
        Reason: 'The record version 2 is lower than the existing version 3. A higher version is required to update the measure value.',
        ExistingVersion: 3,
      },
    ])
    expect(await storage.select(table, 'value_double, version')).toEqual([
      [2, '3'],
      [5, '1'],
    ])
  })

  it('replaces the whole set of attributes, compares all of them, and types of single measures', async () => {
    const table = await storage.createTable('db', 'multi')
    const multi = (values: Readonly<Record<string, string>>, Version = 1): RecordInput => ({
      Dimensions: [{ Name: 'host', Value: 'a' }],
      MeasureName: 'm',
      MeasureValueType: 'MULTI',
      MeasureValues: Object.entries(values).map(([Name, Value]) => ({ Name, Value, Type: Name === 's' ? 'VARCHAR' : 'BIGINT' })),
      Time: String(nowMs),
      Version,
    })
    await write(table, multi({ x: '1', y: '2', s: 'a"b\\' }))
    await write(table, multi({ y: '2', x: '1', s: 'a"b\\' }))
    expect(await rejects(table, multi({ x: '1', y: '2' }))).toHaveLength(1)
    expect(await rejects(table, multi({ x: '1', y: '2', s: 'a"b\\', z: '3' }))).toHaveLength(1)
    await write(table, multi({ x: '9' }, 2))
    expect(await storage.select(table, 'a1_bigint, a2_bigint, a3_varchar')).toEqual([['9', null, null]])
    await write(table, single(nowMs, '1', { MeasureValueType: 'BIGINT' }))
    expect(await rejects(table, single(nowMs, '1', { MeasureValueType: 'DOUBLE' }))).toHaveLength(1)
  })

  it('writes what arrives during a write as one batch', async () => {
    const table = await storage.createTable('db', 'groups')
    await write(table, single(nowMs, '0'))
    storage.reports.length = 0
    const requests = Array.from({ length: 40 }, (_, i) => write(table, single(nowMs + 1 + i, String(i))))
    const late = new Promise((resolve) => setTimeout(resolve, 1)).then(() =>
      Promise.all([1, 2, 3].map((i) => write(table, single(nowMs + 100 + i, '1')))),
    )
    await Promise.all([...requests, late])
    expect(storage.reports.reduce((sum, r) => sum + r.records, 0)).toBe(43)
    expect(storage.reports.length).toBeLessThanOrEqual(3)
    expect(storage.writer.pending()).toEqual({ records: 0, bytes: 0 })
  })

  it('tells listeners of each batch before its requests are answered, without what changed nothing', async () => {
    const table = await storage.createTable('db', 'listeners')
    const events: string[] = []
    const stop = storage.writer.onDurableBatch(({ table: { tableName }, insert }) => events.push(`${tableName} ${insert.rowCount}`))
    await write(table, single(nowMs, '1')).then(() => events.push('answered'))
    await write(table, single(nowMs, '1'), single(nowMs + 1, '1')).then(() => events.push('answered'))
    await write(table, single(nowMs, '1')).then(() => events.push('answered'))
    stop()
    await write(table, single(nowMs + 2, '1'))
    expect(events).toEqual(['listeners 1', 'answered', 'listeners 1', 'answered', 'answered'])
  })

  it('adds a column once while many requests bring it', async () => {
    const table = await storage.createTable('db', 'growth')
    await Promise.all(
      Array.from({ length: 30 }, (_, i) => write(table, single(nowMs + i, '1', { Dimensions: [{ Name: `dim${i % 5}`, Value: 'v' }] }))),
    )
    const schema = storage.catalog.table('db', 'growth')!.schema
    expect(schema.dimensions.map((d) => d.physicalName)).toEqual(['d1', 'd2', 'd3', 'd4', 'd5'])
    expect(await storage.select(table, 'count(), count(d1), count(d5)', '')).toEqual([['30', '6', '6']])
  })

  it('rejects one record for its type and stores the others', async () => {
    const table = await storage.createTable('db', 'conflict')
    const multi = (type: 'DOUBLE' | 'BIGINT', time: number): RecordInput => ({
      Dimensions: [{ Name: 'host', Value: 'a' }],
      MeasureName: 'm',
      MeasureValueType: 'MULTI',
      MeasureValues: [{ Name: 'load', Value: '1', Type: type }],
      Time: String(time),
    })
    expect(await rejects(table, multi('DOUBLE', nowMs), multi('BIGINT', nowMs + 1), single(nowMs, '1', { MeasureName: 'other' }))).toEqual([
      { RecordIndex: 1, Reason: 'The measure load has the type DOUBLE in the table, not BIGINT.' },
    ])
    expect(await storage.select(table, 'count()', '')).toEqual([['2']])
  })

  it('tells the stores apart, and rejects what is in neither window', async () => {
    const late = await storage.createTable('db', 'late', { memoryStoreHours: 1, magneticStoreDays: 2, magneticStoreWrites: true })
    const hour = 3_600_000
    expect(await write(late, single(nowMs, '1'), single(nowMs - 3 * hour, '2'), single(nowMs - 48 * hour, '3'))).toEqual({
      total: 3,
      memoryStore: 1,
      magneticStore: 2,
    })
    expect(await rejects(late, single(nowMs - 60 * hour, '1'), single(nowMs + hour, '1'))).toEqual([
      {
        RecordIndex: 0,
        Reason: expect.stringMatching(/^The record timestamp is outside the time range \[.*Z, .*Z\) of the data ingestion window\.$/),
      },
      { RecordIndex: 1, Reason: expect.stringContaining('of the data ingestion window.') },
    ])
    const prompt = await storage.createTable('db', 'prompt', { memoryStoreHours: 1, magneticStoreWrites: false })
    expect(await rejects(prompt, single(nowMs - 3 * hour, '1'), single(nowMs, '1'))).toEqual([
      { RecordIndex: 0, Reason: expect.stringContaining('of the memory store.') },
    ])
    expect(await storage.select(prompt, 'count()', '')).toEqual([['1']])
  })

  it('reports a lost record of the magnetic store apart from the answer', async () => {
    const table = await storage.createTable('db', 'silent', { memoryStoreHours: 1, magneticStoreDays: 2, magneticStoreWrites: true })
    const { writer, catalog } = storage
    const lost: string[] = []
    const service = createWriteService({
      writer,
      catalog,
      clock: systemClock,
      limits: defaultLimits,
      log: silentLog,
      onMagneticRejects: ({ tableName }, rejected) =>
        lost.push(...rejected.map((r) => `${tableName} ${r.record.measureName} ${r.reason.slice(0, 23)}`)),
    })
    const old = nowMs - 3 * 3_600_000
    await write(table, single(old, '1'))
    const answer = await service.write(caller, { databaseName: 'db', tableName: 'silent', records: [single(nowMs, '1'), single(old, '2')] })
    expect(answer).toEqual({ total: 2, memoryStore: 1, magneticStore: 1 })
    expect(lost).toEqual(['silent cpu A record already exists'])
    expect(await storage.select(table, 'value_double')).toEqual([[1], [1]])
  })

  it('rejects a record without the dimension that the partition key requires', async () => {
    const table = await storage.createTable('db', 'keyed', {
      partitionKey: { type: 'DIMENSION', name: 'tenant', enforcementInRecord: 'REQUIRED' },
    })
    const records = [single(nowMs, '1'), single(nowMs, '2', { Dimensions: [{ Name: 'tenant', Value: 't' }] })]
    expect(await rejects(table, ...records)).toEqual([
      { RecordIndex: 0, Reason: expect.stringContaining('does not have the dimension tenant') },
    ])
    expect(await storage.select(table, 'd0, value_double')).toEqual([['t', 2]])
  })

  it('lets tables take turns', async () => {
    const [busy, calm] = [await storage.createTable('db', 'busy'), await storage.createTable('db', 'calm')]
    const { engine, catalog } = storage
    const options = { engine, catalog, clock: systemClock, limits: defaultLimits, log: silentLog, engineDatabase: 'tidemark' }
    const writer = openWriter({ ...options, concurrentInserts: 1, batchBounds: { rows: 1, bytes: 1e9 } })
    const service = createWriteService({ ...options, writer })
    const send = (table: TableRecord, i: number) =>
      service.write(caller, { databaseName: 'db', tableName: table.tableName, records: [single(nowMs + i, '1')] })
    await Promise.all([send(busy, 0), send(calm, 0)])
    const answered: string[] = []
    const note = (name: string) => () => answered.push(name)
    await Promise.all([...Array.from({ length: 6 }, (_, i) => send(busy, 1 + i).then(note('busy'))), send(calm, 1).then(note('calm'))])
    expect(answered).toHaveLength(7)
    expect(answered.indexOf('calm')).toBeLessThanOrEqual(1)
  })

  it('throttles beyond its bounds, and takes records again afterwards', async () => {
    const table = await storage.createTable('db', 'bounded')
    const { engine, catalog } = storage
    const limits = { ...defaultLimits, pendingWriteRecords: 6 }
    const writer = openWriter({ engine, catalog, clock: systemClock, limits, log: silentLog, engineDatabase: 'tidemark' })
    const service = createWriteService({ writer, catalog, clock: systemClock, limits, log: silentLog })
    const send = (i: number) => service.write(caller, { databaseName: 'db', tableName: 'bounded', records: [single(nowMs + i, '1')] })
    await send(0)
    const outcomes = await Promise.allSettled(Array.from({ length: 9 }, (_, i) => send(1 + i)))
    const failed = outcomes.flatMap((o) => (o.status === 'rejected' ? [o.reason as unknown] : []))
    expect(failed).toHaveLength(4)
    for (const error of failed)
      expect(error).toMatchObject({ code: 'THROTTLING', message: expect.stringMatching(/^Request rate exceeded/) })
    await send(20)
    const last = send(21)
    await new Promise((resolve) => setImmediate(resolve))
    await Promise.all([last, writer.drain?.()])
    expect(await storage.select(table, 'count()', '')).toEqual([['8']])
    await expect(send(22)).rejects.toMatchObject({ code: 'SHUTTING_DOWN' })
  })

  it('acknowledges nothing of a batch that the engine refuses', async () => {
    const table = await storage.createTable('db', 'broken')
    await write(table, single(nowMs, '1'))
    await storage.tables.drop(table.physicalName)
    const outcomes = await Promise.allSettled([1, 2, 3].map((i) => write(table, single(nowMs + i, '1'))))
    expect(outcomes.map((o) => o.status)).toEqual(['rejected', 'rejected', 'rejected'])
    expect(storage.writer.pending().records).toBe(0)
    await storage.documents.remove('table', 'db/broken', (await storage.documents.get('table', 'db/broken'))!.revision)
    await storage.catalog.refresh('db', 'broken')
    await expect(write(table, single(nowMs + 9, '1'))).rejects.toMatchObject({
      code: 'RESOURCE_NOT_FOUND',
      message: 'The table broken does not exist.',
    })
    await expect(
      storage.service.write(caller, { databaseName: 'nowhere', tableName: 'x', records: [single(nowMs, '1')] }),
    ).rejects.toMatchObject({
      code: 'RESOURCE_NOT_FOUND',
      message: 'The database nowhere does not exist.',
    })
  })

  it('finds after opening again what it had stored, with its versions', async () => {
    const table = await storage.createTable('db', 'again')
    await write(table, single(nowMs, '1', { Version: 7 }), single(nowMs + 5, '5'))
    await storage.close()
    storage = await openStorage({ directory, clock: systemClock })
    await write(table, single(nowMs, '1', { Version: 7 }), single(nowMs + 3, '3'))
    expect(await rejects(table, single(nowMs, '2', { Version: 6 }), single(nowMs + 5, '6'))).toHaveLength(2)
    expect(await storage.select(table, 'value_double')).toEqual([[1], [3], [5]])
    expect((await storage.engine.rows(`SELECT count() FROM tidemark.${table.physicalName}`))[0]).toEqual(['3'])
  })
})
