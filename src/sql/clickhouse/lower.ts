import type { Expression, Query, Relation, Now } from '../ir.ts'
import type { Block } from './block.ts'
import { identifierOf } from './block.ts'
import { lowerExpression } from './lower-expression.ts'
import { lowerRelation } from './lower-relation.ts'
import { sameMembers } from './lower-set.ts'
import type { Lowering, Place } from './lowering.ts'
import { outputNode } from './output.ts'
import type { Node, Select } from './tree.ts'
import { Values } from './values.ts'
import type { Names } from './values.ts'

/** The query as a ClickHouse SELECT whose columns are the fields, held as `outputType` says. */
export function lower(query: Query, names: Names, now: Now): Select {
  const lowering = new QueryLowering(names, now)
  const symbols = query.fields.map((field) => field.column.symbol)
  const required = new Set(symbols)
  let block = lowering.relation(query.relation, required)
  if (block.distinct && !sameMembers(block.distinct, [...required])) block = block.nest(required)
  return block.finish(
    query.fields.map(({ column }) => [
      names.fresh('c'),
      outputNode(lowering.values, block.lookup(column.symbol) ?? identifierOf(column.symbol), column.type),
    ]),
  )
}

class QueryLowering implements Lowering {
  readonly names: Names
  readonly values: Values

  constructor(names: Names, now: Now) {
    this.names = names
    this.values = new Values(names, now, false)
  }

  expression(expression: Expression, place: Place): Node {
    return lowerExpression(this, expression, place)
  }

  relation(relation: Relation, required: ReadonlySet<string>): Block {
    return lowerRelation(this, relation, required)
  }

  select(relation: Relation, columns: readonly (readonly [symbol: string, alias: string])[]): Select {
    const required = new Set(columns.map(([symbol]) => symbol))
    let block = this.relation(relation, required)
    if (block.distinct && !sameMembers(block.distinct, [...required])) block = block.nest(required)
    return block.finish(
      columns.map(([symbol, alias]) => [alias, symbol === alias ? identifierOf(symbol) : (block.lookup(symbol) ?? identifierOf(symbol))]),
    )
  }
}
