import { unreachable } from '../../base/assert.ts'
import type { Column, Expression, Relation } from '../ir.ts'

/** Functions that never answer NULL. */
const total = new Set(['count', 'count_if', 'approx_distinct', 'now', 'row_number', 'rank', 'dense_rank', 'percent_rank', 'cume_dist'])
/** Functions that answer NULL for a NULL argument only. */
const strict = new Set([
  '+',
  '-',
  '*',
  '/',
  '%',
  'negate',
  '||',
  'bin',
  'lower',
  'upper',
  'length',
  'abs',
  'round',
  'floor',
  'ceil',
  'date_trunc',
])

/** Whether the value may be NULL; true when in doubt. */
export function isNullable(expression: Expression): boolean {
  switch (expression.kind) {
    case 'literal':
      return expression.value === null
    case 'column':
      return expression.nullable
    case 'comparison':
      return expression.operator !== 'distinct' && (isNullable(expression.left) || isNullable(expression.right))
    case 'logical':
      return expression.operands.some(isNullable)
    case 'not':
      return isNullable(expression.operand)
    case 'cast':
      return expression.safe || isNullable(expression.operand)
    case 'in-list':
      return [expression.operand, ...expression.items].some(isNullable)
    case 'like':
      return isNullable(expression.operand) || isNullable(expression.pattern)
    case 'case':
      return isNullable(expression.otherwise) || expression.branches.some((branch) => isNullable(branch.result))
    case 'coalesce':
      return expression.operands.every(isNullable)
    case 'is-null':
    case 'exists':
    case 'row':
    case 'array':
    case 'lambda':
    case 'grouping':
      return false
    case 'call':
      if (total.has(expression.definition.name)) return false
      return !strict.has(expression.definition.name) || expression.arguments.some(isNullable)
    case 'window-call':
      return !total.has(expression.call.definition.name)
    case 'let':
      return isNullable(expression.body)
    case 'variable':
    case 'try':
    case 'field':
    case 'scalar-query':
    case 'quantified':
      return true
    default:
      return unreachable(expression)
  }
}

/** The columns that a relation gives, in order. */
export function columnsOf(relation: Relation): readonly Column[] {
  switch (relation.kind) {
    case 'scan':
      return relation.columns.map((each) => each.column)
    case 'project':
      return relation.assignments.map((each) => each.column)
    case 'values':
    case 'join':
    case 'set':
    case 'recursive':
    case 'recursive-reference':
      return relation.columns
    case 'filter':
    case 'distinct':
    case 'sort':
    case 'limit':
      return columnsOf(relation.input)
    case 'aggregate':
      return [...relation.keys, ...relation.aggregates, ...relation.groupings].map((each) => each.column)
    case 'window':
      return [...columnsOf(relation.input), ...relation.functions.map((each) => each.column)]
    case 'unnest':
      return [
        ...columnsOf(relation.input),
        ...relation.items.flatMap((item) => item.columns),
        ...(relation.ordinality ? [relation.ordinality] : []),
      ]
    default:
      return unreachable(relation)
  }
}
