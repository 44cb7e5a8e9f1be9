import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { EngineInsert, InsertColumn } from '../../engine/engine.ts'
import { type TableRecord, emptySchema } from '../table-record.ts'
import { decodeEntry, encodeEntry } from './entry-format.ts'

const table: TableRecord = {
  databaseName: 'db',
  tableName: 'ünïcode',
  physicalName: 't_1',
  creationTimeMs: 0,
  lastUpdatedTimeMs: 0,
  memoryStoreHours: 6,
  magneticStoreDays: 1,
  magneticStoreWrites: false,
  partitionKey: { type: 'MEASURE' },
  schema: emptySchema,
}

const insertOf = (rowCount: number): fc.Arbitrary<EngineInsert> => {
  const rows = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(item, { minLength: rowCount, maxLength: rowCount })
  const text = fc.string({ unit: 'binary' })
  const nulls = fc.option(
    rows(fc.constantFrom(0, 1)).map((bits) => Uint8Array.from(bits)),
    { nil: undefined },
  )
  const column: fc.Arbitrary<InsertColumn> = fc
    .tuple(
      text,
      nulls,
      fc.oneof(
        rows(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })).map((v) => ({ kind: 'int64' as const, values: BigInt64Array.from(v) })),
        rows(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })).map((v) => ({ kind: 'uint64' as const, values: BigUint64Array.from(v) })),
        rows(fc.double()).map((v) => ({ kind: 'float64' as const, values: Float64Array.from(v) })),
        rows(fc.constantFrom(0, 1)).map((v) => ({ kind: 'boolean' as const, values: Uint8Array.from(v) })),
        rows(text).map((values) => ({ kind: 'string' as const, values })),
        rows(fc.nat({ max: 2 })).map((v) => ({ kind: 'dictionary' as const, codes: Int32Array.from(v), dictionary: ['', 'a', 'ü\0"'] })),
      ),
    )
    .map(([name, marks, values]) => ({ name, ...(marks === undefined ? {} : { nulls: marks }), ...values }))
  return fc.array(column, { maxLength: 6 }).map((columns) => ({ database: 'tidemark', table: 't_1', rowCount, columns }))
}

describe('an entry of the log', () => {
  it('gives back its batch, whatever is in it and wherever it lies', () => {
    fc.assert(
      fc.property(fc.nat({ max: 9 }).chain(insertOf), fc.nat({ max: 9 }), (insert, shift) => {
        const encoded = Buffer.concat([Buffer.alloc(shift), encodeEntry(table, insert)]).subarray(shift)
        expect(decodeEntry(encoded)).toEqual({ databaseName: 'db', tableName: 'ünïcode', insert })
      }),
      { numRuns: 50 },
    )
  })

  it('holds no more than the rows of its batch', () => {
    const values = new Float64Array(1000)
    const insert: EngineInsert = { database: 'd', table: 't', rowCount: 1, columns: [{ name: 'a', kind: 'float64', values }] }
    expect(encodeEntry(table, insert).length).toBeLessThan(200)
  })
})
