import { unreachable } from '../../base/assert.ts'
import type { Call, Expression, Frame, Relation, SortKey, WindowSpecification } from '../ir.ts'

type See = (expression: Expression) => void

/** Calls `see` for the expression and every part of it, subqueries included. */
export function visit(expression: Expression, see: See): void {
  see(expression)
  const go = (part: Expression): void => visit(part, see)
  switch (expression.kind) {
    case 'literal':
    case 'column':
    case 'variable':
      return
    case 'lambda':
      return go(expression.body)
    case 'call':
      return visitCall(expression, go)
    case 'cast':
    case 'not':
    case 'is-null':
    case 'try':
      return go(expression.operand)
    case 'logical':
    case 'coalesce':
      return expression.operands.forEach(go)
    case 'comparison':
      go(expression.left)
      return go(expression.right)
    case 'in-list':
      go(expression.operand)
      return expression.items.forEach(go)
    case 'like':
      go(expression.operand)
      go(expression.pattern)
      if (expression.escape) go(expression.escape)
      return
    case 'case':
      for (const branch of expression.branches) {
        go(branch.when)
        go(branch.result)
      }
      return go(expression.otherwise)
    case 'let':
      go(expression.value)
      return go(expression.body)
    case 'row':
    case 'array':
    case 'grouping':
      return expression.items.forEach(go)
    case 'field':
      return go(expression.base)
    case 'scalar-query':
    case 'exists':
      return visitRelation(expression.query, go)
    case 'quantified':
      go(expression.operand)
      return visitRelation(expression.query, go)
    case 'window-call':
      visitCall(expression.call, go)
      return visitWindow(expression.window, go)
    default:
      unreachable(expression)
  }
}

const visitKeys = (keys: readonly SortKey[], go: See): void => keys.forEach((key) => go(key.expression))

function visitCall(call: Call, go: See): void {
  call.arguments.forEach(go)
  visitKeys(call.orderBy, go)
  if (call.filter) go(call.filter)
}

function visitWindow(window: WindowSpecification, go: See): void {
  window.partitionBy.forEach(go)
  visitKeys(window.orderBy, go)
  if (window.frame) visitFrame(window.frame, go)
}

function visitFrame(frame: Frame, go: See): void {
  for (const bound of [frame.start, frame.end]) if ('offset' in bound) go(bound.offset)
}

/** Every expression in the relation and below it, each as a whole. */
export function visitRelation(relation: Relation, go: See): void {
  switch (relation.kind) {
    case 'scan':
    case 'recursive-reference':
      return
    case 'values':
      return relation.rows.forEach((row) => row.forEach(go))
    case 'filter':
      go(relation.condition)
      return visitRelation(relation.input, go)
    case 'project':
      for (const each of relation.assignments) go(each.expression)
      return visitRelation(relation.input, go)
    case 'aggregate':
      for (const each of relation.keys) go(each.expression)
      for (const each of relation.aggregates) visitCall(each.call, go)
      return visitRelation(relation.input, go)
    case 'window':
      for (const each of relation.functions) {
        visitCall(each.call, go)
        visitWindow(each.window, go)
      }
      return visitRelation(relation.input, go)
    case 'sort':
      visitKeys(relation.keys, go)
      return visitRelation(relation.input, go)
    case 'distinct':
    case 'limit':
      return visitRelation(relation.input, go)
    case 'join':
      if (relation.on) go(relation.on)
      visitRelation(relation.left, go)
      return visitRelation(relation.right, go)
    case 'set':
      visitRelation(relation.left, go)
      return visitRelation(relation.right, go)
    case 'unnest':
      for (const item of relation.items) go(item.expression)
      return visitRelation(relation.input, go)
    case 'recursive':
      visitRelation(relation.base, go)
      return visitRelation(relation.step, go)
    default:
      unreachable(relation)
  }
}

/** Whether the expression holds a subquery. */
export function holdsQuery(expression: Expression): boolean {
  let found = false
  visit(expression, (part) => {
    found ||= 'query' in part
  })
  return found
}

/** Adds the symbols of the columns that the expressions read. */
export function collectSymbols(expressions: Iterable<Expression>, into: Set<string>): Set<string> {
  for (const expression of expressions) {
    visit(expression, (part) => {
      if (part.kind === 'column') into.add(part.symbol)
    })
  }
  return into
}

export function callExpressions(call: Call): readonly Expression[] {
  return [...call.arguments, ...call.orderBy.map((key) => key.expression), ...(call.filter ? [call.filter] : [])]
}

export function windowExpressions(window: WindowSpecification): readonly Expression[] {
  const offsets = window.frame ? [window.frame.start, window.frame.end].flatMap((bound) => ('offset' in bound ? [bound.offset] : [])) : []
  return [...window.partitionBy, ...window.orderBy.map((key) => key.expression), ...offsets]
}
