/**
 * The types of Timestream SQL. How each is held in ClickHouse is decided in one place, clickhouse/physical.ts.
 * Source: developer guide, "Supported data types".
 */
export type Type = ScalarType | ArrayType | RowType | TimeSeriesType | MapType | FunctionType

export type ScalarName =
  | 'boolean'
  | 'integer'
  | 'bigint'
  | 'double'
  | 'varchar'
  | 'varbinary'
  | 'date'
  | 'time'
  | 'timestamp'
  | 'interval day to second'
  | 'interval year to month'
  | 'unknown'

export interface ScalarType {
  readonly kind: 'scalar'
  readonly name: ScalarName
}
export interface ArrayType {
  readonly kind: 'array'
  readonly element: Type
}
export interface RowField {
  readonly name?: string
  readonly type: Type
}
export interface RowType {
  readonly kind: 'row'
  readonly fields: readonly RowField[]
}
/** An array of (time timestamp, value T), ascending in time. */
export interface TimeSeriesType {
  readonly kind: 'timeseries'
  readonly value: Type
}
/** An extension: Timestream has no map. */
export interface MapType {
  readonly kind: 'map'
  readonly key: Type
  readonly value: Type
}
/** The type of a lambda argument; never of a column. */
export interface FunctionType {
  readonly kind: 'function'
  readonly parameters: readonly Type[]
  readonly result: Type
}

const scalar = (name: ScalarName): ScalarType => Object.freeze({ kind: 'scalar', name })

export const BOOLEAN = scalar('boolean')
export const INTEGER = scalar('integer')
export const BIGINT = scalar('bigint')
export const DOUBLE = scalar('double')
export const VARCHAR = scalar('varchar')
export const VARBINARY = scalar('varbinary')
export const DATE = scalar('date')
export const TIME = scalar('time')
export const TIMESTAMP = scalar('timestamp')
export const INTERVAL_DAY_TO_SECOND = scalar('interval day to second')
export const INTERVAL_YEAR_TO_MONTH = scalar('interval year to month')
export const UNKNOWN = scalar('unknown')

export const arrayOf = (element: Type): ArrayType => ({ kind: 'array', element })
export const rowOf = (...fields: readonly RowField[]): RowType => ({ kind: 'row', fields })
export const timeSeriesOf = (value: Type): TimeSeriesType => ({ kind: 'timeseries', value })
export const mapOf = (key: Type, value: Type): MapType => ({ kind: 'map', key, value })

/** The type as `typeof` and error messages print it. */
export function typeText(type: Type): string {
  switch (type.kind) {
    case 'scalar':
      return type.name
    case 'array':
      return `array(${typeText(type.element)})`
    case 'row':
      return `row(${type.fields.map((f) => (f.name === undefined ? typeText(f.type) : `${f.name} ${typeText(f.type)}`)).join(', ')})`
    case 'timeseries':
      return `timeseries(${typeText(type.value)})`
    case 'map':
      return `map(${typeText(type.key)}, ${typeText(type.value)})`
    case 'function':
      return `function(${[...type.parameters, type.result].map(typeText).join(', ')})`
  }
}

/** Same type; row field names do not count. */
export function sameType(a: Type, b: Type): boolean {
  if (a.kind !== b.kind) return false
  switch (a.kind) {
    case 'scalar':
      return a.name === (b as ScalarType).name
    case 'array':
      return sameType(a.element, (b as ArrayType).element)
    case 'row': {
      const other = (b as RowType).fields
      return a.fields.length === other.length && a.fields.every((f, i) => sameType(f.type, other[i]!.type))
    }
    case 'timeseries':
      return sameType(a.value, (b as TimeSeriesType).value)
    case 'map':
      return sameType(a.key, (b as MapType).key) && sameType(a.value, (b as MapType).value)
    case 'function': {
      const other = b as FunctionType
      return (
        a.parameters.length === other.parameters.length &&
        a.parameters.every((p, i) => sameType(p, other.parameters[i]!)) &&
        sameType(a.result, other.result)
      )
    }
  }
}
