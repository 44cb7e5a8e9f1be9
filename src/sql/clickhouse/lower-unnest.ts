import type { Relation, UnnestItem } from '../ir.ts'
import type { Type } from '../types/type.ts'
import { isNested } from '../types/coercion.ts'
import { Block, identifierOf } from './block.ts'
import type { Lowering } from './lowering.ts'
import { physicalType } from './physical.ts'
import { placeIn, withSymbols } from './place.ts'
import { call, cast, identifier, integer, lambda, nothing } from './tree.ts'
import type { From, Node, SelectColumn } from './tree.ts'

type Unnest = Extract<Relation, { kind: 'unnest' }>

/** ARRAY JOIN over the input. Several arrays are made equally long; samples, entries and rows are taken apart after it. */
export function lowerUnnest(lowering: Lowering, relation: Unnest, required: ReadonlySet<string>): Block {
  const made = new Set(
    [...relation.items.flatMap((item) => item.columns), ...(relation.ordinality ? [relation.ordinality] : [])].map(
      (column) => column.symbol,
    ),
  )
  const expressions = relation.items.map((item) => item.expression)
  const passed = [...required].filter((symbol) => !made.has(symbol))
  const needed = withSymbols(passed, expressions)
  const input = lowering.relation(relation.input, needed)
  const place = placeIn(lowering, input)
  const arrays = relation.items.map((item) => ({ item, symbol: lowering.names.fresh('c'), node: bareArray(lowering, item, place) }))
  for (const array of arrays) input.define(array.symbol, array.node)
  const sources = new Set([...passed, ...arrays.map((array) => array.symbol)])
  const symbols = [...sources].filter((symbol) => input.lookup(symbol) !== undefined)
  const from: From = {
    kind: 'query',
    query: input.finish(symbols.map((symbol) => [symbol, identifierOf(symbol)])),
    alias: lowering.names.fresh('r'),
  }
  const length = arrays.length > 1 ? call('greatest', ...arrays.map((array) => call('length', identifier(array.symbol)))) : undefined
  const items: SelectColumn[] = arrays.map(({ item, symbol }) => ({
    alias: elementName(symbol),
    expression: padded(lowering, symbol, item, length, relation.outer),
  }))
  const [first] = items
  if (relation.ordinality) items.push({ alias: relation.ordinality.symbol, expression: call('arrayEnumerate', first!.expression) })
  const block = new Block(lowering.names, from, { arrayJoin: { left: relation.outer, items } })
  for (const symbol of symbols) if (required.has(symbol)) block.define(symbol, identifier(symbol))
  for (const { item, symbol } of arrays) {
    defineColumns(lowering, block, item, identifier(elementName(symbol)), length !== undefined || relation.outer)
  }
  if (relation.ordinality) block.define(relation.ordinality.symbol, call('toInt64', identifier(relation.ordinality.symbol)))
  return block
}

const elementName = (symbol: string): string => `e${symbol.slice(1)}`

/** The elements, none for NULL. */
function bareArray(lowering: Lowering, item: UnnestItem, place: ReturnType<typeof placeIn>): Node {
  const option = lowering.expression(item.expression, place)
  if (option.kind === 'call' && option.name === 'array' && option.arguments.length === 1) return option.arguments[0]!
  return call('arrayElement', option, integer(1))
}

function elementType(type: Type): Type | undefined {
  return type.kind === 'array' ? type.element : undefined
}

/** As long as the longest, filled up with NULL; samples and entries become options where one may be missing. */
function padded(lowering: Lowering, symbol: string, item: UnnestItem, length: Node | undefined, outer: boolean): Node {
  const array = identifier(symbol)
  if (length === undefined && !outer) return array
  const element = elementType(item.expression.type)
  const resize = (elements: Node, ...filler: readonly Node[]): Node =>
    length ? call('arrayResize', elements, length, ...filler) : elements
  if (element && !isNested(element)) return resize(cast(array, `Array(${physicalType(element)})`), nothing)
  if (element) return resize(array)
  const each = lowering.values.variable()
  return resize(call('arrayMap', lambda([each], call('array', identifier(each))), array))
}

function defineColumns(lowering: Lowering, block: Block, item: UnnestItem, element: Node, optional: boolean): void {
  const row = elementType(item.expression.type)
  if (row && row.kind !== 'row') {
    block.define(item.columns[0]!.symbol, element)
    return
  }
  const part = (tuple: Node, index: number): Node => call('tupleElement', tuple, integer(index + 1))
  for (const [i, column] of item.columns.entries()) {
    const form = isNested(column.type) ? 'option' : 'scalar'
    const value = row || optional ? lowering.values.unwrap(element, form, (tuple) => part(tuple, i)) : part(element, i)
    block.define(column.symbol, value)
  }
}
