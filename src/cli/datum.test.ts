import { expect, it } from 'vitest'
import { cellOf } from './datum.ts'

it('shows scalars by their type', () => {
  expect(cellOf({ ScalarValue: '1.0E10' }, { ScalarType: 'DOUBLE' })).toEqual({ text: '1.0E10', json: 1e10 })
  expect(cellOf({ ScalarValue: 'NaN' }, { ScalarType: 'DOUBLE' }).json).toBe('NaN')
  expect(cellOf({ ScalarValue: '9223372036854775807' }, { ScalarType: 'BIGINT' }).json).toBe('9223372036854775807')
  expect(cellOf({ ScalarValue: '42' }, { ScalarType: 'BIGINT' }).json).toBe(42)
  expect(cellOf({ ScalarValue: 'false' }, { ScalarType: 'BOOLEAN' }).json).toBe(false)
  expect(cellOf({ ScalarValue: '42' }, { ScalarType: 'VARCHAR' })).toEqual({ text: '42', json: '42' })
  expect(cellOf({ NullValue: true }, { ScalarType: 'VARCHAR' })).toEqual({ text: null, json: null })
})

it('shows nested values as JSON', () => {
  const bigint = { ScalarType: 'BIGINT' } as const
  expect(cellOf({ ArrayValue: [{ ScalarValue: '1' }, { NullValue: true }] }, { ArrayColumnInfo: { Type: bigint } }).text).toBe('[1,null]')
  expect(cellOf({ RowValue: { Data: [{ ScalarValue: '1' }] } }, { RowColumnInfo: [{ Type: bigint }] }).json).toEqual([1])
  const series = { TimeSeriesValue: [{ Time: '2026-01-01 00:00:00.000000000', Value: { ScalarValue: '1' } }] }
  expect(cellOf(series, { TimeSeriesMeasureValueColumnInfo: { Type: bigint } }).json).toEqual([
    { time: '2026-01-01 00:00:00.000000000', value: 1 },
  ])
})
