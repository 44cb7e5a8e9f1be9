import { expect, test } from 'vitest'
import { merged } from './slices.ts'
import { MeasureSums, nanosecondsOf, rowConverter, type TableColumn } from './table-rows.ts'

const columns: readonly TableColumn[] = [
  { name: 'a', kind: 'DIMENSION', type: 'VARCHAR' },
  { name: 'b', kind: 'DIMENSION', type: 'VARCHAR' },
  { name: 'm', kind: 'MEASURE_NAME', type: 'VARCHAR' },
  { name: 'measure_value::bigint', kind: 'MEASURE_VALUE', type: 'BIGINT' },
  { name: 'seen', kind: 'MULTI', type: 'TIMESTAMP' },
  { name: 'time', kind: 'TIMESTAMP', type: 'TIMESTAMP' },
  { name: 'x', kind: 'MULTI', type: 'DOUBLE' },
]
const row = (...cells: (string | undefined)[]): { ScalarValue?: string; NullValue?: true }[] =>
  cells.map((ScalarValue) => (ScalarValue === undefined ? { NullValue: true } : { ScalarValue }))
const record = rowConverter(columns, 3)

test('times become nanoseconds since the epoch', () => {
  expect(nanosecondsOf('2026-11-27 22:50:31.123456789')).toBe('1795819831123456789')
  expect(nanosecondsOf('2026-11-27 22:50:31')).toBe('1795819831000000000')
  expect(nanosecondsOf('1970-01-01 00:00:00.000000012')).toBe('12')
})

test('a row with a measure value becomes a single-measure record', () => {
  expect(record(row('1', undefined, 'n', '-9223372036854775808', undefined, '1970-01-01 00:00:01.000000000', undefined))).toEqual({
    Dimensions: [{ Name: 'a', Value: '1' }],
    MeasureName: 'n',
    MeasureValue: '-9223372036854775808',
    MeasureValueType: 'BIGINT',
    Time: '1000000000',
    TimeUnit: 'NANOSECONDS',
    Version: 3,
  })
})

test('any other row becomes a multi-measure record of the attributes that are not NULL', () => {
  expect(
    record(row(undefined, '2', 'n', undefined, '1970-01-01 00:00:02.000000001', '1970-01-01 00:00:01.000000000', undefined)),
  ).toMatchObject({
    Dimensions: [{ Name: 'b', Value: '2' }],
    MeasureValueType: 'MULTI',
    MeasureValues: [{ Name: 'seen', Value: '2000000001', Type: 'TIMESTAMP' }],
  })
})

test('checksums do not depend on the order or on how a double is written, but on every value', () => {
  const rows = (x: string, y: string): object => {
    const sums = new MeasureSums()
    for (const value of [x, y]) sums.add(record(row('1', '2', 'n', undefined, undefined, '1970-01-01 00:00:01.000000000', value)))
    return sums.toJSON()
  }
  expect(rows('10.0', '2')).toEqual(rows('2.0', '1.0E1'))
  expect(rows('10.0', '2')).not.toEqual(rows('10.0', '3'))
  expect(rows('1', '2')).toMatchObject({ n: { rows: 2 } })
})

test('small slices are merged with their neighbours, up to the size that is wanted', () => {
  const slice = (fromMs: number, rows: number): { fromMs: number; toMs: number; rows: number } => ({ fromMs, toMs: fromMs + 1, rows })
  expect(merged([slice(0, 4), slice(3, 5), slice(7, 2), slice(8, 20), slice(9, 1)], 10)).toEqual([
    { fromMs: 0, toMs: 4, rows: 9 },
    slice(7, 2),
    slice(8, 20),
    slice(9, 1),
  ])
})
