import { unreachable } from '../../base/assert.ts'
import { isNested, isUnknown, seriesAsArray } from '../types/coercion.ts'
import { TIMESTAMP, typeText } from '../types/type.ts'
import type { ScalarName, Type } from '../types/type.ts'
import { castFromText } from './cast-text.ts'
import { dateOfDays } from './date.ts'
import { bareType, physicalType } from './physical.ts'
import { scalarText } from './text.ts'
import { call, cast, float, identifier, int64, integer, lambda, string, when } from './tree.ts'
import type { Node } from './tree.ts'
import type { Values } from './values.ts'

const dayNs = 86_400_000_000_000n

/** Which explicit conversions exist between scalars, besides those from unknown and to the same type. */
const scalarCasts: Readonly<Record<ScalarName, readonly ScalarName[]>> = {
  boolean: ['integer', 'bigint', 'double', 'varchar'],
  integer: ['boolean', 'bigint', 'double', 'varchar'],
  bigint: ['boolean', 'integer', 'double', 'varchar'],
  double: ['boolean', 'integer', 'bigint', 'varchar'],
  varchar: [
    'boolean',
    'integer',
    'bigint',
    'double',
    'varbinary',
    'date',
    'time',
    'timestamp',
    'interval day to second',
    'interval year to month',
  ],
  varbinary: [],
  date: ['varchar', 'timestamp'],
  time: ['varchar'],
  timestamp: ['varchar', 'date', 'time'],
  'interval day to second': ['varchar'],
  'interval year to month': ['varchar'],
  unknown: [],
}

/** Whether CAST(from AS to) means anything. */
export function isCastable(from: Type, to: Type): boolean {
  if (isUnknown(from)) return true
  if (from.kind === 'scalar' && to.kind === 'scalar') return from.name === to.name || scalarCasts[from.name].includes(to.name)
  if (from.kind === 'timeseries') {
    return to.kind === 'timeseries' ? isCastable(from.value, to.value) : isCastable(seriesAsArray(from.value), to)
  }
  if (to.kind === 'timeseries') return isCastable(from, seriesAsArray(to.value))
  if (from.kind === 'array' && to.kind === 'array') return isCastable(from.element, to.element)
  if (from.kind === 'map' && to.kind === 'map') return isCastable(from.key, to.key) && isCastable(from.value, to.value)
  if (from.kind === 'row' && to.kind === 'row') {
    return from.fields.length === to.fields.length && from.fields.every((field, i) => isCastable(field.type, to.fields[i]!.type))
  }
  return false
}

/** Whether both are held alike, so that a conversion costs nothing. Names of fields do not count. */
export function sameForm(from: Type, to: Type): boolean {
  return physicalType(from) === physicalType(to) && castIsFree(from, to)
}

function castIsFree(from: Type, to: Type): boolean {
  if (from.kind === 'scalar' && to.kind === 'scalar') {
    return from.name === to.name || (from.name === 'varchar' && to.name === 'varbinary')
  }
  if (from.kind === 'array' && to.kind === 'array') return castIsFree(from.element, to.element)
  if (from.kind === 'timeseries' && to.kind === 'timeseries') return castIsFree(from.value, to.value)
  if (from.kind === 'map' && to.kind === 'map') return castIsFree(from.key, to.key) && castIsFree(from.value, to.value)
  if (from.kind === 'row' && to.kind === 'row') return from.fields.every((field, i) => castIsFree(field.type, to.fields[i]!.type))
  return false
}

/** Converts a value in expression form. The pair must be castable. */
export function castValue(values: Values, value: Node, from: Type, to: Type): Node {
  if (isUnknown(from)) return values.nullOf(to)
  if (sameForm(from, to)) return value
  if (!isNested(from)) return castScalar(values, value, (from as { name: ScalarName }).name, (to as { name: ScalarName }).name)
  return values.unwrap(value, 'option', (bare) => values.wrap(castBare(values, bare, from, to)))
}

