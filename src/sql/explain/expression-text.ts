import { unreachable } from '../../base/assert.ts'
import type { Call, Expression, Literal, SortKey } from '../ir.ts'
import { typeText } from '../types/type.ts'
import { timestampText } from './timestamp-text.ts'

/** An expression as a reader of a plan wants it: like the SQL that it came from, constants folded, conversions that are implied left out. */
export function expressionText(expression: Expression): string {
  const text = expressionText
  switch (expression.kind) {
    case 'literal':
      return literalText(expression)
    case 'column':
    case 'variable':
      return expression.name
    case 'lambda':
      return `(${expression.parameters.join(', ')}) -> ${text(expression.body)}`
    case 'call':
      return callText(expression)
    case 'cast':
      return `${expression.safe ? 'TRY_CAST' : 'CAST'}(${text(expression.operand)} AS ${typeText(expression.type)})`
    case 'logical':
      return expression.operands.map(operandText).join(expression.operator === 'and' ? ' AND ' : ' OR ')
    case 'not':
      return `NOT ${operandText(expression.operand)}`
    case 'is-null':
      return `${operandText(expression.operand)} IS NULL`
    case 'comparison': {
      const operator = expression.operator === 'distinct' ? 'IS DISTINCT FROM' : expression.operator
      return `${operandText(expression.left)} ${operator} ${operandText(expression.right)}`
    }
    case 'in-list':
      return `${operandText(expression.operand)} IN (${expression.items.map(text).join(', ')})`
    case 'like': {
      const escape = expression.escape ? ` ESCAPE ${text(expression.escape)}` : ''
      return `${operandText(expression.operand)} LIKE ${text(expression.pattern)}${escape}`
    }
    case 'case': {
      const branches = expression.branches.map(({ when, result }) => `WHEN ${text(when)} THEN ${text(result)}`)
      return `CASE ${branches.join(' ')} ELSE ${text(expression.otherwise)} END`
    }
    case 'let':
      return `(${text(expression.body)} WHERE ${expression.name} = ${text(expression.value)})`
    case 'coalesce':
      return `coalesce(${expression.operands.map(text).join(', ')})`
    case 'try':
      return `TRY(${text(expression.operand)})`
    case 'row':
      return `ROW(${expression.items.map(text).join(', ')})`
    case 'array':
      return `ARRAY[${expression.items.map(text).join(', ')}]`
    case 'field':
      return `${operandText(expression.base)}[${expression.index + 1}]`
    case 'scalar-query':
      return '(subquery)'
    case 'exists':
      return 'EXISTS (subquery)'
    case 'quantified': {
      const { operator, quantifier, operand } = expression
      return `${operandText(operand)} ${operator === 'distinct' ? 'IS DISTINCT FROM' : operator} ${quantifier.toUpperCase()} (subquery)`
    }
    case 'window-call':
      return `${callText(expression.call)} OVER (…)`
    case 'grouping':
      return `grouping(${expression.items.map(text).join(', ')})`
    default:
      return unreachable(expression)
  }
}

export const sortKeyText = ({ expression, descending, nullsFirst }: SortKey, text = expressionText): string =>
  `${text(expression)}${descending ? ' DESC' : ''}${nullsFirst ? ' NULLS FIRST' : ''}`

const infix = new Set(['+', '-', '*', '/', '%', '||'])

function callText(call: Call): string {
  const { definition, arguments: args } = call
  if (infix.has(definition.name) && args.length === 2) return args.map(operandText).join(` ${definition.name} `)
  const order = call.orderBy.length > 0 ? ` ORDER BY ${call.orderBy.map((key) => sortKeyText(key)).join(', ')}` : ''
  const filter = call.filter ? ` FILTER (WHERE ${expressionText(call.filter)})` : ''
  const list = args.length === 0 && definition.name === 'count' ? '*' : args.map(expressionText).join(', ')
  return `${definition.name}(${call.distinct ? 'DISTINCT ' : ''}${list}${order})${filter}`
}

/** In parentheses where the text alone would read otherwise. */
function operandText(expression: Expression): string {
  const text = expressionText(expression)
  const isCompound =
    ['logical', 'not', 'comparison', 'in-list', 'like', 'is-null', 'quantified', 'lambda'].includes(expression.kind) ||
    (expression.kind === 'call' && infix.has(expression.definition.name))
  return isCompound ? `(${text})` : text
}

function literalText({ type, value }: Literal): string {
  if (value === null) return 'NULL'
  const name = type.kind === 'scalar' ? type.name : ''
  switch (name) {
    case 'varchar':
      return `'${String(value).replaceAll("'", "''")}'`
    case 'varbinary':
      return `X'${Array.from(String(value), (c) => c.charCodeAt(0).toString(16).padStart(2, '0')).join('')}'`
    case 'timestamp':
      return `TIMESTAMP '${timestampText(value as bigint)}'`
    case 'date':
      return `DATE '${timestampText((value as bigint) * 86_400_000_000_000n).slice(0, 10)}'`
    case 'time':
      return `TIME '${timestampText(value as bigint).slice(11)}'`
    case 'interval day to second':
      return `${String(value)}ns`
    case 'interval year to month':
      return `${String(value)}month`
    default:
      return String(value)
  }
}
