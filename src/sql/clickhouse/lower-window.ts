import { callExpressions, windowExpressions } from '../analyzer/visit.ts'
import type { Expression, FrameBound, Relation, WindowSpecification } from '../ir.ts'
import { isNested, isScalar } from '../types/coercion.ts'
import type { Block } from './block.ts'
import { lowerAggregateCall, lowerSortKey } from './lower-expression.ts'
import type { Lowering, Place } from './lowering.ts'
import { placeIn, withSymbols } from './place.ts'
import type { FrameBound as FrameBoundNode, Window } from './tree.ts'

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
  for (const each of functions) {
    const over = lowerSpecification(lowering, each.window, place)
    block.define(each.column.symbol, lowerAggregateCall(lowering, each.call, place, { over }))
  }
  if (functions.length > 0) block.hasWindows = true
  return block
}

function lowerSpecification(lowering: Lowering, window: WindowSpecification, place: Place): Window {
  const orderBy = window.orderBy.flatMap((key) => {
    const sort = lowerSortKey(lowering, key, place)
    // an absent nested value is an empty option, which would come first
    const { type } = key.expression
    if (!isNested(type)) return [sort]
    return [{ expression: lowering.values.isNull(sort.expression, type), descending: key.nullsFirst, nullsFirst: false }, sort]
  })
  return {
    partitionBy: window.partitionBy.map((each) => lowering.expression(each, place)),
    orderBy,
    ...(window.frame ? { frame: lowerFrame(lowering, window, place) } : {}),
  }
}

function lowerFrame(lowering: Lowering, window: WindowSpecification, place: Place): NonNullable<Window['frame']> {
  const { unit, start, end } = window.frame!
  const bound = (each: FrameBound): FrameBoundNode =>
    'offset' in each ? { kind: each.kind, offset: offsetNode(lowering, each.offset, place) } : each
  return { unit: unit === 'rows' ? 'ROWS' : 'RANGE', start: bound(start), end: bound(end) }
}

/** ClickHouse wants a bare number. */
function offsetNode(lowering: Lowering, offset: Expression, place: Place): Window['orderBy'][number]['expression'] {
  const node = lowering.expression(offset, place)
  return node.kind === 'integer' && isScalar(offset.type, 'integer', 'bigint', 'interval day to second') ? { kind: 'integer', value: node.value } : node
}
