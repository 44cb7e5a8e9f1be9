import { isNullable } from '../analyzer/nullability.ts'
import { callExpressions, windowExpressions } from '../analyzer/visit.ts'
import type { Call, Expression, Relation, WindowFunction, WindowSpecification } from '../ir.ts'
import type { Block } from './block.ts'
import { lowerAggregateCall } from './lower-expression.ts'
import type { Lowering, Place } from './lowering.ts'
import { placeIn, withSymbols } from './place.ts'
import { boolean, call, when } from './tree.ts'
import type { Node, Window } from './tree.ts'
import { hasOffset, lowerFrame } from './window-frame.ts'
import { lowerSortKey, lowerSortKeys } from './lower-sort.ts'

/** Functions whose result ClickHouse takes from the whole partition whatever the frame says. */
export function lowerWindow(lowering: Lowering, relation: Extract<Relation, { kind: 'window' }>, required: ReadonlySet<string>): Block {
  const functions = relation.functions.filter((each) => required.has(each.column.symbol))
  const expressions = functions.flatMap((each): readonly Expression[] => [...callExpressions(each.call), ...windowExpressions(each.window)])
  const needed = withSymbols(
    [...required].filter((symbol) => !relation.functions.some((each) => each.column.symbol === symbol)),
    expressions,
  )
  let block = lowering.relation(relation.input, needed)
  if (!block.isPlain) block = block.nest(needed)
  const place = placeIn(lowering, block)
  for (const each of functions) block.define(each.column.symbol, lowerWindowCall(lowering, each, place, relation.input))
  if (functions.length > 0) block.hasWindows = true
  return block
}

function lowerWindowCall(lowering: Lowering, { call: windowCall, window }: WindowFunction, place: Place, input: Relation): Node {
  const lowered = window.frame && lowerFrame(window)
  const plain = lowerSpecification(lowering, window, place, input)
  if (!lowered) return lowerAggregateCall(lowering, windowCall, place, { over: plain })
  const { frame, key } = lowered
  const over = {
    ...plain,
    orderBy: key ? plain.orderBy.map((sort) => ({ ...sort, expression: key(sort.expression) })) : plain.orderBy,
    frame,
  }
  const sort = window.orderBy[0]
  const { beyond } = lowered
  const ofValue = (each: Window): Node =>
    lowered.isEmpty ? lowerOverNothing(lowering, windowCall, place, each) : lowerAggregateCall(lowering, windowCall, place, { over: each })
  if (!beyond || !sort || !isNullable(sort.expression)) return ofValue(over)
  const withoutNull = over.orderBy.map((each) => ({
    ...each,
    expression: call('ifNull', each.expression, beyond(each.descending === each.nullsFirst)),
  }))
  return when(
    call('isNull', plain.orderBy[0]!.expression),
    lowerAggregateCall(lowering, windowCall, place, { over: windowOfNull(plain, window) }),
    ofValue({ ...over, orderBy: withoutNull }),
  )
}

/** An aggregate over no rows; the value of no row. */
function lowerOverNothing(lowering: Lowering, windowCall: Call, place: Place, over: Window): Node {
  if (windowCall.definition.kind === 'window') return lowering.values.nullOf(windowCall.type)
  const { frame, ...whole } = over
  void frame
  return lowerAggregateCall(lowering, windowCall, place, { over: whole, filter: boolean(false) })
}

/**
 * Offsets count from values: to a row whose key is NULL all rows with NULL lie within any offset, and no others. An UNBOUNDED end reaches
 * the others where they stand beyond it.
 */
function windowOfNull(plain: Window, window: WindowSpecification): Window {
  const { start, end } = window.frame!
  const reachesValues = window.orderBy[0]!.nullsFirst ? end.kind === 'unbounded-following' : start.kind === 'unbounded-preceding'
  const partitionBy = reachesValues ? plain.partitionBy : [...plain.partitionBy, call('isNull', plain.orderBy[0]!.expression)]
  return { ...plain, partitionBy, frame: { unit: 'ROWS', start: { kind: 'unbounded-preceding' }, end: { kind: 'unbounded-following' } } }
}

function lowerSpecification(lowering: Lowering, window: WindowSpecification, place: Place, input: Relation): Window {
  const counts = window.frame !== undefined && hasOffset(window.frame) && window.frame.unit === 'range'
  const orderBy = window.orderBy.flatMap((key) =>
    // offsets are from the one key there is
    counts ? [lowerSortKey(lowering, key, place)] : lowerSortKeys(lowering, key, place, input),
  )
  return {
    partitionBy: window.partitionBy.map((each) => lowering.expression(each, place)),
    orderBy,
  }
}