function castBare(values: Values, bare: Node, from: Type, to: Type): Node {
  if (from.kind === 'timeseries' && to.kind === 'timeseries') {
    return mapArray(values, bare, (point) =>
      call(
        'tuple',
        call('tupleElement', point, integer(1)),
        castValue(values, call('tupleElement', point, integer(2)), from.value, to.value),
      ),
    )
  }
  if (from.kind === 'timeseries') {
    const rows = mapArray(values, bare, (point) =>
      call('array', call('tuple', call('tupleElement', point, integer(1)), call('tupleElement', point, integer(2)))),
    )
    const array = seriesAsArray(from.value)
    return sameForm(array, to) ? rows : castBare(values, rows, array, to)
  }
  // NULL is no point
  if (to.kind === 'timeseries' && from.kind === 'array' && isUnknown(from.element)) return cast(call('array'), bareType(to))
  if (to.kind === 'timeseries' && from.kind === 'array' && from.element.kind === 'row') {
    const [time, value] = from.element.fields
    const points = mapArray(values, call('arrayFilter', nonEmpty(values), bare), (row) => {
      const point = call('arrayElement', row, integer(1))
      return call(
        'tuple',
        call('assumeNotNull', castValue(values, call('tupleElement', point, integer(1)), time!.type, TIMESTAMP)),
        castValue(values, call('tupleElement', point, integer(2)), value!.type, to.value),
      )
    })
    return call('arraySort', points)
  }
  if (from.kind === 'array' && to.kind === 'array') {
    return mapArray(values, bare, (element) => castValue(values, element, from.element, to.element))
  }
  if (from.kind === 'map' && to.kind === 'map') {
    return mapArray(values, bare, (entry) =>
      call(
        'tuple',
        castValue(values, call('tupleElement', entry, integer(1)), from.key, to.key),
        castValue(values, call('tupleElement', entry, integer(2)), from.value, to.value),
      ),
    )
  }
  if (from.kind === 'row' && to.kind === 'row') {
    return values.let(bare, (row) =>
      call(
        'tuple',
        ...from.fields.map((field, i) => castValue(values, call('tupleElement', row, integer(i + 1)), field.type, to.fields[i]!.type)),
      ),
    )
  }
  throw new Error(`no conversion from ${typeText(from)} to ${typeText(to)}`)
}

function mapArray(values: Values, bare: Node, body: (element: Node) => Node): Node {
  const name = values.variable()
  return call('arrayMap', lambda([name], body(identifier(name))), bare)
}

function nonEmpty(values: Values): Node {
  const name = values.variable()
  return lambda([name], call('notEmpty', identifier(name)))
}

const outOfRange = (to: string): string => `Out of range for ${to}`

function castScalar(values: Values, value: Node, from: ScalarName, to: ScalarName): Node {
  if (to === 'varchar') return scalarText(values, value, from)
  if (from === 'varchar') return castFromText(values, value, to)
  switch (to) {
    case 'boolean':
      return call('notEquals', value, integer(0))
    case 'double':
      return cast(from === 'boolean' ? cast(value, 'Nullable(UInt8)') : value, 'Nullable(Float64)')
    case 'integer':
      if (from === 'bigint') return narrowInteger(values, value)
      return from === 'double' ? doubleToInteger(values, value, to) : cast(value, 'Nullable(Int32)')
    case 'bigint':
      return from === 'double' ? doubleToInteger(values, value, to) : cast(value, 'Nullable(Int64)')
    case 'timestamp':
      return call('multiply', cast(value, 'Nullable(Int64)'), int64(dayNs))
    case 'date':
      return dateOfDays(floorDiv(values, value, dayNs))
    case 'time':
      return floorMod(value, dayNs)
    case 'varbinary':
    case 'interval day to second':
    case 'interval year to month':
    case 'unknown':
      throw new Error(`no conversion from ${from} to ${to}`)
    default:
      return unreachable(to)
  }
}

function narrowInteger(values: Values, value: Node): Node {
  return values.let(value, (x) => {
    const outside = call('or', call('less', x, integer(-2147483648n)), call('greater', x, integer(2147483647n)))
    return values.failIf(outside, 'NUMERIC_VALUE_OUT_OF_RANGE', outOfRange('integer'), cast(x, 'Nullable(Int32)'))
  })
}

/** Half away from zero, as the family rounds; NaN and what does not fit are errors. */
function doubleToInteger(values: Values, value: Node, to: 'integer' | 'bigint'): Node {
  return values.let(value, (x) => {
    const rounded = when(
      call('less', x, integer(0)),
      call('ceil', call('minus', x, float(0.5))),
      call('floor', call('plus', x, float(0.5))),
    )
    const converted = call('accurateCastOrNull', rounded, string(to === 'integer' ? 'Int32' : 'Int64'))
    if (values.safe) return converted
    return values.let(converted, (result) =>
      values.failIf(call('and', call('isNull', result), call('isNotNull', x)), 'INVALID_CAST_ARGUMENT', outOfRange(to), result),
    )
  })
}

/** Towards minus infinity, exact on all of Int64. `divisor` is positive. */
export function floorDiv(values: Values, value: Node, divisor: bigint): Node {
  return values.let(value, (x) =>
    call('minus', call('intDiv', x, int64(divisor)), cast(call('less', call('modulo', x, int64(divisor)), integer(0)), 'Nullable(Int64)')),
  )
}

/** The rest of floorDiv: 0 … divisor − 1. */
export const floorMod = (value: Node, divisor: bigint): Node => call('positiveModulo', value, int64(divisor))
