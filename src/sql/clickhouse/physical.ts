import { isNested } from '../types/coercion.ts'
import type { ScalarName, Type } from '../types/type.ts'

/**
 * How values are held in ClickHouse; functions/definition.ts explains the forms. Besides these, results leave the engine with dates as Int32 days
 * since the epoch: `outputType`.
 */
const scalarTypes: Readonly<Record<ScalarName, string>> = {
  boolean: 'Bool',
  integer: 'Int32',
  bigint: 'Int64',
  double: 'Float64',
  varchar: 'String',
  varbinary: 'String',
  date: 'Date32',
  time: 'Int64',
  timestamp: 'Int64',
  'interval day to second': 'Int64',
  'interval year to month': 'Int32',
  unknown: 'Nothing',
}

/** Of a value that may be NULL, as expressions and elements have it: Nullable scalar, or option of the nested value. */
export function physicalType(type: Type): string {
  return isNested(type) ? `Array(${bareType(type)})` : `Nullable(${bareType(type)})`
}

/** Of a value that is not NULL. */
export function bareType(type: Type): string {
  return spell(type, scalarTypes, physicalType)
}

const outputScalars = { ...scalarTypes, date: 'Int32', unknown: 'Int8' }

/** Of a column of a result: what the reader of RowBinary relies on. */
export function outputType(type: Type): string {
  const bare = spell(type, outputScalars, outputType)
  return isNested(type) ? `Array(${bare})` : `Nullable(${bare})`
}

function spell(type: Type, scalars: Readonly<Record<ScalarName, string>>, inner: (type: Type) => string): string {
  switch (type.kind) {
    case 'scalar':
      return scalars[type.name]
    case 'array':
      return `Array(${inner(type.element)})`
    case 'row':
      return `Tuple(${type.fields.map((field) => inner(field.type)).join(', ')})`
    case 'timeseries':
      return `Array(Tuple(Int64, ${inner(type.value)}))`
    case 'map':
      return `Array(Tuple(${inner(type.key)}, ${inner(type.value)}))`
    case 'function':
      throw new Error('a function is no value of the engine')
  }
}

/** Whether a date is in it, so that its output form differs from its form in expressions. */
export function holdsDate(type: Type): boolean {
  switch (type.kind) {
    case 'scalar':
      return type.name === 'date'
    case 'array':
      return holdsDate(type.element)
    case 'row':
      return type.fields.some((field) => holdsDate(field.type))
    case 'timeseries':
      return holdsDate(type.value)
    case 'map':
      return holdsDate(type.key) || holdsDate(type.value)
    case 'function':
      return false
  }
}
