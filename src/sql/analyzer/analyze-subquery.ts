import type { Position } from '../../base/errors.ts'
import type { ComparisonOperator, Expression, Relation } from '../ir.ts'
import type * as ast from '../syntax/ast.ts'
import { comparisonType, isComparable, isOrderable } from '../types/coercion.ts'
import { BOOLEAN, rowOf, typeText } from '../types/type.ts'
import type { Type } from '../types/type.ts'
import type { AnalyzedQuery, Analyzer } from './analyzer.ts'
import { fail } from './analyzer.ts'
import { coerceForComparison } from './build.ts'
import type { Scope } from './scope.ts'

/** `(SELECT …)` as a value: NULL for no row, an error for several. Several columns make a row. */
export function analyzeScalarQuery(analyzer: Analyzer, scope: Scope, node: Extract<ast.Expression, { kind: 'scalar-query' }>): Expression {
  const single = asOneColumn(analyzer, analyzer.query(node.query, { fields: [], next: scope }), node.at)
  return { kind: 'scalar-query', type: single.type, query: single.relation }
}

/** The query with one column; several become a row. */
function asOneColumn(
  analyzer: Analyzer,
  query: AnalyzedQuery,
  at: Position,
  asRow = false,
): { readonly relation: Relation; readonly type: Type } {
  const { fields, relation } = query
  const references = fields.map(({ column, name }): Expression => ({ kind: 'column', ...column, name, at }))
  if (references.length === 1 && !asRow) {
    const { column } = fields[0]!
    return { relation: { kind: 'project', input: relation, assignments: [{ column, expression: references[0]! }] }, type: column.type }
  }
  const type = rowOf(...fields.map(({ name, column }) => ({ name, type: column.type })))
  const column = { symbol: analyzer.names.fresh('c'), type, nullable: false }
  const expression: Expression = { kind: 'row', type, items: references }
  return { relation: { kind: 'project', input: relation, assignments: [{ column, expression }] }, type }
}

/** `operand op ANY|ALL (query)`; both sides brought to one type. */
export function analyzeQuantified(
  analyzer: Analyzer,
  scope: Scope,
  at: Position,
  operator: ComparisonOperator,
  quantifier: 'all' | 'any',
  operandNode: ast.Expression,
  queryNode: ast.Query,
): Expression {
  const operand = analyzer.expression(operandNode, scope)
  const query = analyzer.query(queryNode, { fields: [], next: scope })
  const single = query.fields.length === 1 ? query.fields[0]!.column.type : undefined
  // a row of one field stands against a query of one column
  const wraps = single !== undefined && single.kind !== 'row' && operand.type.kind === 'row' && operand.type.fields.length === 1
  const { relation, type: given } = asOneColumn(analyzer, query, at, wraps)
  const type = comparisonType(operand.type, given)
  const possible = type !== undefined && (operator === '=' || operator === '<>' ? isComparable(type) : isOrderable(type))
  if (!possible) fail(at, 'TYPE_MISMATCH', `'${operator}' cannot be applied to ${typeText(operand.type)}, ${typeText(given)}`)
  return {
    kind: 'quantified',
    type: BOOLEAN,
    operator,
    quantifier,
    operand: coerceForComparison(operand, type, at),
    query: convertColumn(analyzer, relation, type, at),
  }
}

function convertColumn(analyzer: Analyzer, relation: Relation, type: Type, at: Position): Relation {
  if (relation.kind !== 'project') throw new Error('one column is a projection')
  const [assignment] = relation.assignments
  const converted = coerceForComparison(assignment!.expression, type, at)
  if (converted === assignment!.expression) return relation
  const column = { symbol: analyzer.names.fresh('c'), type, nullable: true }
  return { ...relation, assignments: [{ column, expression: converted }] }
}
