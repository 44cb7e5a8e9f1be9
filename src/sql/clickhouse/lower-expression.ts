import { unreachable } from '../../base/assert.ts'
import type { Call, Expression } from '../ir.ts'
import { isNullable } from '../analyzer/nullability.ts'
import { isNested } from '../types/coercion.ts'
import { castValue } from './cast.ts'
import { compareNodes, disjunction, equals, same } from './comparison.ts'
import { failureOf } from './failure.ts'
import { definite, lowerCall } from './lower-call.ts'
import { lowerLike } from './lower-like.ts'
import { bareInteger, lowerLiteral } from './lower-literal.ts'
import { lowerExists, lowerQuantified, lowerScalarQuery } from './lower-subquery.ts'
import { lowerSortKey } from './lower-sort.ts'
import type { Lowering, Place } from './lowering.ts'
import { mayThrow } from './node-facts.ts'
import { bareType, physicalType } from './physical.ts'
import { call, cast, identifier, integer, lambda, nothing, when } from './tree.ts'
import type { Node } from './tree.ts'

export function lowerExpression(lowering: Lowering, expression: Expression, place: Place): Node {
  const go = (part: Expression): Node => lowering.expression(part, place)
  const { values } = place
  switch (expression.kind) {
    case 'literal':
      return lowerLiteral(values, expression)
    case 'column':
      return place.block.lookup(expression.symbol) ?? identifier(expression.symbol)
    case 'variable':
      return place.variables.get(expression.name) ?? identifier(expression.name)
    case 'lambda':
      return lambda(expression.parameters, go(expression.body))
    case 'call':
      return lowerCall(values, expression, expression.arguments.map(go), (i) => values.safe || isNullable(expression.arguments[i]!))
    case 'cast':
      return castValue(expression.safe ? values.asSafe() : values, go(expression.operand), expression.operand.type, expression.type)
    case 'logical':
      return call(expression.operator, ...expression.operands.map(go))
    case 'not':
      if (expression.operand.kind === 'comparison' && expression.operand.operator === 'distinct') {
        return same(values, go(expression.operand.left), go(expression.operand.right), expression.operand.left.type)
      }
      return call('not', go(expression.operand))
    case 'is-null':
      return lowerIsNull(expression, go, place)
    case 'comparison':
      return lowerComparison(expression, go, place)
    case 'in-list':
      return lowerInList(expression, go, place)
    case 'like':
      return lowerLike(values, expression, go)
    case 'case':
      return lowerCase(expression, go)
    case 'let':
      return values.let(go(expression.value), (value) =>
        lowering.expression(expression.body, { ...place, variables: new Map([...place.variables, [expression.name, value]]) }),
      )
    case 'coalesce':
      return lowerCoalesce(expression, go, place)
    case 'try':
      return lowerTry(lowering, expression, place)
    case 'row':
      return values.wrap(call('tuple', ...expression.items.map(go)))
    case 'array':
      return values.wrap(lowerArray(expression, go))
    case 'field':
      return values.unwrap(go(expression.base), isNested(expression.type) ? 'option' : 'scalar', (row) =>
        call('tupleElement', row, integer(expression.index + 1)),
      )
    case 'scalar-query':
      return lowerScalarQuery(lowering, expression)
    case 'exists':
      return lowerExists(lowering, expression)
    case 'quantified':
      return lowerQuantified(lowering, expression, place)
    case 'window-call':
    case 'grouping':
      throw new Error(`${expression.kind} outside its SELECT`)
    default:
      return unreachable(expression)
  }
}

/** Errors are NULL where they arise, and the whole is NULL where one does. */
function lowerTry(lowering: Lowering, expression: Of<'try'>, place: Place): Node {
  const { values } = place
  const safe = lowering.expression(expression.operand, { ...place, values: values.asSafe() })
  if (values.safe) return safe
  const failure = failureOf(lowering.expression(expression.operand, place))
  if (failure === undefined) return safe
  return when(failure, isNested(expression.type) ? call('array') : nothing, safe)
}

