import { unreachable } from '../../base/assert.ts'
import { arithmeticOperators, negateOperator } from '../functions/operators/arithmetic.ts'
import { concatOperator, subscriptOperator } from '../functions/operators/structure.ts'
import type { Expression } from '../ir.ts'
import type * as ast from '../syntax/ast.ts'
import { commonTypeOf, isScalar } from '../types/coercion.ts'
import { resolveTypeName } from '../types/type-name.ts'
import { BOOLEAN, INTEGER, UNKNOWN, VARCHAR, arrayOf, rowOf, typeText } from '../types/type.ts'
import type { Type } from '../types/type.ts'
import { analyzeCall, callNamed } from './analyze-call.ts'
import { binaryLiteral, decimalLiteral, durationLiteral, integerLiteral, intervalLiteral, typedLiteral } from './analyze-literal.ts'
import { analyzeQuantified, analyzeScalarQuery } from './analyze-subquery.ts'
import type { Analyzer } from './analyzer.ts'
import { fail } from './analyzer.ts'
import { asBoolean, callOf, coerce, coerceForComparison, compare, explicitCast, isLiteral, literal, logical, negation } from './build.ts'
import { fieldAccess } from './field-access.ts'
import { resolveName } from './scope.ts'
import type { Scope } from './scope.ts'
import { comparisonType } from '../types/coercion.ts'

