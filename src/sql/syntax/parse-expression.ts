import type { ComparisonOperator, Expression } from './ast.ts'
import { parsePrimary } from './parse-primary.ts'
import { parseAnyOf, parseMatching, parseTruth } from './postgresql.ts'
import type { TokenStream } from './token-stream.ts'

/** Weakest first; all are left-associative. Source: the grammar of the Presto family. */
const binaryOperators: Readonly<Record<string, number>> = { '||': 1, '+': 2, '-': 2, '*': 3, '/': 3, '%': 3 }
const comparisonOperators: ReadonlySet<string> = new Set(['=', '<>', '<', '<=', '>', '>='])

/** OR over AND over NOT over at most one comparison of values. Chains become flat lists. */
export function parseExpression(stream: TokenStream): Expression {
  return stream.nested(() => parseLogical(stream, 'or'))
}

function parseLogical(stream: TokenStream, operator: 'or' | 'and'): Expression {
  const at = stream.position
  const operand = operator === 'or' ? () => parseLogical(stream, 'and') : () => parseNot(stream)
  const operands = [operand()]
  while (stream.accept(operator === 'or' ? 'OR' : 'AND')) operands.push(operand())
  return operands.length === 1 ? operands[0]! : { kind: 'logical', operator, operands, at }
}

function parseNot(stream: TokenStream): Expression {
  const places = []
  while (stream.token.word === 'NOT') places.push(stream.take().at)
  let result = parsePredicate(stream)
  for (const at of places.reverse()) result = { kind: 'not', operand: result, at }
  return result
}

function parsePredicate(stream: TokenStream): Expression {
  const operand = parseValue(stream)
  const { at } = stream.token
  if (comparisonOperators.has(stream.token.word)) return parseComparison(stream, operand)
  if (stream.accept('IS')) {
    const negated = stream.accept('NOT')
    if (stream.acceptAll('DISTINCT', 'FROM')) return { kind: 'distinct-from', negated, left: operand, right: parseValue(stream), at }
    const truth = stream.isPostgresql ? parseTruth(stream, operand, negated) : undefined
    if (truth) return truth
    stream.expect('NULL')
    return { kind: 'is-null', negated, operand, at }
  }
  const matched = stream.isPostgresql ? parseMatching(stream, operand) : undefined
  if (matched) return matched
  const negated = stream.accept('NOT')
  if (stream.accept('BETWEEN')) {
    const low = parseValue(stream)
    stream.expect('AND')
    return { kind: 'between', negated, operand, low, high: parseValue(stream), at }
  }
  if (stream.accept('IN')) {
    if (stream.opensQuery()) return { kind: 'in-query', negated, operand, query: stream.subquery(), at }
    return { kind: 'in-list', negated, operand, items: stream.parenthesized(() => parseExpression(stream)), at }
  }
  if (stream.accept('LIKE')) {
    const pattern = parseValue(stream)
    const escape = stream.accept('ESCAPE') ? parseValue(stream) : undefined
    return { kind: 'like', negated, operand, pattern, ...(escape && { escape }), at }
  }
  return negated ? stream.fail() : operand
}

function parseComparison(stream: TokenStream, left: Expression): Expression {
  const { at } = stream.token
  const operator = stream.take().word as ComparisonOperator
  const { word } = stream.token
  if ((word === 'ALL' || word === 'ANY' || word === 'SOME') && stream.peek(1).word === '(') {
    stream.take()
    if (stream.isPostgresql && !stream.opensQuery()) return parseAnyOf(stream, operator, left, word)
    return { kind: 'quantified', operator, quantifier: word === 'ALL' ? 'all' : 'any', operand: left, query: stream.subquery(), at }
  }
  return { kind: 'comparison', operator, left, right: parseValue(stream), at }
}

/** Arithmetic and concatenation, by climbing precedences: chains are a loop, not a recursion. */
export function parseValue(stream: TokenStream, weakest = 1): Expression {
  let left = parseSigned(stream)
  for (;;) {
    const { at, word: operator } = stream.token
    const strength = Object.hasOwn(binaryOperators, operator) ? binaryOperators[operator]! : 0
    if (strength < weakest || strength === 0) return left
    stream.take()
    const right = parseValue(stream, strength + 1)
    left =
      operator === '||'
        ? { kind: 'concat', left, right, at }
        : { kind: 'arithmetic', operator: operator as '+' | '-' | '*' | '/' | '%', left, right, at }
  }
}

function parseSigned(stream: TokenStream): Expression {
  const signs = []
  while (stream.token.word === '-' || stream.token.word === '+') signs.push(stream.take())
  let result = parsePrimary(stream)
  while (stream.acceptAll('AT', 'TIME', 'ZONE'))
    result = { kind: 'at-time-zone', operand: result, zone: parsePrimary(stream), at: result.at }
  for (const sign of signs.reverse()) result = { kind: 'unary', operator: sign.word as '+' | '-', operand: result, at: sign.at }
  return result
}
