import { findFunction } from '../functions/index.ts'
import type { Column, Expression, Relation, WindowFunction } from '../ir.ts'
import { BIGINT } from '../types/type.ts'
import type { Analyzer } from './analyzer.ts'
import { expressionKey } from './rewrite.ts'

/**
 * The window relation. A frame that counts groups of peers is one that counts by value over the numbers of the groups, which a window
 * relation below gives.
 */
export function windowOver(names: Analyzer['names'], input: Relation, functions: readonly WindowFunction[]): Relation {
  if (!functions.some(countsGroups)) return { kind: 'window', input, functions }
  const numbers = new Map<string, WindowFunction>()
  const counted = functions.map((each): WindowFunction => {
    if (!countsGroups(each)) return each
    const { partitionBy, orderBy, frame } = each.window
    const call = denseRank(each.call.at)
    const key = expressionKey({ kind: 'window-call', type: BIGINT, call, window: { partitionBy, orderBy } })
    const number = numbers.get(key) ?? { column: groupNumber(names), call, window: { partitionBy, orderBy } }
    numbers.set(key, number)
    const expression: Expression = { kind: 'column', ...number.column, name: 'group', at: each.call.at }
    const sort = { expression, descending: false, nullsFirst: false }
    return { ...each, window: { partitionBy, orderBy: [sort], frame: { ...frame!, unit: 'range' } } }
  })
  return { kind: 'window', input: { kind: 'window', input, functions: [...numbers.values()] }, functions: counted }
}

const countsGroups = ({ window: { frame } }: WindowFunction): boolean =>
  frame?.unit === 'groups' && ('offset' in frame.start || 'offset' in frame.end)

const groupNumber = (names: Analyzer['names']): Column => ({ symbol: names.fresh('c'), type: BIGINT, nullable: false })

function denseRank(at: WindowFunction['call']['at']): WindowFunction['call'] {
  const definition = findFunction('dense_rank')!
  return { kind: 'call', type: BIGINT, definition, signature: definition.signatures[0]!, arguments: [], at, distinct: false, orderBy: [] }
}
