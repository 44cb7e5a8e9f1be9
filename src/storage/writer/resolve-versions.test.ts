import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type TableRecord, emptySchema } from '../table-record.ts'
import { resolveVersions } from './resolve-versions.ts'
import type { RecordIdentity, StoredRecord, StoredRecords } from './stored-records.ts'
import { TableBatch } from './table-batch.ts'
import { TableTexts } from './table-texts.ts'
import { Watermarks } from './watermarks.ts'
import type { WriteRecord } from './write-record.ts'

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
  schema: { ...emptySchema, dimensions: [{ name: 'host', physicalName: 'd1' }], singleMeasureTypes: ['double'] },
}
const names = ['host']

interface Step {
  readonly host: string
  readonly measureName: string
  readonly time: number
  readonly version: number
  readonly value: number
}

const record = ({ host, measureName, time, version, value }: Step, index: number): WriteRecord => ({
  index,
  timeNs: BigInt(time),
  version: BigInt(version),
  store: 'memory',
  measureName,
  dimensions: { names, values: [host] },
  value: { kind: 'single', type: 'double', value },
})

/** Rows as the engine holds them: nothing is ever merged away. */
class Rows implements StoredRecords {
  readonly #rows: StoredRecord[] = []
  questions = 0

  add(batch: TableBatch, kept: Int32Array | undefined): void {
    for (const row of kept ?? Array.from({ length: batch.rowCount }, (_, i) => i)) {
      const identity = { measureName: batch.measureNameAt(row), series: batch.seriesAt(row), timeNs: batch.timeAt(row) }
      this.#rows.push({ identity, version: batch.versionAt(row), value: batch.valueAt(row) })
    }
  }

  async newestTimes(...[, series, fromNs]: Parameters<StoredRecords['newestTimes']>): ReturnType<StoredRecords['newestTimes']> {
    this.questions++
    return series.flatMap((s) => {
      const times = this.#rows
        .filter((r) => r.identity.series === s.series && r.identity.measureName === s.measureName && r.identity.timeNs >= fromNs)
        .map((r) => r.identity.timeNs)
      return times.length === 0 ? [] : [{ ...s, timeNs: times.reduce((a, b) => (a > b ? a : b)) }]
    })
  }

  async find(_table: TableRecord, identities: readonly RecordIdentity[]): Promise<readonly StoredRecord[]> {
    this.questions++
    return identities.flatMap((i) => {
      const versions = this.#rows.filter(
        ({ identity: r }) => r.series === i.series && r.measureName === i.measureName && r.timeNs === i.timeNs,
      )
      return versions.length === 0 ? [] : [versions.reduce((a, b) => (a.version > b.version ? a : b))]
    })
  }
}

/** The rules as a reader would write them down: one record at a time against a map. */
class Model {
  readonly #records = new Map<string, { readonly version: number; readonly value: number }>()

  write({ host, measureName, time, version, value }: Step): boolean {
    const key = `${host}/${measureName}/${time}`
    const existing = this.#records.get(key)
    if (existing !== undefined && version === existing.version) return value === existing.value
    if (existing !== undefined && version < existing.version) return false
    this.#records.set(key, { version, value })
    return true
  }

  winners(): ReadonlyMap<string, { readonly version: number; readonly value: number }> {
    return this.#records
  }
}

const step = fc.record({
  host: fc.constantFrom('a', 'b', 'c'),
  measureName: fc.constantFrom('cpu', 'memory'),
  time: fc.integer({ min: 0, max: 6 }),
  version: fc.integer({ min: 1, max: 4 }),
  value: fc.integer({ min: 0, max: 2 }),
})

describe('versions of a batch', () => {
  it('are decided as if each record were written alone, whatever is remembered', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(step, { minLength: 1, maxLength: 12 }), { maxLength: 8 }),
        fc.boolean(),
        async (batches, restarts) => {
          const model = new Model()
          const rows = new Rows()
          const texts = new TableTexts(table.physicalName)
          let marks = new Watermarks(8)
          for (const steps of batches) {
            if (restarts) marks = new Watermarks(8)
            const batch = new TableBatch(table, texts)
            batch.append(table, steps.map(record))
            const { kept, rejects } = await resolveVersions(table, batch, marks, rows)
            rows.add(batch, kept)
            const expected = steps.flatMap((s, index) => (model.write(s) ? [] : [index]))
            expect(rejects.map((r) => r.index).sort((a, b) => a - b)).toEqual(expected)
          }
          const probe = new TableBatch(table, texts)
          const winners = [...model.winners()]
          probe.append(
            table,
            winners.map(([key, winner], index) => {
              const [host, measureName, time] = key.split('/') as [string, string, string]
              return record({ host, measureName, time: Number(time), ...winner }, index)
            }),
          )
          // writing every winner again changes nothing: it is stored with that version and value
          const again = await resolveVersions(table, probe, new Watermarks(8), rows)
          expect(again.rejects).toEqual([])
          expect([...(again.kept ?? [])]).toEqual([])
          expect(again.kept !== undefined || winners.length === 0).toBe(true)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('need no look-up for records newer than their series', async () => {
    const rows = new Rows()
    const marks = new Watermarks(64)
    const texts = new TableTexts('t_1')
    const write = async (times: readonly number[]): Promise<number> => {
      const batch = new TableBatch(table, texts)
      batch.append(
        table,
        times.map((time, i) => record({ host: 'a', measureName: 'cpu', time, version: 1, value: time }, i)),
      )
      const { kept, lookedUp } = await resolveVersions(table, batch, marks, rows)
      rows.add(batch, kept)
      return lookedUp
    }
    await write([10, 20])
    const before = rows.questions
    expect(await write([30, 50, 40])).toBe(0)
    expect(rows.questions).toBe(before)
    expect(await write([40, 60])).toBe(1)
    expect(rows.questions).toBe(before + 1)
  })

  it('tell when a stored row is replaced, but not when only rows of the batch are', async () => {
    const rows = new Rows()
    const marks = new Watermarks(64)
    const texts = new TableTexts('t_1')
    const write = async (versions: readonly number[]): Promise<{ replaces: boolean; kept: readonly number[] | undefined }> => {
      const batch = new TableBatch(table, texts)
      batch.append(
        table,
        versions.map((version, i) => record({ host: 'a', measureName: 'cpu', time: 5, version, value: version }, i)),
      )
      const { kept, replaces } = await resolveVersions(table, batch, marks, rows)
      rows.add(batch, kept)
      return { replaces, kept: kept && [...kept] }
    }
    expect(await write([1, 2])).toEqual({ replaces: false, kept: [1] })
    expect(await write([2])).toEqual({ replaces: false, kept: [] })
    expect(await write([3])).toEqual({ replaces: true, kept: undefined })
  })
})
