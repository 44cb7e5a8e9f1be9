import { unreachable } from '../../base/assert.ts'
import { columnsOf } from '../analyzer/nullability.ts'
import { callExpressions } from '../analyzer/visit.ts'
import type { Aggregate, Relation, Scan } from '../ir.ts'
import { Block } from './block.ts'
import { lowerAggregateCall } from './lower-expression.ts'
import { lowerSortKeys } from './lower-sort.ts'
import { lowerJoin } from './lower-join.ts'
import { lowerRecursive, lowerRecursiveReference, lowerSet } from './lower-set.ts'
import { lowerMembershipFilter } from './lower-subquery.ts'
import { lowerUnnest } from './lower-unnest.ts'
import { lowerValues } from './lower-values.ts'
import { lowerWindow } from './lower-window.ts'
import type { Lowering } from './lowering.ts'
import { outputType } from './physical.ts'
import { placeIn, withSymbols } from './place.ts'
import { call, identifier, integer, typedIdentifier } from './tree.ts'

/** The relation as a block that knows at least the required symbols. */
export function lowerRelation(lowering: Lowering, relation: Relation, required: ReadonlySet<string>): Block {
  switch (relation.kind) {
    case 'scan':
      return lowerScan(lowering, relation)
    case 'values':
      return lowerValues(lowering, relation)
    case 'filter':
      return lowerFilter(lowering, relation, required)
    case 'project':
      return lowerProject(lowering, relation, required)
    case 'aggregate':
      return lowerAggregate(lowering, relation, required)
    case 'window':
      return lowerWindow(lowering, relation, required)
    case 'distinct':
      return lowerDistinct(lowering, relation)
    case 'sort':
      return lowerSort(lowering, relation, required)
    case 'limit':
      return lowerLimit(lowering, relation, required)
    case 'join':
      return lowerJoin(lowering, relation, required)
    case 'set':
      return lowerSet(lowering, relation, required)
    case 'unnest':
      return lowerUnnest(lowering, relation, required)
    case 'recursive-reference':
      return lowerRecursiveReference(lowering, relation)
    case 'recursive':
      return lowerRecursive(lowering, relation)
    default:
      return unreachable(relation)
  }
}

function lowerScan(lowering: Lowering, scan: Scan): Block {
  const { physical } = scan
  const block = new Block(lowering.names, { kind: 'table', database: physical.database, table: physical.table, final: physical.final })
  for (const { column, physicalName } of scan.columns) {
    block.define(column.symbol, typedIdentifier(physicalName, column.nullable ? outputType(column.type) : undefined))
  }
  if (scan.oldestTimeNs !== undefined) {
    const time = scan.columns.find((each) => each.role === 'time')
    if (time) block.where.push(call('greaterOrEquals', identifier(time.physicalName), integer(scan.oldestTimeNs)))
  }
  return block
}

function lowerFilter(lowering: Lowering, relation: Extract<Relation, { kind: 'filter' }>, required: ReadonlySet<string>): Block {
  const { condition } = relation
  const needed = withSymbols(required, [condition])
  let block = lowering.relation(relation.input, needed)
  if (block.hasWindows || block.distinct || block.orderBy || block.isLimited) block = block.nest(needed)
  const place = placeIn(lowering, block)
  const conditions = condition.kind === 'logical' && condition.operator === 'and' ? condition.operands : [condition]
  const nodes = conditions.map((each) => lowerMembershipFilter(lowering, each, place) ?? lowering.expression(each, place))
  ;(block.isGrouped ? block.having : block.where).push(...nodes)
  return block
}

function lowerProject(lowering: Lowering, relation: Extract<Relation, { kind: 'project' }>, required: ReadonlySet<string>): Block {
  const assignments = relation.assignments.filter((each) => required.has(each.column.symbol))
  const expressions = assignments.map((each) => each.expression)
  const needed = withSymbols([], expressions)
  let block = lowering.relation(relation.input, needed)
  if (block.distinct && !assignments.every((each) => each.expression.kind === 'column')) block = block.nest(needed)
  const place = placeIn(lowering, block)
  const nodes = assignments.map((each) => lowering.expression(each.expression, place))
  for (const [i, each] of assignments.entries()) block.define(each.column.symbol, nodes[i]!)
  if (block.distinct)
    block.distinct = renamed(
      block.distinct,
      assignments.map((each) => [each.column.symbol, (each.expression as { symbol: string }).symbol]),
    )
  return block
}