export function analyzeExpression(analyzer: Analyzer, node: ast.Expression, scope: Scope): Expression {
  const go = (part: ast.Expression): Expression => analyzer.expression(part, scope)
  switch (node.kind) {
    case 'null':
      return literal(UNKNOWN, null)
    case 'boolean':
      return literal(BOOLEAN, node.value)
    case 'integer':
      return integerLiteral(node, false)
    case 'decimal':
      return decimalLiteral(node)
    case 'string':
      return literal(VARCHAR, node.value)
    case 'binary':
      return binaryLiteral(node)
    case 'typed-literal':
      return typedLiteral(node)
    case 'interval':
      return intervalLiteral(node)
    case 'duration':
      return durationLiteral(node)
    case 'name': {
      const { expression, rest } = resolveName(scope, node.parts, node.at)
      return rest.reduce((base, part) => fieldAccess(base, part), expression)
    }
    case 'dereference':
      return fieldAccess(go(node.base), node.field)
    case 'parameter':
      return analyzer.parameter(node)
    case 'arithmetic': {
      const [left, right] = [go(node.left), go(node.right)]
      return callOf(arithmeticOperators[node.operator], [left, right], node.at, analyzer.session, () =>
        fail(node.at, 'TYPE_MISMATCH', `'${node.operator}' cannot be applied to ${typeText(left.type)}, ${typeText(right.type)}`),
      )
    }
    case 'unary': {
      if (node.operator === '-' && node.operand.kind === 'integer') return integerLiteral(node.operand, true)
      const operand = go(node.operand)
      const refused = (): never => fail(node.at, 'TYPE_MISMATCH', `'${node.operator}' cannot be applied to ${typeText(operand.type)}`)
      const negated = callOf(negateOperator, [operand], node.at, analyzer.session, refused)
      return node.operator === '-' ? negated : operand
    }
    case 'concat': {
      const [left, right] = [go(node.left), go(node.right)]
      return callOf(concatOperator, [left, right], node.at, analyzer.session, () =>
        fail(node.at, 'TYPE_MISMATCH', `'||' cannot be applied to ${typeText(left.type)}, ${typeText(right.type)}`),
      )
    }
    case 'comparison':
      return compare(node.operator, go(node.left), go(node.right), node.at)
    case 'distinct-from': {
      const distinct = compare('distinct', go(node.left), go(node.right), node.at)
      return node.negated ? negation(distinct) : distinct
    }
    case 'logical':
      return logical(
        node.operator,
        node.operands.map((operand) => asBoolean(go(operand), operand.at, `Logical expression term`)),
      )
    case 'not':
      return negation(asBoolean(go(node.operand), node.operand.at, 'Value of logical NOT expression'))
    case 'is-null': {
      const operand = go(node.operand)
      const isNull: Expression = isLiteral(operand) ? literal(BOOLEAN, operand.value === null) : { kind: 'is-null', type: BOOLEAN, operand }
      return node.negated ? negation(isNull) : isNull
    }
    case 'between': {
      const [operand, low, high] = [go(node.operand), go(node.low), go(node.high)]
      const between = logical('and', [compare('>=', operand, low, node.at), compare('<=', operand, high, node.at)])
      return node.negated ? negation(between) : between
    }
    case 'in-list':
      return inList(go, node)
    case 'in-query':
      return negateIf(node.negated, analyzeQuantified(analyzer, scope, node.at, '=', 'any', node.operand, node.query))
    case 'quantified':
      return analyzeQuantified(analyzer, scope, node.at, node.operator, node.quantifier, node.operand, node.query)
    case 'like':
      return like(go, node)
    case 'exists':
      return { kind: 'exists', type: BOOLEAN, query: analyzer.query(node.query, { fields: [], next: scope }).relation }
    case 'scalar-query':
      return analyzeScalarQuery(analyzer, scope, node)
    case 'case':
      return analyzeCase(analyzer, go, node)
    case 'cast': {
      const type = resolveTypeName(node.type)
      // a text has no cast to an array, but a parameter may be one
      if (node.operand.kind === 'parameter' && type.kind === 'array')
        return explicitCast(analyzer.parameter(node.operand, type), type, node.safe, node.at)
      return explicitCast(go(node.operand), type, node.safe, node.at)
    }
    case 'extract':
      return extract(analyzer, go, node)
    case 'call':
      return analyzeCall(analyzer, node, scope)
    case 'lambda':
      return fail(node.at, 'SEMANTIC_ERROR', 'A lambda may stand only as the argument of a function that takes one')
    case 'array': {
      const items = node.items.map(go)
      const element = commonTypeOf(items.map((item) => item.type))
      if (!element)
        fail(node.at, 'TYPE_MISMATCH', `All ARRAY elements must be the same type: ${items.map((item) => typeText(item.type)).join(', ')}`)
      return { kind: 'array', type: arrayOf(element), items: items.map((item) => coerce(item, element)) }
    }
    case 'row': {
      const items = node.items.map(go)
      return { kind: 'row', type: rowOf(...items.map((item) => ({ type: item.type }))), items }
    }
    case 'subscript':
      return subscript(analyzer, go(node.base), go(node.index), node)
    case 'at-time-zone':
      return callNamed(analyzer, 'at_timezone', [go(node.operand), go(node.zone)], node.at)
    case 'grouping':
      return { kind: 'grouping', type: INTEGER, items: node.arguments.map(go), at: node.at }
    default:
      return unreachable(node)
  }
}

type Of<K extends ast.Expression['kind']> = Extract<ast.Expression, { kind: K }>
type Go = (node: ast.Expression) => Expression

const negateIf = (negated: boolean, expression: Expression): Expression => (negated ? negation(expression) : expression)

function inList(go: Go, node: Of<'in-list'>): Expression {
  const operand = go(node.operand)
  const items = node.items.map(go)
  let type: Type | undefined = operand.type
  for (const item of items) type = type && comparisonType(type, item.type)
  if (!type) {
    const types = items.map((item) => typeText(item.type)).join(', ')
    fail(node.at, 'TYPE_MISMATCH', `IN value and list items must be the same type: ${typeText(operand.type)}, ${types}`)
  }
  const common = type
  const inItems: Expression = {
    kind: 'in-list',
    type: BOOLEAN,
    operand: coerceForComparison(operand, common, node.at),
    items: items.map((item, i) => coerceForComparison(item, common, node.items[i]!.at)),
  }
  return negateIf(node.negated, inItems)
}

