import type { Position } from '../../base/errors.ts'
import { isCastable } from '../clickhouse/cast.ts'
import type { FunctionDefinition } from '../functions/definition.ts'
import { mismatchMessage, resolveSignature } from '../functions/resolve.ts'
import type { Call, ComparisonOperator, Expression, Literal, LiteralValue, Now } from '../ir.ts'
import { coerces, comparisonType, isComparable, isNested, isOrderable, isScalar } from '../types/coercion.ts'
import { BOOLEAN, sameType, typeText } from '../types/type.ts'
import type { Type } from '../types/type.ts'
import { fail } from './analyzer.ts'
import { foldCall, foldCast, foldComparison } from './fold.ts'

/** Makers of typed expressions: conversions put in, constants folded. */

export const literal = (type: Type, value: LiteralValue): Literal => ({ kind: 'literal', type, value })

export const isLiteral = (expression: Expression): expression is Literal => expression.kind === 'literal'

/** An implied conversion; the same expression when the type is right already. */
export function coerce(expression: Expression, type: Type): Expression {
  return sameType(expression.type, type) ? withType(expression, type) : castTo(expression, type, false)
}

/** Types that differ only in field names need no conversion; a cast that prints nothing carries the names. */
function withType(expression: Expression, type: Type): Expression {
  if (expression.kind === 'row' && type.kind === 'row') {
    return { ...expression, type, items: expression.items.map((item, i) => withType(item, type.fields[i]!.type)) }
  }
  return typeText(expression.type) === typeText(type) ? expression : { kind: 'cast', type, operand: expression, safe: false }
}

export function castTo(expression: Expression, type: Type, safe: boolean): Expression {
  if (expression.kind === 'row' && type.kind === 'row' && type.fields.length === expression.items.length) {
    const items = expression.items.map((item, i) =>
      sameType(item.type, type.fields[i]!.type) ? withType(item, type.fields[i]!.type) : castTo(item, type.fields[i]!.type, safe),
    )
    return { kind: 'row', type, items }
  }
  return (isLiteral(expression) && foldCast(expression, type)) || { kind: 'cast', type, operand: expression, safe }
}

/** CAST and TRY_CAST as written. */
export function explicitCast(expression: Expression, type: Type, safe: boolean, at: Position): Expression {
  if (!isCastable(expression.type, type)) fail(at, 'TYPE_MISMATCH', `Cannot cast ${typeText(expression.type)} to ${typeText(type)}`)
  if (sameType(expression.type, type)) return withType(expression, type)
  // one element that does not convert is the failure of the whole
  if (safe && isNested(type)) return { kind: 'try', type, operand: castTo(expression, type, false) }
  return castTo(expression, type, safe)
}

export function asBoolean(expression: Expression, at: Position, what: string): Expression {
  if (!coerces(expression.type, BOOLEAN))
    fail(at, 'TYPE_MISMATCH', `${what} must evaluate to a boolean: actual type ${typeText(expression.type)}`)
  return coerce(expression, BOOLEAN)
}

export function compare(operator: ComparisonOperator, left: Expression, right: Expression, at: Position): Expression {
  const type = comparisonType(left.type, right.type)
  const name = operator === 'distinct' ? 'IS DISTINCT FROM' : operator
  const possible =
    type !== undefined && (operator === '=' || operator === '<>' || operator === 'distinct' ? isComparable(type) : isOrderable(type))
  if (!possible) fail(at, 'TYPE_MISMATCH', `'${name}' cannot be applied to ${typeText(left.type)}, ${typeText(right.type)}`)
  const [a, b] = [coerceForComparison(left, type, at), coerceForComparison(right, type, at)]
  return foldComparison(operator, a, b) ?? { kind: 'comparison', type: BOOLEAN, operator, left: a, right: b }
}

/** A text literal that is to be a timestamp must be one. */
export function coerceForComparison(expression: Expression, type: Type, at: Position): Expression {
  if (
    isLiteral(expression) &&
    typeof expression.value === 'string' &&
    isScalar(type, 'timestamp', 'date', 'time') &&
    !foldCast(expression, type)
  ) {
    fail(at, 'INVALID_CAST_ARGUMENT', `Value cannot be cast to ${typeText(type)}: ${expression.value}`)
  }
  return coerce(expression, type)
}

export function negation(operand: Expression): Expression {
  if (isLiteral(operand)) return operand.value === null ? operand : literal(BOOLEAN, !(operand.value as boolean))
  return operand.kind === 'not' ? operand.operand : { kind: 'not', type: BOOLEAN, operand }
}

/** Flat, without the operands that cannot matter. */
export function logical(operator: 'and' | 'or', operands: readonly Expression[]): Expression {
  const neutral = operator === 'and'
  const kept: Expression[] = []
  for (const operand of operands) {
    if (operand.kind === 'logical' && operand.operator === operator) kept.push(...operand.operands)
    else if (!isLiteral(operand) || operand.value !== neutral) kept.push(operand)
  }
  if (kept.length === 0) return literal(BOOLEAN, neutral)
  return kept.length === 1 ? kept[0]! : { kind: 'logical', type: BOOLEAN, operator, operands: kept }
}

/** A call of an operator or of a function whose arguments are all values. */
export function callOf(
  definition: FunctionDefinition,
  args: readonly Expression[],
  at: Position,
  now: Now,
  refused?: () => never,
): Expression {
  const shapes = args.map((arg) => ({ kind: 'value', type: arg.type }) as const)
  const resolved = resolveSignature(definition, shapes, () => {
    throw new Error('no lambda here')
  })
  if (!resolved) {
    refused?.()
    return fail(at, 'TYPE_MISMATCH', mismatchMessage(definition, definition.name, shapes))
  }
  const coerced = args.map((arg, i) => coerceForComparison(arg, resolved.parameters[i]!, at))
  const call: Call = {
    kind: 'call',
    type: resolved.returnType,
    definition,
    signature: resolved.signature,
    arguments: coerced,
    at,
    distinct: false,
    orderBy: [],
  }
  return foldCall(call, now) ?? call
}
