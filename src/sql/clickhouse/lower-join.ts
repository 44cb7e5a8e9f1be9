import { columnsOf } from '../analyzer/nullability.ts'
import { collectSymbols } from '../analyzer/visit.ts'
import type { Expression, Relation } from '../ir.ts'
import { isNested } from '../types/coercion.ts'
import { Block } from './block.ts'
import type { Lowering, Place } from './lowering.ts'
import { placeIn, withSymbols } from './place.ts'
import { call, identifier, integer } from './tree.ts'
import type { From, Node, SelectColumn } from './tree.ts'

type Join = Extract<Relation, { kind: 'join' }>

/** Both sides as subqueries whose columns are symbols. */
export function lowerJoin(lowering: Lowering, written: Join, required: ReadonlySet<string>): Block {
  const join = smallerSideRight(written)
  const needed = withSymbols(required, join.on ? [join.on] : [])
  const conditions = join.on ? conjuncts(join.on) : []
  const leftSymbols = new Set(columnsOf(join.left).map((column) => column.symbol))
  const rightSymbols = new Set(columnsOf(join.right).map((column) => column.symbol))
  const isOuter = join.type === 'left' || join.type === 'right' || join.type === 'full'
  const equates = conditions.some((condition) => isEquation(condition, leftSymbols, rightSymbols))
  // the engine joins outer rows by equal keys only: without any, both sides get a constant one
  const keys = isOuter && !equates && conditions.length > 0 ? [lowering.names.fresh('c'), lowering.names.fresh('c')] : []
  const from: From = {
    kind: 'join',
    type: join.type === 'cross' || (join.type === 'inner' && conditions.length === 0) ? 'CROSS' : joinTypes[join.type],
    left: side(lowering, join.left, needed, keys[0]),
    right: side(lowering, join.right, needed, keys[1]),
  }
  const block = new Block(lowering.names, from)
  for (const symbol of [...leftSymbols, ...rightSymbols]) if (needed.has(symbol)) block.define(symbol, identifier(symbol))
  if (conditions.length === 0) return block
  const place = placeIn(lowering, block)
  const nodes = conditions.map((condition) => sameKeys(lowering, condition, place) ?? lowering.expression(condition, place))
  if (keys.length > 0) nodes.unshift(call('equals', identifier(keys[0]!), identifier(keys[1]!)))
  const on = nodes.length === 1 ? nodes[0]! : call('and', ...nodes)
  return rebuilt(lowering, { ...from, on }, block, needed)
}

/** NULL-safe equality in the one form that the engine takes for a key. */
function sameKeys(lowering: Lowering, condition: Expression, place: Place): Node | undefined {
  if (condition.kind !== 'not' || condition.operand.kind !== 'comparison' || condition.operand.operator !== 'distinct') return undefined
  const { left, right } = condition.operand
  return call(isNested(left.type) ? 'equals' : 'isNotDistinctFrom', lowering.expression(left, place), lowering.expression(right, place))
}

/**
 * The engine builds its table from the right side and filters the left by it. A grouping is small beside the stored table that it is joined
 * to (the last points of a series, joined back), which the engine's own guess does not see.
 */
function smallerSideRight(join: Join): Join {
  if (join.type !== 'inner' || !isGrouping(join.left) || !isStored(join.right)) return join
  return { ...join, left: join.right, right: join.left }
}

function isGrouping(relation: Relation): boolean {
  if (relation.kind === 'aggregate' || relation.kind === 'distinct' || relation.kind === 'limit') return true
  return (relation.kind === 'project' || relation.kind === 'filter' || relation.kind === 'sort') && isGrouping(relation.input)
}

function isStored(relation: Relation): boolean {
  return relation.kind === 'scan' || ((relation.kind === 'project' || relation.kind === 'filter') && isStored(relation.input))
}

const joinTypes = { inner: 'INNER', left: 'LEFT', right: 'RIGHT', full: 'FULL', cross: 'CROSS' } as const

function rebuilt(lowering: Lowering, from: From, known: Block, needed: ReadonlySet<string>): Block {
  const block = new Block(lowering.names, from)
  for (const symbol of known.outputs(needed)) block.define(symbol, identifier(symbol))
  return block
}

function side(lowering: Lowering, relation: Relation, needed: ReadonlySet<string>, key: string | undefined): From {
  const symbols = columnsOf(relation).flatMap((column) => (needed.has(column.symbol) ? [column.symbol] : []))
  const inner = lowering.select(
    relation,
    [...new Set(symbols)].map((symbol) => [symbol, symbol]),
  )
  const alias = lowering.names.fresh('r')
  if (key === undefined) return { kind: 'query', query: inner, alias }
  const columns: SelectColumn[] = [
    ...symbols.map((symbol) => ({ expression: identifier(symbol), alias: symbol })),
    // a constant would be seen through where the side is a join itself
    { expression: call('arrayJoin', call('array', integer(1))), alias: key },
  ]
  return {
    kind: 'query',
    query: { kind: 'select', columns, from: { kind: 'query', query: inner, alias: lowering.names.fresh('r') } },
    alias,
  }
}

export const conjuncts = (condition: Expression): readonly Expression[] =>
  condition.kind === 'logical' && condition.operator === 'and' ? condition.operands : [condition]

/** `=` with one side from the left and the other from the right. */
function isEquation(condition: Expression, left: ReadonlySet<string>, right: ReadonlySet<string>): boolean {
  const compared =
    condition.kind === 'not' && condition.operand.kind === 'comparison' && condition.operand.operator === 'distinct'
      ? condition.operand
      : condition
  if (compared.kind !== 'comparison' || (compared.operator !== '=' && compared === condition)) return false
  if (compared === condition && isNested(compared.left.type)) return false
  const [a, b] = [collectSymbols([compared.left], new Set()), collectSymbols([compared.right], new Set())]
  const within = (symbols: ReadonlySet<string>, side_: ReadonlySet<string>): boolean =>
    symbols.size > 0 && [...symbols].every((symbol) => side_.has(symbol))
  return (within(a, left) && within(b, right)) || (within(a, right) && within(b, left))
}
