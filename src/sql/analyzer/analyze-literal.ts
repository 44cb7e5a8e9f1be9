import type { Position } from '../../base/errors.ts'
import type { Literal } from '../ir.ts'
import type { Expression as Syntax } from '../syntax/ast.ts'
import { resolveTypeName } from '../types/type-name.ts'
import { parseInterval } from '../types/time-text.ts'
import { BIGINT, DOUBLE, INTERVAL_DAY_TO_SECOND, INTERVAL_YEAR_TO_MONTH, INTEGER, VARBINARY, typeText } from '../types/type.ts'
import { isCastable } from '../clickhouse/cast.ts'
import { VARCHAR } from '../types/type.ts'
import type { Type } from '../types/type.ts'
import { fail } from './analyzer.ts'
import { castTo, literal } from './build.ts'
import { foldCast } from './fold.ts'
import type { Expression } from '../ir.ts'

type Of<K extends Syntax['kind']> = Extract<Syntax, { kind: K }>

/** integer when it fits 32 bits, bigint when it fits 64. `negative`: the literal stands after a minus. */
export function integerLiteral(node: Of<'integer'>, negative: boolean): Literal {
  const value = BigInt(node.text) * (negative ? -1n : 1n)
  if (value >= -2147483648n && value <= 2147483647n) return literal(INTEGER, value)
  if (value >= -9223372036854775808n && value <= 9223372036854775807n) return literal(BIGINT, value)
  return fail(node.at, 'SYNTAX_ERROR', `Invalid numeric literal: ${node.text}`)
}

export const decimalLiteral = (node: Of<'decimal'>): Literal => literal(DOUBLE, Number(node.text))

/** X'0aff': bytes as Latin-1 characters. */
export function binaryLiteral(node: Of<'binary'>): Literal {
  const hex = node.hex.replace(/\s+/g, '')
  if (!/^(?:[0-9a-fA-F]{2})*$/.test(hex)) fail(node.at, 'SYNTAX_ERROR', 'Binary literal must contain an even number of hexadecimal digits')
  const bytes = (hex.match(/../g) ?? []).map((pair) => String.fromCharCode(Number.parseInt(pair, 16)))
  return literal(VARBINARY, bytes.join(''))
}

/** TIMESTAMP '…', DATE '…', BIGINT '…'. */
export const typedLiteral = (node: Of<'typed-literal'>): Expression => textLiteral(node.value, resolveTypeName(node.type), node.at)

/** The value of a type whose text this is. @throws ServerError INVALID_CAST_ARGUMENT, TYPE_MISMATCH */
export function textLiteral(written: string, type: Type, at: Position): Expression {
  const text = literal(VARCHAR, written)
  const invalid = (): never => fail(at, 'INVALID_CAST_ARGUMENT', `'${written}' is not a valid ${typeText(type)} literal`)
  const items = type.kind === 'array' ? arrayItems(written) : undefined
  if (items && type.kind === 'array') {
    const { element } = type
    return { kind: 'array', type, items: items.map((item) => (item === null ? literal(element, null) : textLiteral(item, element, at))) }
  }
  if (type.kind !== 'scalar' || !isCastable(VARCHAR, type)) return fail(at, 'TYPE_MISMATCH', `No literal of type ${typeText(type)}`)
  switch (type.name) {
    case 'timestamp':
    case 'date':
    case 'time':
      return foldCast(text, type) ?? invalid()
    case 'integer':
    case 'bigint': {
      if (!/^\s*[+-]?\d+\s*$/.test(written)) invalid()
      const value = BigInt(written.trim().replace(/^\+/, ''))
      return (
        foldCast(literal(BIGINT, value), type) ??
        (type.name === 'bigint' && BigInt.asIntN(64, value) === value ? literal(type, value) : invalid())
      )
    }
    case 'double':
      if (/^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/.test(written)) return literal(type, Number(written))
      return /^[+-]?(?:Infinity|NaN)$/.test(written) ? literal(type, Number(written.replace(/^[+-](?=NaN)/, ''))) : invalid()
    default:
      return castTo(text, type, false)
  }
}

const arrayItem = /\s*(?:"((?:[^"\\]|\\[\s\S])*)"|([^",{}\\]+))\s*(,|$)/y

/** The items of `{a,"b c",NULL}`, as PostgreSQL's clients send arrays; undefined when the text is none. */
function arrayItems(written: string): readonly (string | null)[] | undefined {
  const [, inner] = /^\s*\{([\s\S]*)\}\s*$/.exec(written) ?? []
  if (inner === undefined) return undefined
  const items: (string | null)[] = []
  arrayItem.lastIndex = 0
  let isMore = inner.trim() !== ''
  while (isMore) {
    const found = arrayItem.exec(inner)
    if (!found) return undefined
    const [, quoted, plain = '', end] = found
    const text = plain.trim()
    items.push(quoted === undefined ? (text.toUpperCase() === 'NULL' ? null : text) : quoted.replaceAll(/\\([\s\S])/g, '$1'))
    isMore = end === ','
  }
  return items
}

export function intervalLiteral(node: Of<'interval'>): Literal {
  const parsed = parseInterval(node.value, node.unit, node.to)
  if (parsed === undefined) fail(node.at, 'SYNTAX_ERROR', `'${node.value}' is not a valid interval literal`)
  const sign = node.negative ? -1n : 1n
  return fit(node, 'months' in parsed ? { months: sign * parsed.months } : { ns: sign * parsed.ns })
}

/** 15m, 50ns, 1year. */
export function durationLiteral(node: Of<'duration'>): Literal {
  const parsed = parseInterval(node.value, node.unit, undefined)
  if (parsed === undefined) fail(node.at, 'SYNTAX_ERROR', `'${node.value}${node.unit}' is not a valid duration`)
  return fit(node, parsed)
}

function fit(node: Syntax, parsed: { readonly months: bigint } | { readonly ns: bigint }): Literal {
  const fits = 'months' in parsed ? BigInt.asIntN(32, parsed.months) === parsed.months : BigInt.asIntN(64, parsed.ns) === parsed.ns
  if (!fits) fail(node.at, 'NUMERIC_VALUE_OUT_OF_RANGE', 'The interval is out of range')
  return 'months' in parsed ? literal(INTERVAL_YEAR_TO_MONTH, parsed.months) : literal(INTERVAL_DAY_TO_SECOND, parsed.ns)
}
