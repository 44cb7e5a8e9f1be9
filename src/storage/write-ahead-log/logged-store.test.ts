import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { EngineRows } from '../../../tests/storage/engine-rows.ts'
import { memoryDocuments } from '../../../tests/storage/memory-documents.ts'
import { record, step, type Step } from '../../../tests/storage/steps.ts'
import { type Clock, systemClock } from '../../base/clock.ts'
import { defaultLimits } from '../../base/limits.ts'
import { silentLog } from '../../base/log.ts'
import type { EngineInsert } from '../../engine/engine.ts'
import { type TableRecord, emptySchema } from '../table-record.ts'
import type { BatchStore } from '../writer/batch-store.ts'
import { identityKey } from '../writer/resolve-versions.ts'
import { decideVersion } from '../writer/version-decision.ts'
import { type Writer, openWriter } from '../writer/writer.ts'
import { openLoggedStore } from './logged-store.ts'

const table: TableRecord = {
  databaseName: 'db',
  tableName: 'table',
  physicalName: 't_1',
  creationTimeMs: 0,
  lastUpdatedTimeMs: 0,
  memoryStoreHours: 6,
  magneticStoreDays: 1,
  magneticStoreWrites: false,
  partitionKey: { type: 'MEASURE' },
  schema: { ...emptySchema, dimensions: [{ name: 'host', physicalName: 'd1' }], singleMeasureTypes: ['double', 'varchar'] },
}
const other: TableRecord = { ...table, tableName: 'other', physicalName: 't_2' }
const storageKeys = { keys: [{ id: 1, bytes: Buffer.alloc(32, 1) }], currentKeyId: 1, rootSecret: Buffer.alloc(32, 2) }

let parent: string
let rows: EngineRows
let tables: TableRecord[]
let directory: string
let opened: { store: BatchStore; writer: Writer }[]
let duplicates: number
let documents: ReturnType<typeof memoryDocuments>
/** Moves the clock of pauses and ages on. */
let skippedMs: number

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'tidemark-logged-'))
  begin()
})
afterEach(async () => {
  for (const { store } of opened) await store.stop()
  rmSync(parent, { recursive: true, force: true })
})

function begin(): void {
  rows = new EngineRows()
  tables = [table, other]
  directory = mkdtempSync(join(parent, 'log-'))
  opened = []
  duplicates = 0
  documents = memoryDocuments()
  skippedMs = 0
}

async function open(limits = defaultLimits): Promise<{ store: BatchStore; writer: Writer }> {
  const catalog = {
    table: (databaseName: string, tableName: string) => tables.find((t) => t.databaseName === databaseName && t.tableName === tableName),
    markDuplicates: async () => void duplicates++,
    widen: async () => {
      throw new Error('no table here holds whole numbers')
    },
  }
  const clock: Clock = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + skippedMs }
  const options = { catalog, clock, limits, log: silentLog, engineDatabase: 'tidemark' }
  const store = await openLoggedStore({
    ...options,
    engine: rows,
    stored: rows,
    documents,
    keys: storageKeys,
    directory,
    segmentBytes: 2000,
  })
  const engine = { insert: (insert: EngineInsert) => rows.insert(insert), rows: async () => [] }
  const result = { store, writer: openWriter({ ...options, engine, store, limits: { ...limits, rememberedSeries: 8 } }) }
  opened.push(result)
  return result
}

/** The log as it is at this moment is what the next process finds; what only memory held is gone. */
async function crash(): Promise<void> {
  const next = mkdtempSync(join(parent, 'log-'))
  cpSync(directory, next, { recursive: true })
  rows.isFull = true
  for (const { store } of opened.splice(0)) await store.stop()
  rows.isFull = false
  directory = next
}

/** As the engine deletes: of what it has, and the next process knows. */
const deleteAt = (writer: Writer, time: number): Promise<void> =>
  writer.settled(table, async () => {
    const kept = rows.rows.filter((row) => row.table !== table.physicalName || row.identity.timeNs !== BigInt(time))
    rows.rows.splice(0, rows.rows.length, ...kept)
  })

const timesOf = (physicalName: string): number[] =>
  rows.rows.filter((row) => row.table === physicalName).map(({ identity }) => Number(identity.timeNs))

