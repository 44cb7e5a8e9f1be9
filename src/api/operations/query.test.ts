import { describe, expect, it } from 'vitest'
import * as t from '../../sql/types/type.ts'
import { wireType } from '../../database/query/encode/column-info.ts'

const double = { ScalarType: 'DOUBLE' }

describe('wireType', () => {
  it.each([
    [t.INTERVAL_DAY_TO_SECOND, { ScalarType: 'INTERVAL_DAY_TO_SECOND' }],
    [t.INTERVAL_YEAR_TO_MONTH, { ScalarType: 'INTERVAL_YEAR_TO_MONTH' }],
    [t.UNKNOWN, { ScalarType: 'UNKNOWN' }],
    [t.VARBINARY, { ScalarType: 'VARCHAR' }],
    [t.arrayOf(t.arrayOf(t.DOUBLE)), { ArrayColumnInfo: { Type: { ArrayColumnInfo: { Type: double } } } }],
    [t.timeSeriesOf(t.DOUBLE), { TimeSeriesMeasureValueColumnInfo: { Type: double } }],
  ] as const)('shows %j in the form of ColumnInfo', (type, expected) => {
    expect(wireType(type)).toEqual(expected)
  })

  it('names every field of a row, also those without a name', () => {
    expect(wireType(t.rowOf({ name: 'a', type: t.DOUBLE }, { type: t.DOUBLE }))).toEqual({
      RowColumnInfo: [
        { Name: 'a', Type: double },
        { Name: 'field1', Type: double },
      ],
    })
  })

  it('shows a map as an array of rows', () => {
    expect(wireType(t.mapOf(t.VARCHAR, t.DOUBLE))).toEqual({
      ArrayColumnInfo: {
        Type: {
          RowColumnInfo: [
            { Name: 'key', Type: { ScalarType: 'VARCHAR' } },
            { Name: 'value', Type: double },
          ],
        },
      },
    })
  })
})
