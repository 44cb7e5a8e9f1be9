import type { ScalarName, Type } from '../../sql/types/type.ts'

/** A type of PostgreSQL. Source: PostgreSQL 15, pg_type.dat. */
export interface TypeCode {
  readonly oid: number
  /** Bytes; -1: they vary. */
  readonly size: number
  readonly arrayOid: number
  /** As CREATE TABLE names it. */
  readonly name: string
}

const codes: Readonly<Record<ScalarName, TypeCode>> = {
  boolean: { oid: 16, size: 1, arrayOid: 1000, name: 'boolean' },
  integer: { oid: 23, size: 4, arrayOid: 1007, name: 'integer' },
  bigint: { oid: 20, size: 8, arrayOid: 1016, name: 'bigint' },
  double: { oid: 701, size: 8, arrayOid: 1022, name: 'double precision' },
  varchar: { oid: 25, size: -1, arrayOid: 1009, name: 'text' },
  varbinary: { oid: 17, size: -1, arrayOid: 1001, name: 'bytea' },
  date: { oid: 1082, size: 4, arrayOid: 1182, name: 'date' },
  time: { oid: 1083, size: 8, arrayOid: 1183, name: 'time' },
  timestamp: { oid: 1184, size: 8, arrayOid: 1185, name: 'timestamp with time zone' },
  'interval day to second': { oid: 1186, size: 16, arrayOid: 1187, name: 'interval' },
  'interval year to month': { oid: 1186, size: 16, arrayOid: 1187, name: 'interval' },
  unknown: { oid: 25, size: -1, arrayOid: 1009, name: 'text' },
}
const json: TypeCode = { oid: 114, size: -1, arrayOid: 199, name: 'json' }

/** Arrays of scalars are arrays; rows, timeseries, maps and arrays of these are JSON. */
export function typeCode(type: Type): TypeCode {
  if (type.kind === 'scalar') return codes[type.name]
  if (type.kind !== 'array' || type.element.kind !== 'scalar') return json
  const { arrayOid, name } = codes[type.element.name]
  return { oid: arrayOid, size: -1, arrayOid: 0, name: `${name}[]` }
}

const scalar = (name: ScalarName): Type => ({ kind: 'scalar', name })
const arrayOf = (name: ScalarName): Type => ({ kind: 'array', element: scalar(name) })
const byOid: Readonly<Record<number, Type>> = {
  16: scalar('boolean'),
  20: scalar('bigint'),
  21: scalar('integer'),
  23: scalar('integer'),
  700: scalar('double'),
  701: scalar('double'),
  1082: scalar('date'),
  1083: scalar('time'),
  1114: scalar('timestamp'),
  1184: scalar('timestamp'),
  1700: scalar('double'),
  1000: arrayOf('boolean'),
  1005: arrayOf('integer'),
  1007: arrayOf('integer'),
  1009: arrayOf('varchar'),
  1015: arrayOf('varchar'),
  1016: arrayOf('bigint'),
  1021: arrayOf('double'),
  1022: arrayOf('double'),
  1182: arrayOf('date'),
  1185: arrayOf('timestamp'),
}

/** The type of a parameter that a client declares; undefined for texts too, which PostgreSQL's clients send for everything. */
export const typeOfOid = (oid: number): Type | undefined => byOid[oid]