/** What DISTINCT is over keeps its columns; those that are not passed on stay under their old symbols. */
function renamed(distinct: readonly string[], passed: readonly (readonly [to: string, from: string])[]): readonly string[] {
  const kept = distinct.filter((symbol) => !passed.some(([, from]) => from === symbol))
  return [...passed.map(([to]) => to), ...kept]
}

function lowerAggregate(lowering: Lowering, relation: Aggregate, required: ReadonlySet<string>): Block {
  const aggregates = relation.aggregates.filter((each) => required.has(each.column.symbol))
  const keys = relation.keys.map((each) => each.expression)
  const expressions = [...keys, ...aggregates.flatMap((each) => callExpressions(each.call))]
  const needed = withSymbols([], expressions)
  let block = lowering.relation(relation.input, needed)
  if (!block.isPlain) block = block.nest(needed)
  if (relation.groupingSets) return lowerGroupingSets(lowering, relation, block, required)
  const place = placeIn(lowering, block)
  for (const key of relation.keys) block.define(key.column.symbol, lowering.expression(key.expression, place))
  for (const each of aggregates) block.define(each.column.symbol, lowerAggregateCall(lowering, each.call, place))
  for (const each of relation.groupings) block.define(each.column.symbol, integer(0, 'Int32'))
  block.groupBy = relation.keys.map((key) => block.lookup(key.column.symbol)!)
  if (keys.length === 0) block.wholeAggregates = new Set(aggregates.map((each) => each.column.symbol))
  return block
}

/** Keys are columns of a SELECT inside, so that the engine's NULLs for absent keys cannot be mistaken for values. */
function lowerGroupingSets(lowering: Lowering, relation: Aggregate, input: Block, required: ReadonlySet<string>): Block {
  const aggregates = relation.aggregates.filter((each) => required.has(each.column.symbol))
  const needed = withSymbols(
    [],
    aggregates.flatMap((each) => callExpressions(each.call)),
  )
  const place = placeIn(lowering, input)
  for (const key of relation.keys) input.define(key.column.symbol, lowering.expression(key.expression, place))
  const block = input.nest(new Set([...relation.keys.map((key) => key.column.symbol), ...needed]))
  const inside = placeIn(lowering, block)
  const keyNodes = relation.keys.map((key) => identifier(key.column.symbol))
  for (const each of aggregates) block.define(each.column.symbol, lowerAggregateCall(lowering, each.call, inside))
  for (const each of relation.groupings)
    block.define(each.column.symbol, call('toInt32', call('grouping', ...each.keys.map((key) => keyNodes[key]!))))
  block.groupingSets = relation.groupingSets!.map((set) => set.map((index) => keyNodes[index]!))
  return block.nest(required)
}

function lowerDistinct(lowering: Lowering, relation: Extract<Relation, { kind: 'distinct' }>): Block {
  const symbols = columnsOf(relation.input).map((column) => column.symbol)
  const needed = new Set(symbols)
  let block = lowering.relation(relation.input, needed)
  if (block.distinct || block.orderBy || block.isLimited) block = block.nest(needed)
  block.distinct = [...needed]
  return block
}

function lowerSort(lowering: Lowering, relation: Extract<Relation, { kind: 'sort' }>, required: ReadonlySet<string>): Block {
  const expressions = relation.keys.map((key) => key.expression)
  const needed = withSymbols(required, expressions)
  let block = lowering.relation(relation.input, needed)
  const plainKeys = expressions.every((each) => each.kind === 'column')
  if (block.orderBy || block.isLimited || (block.distinct && !plainKeys)) block = block.nest(needed)
  const place = placeIn(lowering, block)
  block.orderBy = relation.keys.flatMap((key) => lowerSortKeys(lowering, key, place, relation.input))
  return block
}

function lowerLimit(lowering: Lowering, relation: Extract<Relation, { kind: 'limit' }>, required: ReadonlySet<string>): Block {
  let block = lowering.relation(relation.input, required)
  if (block.isLimited) block = block.nest(required)
  if (relation.count !== undefined) block.limit = integer(relation.count)
  if (relation.ties) block.ties = true
  if (relation.offset !== undefined && relation.offset > 0n) block.offset = integer(relation.offset)
  return block
}
