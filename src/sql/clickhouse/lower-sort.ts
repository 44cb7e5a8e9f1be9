import { mayBeNaN } from '../analyzer/nan.ts'
import type { Relation, SortKey } from '../ir.ts'
import { isNested, isScalar } from '../types/coercion.ts'
import type { Lowering, Place } from './lowering.ts'
import { call } from './tree.ts'
import type { Sort } from './tree.ts'

export function lowerSortKey(lowering: Lowering, key: SortKey, place: Place): Sort {
  return { expression: lowering.expression(key.expression, place), descending: key.descending, nullsFirst: key.nullsFirst }
}

/**
 * A key of rows of `input`, with one before it where the engine's order is not SQL's: an absent nested value is an empty option, which would
 * come first; NaN is the greatest number, but stands beside NULL in the engine.
 */
export function lowerSortKeys(lowering: Lowering, key: SortKey, place: Place, input: Relation): readonly Sort[] {
  const sort = lowerSortKey(lowering, key, place)
  const { type } = key.expression
  if (isNested(type)) {
    return [{ expression: lowering.values.isNull(sort.expression, type), descending: key.nullsFirst, nullsFirst: false }, sort]
  }
  if (isScalar(type, 'double') && key.descending !== key.nullsFirst && mayBeNaN(key.expression, input)) {
    return [{ ...sort, expression: call('isNaN', sort.expression) }, sort]
  }
  return [sort]
}