const stepArbitrary: fc.Arbitrary<Step> = fc.record({
  host: fc.nat({ max: 12 }),
  time: fc.integer({ min: 1, max: 6 }),
  version: fc.integer({ min: 1, max: 3 }),
  value: fc.constantFrom(1, 2, 'a'),
})
const action = fc.oneof(
  { weight: 6, arbitrary: fc.array(fc.array(stepArbitrary, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 }) },
  { weight: 2, arbitrary: fc.constant('flush' as const) },
  { weight: 2, arbitrary: fc.nat({ max: 4 }).map((takes) => ({ takes })) },
  { weight: 2, arbitrary: fc.constant('crash' as const) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 6 }).map((deleted) => ({ deleted })) },
)

describe('records that a log acknowledges', () => {
  it(
    'are stored once and decided about exactly, whatever is flushed, refused, deleted, lost in memory or replayed',
    { timeout: 60_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(action, { maxLength: 14 }), async (actions) => {
          begin()
          let { store, writer } = await open()
          const model = new Map<string, Step>()
          const accepted = new Set<string>()
          const keyOf = ({ host, time }: Step): string => `${host}/${time}`
          for (const act of actions) {
            skippedMs += 10_000
            if (act === 'flush') await store.flush().catch(() => undefined)
            else if (act === 'crash') {
              await crash()
              ;({ store, writer } = await open())
            } else if ('deleted' in act) {
              await deleteAt(writer, act.deleted)
              for (const [key, { time }] of model) if (time === act.deleted) model.delete(key)
            } else if ('takes' in act) {
              rows.takes = act.takes
              await store.flush().catch(() => undefined)
              rows.takes = undefined
            } else {
              const expected = act.map((steps) =>
                steps.flatMap((one, index) => {
                  const before = model.get(keyOf(one))
                  const decision = decideVersion(
                    BigInt(one.version),
                    before && BigInt(before.version),
                    () => before !== undefined && before.value === one.value,
                  )
                  if (decision.kind === 'reject') return [index]
                  if (decision.kind !== 'keep') {
                    model.set(keyOf(one), one)
                    accepted.add(`${keyOf(one)}/${one.version}`)
                  }
                  return []
                }),
              )
              const outcomes = await Promise.all(act.map((steps) => writer.write(table, steps.map(record))))
              expect(outcomes.map(({ rejected }) => rejected.map(({ index }) => index))).toEqual(expected)
            }
          }
          await crash()
          await open()
          const versions = rows.rows.map(({ identity, version }) => `${identityKey(identity)}/${version}`)
          expect(new Set(versions).size).toBe(versions.length)
          const winners = await rows.find(
            table,
            rows.rows.map(({ identity }) => identity),
          )
          expect(winners.map(({ version, value }) => `${version} ${[...value.values()].join()}`).sort()).toEqual(
            [...model.values()].map(({ version, value }) => `${version} ${value}`).sort(),
          )
          expect(versions.length).toBeLessThanOrEqual(accepted.size)
          if (versions.length > model.size) expect(duplicates).toBeGreaterThan(0)
        }),
        { numRuns: 40 },
      )
    },
  )

  it('reach the engine by themselves, together, and leave an empty log', async () => {
    const { store, writer } = await open()
    const listened: number[] = []
    writer.onDurableBatch(({ insert }) => listened.push(insert.rowCount))
    for (let time = 1; time <= 20; time++) await writer.write(table, [record(step(time))])
    expect(listened).toHaveLength(20)
    expect(rows.rows).toHaveLength(0)
    expect(writer.pending()).toEqual({ records: 0, bytes: 0 })
    expect(writer.backlog()).toMatchObject({ records: 20 })
    await expect.poll(() => rows.rows.length, { timeout: 3000 }).toBe(20)
    expect(rows.inserts).toBe(1)
    expect(writer.backlog()).toMatchObject({ records: 0, bytes: 0 })
    await writer.drain?.()
    await store.stop()
    expect(store.backlog()).toMatchObject({ logBytes: 0, logSegments: 0 })
  })

  it('are told to listeners as columns, in the order of their table, once they are durable and before they are answered', async () => {
    const { writer } = await open()
    const told: string[] = []
    const events: string[] = []
    const columns: unknown[] = []
    writer.onDurableBatch(() => {
      throw new Error('a listener that fails')
    })
    const stop = writer.onDurableBatch(({ table: { tableName }, insert }) => {
      const times = insert.columns.find(({ name }) => name === 'time')
      const codes = insert.columns.find(({ name }) => name === 'd1')
      columns.push({ times: times?.kind, codes: codes?.kind === 'dictionary' && codes.dictionary })
      for (const time of times?.kind === 'int64' ? times.values : []) {
        told.push(`${tableName} ${time}`)
        events.push(`told ${tableName} ${time}`)
      }
    })
    const writes = []
    for (let time = 1; time <= 60; time++) {
      const to = time % 3 === 0 ? other : table
      writes.push(writer.write(to, [record({ ...step(time), host: 0 })]).then(() => events.push(`answered ${to.tableName} ${time}`)))
      if (time % 7 === 0) await Promise.all(writes)
    }
    await Promise.all(writes)
    for (const name of ['table', 'other']) {
      const times = told.filter((one) => one.startsWith(`${name} `)).map((one) => Number(one.split(' ')[1]))
      expect(times).toEqual([...times].sort((a, b) => a - b))
      expect(times).toHaveLength(name === 'table' ? 40 : 20)
    }
    for (const one of told) expect(events.indexOf(`told ${one}`)).toBeLessThan(events.indexOf(`answered ${one}`))
    for (const one of columns) expect(one).toEqual({ times: 'int64', codes: ['host0'] })
    stop()
    await writer.write(table, [record(step(1000))])
    expect(told).toHaveLength(60)
  })

  it('are in the engine when a flush of their table resolves, those of other tables wait', async () => {
    const { writer } = await open()
    await Promise.all([writer.write(table, [record(step(1))]), writer.write(other, [record(step(2))])])
    await writer.flush(table)
    expect([timesOf('t_1'), timesOf('t_2')]).toEqual([[1], []])
    await writer.flush()
    expect(timesOf('t_2')).toEqual([2])
  })

  it('are left out when their table was deleted before they reached it, in this process or the next', async () => {
    const { writer } = await open()
    await Promise.all([writer.write(table, [record(step(1))]), writer.write(other, [record(step(2))])])
    tables = [{ ...table, physicalName: 't_3' }, other]
    await writer.flush(table)
    expect(rows.rows).toEqual([])
    await crash()
    const { writer: next } = await open()
    expect([timesOf('t_1'), timesOf('t_3'), timesOf('t_2')]).toEqual([[], [], [2]])
    await next.write(tables[0]!, [record(step(3))])
    await next.flush()
    expect(timesOf('t_3')).toEqual([3])
  })
})