function like(go: Go, node: Of<'like'>): Expression {
  const text = (part: ast.Expression, what: string): Expression => {
    const value = go(part)
    if (!isScalar(value.type, 'varchar', 'unknown'))
      fail(part.at, 'TYPE_MISMATCH', `${what} of LIKE must be a varchar: actual type ${typeText(value.type)}`)
    return coerce(value, VARCHAR)
  }
  const expression: Expression = {
    kind: 'like',
    type: BOOLEAN,
    operand: text(node.operand, 'Left side'),
    pattern: text(node.pattern, 'Pattern'),
    ...(node.escape ? { escape: text(node.escape, 'Escape') } : {}),
    at: (node.escape ?? node.pattern).at,
  }
  return negateIf(node.negated, expression)
}

function analyzeCase(analyzer: Analyzer, go: Go, node: Of<'case'>): Expression {
  const subject = node.operand && go(node.operand)
  const simple = subject === undefined || isLiteral(subject) || subject.kind === 'column' || subject.kind === 'variable'
  const name = analyzer.names.fresh('v')
  const operand: Expression | undefined = simple ? subject : { kind: 'variable', type: subject.type, name }
  const branches = node.branches.map((branch) => {
    const condition = go(branch.when)
    const when = operand ? compare('=', operand, condition, branch.at) : asBoolean(condition, branch.when.at, 'CASE WHEN clause')
    return { when, result: go(branch.result) }
  })
  const otherwise = node.otherwise ? go(node.otherwise) : literal(UNKNOWN, null)
  const results = [...branches.map((branch) => branch.result), otherwise]
  const type = commonTypeOf(results.map((result) => result.type))
  if (!type)
    fail(node.at, 'TYPE_MISMATCH', `All CASE results must be the same type: ${results.map((result) => typeText(result.type)).join(', ')}`)
  const body: Expression = {
    kind: 'case',
    type,
    branches: branches.map((branch) => ({ when: branch.when, result: coerce(branch.result, type) })),
    otherwise: coerce(otherwise, type),
  }
  return simple ? body : { kind: 'let', type, name, value: subject, body }
}

/** EXTRACT(field FROM x) is the function of that name. */
function extract(analyzer: Analyzer, go: Go, node: Of<'extract'>): Expression {
  const field = node.field.text.toLowerCase()
  const known: Readonly<Record<string, string>> = {
    year: 'year',
    quarter: 'quarter',
    month: 'month',
    week: 'week',
    day: 'day',
    day_of_month: 'day',
    day_of_week: 'day_of_week',
    dow: 'day_of_week',
    day_of_year: 'day_of_year',
    doy: 'day_of_year',
    year_of_week: 'year_of_week',
    yow: 'year_of_week',
    hour: 'hour',
    minute: 'minute',
    second: 'second',
    millisecond: 'millisecond',
    nanosecond: 'nanosecond',
  }
  const name = Object.hasOwn(known, field) ? known[field] : undefined
  if (name === undefined) return fail(node.field.at, 'SYNTAX_ERROR', `Invalid EXTRACT field: ${node.field.text}`)
  return callNamed(analyzer, name, [go(node.operand)], node.at)
}

function subscript(analyzer: Analyzer, base: Expression, index: Expression, node: Of<'subscript'>): Expression {
  if (base.type.kind === 'row') {
    const { fields } = base.type
    const position = isLiteral(index) && typeof index.value === 'bigint' ? Number(index.value) : undefined
    if (position === undefined) fail(node.index.at, 'SEMANTIC_ERROR', 'Subscript expression on ROW requires a constant index')
    if (position < 1 || position > fields.length)
      fail(
        node.index.at,
        'INVALID_FUNCTION_ARGUMENT',
        `Invalid subscript index: ${position}. ROW index must be between 1 and ${fields.length}`,
      )
    return { kind: 'field', type: fields[position - 1]!.type, base, index: position - 1 }
  }
  return callOf(subscriptOperator, [base, index], node.at, analyzer.session, () =>
    fail(node.at, 'TYPE_MISMATCH', `Cannot subscript ${typeText(base.type)} with ${typeText(index.type)}`),
  )
}
