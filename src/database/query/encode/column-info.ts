import type { ColumnInfo, Type as WireType } from '@aws-sdk/client-timestream-query'
import { unreachable } from '../../../base/assert.ts'
import { ServerError } from '../../../base/errors.ts'
import type { ScalarName, Type } from '../../../sql/types/type.ts'
import type { ResultColumn } from '../../database.ts'

/** A column as the API describes it. */
export const columnInfo = ({ name, type }: ResultColumn): ColumnInfo => ({ Name: name, Type: wireType(type) })

/** Types without a name of their own on the wire: varbinary is shown as text (base-64), a map as an array of (key, value) rows. */
const scalarTypes = {
  boolean: 'BOOLEAN',
  integer: 'INTEGER',
  bigint: 'BIGINT',
  double: 'DOUBLE',
  varchar: 'VARCHAR',
  varbinary: 'VARCHAR',
  date: 'DATE',
  time: 'TIME',
  timestamp: 'TIMESTAMP',
  'interval day to second': 'INTERVAL_DAY_TO_SECOND',
  'interval year to month': 'INTERVAL_YEAR_TO_MONTH',
  unknown: 'UNKNOWN',
} as const satisfies Record<ScalarName, WireType['ScalarType']>

export function wireType(type: Type): WireType {
  switch (type.kind) {
    case 'scalar':
      return { ScalarType: scalarTypes[type.name] }
    case 'array':
      return { ArrayColumnInfo: { Type: wireType(type.element) } }
    case 'timeseries':
      return { TimeSeriesMeasureValueColumnInfo: { Type: wireType(type.value) } }
    case 'row':
      // Grafana's plugin reads the name of every field; fields without one are numbered.
      return { RowColumnInfo: type.fields.map((field, index) => ({ Name: field.name ?? `field${index}`, Type: wireType(field.type) })) }
    case 'map':
      return {
        ArrayColumnInfo: {
          Type: {
            RowColumnInfo: [
              { Name: 'key', Type: wireType(type.key) },
              { Name: 'value', Type: wireType(type.value) },
            ],
          },
        },
      }
    case 'function':
      throw new ServerError('INTERNAL', 'a result column cannot hold a function')
    default:
      return unreachable(type)
  }
}
