import { unreachable } from '../../base/assert.ts'
import { columnsOf } from '../analyzer/nullability.ts'
import { rewrite } from '../analyzer/rewrite.ts'
import { collectSymbols, holdsQuery, visit } from '../analyzer/visit.ts'
import type { Column, Expression, Relation } from '../ir.ts'
import { isScalar } from '../types/coercion.ts'
import { allOf, conjuncts } from './conjunction.ts'
import { reference } from './dependent-relation.ts'
import { symbolsOf } from './outer-symbols.ts'
import { freeTime } from './time-comparison.ts'

/**
 * Moves conditions to where their rows come from: through projections, groupings, unions and joins to the stored tables, where comparisons
 * with time become such that partitions and keys are pruned; a cross join with a condition on both sides becomes an inner join.
 * A condition that may raise an error never comes to stand before one that stood before it.
 */
export function pushDown(relation: Relation): Relation {
  return push(relation, [])
}

function push(relation: Relation, conditions: readonly Expression[]): Relation {
  switch (relation.kind) {
    case 'scan':
    case 'recursive-reference':
      return filtered(relation, conditions)
    case 'values':
      return filtered({ ...relation, rows: relation.rows.map((row) => row.map(inside)) }, conditions)
    case 'filter':
      return push(relation.input, [...conjuncts(relation.condition), ...conditions])
    case 'project':
      return through(
        conditions,
        relation,
        (condition) => substituted(condition, relation.assignments),
        (input, down) => ({
          ...input,
          input: push(input.input, down),
          assignments: input.assignments.map((each) => ({ ...each, expression: inside(each.expression) })),
        }),
      )
    case 'aggregate': {
      const plain = relation.groupingSets === undefined && relation.keys.length > 0
      return through(
        conditions,
        relation,
        (condition) => (plain ? substituted(condition, relation.keys) : undefined),
        (input, down) => ({
          ...input,
          input: push(input.input, down),
        }),
      )
    }
    case 'distinct':
    case 'sort':
      return { ...relation, input: push(relation.input, conditions) }
    case 'unnest': {
      const own = symbolsOf(relation.input)
      return through(
        conditions,
        relation,
        (condition) => within(condition, own),
        (input, down) => ({ ...input, input: push(input.input, down) }),
      )
    }
    case 'set':
      return pushSet(relation, conditions)
    case 'join':
      return pushJoin(relation, conditions)
    case 'window':
    case 'limit':
      return filtered({ ...relation, input: push(relation.input, []) }, conditions)
    case 'recursive':
      return filtered({ ...relation, base: push(relation.base, []), step: push(relation.step, []) }, conditions)
    default:
      return unreachable(relation)
  }
}

/** Subqueries inside an expression, worked on by themselves. */
function inside(expression: Expression): Expression {
  if (!holdsQuery(expression)) return expression
  return rewrite(expression, (part) => {
    if (!('query' in part)) return undefined
    const query = push(part.query, [])
    return part.kind === 'quantified' ? { ...part, operand: inside(part.operand), query } : { ...part, query }
  })
}

function filtered(relation: Relation, conditions: readonly Expression[]): Relation {
  if (conditions.length === 0) return relation
  const freed = conditions.map((condition) =>
    withConstantBound(inside(rewrite(condition, (part) => (part.kind === 'comparison' ? freedIn(part) : undefined)))),
  )
  return { kind: 'filter', input: relation, condition: allOf(freed.flatMap(conjuncts)) }
}

function freedIn(comparison: Extract<Expression, { kind: 'comparison' }>): Expression | undefined {
  const freed = freeTime(comparison)
  return freed === comparison ? undefined : freed
}

/**
 * A bound of time that is constant and was not folded (`date_parse('2024-01-14', …)`) as a subquery: the engine evaluates it before it chooses
 * what to read.
 */
function withConstantBound(condition: Expression): Expression {
  if (condition.kind !== 'comparison' || !isScalar(condition.left.type, 'timestamp', 'date')) return condition
  const { left, right } = condition
  if (isConstantCall(right) && !isConstantCall(left)) return { ...condition, right: evaluatedFirst(right) }
  return isConstantCall(left) && !isConstantCall(right) ? { ...condition, left: evaluatedFirst(left) } : condition
}

function isConstantCall(expression: Expression): boolean {
  let isConstant = expression.kind !== 'literal'
  visit(expression, (part) => {
    if (part.kind === 'column' || part.kind === 'variable' || 'query' in part) isConstant = false
    if (part.kind === 'call' && volatile.has(part.definition.name)) isConstant = false
  })
  return isConstant
}

function evaluatedFirst(expression: Expression): Expression {
  const column: Column = { symbol: 'bound', type: expression.type, nullable: true }
  const row: Relation = { kind: 'values', columns: [], rows: [[]] }
  return { kind: 'scalar-query', type: expression.type, query: { kind: 'project', input: row, assignments: [{ column, expression }] } }
}

