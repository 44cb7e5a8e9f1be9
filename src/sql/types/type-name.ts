import {
  BIGINT,
  BOOLEAN,
  DATE,
  DOUBLE,
  INTEGER,
  INTERVAL_DAY_TO_SECOND,
  INTERVAL_YEAR_TO_MONTH,
  TIME,
  TIMESTAMP,
  UNKNOWN,
  VARBINARY,
  VARCHAR,
  arrayOf,
  mapOf,
  rowOf,
  timeSeriesOf,
} from './type.ts'
import type { RowField, ScalarType, Type } from './type.ts'
import { ServerError } from '../../base/errors.ts'
import type { TypeName } from '../syntax/ast.ts'

/** Scalar types by each name that SQL gives them. Decimal and real have no type of their own here: they are doubles. */
const scalars: Readonly<Record<string, ScalarType>> = {
  boolean: BOOLEAN,
  integer: INTEGER,
  int: INTEGER,
  smallint: INTEGER,
  tinyint: INTEGER,
  bigint: BIGINT,
  double: DOUBLE,
  'double precision': DOUBLE,
  real: DOUBLE,
  float: DOUBLE,
  decimal: DOUBLE,
  numeric: DOUBLE,
  varchar: VARCHAR,
  char: VARCHAR,
  string: VARCHAR,
  varbinary: VARBINARY,
  date: DATE,
  time: TIME,
  timestamp: TIMESTAMP,
  'interval day to second': INTERVAL_DAY_TO_SECOND,
  'interval year to month': INTERVAL_YEAR_TO_MONTH,
  unknown: UNKNOWN,
}

/** @throws ServerError TYPE_MISMATCH for a type that does not exist or takes other arguments. */
export function resolveTypeName(name: TypeName): Type {
  const unknownType = (): ServerError => new ServerError('TYPE_MISMATCH', `Unknown type: ${name.name}`, { position: name.at })
  const found = Object.hasOwn(scalars, name.name) ? scalars[name.name] : undefined
  if (found !== undefined) return found
  const types = name.arguments.flatMap((argument) => (argument.kind === 'type' ? [resolveTypeName(argument.type)] : []))
  const expect = (count: number): void => {
    if (types.length !== count || name.arguments.length !== count) throw unknownType()
  }
  switch (name.name) {
    case 'array':
      expect(1)
      return arrayOf(types[0]!)
    case 'timeseries':
      expect(1)
      return timeSeriesOf(types[0]!)
    case 'map':
      expect(2)
      return mapOf(types[0]!, types[1]!)
    case 'row':
      if (name.arguments.length === 0) throw unknownType()
      return rowOf(
        ...name.arguments.map((argument): RowField => {
          if (argument.kind === 'number') throw unknownType()
          const type = resolveTypeName(argument.type)
          return argument.kind === 'field' ? { name: argument.name.text, type } : { type }
        }),
      )
    default:
      throw unknownType()
  }
}