/** What cannot be NULL is still evaluated where it can fail. */
function lowerIsNull(expression: Of<'is-null'>, go: Go, { values }: Place): Node {
  const { operand } = expression
  const node = go(operand)
  return isNullable(operand) || mayThrow(node) || values.safe ? values.isNull(node, operand.type) : { kind: 'boolean', value: false }
}

type Go = (part: Expression) => Node
type Of<K extends Expression['kind']> = Extract<Expression, { kind: K }>

function lowerComparison(expression: Of<'comparison'>, go: Go, { values }: Place): Node {
  const { operator } = expression
  const { type } = expression.left
  const [left, right] = [go(expression.left), go(expression.right)]
  if (operator === 'distinct') return call('not', same(values, left, right, type))
  return compareNodes(values, operator, left, right, type)
}

function lowerInList(expression: Of<'in-list'>, go: Go, { values }: Place): Node {
  const operand = go(expression.operand)
  const { type } = expression.operand
  const literals = expression.items.every((item) => item.kind === 'literal')
  if (!isNested(type) && literals) {
    const present = expression.items.filter((item) => item.kind === 'literal' && item.value !== null)
    const set = present.map((item) => bareInteger(go(item)))
    if (set.length === 0) return values.nullOf(expression.type)
    const found: Node = set.length === 1 ? call('equals', operand, set[0]!) : { kind: 'in', operand, set }
    return set.length === expression.items.length ? found : when(found, { kind: 'boolean', value: true }, nothing)
  }
  return values.let(operand, (value) => disjunction(expression.items.map((item) => equals(values, value, go(item), type))))
}

function lowerCase(expression: Of<'case'>, go: Go): Node {
  const parts = expression.branches.flatMap((branch) => [go(branch.when), go(branch.result)])
  const otherwise =
    expression.otherwise.kind === 'literal' && expression.otherwise.value === null && !isNested(expression.type)
      ? nothing
      : go(expression.otherwise)
  return call(parts.length === 2 ? 'if' : 'multiIf', ...parts, otherwise)
}

function lowerCoalesce(expression: Of<'coalesce'>, go: Go, { values }: Place): Node {
  const needed: Expression[] = []
  for (const operand of expression.operands) {
    needed.push(operand)
    if (!isNullable(operand)) break
  }
  const nodes = needed.map(go)
  if (nodes.length === 1) return nodes[0]!
  if (!isNested(expression.type) && !nodes.slice(1).some(mayThrow)) return call('coalesce', ...nodes)
  return nodes.reduceRight((rest, node) => values.let(node, (value) => when(values.isNull(value, expression.type), rest, value)))
}

/** Elements of one type, so that literals of several widths and NULLs make no other array than a stored one would be. */
function lowerArray(expression: Of<'array'>, go: Go): Node {
  const { type } = expression
  if (type.kind !== 'array') throw new Error('an array has an array type')
  const items = call('array', ...expression.items.map(go))
  if (expression.items.length === 0) return cast(items, bareType(type))
  return expression.items.some((item) => item.kind === 'literal' && item.value === null) ||
    isNested(type.element) ||
    expression.items.some(isBooleanScalar)
    ? cast(items, `Array(${physicalType(type.element)})`)
    : items
}

const isBooleanScalar = (item: Expression): boolean => item.type.kind === 'scalar' && item.type.name === 'boolean'

/** An aggregate or window call. */
export function lowerAggregateCall(lowering: Lowering, aggregate: Call, place: Place, over?: Parameters<typeof lowerCall>[4]): Node {
  const filter = aggregate.filter && definite(lowering.expression(aggregate.filter, place))
  return lowerCall(
    place.values,
    aggregate,
    aggregate.arguments.map((arg) => lowering.expression(arg, place)),
    (i) => isNullable(aggregate.arguments[i]!),
    { orderBy: aggregate.orderBy.map((key) => lowerSortKey(lowering, key, place)), ...(filter ? { filter } : {}), ...over },
  )
}
