import { unreachable } from '../../base/assert.ts'
import type { Assignment, Call, Expression, Frame, FrameBound, Relation, SortKey, WindowSpecification } from '../ir.ts'

/** Answers the replacement of an expression, or undefined to go on with its parts. */
export type Replace = (expression: Expression) => Expression | undefined

/** The expression with parts replaced; subqueries inside are searched too, for the columns of their surroundings. */
export function rewrite(expression: Expression, replace: Replace): Expression {
  const replaced = replace(expression)
  if (replaced) return replaced
  const go = (part: Expression): Expression => rewrite(part, replace)
  switch (expression.kind) {
    case 'literal':
    case 'column':
    case 'variable':
      return expression
    case 'lambda':
      return { ...expression, body: go(expression.body) }
    case 'call':
      return rewriteCall(expression, go)
    case 'cast':
    case 'not':
    case 'is-null':
    case 'try':
      return { ...expression, operand: go(expression.operand) }
    case 'logical':
    case 'coalesce':
      return { ...expression, operands: expression.operands.map(go) }
    case 'comparison':
      return { ...expression, left: go(expression.left), right: go(expression.right) }
    case 'in-list':
      return { ...expression, operand: go(expression.operand), items: expression.items.map(go) }
    case 'like':
      return {
        ...expression,
        operand: go(expression.operand),
        pattern: go(expression.pattern),
        ...(expression.escape ? { escape: go(expression.escape) } : {}),
      }
    case 'case':
      return {
        ...expression,
        branches: expression.branches.map((branch) => ({ when: go(branch.when), result: go(branch.result) })),
        otherwise: go(expression.otherwise),
      }
    case 'let':
      return { ...expression, value: go(expression.value), body: go(expression.body) }
    case 'row':
    case 'array':
    case 'grouping':
      return { ...expression, items: expression.items.map(go) }
    case 'field':
      return { ...expression, base: go(expression.base) }
    case 'scalar-query':
    case 'exists':
      return { ...expression, query: rewriteRelation(expression.query, go) }
    case 'quantified':
      return { ...expression, operand: go(expression.operand), query: rewriteRelation(expression.query, go) }
    case 'window-call':
      return { ...expression, call: rewriteCall(expression.call, go), window: rewriteWindow(expression.window, go) }
    default:
      return unreachable(expression)
  }
}

type Go = (expression: Expression) => Expression

const rewriteKeys = (keys: readonly SortKey[], go: Go): readonly SortKey[] =>
  keys.map((key) => ({ ...key, expression: go(key.expression) }))

export function rewriteCall(call: Call, go: Go): Call {
  return {
    ...call,
    arguments: call.arguments.map(go),
    orderBy: rewriteKeys(call.orderBy, go),
    ...(call.filter ? { filter: go(call.filter) } : {}),
  }
}

export function rewriteWindow(window: WindowSpecification, go: Go): WindowSpecification {
  return {
    partitionBy: window.partitionBy.map(go),
    orderBy: rewriteKeys(window.orderBy, go),
    ...(window.frame ? { frame: rewriteFrame(window.frame, go) } : {}),
  }
}

function rewriteFrame(frame: Frame, go: Go): Frame {
  const bound = (each: FrameBound): FrameBound => ('offset' in each ? { ...each, offset: go(each.offset) } : each)
  return { ...frame, start: bound(frame.start), end: bound(frame.end) }
}

const rewriteAssignments = (assignments: readonly Assignment[], go: Go): readonly Assignment[] =>
  assignments.map((assignment) => ({ ...assignment, expression: go(assignment.expression) }))

/** Every expression in the relation and below it rewritten. */
export function rewriteRelation(relation: Relation, go: Go): Relation {
  const down = (input: Relation): Relation => rewriteRelation(input, go)
  switch (relation.kind) {
    case 'scan':
    case 'recursive-reference':
      return relation
    case 'values':
      return { ...relation, rows: relation.rows.map((row) => row.map(go)) }
    case 'filter':
      return { ...relation, input: down(relation.input), condition: go(relation.condition) }
    case 'project':
      return { ...relation, input: down(relation.input), assignments: rewriteAssignments(relation.assignments, go) }
    case 'aggregate':
      return {
        ...relation,
        input: down(relation.input),
        keys: rewriteAssignments(relation.keys, go),
        aggregates: relation.aggregates.map((each) => ({ ...each, call: rewriteCall(each.call, go) })),
      }
    case 'window':
      return {
        ...relation,
        input: down(relation.input),
        functions: relation.functions.map((each) => ({
          ...each,
          call: rewriteCall(each.call, go),
          window: rewriteWindow(each.window, go),
        })),
      }
    case 'distinct':
    case 'limit':
      return { ...relation, input: down(relation.input) }
    case 'sort':
      return { ...relation, input: down(relation.input), keys: rewriteKeys(relation.keys, go) }
    case 'join':
      return { ...relation, left: down(relation.left), right: down(relation.right), ...(relation.on ? { on: go(relation.on) } : {}) }
    case 'set':
      return { ...relation, left: down(relation.left), right: down(relation.right) }
    case 'unnest':
      return {
        ...relation,
        input: down(relation.input),
        items: relation.items.map((item) => ({ ...item, expression: go(item.expression) })),
      }
    case 'recursive':
      return { ...relation, base: down(relation.base), step: down(relation.step) }
    default:
      return unreachable(relation)
  }
}

/** Whether the expression or a part of it (subqueries not searched) satisfies the test. */
export function some(expression: Expression, test: (part: Expression) => boolean): boolean {
  let found = false
  rewrite(expression, (part) => {
    if (found || part.kind === 'scalar-query' || part.kind === 'exists') return part
    if (test(part)) {
      found = true
      return part
    }
    return undefined
  })
  return found
}

const keys = new WeakMap<Expression, string>()

/** Equal for expressions that mean the same: places and spellings do not count. */
export function expressionKey(expression: Expression): string {
  let key = keys.get(expression)
  if (key === undefined) {
    key = JSON.stringify(expression, keyPart)
    keys.set(expression, key)
  }
  return key
}

function keyPart(this: unknown, name: string, value: unknown): unknown {
  if (name === 'at' || name === 'nullable' || name === 'signature') return undefined
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))) return `double ${Object.is(value, -0) ? '-0' : value}`
  if (name === 'definition') return (value as { name: string }).name
  if (name === 'name' && (this as { kind?: string }).kind === 'column') return undefined
  return value
}