/** Splits the conditions into those that `move` can restate below the relation and those that stay above it. */
function through<R extends Relation>(
  conditions: readonly Expression[],
  relation: R,
  move: (condition: Expression) => Expression | undefined,
  build: (relation: R, down: readonly Expression[]) => Relation,
): Relation {
  const down: Expression[] = []
  const stay: Expression[] = []
  for (const condition of conditions) {
    const moved = stay.length > 0 && mayFail(condition) ? undefined : move(condition)
    if (moved) down.push(moved)
    else stay.push(condition)
  }
  return filtered(build(relation, down), stay)
}

/** The condition over what the assignments are made of; undefined when one of them must not be computed again. */
function substituted(
  condition: Expression,
  assignments: readonly { readonly column: Column; readonly expression: Expression }[],
): Expression | undefined {
  const bySymbol = new Map(assignments.map((each) => [each.column.symbol, each.expression]))
  for (const symbol of collectSymbols([condition], new Set())) {
    const expression = bySymbol.get(symbol)
    if (!expression || !isCheap(expression)) return undefined
  }
  return rewrite(condition, (part) => (part.kind === 'column' ? bySymbol.get(part.symbol) : undefined))
}

const within = (condition: Expression, symbols: ReadonlySet<string>): Expression | undefined =>
  [...collectSymbols([condition], new Set())].every((symbol) => symbols.has(symbol)) ? condition : undefined

/** Calls that depend on more than their arguments. */
const volatile = new Set(['rand', 'random', 'shuffle', 'uuid'])

export const isVolatile = ({ definition }: Extract<Expression, { kind: 'call' }>): boolean => volatile.has(definition.name)

function isCheap(expression: Expression): boolean {
  let parts = 0
  visit(expression, (part) => {
    parts += 'query' in part || part.kind === 'lambda' || (part.kind === 'call' && isVolatile(part)) ? 100 : 1
  })
  return parts <= 12
}

/** Calls that raise no error whatever they are given. */
const harmless = new Set([
  'bin',
  'lower',
  'upper',
  'length',
  'trim',
  'ltrim',
  'rtrim',
  'strpos',
  'starts_with',
  'regexp_like',
  'abs',
  'year',
  'month',
  'day',
  'hour',
  'minute',
  'second',
])

export function mayFail(expression: Expression): boolean {
  let fails = false
  visit(expression, (part) => {
    if (part.kind === 'call') fails ||= !harmless.has(part.definition.name) && !isScalar(part.type, 'double')
    else if (part.kind === 'cast') fails ||= isScalar(part.operand.type, 'varchar') && !part.safe
    else if ('query' in part) fails = true
  })
  return fails
}

function pushSet(relation: Extract<Relation, { kind: 'set' }>, conditions: readonly Expression[]): Relation {
  const side = (operand: Relation): Relation => {
    const columns = columnsOf(operand)
    const bySymbol = new Map(relation.columns.map((column, i) => [column.symbol, reference(columns[i]!)]))
    const own = conditions.map((condition) =>
      rewrite(condition, (part) => (part.kind === 'column' ? bySymbol.get(part.symbol) : undefined)),
    )
    return push(operand, own)
  }
  return { ...relation, left: side(relation.left), right: side(relation.right) }
}

function pushJoin(relation: Extract<Relation, { kind: 'join' }>, conditions: readonly Expression[]): Relation {
  const [leftSymbols, rightSymbols] = [symbolsOf(relation.left), symbolsOf(relation.right)]
  const { type } = relation
  const down = { left: [] as Expression[], right: [] as Expression[], on: [] as Expression[], above: [] as Expression[] }
  const inner = type === 'inner' || type === 'cross'
  for (const condition of relation.on ? conjuncts(relation.on) : []) {
    if (mayFail(condition)) down.on.push(condition)
    else if ((inner || type === 'right') && within(condition, leftSymbols)) down.left.push(condition)
    else if ((inner || type === 'left') && within(condition, rightSymbols)) down.right.push(condition)
    else down.on.push(condition)
  }
  for (const condition of conditions) {
    if (mayFail(condition)) down.above.push(condition)
    else if ((inner || type === 'left') && within(condition, leftSymbols)) down.left.push(condition)
    else if ((inner || type === 'right') && within(condition, rightSymbols)) down.right.push(condition)
    else (inner ? down.on : down.above).push(condition)
  }
  const on = down.on.map(inside)
  const joined: Relation = {
    kind: 'join',
    type: type === 'cross' && on.length > 0 ? 'inner' : type,
    left: push(relation.left, down.left),
    right: push(relation.right, down.right),
    ...(on.length > 0 ? { on: allOf(on) } : !inner && relation.on ? { on: { kind: 'literal', type: relation.on.type, value: true } } : {}),
    columns: relation.columns,
  }
  return filtered(joined, down.above)
}
