import { ServerError } from '../../base/errors.ts'
import type { Expression } from '../ir.ts'
import type * as ast from '../syntax/ast.ts'
import { isComparable } from '../types/coercion.ts'
import { typeText } from '../types/type.ts'
import { isAggregateCall } from './analyze-call.ts'
import { ordinal } from './ordinal.ts'
import { maxGroupingSets } from './aggregation.ts'
import type { Grouping } from './aggregation.ts'
import type { Analyzer } from './analyzer.ts'
import { fail } from './analyzer.ts'
import { some } from './rewrite.ts'
import type { Scope } from './scope.ts'

/** What a select item offers to GROUP BY: by its ordinal, and by its alias when no column has the name. */
export interface GroupableItem {
  readonly alias: string | undefined
  readonly expression: Expression
}

export function analyzeGroupBy(analyzer: Analyzer, clause: ast.GroupBy, items: readonly GroupableItem[], scope: Scope): Grouping {
  const key = (node: ast.Expression): Expression => {
    const expression = groupKey(analyzer, node, items, scope)
    if (some(expression, (part) => isAggregateCall(part) || part.kind === 'window-call' || part.kind === 'grouping')) {
      fail(node.at, 'SEMANTIC_ERROR', 'GROUP BY clause cannot contain aggregations, window functions or grouping operations')
    }
    if (!isComparable(expression.type))
      fail(node.at, 'TYPE_MISMATCH', `${typeText(expression.type)} is not comparable, and therefore cannot be used in GROUP BY`)
    return expression
  }
  let sets: readonly (readonly Expression[])[] = [[]]
  for (const element of clause.elements) {
    const own = elementSets(element, key)
    if (sets.length * own.length > maxGroupingSets)
      fail(element.at, 'SEMANTIC_ERROR', `GROUP BY has more than ${maxGroupingSets} grouping sets`)
    sets = sets.flatMap((set) => own.map((each) => [...set, ...each]))
  }
  return { sets, distinct: clause.distinct }
}

function elementSets(element: ast.GroupingElement, key: (node: ast.Expression) => Expression): readonly (readonly Expression[])[] {
  switch (element.kind) {
    case 'grouping-set':
      return [element.expressions.map(key)]
    case 'grouping-sets':
      return element.sets.map((set) => set.map(key))
    case 'rollup': {
      const parts = element.sets.map((set) => set.map(key))
      return Array.from({ length: parts.length + 1 }, (_, i) => parts.slice(0, parts.length - i).flat())
    }
    case 'cube': {
      const parts = element.sets.map((set) => set.map(key))
      if (2 ** parts.length > maxGroupingSets) fail(element.at, 'SEMANTIC_ERROR', `GROUP BY has more than ${maxGroupingSets} grouping sets`)
      return Array.from({ length: 2 ** parts.length }, (_, mask) => parts.filter((_part, i) => (mask & (1 << i)) === 0).flat())
    }
  }
}

function groupKey(analyzer: Analyzer, node: ast.Expression, items: readonly GroupableItem[], scope: Scope): Expression {
  if (node.kind === 'integer') return items[ordinal(node, items.length, 'GROUP BY')]!.expression
  if (node.kind !== 'name' || node.parts.length !== 1) return analyzer.expression(node, scope)
  const [name] = node.parts
  const sameName = (alias: string | undefined): boolean =>
    alias !== undefined && (alias === name!.text || (!name!.quoted && alias.toLowerCase() === name!.text.toLowerCase()))
  const aliased = items.filter((item) => sameName(item.alias))
  if (aliased.length !== 1) return analyzer.expression(node, scope)
  try {
    return analyzer.expression(node, scope)
  } catch (error) {
    if (error instanceof ServerError && error.code === 'COLUMN_NOT_FOUND') return aliased[0]!.expression
    throw error
  }
}