describe('records that are deleted', () => {
  it('do not come back with the log, those that are written again afterwards do', async () => {
    const { writer } = await open()
    await writer.write(table, [record(step(1)), record(step(2))])
    await writer.write(other, [record(step(1))])
    await deleteAt(writer, 1)
    await writer.write(table, [record(step(3))])
    await crash()
    const { writer: next } = await open()
    expect(timesOf('t_1').sort()).toEqual([2, 3])
    expect(timesOf('t_2')).toEqual([1])
    await next.write(table, [record(step(1))])
    await crash()
    await open()
    expect(timesOf('t_1').sort()).toEqual([1, 2, 3])
  })

  it('leave no segment with them, and a log that begins anew keeps what is written then', async () => {
    const { store, writer } = await open()
    await writer.write(table, [record(step(1))])
    await deleteAt(writer, 1)
    await writer.drain?.()
    await store.stop()
    expect(store.backlog()).toMatchObject({ logSegments: 0 })
    for (let round = 2; round <= 4; round++) {
      const { writer: next } = await open()
      await next.write(table, [record(step(round))])
      await crash()
    }
    await open()
    expect(timesOf('t_1').sort()).toEqual([2, 3, 4])
  })

  it('make the writes of their table wait, not those of others', async () => {
    const { writer } = await open()
    const order: string[] = []
    let end: () => void = () => undefined
    const deletion = writer.settled(table, () => new Promise<void>((resolve) => (end = resolve))).then(() => order.push('deleted'))
    await writer.write(other, [record(step(1))]).then(() => order.push('other'))
    const write = writer.write(table, [record(step(1))]).then(() => order.push('table'))
    await writer.write(other, [record(step(2))])
    expect(order).toEqual(['other'])
    end()
    await Promise.all([deletion, write])
    expect(order).toEqual(['other', 'deleted', 'table'])
  })
})

