import type { Position } from '../../base/errors.ts'
import { columnsOf } from '../analyzer/nullability.ts'
import { visit, visitRelation } from '../analyzer/visit.ts'
import type { Expression, Relation } from '../ir.ts'

/** Symbols that the relation reads and does not make itself: it is correlated when there are any. */
export function outerSymbols(relation: Relation): ReadonlySet<string> {
  const made = new Set<string>()
  collectMade(relation, made)
  const outer = new Set<string>()
  visitRelation(relation, (expression) => {
    visit(expression, (part) => {
      if (part.kind === 'column' && !made.has(part.symbol)) outer.add(part.symbol)
      if ('query' in part) collectMade(part.query, made)
    })
  })
  for (const symbol of made) outer.delete(symbol)
  return outer
}

function collectMade(relation: Relation, made: Set<string>): void {
  for (const column of columnsOf(relation)) made.add(column.symbol)
  if ('input' in relation) collectMade(relation.input, made)
  if ('left' in relation) {
    collectMade(relation.left, made)
    collectMade(relation.right, made)
  }
  if (relation.kind === 'recursive') {
    collectMade(relation.base, made)
    collectMade(relation.step, made)
  }
}

export const symbolsOf = (relation: Relation): ReadonlySet<string> => new Set(columnsOf(relation).map((column) => column.symbol))

/** Whether anything in the relation reads one of the symbols. */
export function reads(relation: Relation, symbols: ReadonlySet<string>): boolean {
  let found = false
  visitRelation(relation, (expression) => {
    found ||= readsExpression(expression, symbols)
  })
  return found
}

export function readsExpression(expression: Expression, symbols: ReadonlySet<string>): boolean {
  let found = false
  visit(expression, (part) => {
    if (part.kind === 'column' && symbols.has(part.symbol)) found = true
  })
  return found
}

/** Whether a subquery in the expression reads one of the symbols. */
export function subqueryReads(expression: Expression, symbols: ReadonlySet<string>): boolean {
  let found = false
  visit(expression, (part) => {
    if ('query' in part) found ||= reads(part.query, symbols)
  })
  return found
}

/** Where one of the symbols is read first, for the error of what cannot read it. */
export function placeOfRead(relation: Relation, symbols: ReadonlySet<string>): { readonly position?: Position } {
  let position: Position | undefined
  visitRelation(relation, (expression) =>
    visit(expression, (part) => {
      if (part.kind === 'column' && symbols.has(part.symbol)) position ??= part.at
    }),
  )
  return position ? { position } : {}
}

/** At most one row by its form: an aggregation without keys, one row of values, LIMIT 1. */
export function isSingleRow(relation: Relation): boolean {
  switch (relation.kind) {
    case 'aggregate':
      return relation.keys.length === 0 && relation.groupingSets === undefined
    case 'values':
      return relation.rows.length <= 1
    case 'limit':
      return (relation.count !== undefined && relation.count <= 1n && !relation.ties) || isSingleRow(relation.input)
    case 'project':
    case 'filter':
    case 'sort':
    case 'distinct':
      return isSingleRow(relation.input)
    default:
      return false
  }
}
