import { BIGINT, DATE, DOUBLE, INTEGER, TIMESTAMP, UNKNOWN, VARCHAR, arrayOf, mapOf, rowOf, sameType, timeSeriesOf } from './type.ts'
import type { RowField, ScalarName, ScalarType, Type } from './type.ts'

/**
 * Which conversions happen by themselves. Sources: developer guide, "Supported data types"; the numbers widen integer → bigint → double,
 * date → timestamp, unknown → anything. Text is taken for a timestamp or a date where one is compared or asked for, never in unions and CASE.
 */
const widenings: Partial<Record<ScalarName, readonly ScalarType[]>> = {
  integer: [BIGINT, DOUBLE],
  bigint: [DOUBLE],
  date: [TIMESTAMP],
}

export const isUnknown = (type: Type): boolean => type.kind === 'scalar' && type.name === 'unknown'
export const isScalar = (type: Type, ...names: readonly ScalarName[]): boolean => type.kind === 'scalar' && names.includes(type.name)
export const isNumeric = (type: Type): boolean => isScalar(type, 'integer', 'bigint', 'double')
export const isNested = (type: Type): boolean => type.kind !== 'scalar' && type.kind !== 'function'

/** Whether values of `from` become `to` without being asked (text → time not counted). */
export function coerces(from: Type, to: Type): boolean {
  return coercionCost(from, to) !== undefined
}

/** 0 = the same type; undefined = no way. Smaller is nearer, so that integer prefers bigint over double. */
export function coercionCost(from: Type, to: Type): number | undefined {
  if (sameType(from, to)) return 0
  if (isUnknown(from)) return to.kind === 'function' ? undefined : 1
  if (from.kind === 'scalar') {
    if (to.kind !== 'scalar') return undefined
    const index = widenings[from.name]?.findIndex((type) => type.name === to.name) ?? -1
    return index < 0 ? undefined : index + 1
  }
  if (from.kind === 'array' && to.kind === 'array') return coercionCost(from.element, to.element)
  if (from.kind === 'timeseries') {
    if (to.kind === 'timeseries') return coercionCost(from.value, to.value)
    const cost = coercionCost(seriesAsArray(from.value), to)
    return cost === undefined ? undefined : cost + 5
  }
  if (from.kind === 'row' && to.kind === 'row') {
    if (from.fields.length !== to.fields.length) return undefined
    return sumOfCosts(from.fields.map((field, i) => coercionCost(field.type, to.fields[i]!.type)))
  }
  if (from.kind === 'map' && to.kind === 'map') return sumOfCosts([coercionCost(from.key, to.key), coercionCost(from.value, to.value)])
  return undefined
}

/** What an argument may become besides `coerces`: text where a timestamp or a date is asked for. */
export function argumentCost(from: Type, to: Type): number | undefined {
  const cost = coercionCost(from, to)
  if (cost !== undefined) return cost
  if (isScalar(from, 'varchar')) {
    if (isScalar(to, 'timestamp')) return 10
    if (isScalar(to, 'date')) return 11
  }
  if (from.kind === 'array' && to.kind === 'array') return argumentCost(from.element, to.element)
  return undefined
}

/** The array of rows that a time series is. */
export const seriesAsArray = (value: Type): Type => arrayOf(rowOf({ name: 'time', type: TIMESTAMP }, { name: 'value', type: value }))

function sumOfCosts(costs: readonly (number | undefined)[]): number | undefined {
  let sum = 0
  for (const cost of costs) {
    if (cost === undefined) return undefined
    sum += cost
  }
  return sum
}

/** The narrowest type that both become by themselves (unions, CASE, arrays); undefined when there is none. */
export function commonType(a: Type, b: Type): Type | undefined {
  if (sameType(a, b)) return mergeNames(a, b)
  if (isUnknown(a)) return b
  if (isUnknown(b)) return a
  if (a.kind === 'scalar' && b.kind === 'scalar') {
    if (coerces(a, b)) return b
    if (coerces(b, a)) return a
    return undefined
  }
  if (a.kind === 'array' && b.kind === 'array') {
    const element = commonType(a.element, b.element)
    return element && arrayOf(element)
  }
  if (a.kind === 'timeseries' && b.kind === 'timeseries') {
    const value = commonType(a.value, b.value)
    return value && timeSeriesOf(value)
  }
  if (a.kind === 'timeseries' && b.kind === 'array') return commonType(seriesAsArray(a.value), b)
  if (a.kind === 'array' && b.kind === 'timeseries') return commonType(a, seriesAsArray(b.value))
  if (a.kind === 'map' && b.kind === 'map') {
    const key = commonType(a.key, b.key)
    const value = commonType(a.value, b.value)
    return key && value && mapOf(key, value)
  }
  if (a.kind === 'row' && b.kind === 'row' && a.fields.length === b.fields.length) {
    const fields: RowField[] = []
    for (const [i, field] of a.fields.entries()) {
      const other = b.fields[i]!
      const type = commonType(field.type, other.type)
      if (type === undefined) return undefined
      fields.push(field.name !== undefined && field.name === other.name ? { name: field.name, type } : { type })
    }
    return rowOf(...fields)
  }
  return undefined
}

/** Rows of one type keep the field names that both have. */
function mergeNames(a: Type, b: Type): Type {
  if (a.kind === 'row' && b.kind === 'row') {
    return rowOf(
      ...a.fields.map((field, i) => {
        const type = mergeNames(field.type, b.fields[i]!.type)
        return field.name !== undefined && field.name === b.fields[i]!.name ? { name: field.name, type } : { type }
      }),
    )
  }
  if (a.kind === 'array' && b.kind === 'array') return arrayOf(mergeNames(a.element, b.element))
  return a
}

export function commonTypeOf(types: readonly Type[]): Type | undefined {
  let result: Type | undefined = UNKNOWN
  for (const type of types) {
    result = commonType(result, type)
    if (result === undefined) return undefined
  }
  return result
}

/** As commonType, and text against a timestamp, date or time becomes one: `time >= '2020-01-01 00:00'`. */
export function comparisonType(a: Type, b: Type): Type | undefined {
  const common = commonType(a, b)
  if (common !== undefined) return common
  const [text, other] = isScalar(a, VARCHAR.name) ? [a, b] : [b, a]
  if (!isScalar(text, 'varchar')) return undefined
  return isScalar(other, 'timestamp', 'date', 'time') ? (isScalar(other, DATE.name) ? TIMESTAMP : other) : undefined
}

/** May stand in `=`, DISTINCT, GROUP BY, IN. */
export function isComparable(type: Type): boolean {
  switch (type.kind) {
    case 'scalar':
      return true
    case 'array':
      return isComparable(type.element)
    case 'timeseries':
      return isComparable(type.value)
    case 'row':
      return type.fields.every((field) => isComparable(field.type))
    case 'map':
      return isComparable(type.key) && isComparable(type.value)
    case 'function':
      return false
  }
}

/** May stand in `<`, ORDER BY, max. */
export function isOrderable(type: Type): boolean {
  switch (type.kind) {
    case 'scalar':
      return true
    case 'array':
      return isOrderable(type.element)
    case 'row':
      return type.fields.every((field) => isOrderable(field.type))
    case 'timeseries':
    case 'map':
    case 'function':
      return false
  }
}

/** Integers of both widths and doubles share INTEGER's family; used where a number literal must fit a narrower type. */
export const integerBounds = {
  integer: { low: -2147483648n, high: 2147483647n, type: INTEGER },
  bigint: { low: -9223372036854775808n, high: 9223372036854775807n, type: BIGINT },
} as const