describe('while the engine refuses records', () => {
  it('writes go on up to the bound, reads are told why, and all is well without a restart when it takes them again', async () => {
    const { writer } = await open({ ...defaultLimits, pendingWriteRecords: 12 })
    rows.isFull = true
    for (let time = 1; time <= 10; time++) await writer.write(table, [record(step(time))])
    const reason =
      'Records of db.table are safe in the write-ahead log, but the engine does not take them: The engine has no space left on its disk'
    await expect(writer.flush(table)).rejects.toMatchObject({ code: 'ENGINE_UNAVAILABLE', message: reason })
    await expect(writer.write(table, [record(step(11))])).rejects.toMatchObject({
      code: 'THROTTLING',
      message: expect.stringMatching(/^Request rate exceeded: 10 records .* no space left/) as string,
    })
    await expect(writer.flush()).rejects.toMatchObject({ message: reason })
    rows.isFull = false
    await expect.poll(() => rows.rows.length, { timeout: 5000 }).toBe(10)
    await writer.write(table, [record(step(11))])
    await writer.flush(table)
    expect(timesOf('t_1').sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
  })

  it('of one table, the others are written and stored, however much waits of it', async () => {
    const { writer } = await open({ ...defaultLimits, pendingWriteRecords: 50 })
    rows.refused.add('t_1')
    let flooded = 0
    const flood = async (): Promise<void> => {
      for (; flooded < 100; flooded++) await writer.write(table, [record(step(flooded + 1))])
    }
    await expect(flood()).rejects.toMatchObject({ code: 'THROTTLING', message: expect.stringContaining('40 of this table') as string })
    expect(flooded).toBe(40)
    for (let time = 1; time <= 30; time += 5) {
      await writer.write(
        other,
        Array.from({ length: 5 }, (_, i) => record(step(time + i), i)),
      )
      await writer.flush(other)
    }
    expect(timesOf('t_2')).toHaveLength(30)
    await expect(flood()).rejects.toMatchObject({ code: 'THROTTLING' })
  })

  it('of one table, the log does not grow with what is written to others, and holds it through a crash', async () => {
    const { writer } = await open()
    rows.refused.add('t_1')
    for (let time = 1; time <= 3; time++) await writer.write(table, [record(step(time))])
    let most = 0
    for (let time = 1; time <= 300; time++) {
      await writer.write(other, [record({ ...step(time), value: 'x'.repeat(900) })])
      if (time % 10 === 0) await writer.flush(other)
      most = Math.max(most, writer.backlog().logBytes)
    }
    expect(timesOf('t_2')).toHaveLength(300)
    expect(most).toBeLessThan(150_000)
    rows.refused.clear()
    await crash()
    await open()
    expect(timesOf('t_1')).toEqual([1, 2, 3])
    expect(timesOf('t_2')).toHaveLength(300)
  })

  it('the size of the log is a bound too', async () => {
    const { writer } = await open({ ...defaultLimits, writeAheadLogBytes: 3000 })
    rows.isFull = true
    let written = 0
    const fill = async (): Promise<void> => {
      for (; written < 100; written++) await writer.write(table, [record(step(written + 1))])
    }
    await expect(fill()).rejects.toMatchObject({ code: 'THROTTLING' })
    expect(written).toBeGreaterThan(3)
    expect(writer.backlog().logBytes).toBeLessThan(4000)
    rows.isFull = false
    await expect.poll(() => writer.backlog().records, { timeout: 5000 }).toBe(0)
    await writer.write(table, [record(step(1000))])
  })

  it('a stop keeps the log, and the next start stores what is in it', async () => {
    const { writer, store } = await open()
    await writer.write(table, [record(step(1))])
    rows.isFull = true
    await writer.drain?.()
    await store.stop()
    await open()
    expect(rows.rows).toEqual([])
    await crash()
    await open()
    expect(timesOf('t_1')).toEqual([1])
  })
})
