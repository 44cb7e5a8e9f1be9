import type { Column, Relation } from '../ir.ts'
import { Block } from './block.ts'
import type { Lowering } from './lowering.ts'
import { physicalType } from './physical.ts'
import { placeIn } from './place.ts'
import { call, cast, identifier, integer } from './tree.ts'

function noRows(lowering: Lowering, columns: readonly Column[]): Block {
  const block = new Block(lowering.names, undefined)
  for (const column of columns) block.define(column.symbol, lowering.values.nullOf(column.type))
  block.where.push({ kind: 'boolean', value: false })
  return block
}

/** One row is a SELECT without FROM; more are an array of rows unfolded. */
export function lowerValues(lowering: Lowering, relation: Extract<Relation, { kind: 'values' }>): Block {
  const { columns, rows } = relation
  if (rows.length === 1) {
    const block = new Block(lowering.names, undefined)
    const place = placeIn(lowering, block)
    for (const [i, column] of columns.entries()) {
      const node = lowering.expression(rows[0]![i]!, place)
      block.define(column.symbol, node)
    }
    return block
  }
  if (rows.length === 0) return noRows(lowering, columns)
  const outside = placeIn(lowering, new Block(lowering.names, undefined))
  const tuples = rows.map((row) => call('tuple', ...row.map((value) => lowering.expression(value, outside))))
  const row = lowering.names.fresh('c')
  const type = `Array(Tuple(${columns.map((column) => physicalType(column.type)).join(', ')}))`
  const block = new Block(
    lowering.names,
    { kind: 'table', database: 'system', table: 'one', final: false },
    { arrayJoin: { left: false, items: [{ alias: row, expression: cast(call('array', ...tuples), type) }] } },
  )
  for (const [i, column] of columns.entries()) block.define(column.symbol, call('tupleElement', identifier(row), integer(i + 1)))
  return block
}
