import type { CaseBranch, Expression, Identifier, IntervalUnit, TypeName } from './ast.ts'
import { call } from './call.ts'
import { parseCall } from './parse-call.ts'
import { parseType } from './parse-type.ts'
import { extract, intervalOf, parseCasts, postgresqlType } from './postgresql.ts'
import type { TokenStream } from './token-stream.ts'

const withoutParentheses: ReadonlySet<string> = new Set([
  'CURRENT_DATE',
  'CURRENT_TIME',
  'CURRENT_TIMESTAMP',
  'CURRENT_USER',
  'LOCALTIME',
  'LOCALTIMESTAMP',
])
const intervalUnits: ReadonlySet<string> = new Set(['SECOND', 'MINUTE', 'HOUR', 'DAY', 'WEEK', 'MONTH', 'YEAR'])

/** An operand: a literal, a name, a call, something in brackets, with what follows it in brackets or after a dot. */
export function parsePrimary(stream: TokenStream): Expression {
  let base = parseSimple(stream)
  for (;;) {
    const at = base.at
    if (stream.accept('[')) {
      const index = stream.grammar.expression(stream)
      stream.expect(']')
      base = { kind: 'subscript', base, index, at }
    } else if (stream.token.word === '.' && stream.atIdentifier(1)) {
      stream.take()
      base = { kind: 'dereference', base, field: stream.identifier(), at }
    } else if (stream.isPostgresql && stream.token.word === '::') {
      base = parseCasts(stream, base)
    } else {
      return base
    }
  }
}

function parseSimple(stream: TokenStream): Expression {
  const { token } = stream
  const { at } = token
  switch (token.kind) {
    case 'integer':
    case 'decimal':
      return { kind: token.kind, text: stream.take().value, at }
    case 'string':
      return { kind: 'string', value: stream.take().value, at }
    case 'binary':
      return { kind: 'binary', hex: stream.take().value, at }
    case 'duration':
      stream.take()
      return { kind: 'duration', value: token.value, unit: token.unit!, at }
    case 'parameter':
      return { kind: 'parameter', name: stream.take().value, at }
    case 'name':
    case 'quoted-name':
      return parseNamed(stream)
    case 'keyword':
      return parseKeyword(stream)
    case 'symbol':
      if (token.word === '(') return parseParenthesis(stream)
      break
    case 'unrecognized':
    case 'end':
      break
  }
  stream.miss('<expression>')
  return stream.fail()
}

function parseNamed(stream: TokenStream): Expression {
  const { token } = stream
  const { at } = token
  const next = stream.peek(1)
  if (next.word === '->') {
    const parameter = stream.identifier()
    stream.take()
    return { kind: 'lambda', parameters: [parameter], body: stream.grammar.expression(stream), at }
  }
  if (token.kind === 'name') {
    if (token.word === 'INTERVAL' && isIntervalValue(stream)) return parseInterval(stream)
    if (next.kind === 'string' || (token.word === 'DOUBLE' && next.word === 'PRECISION' && stream.peek(2).kind === 'string')) {
      const type: TypeName = stream.isPostgresql ? postgresqlType(stream) : parseType(stream)
      return { kind: 'typed-literal', type, value: stream.string(), at }
    }
    if (token.word === 'ARRAY' && next.word === '[') return parseArray(stream)
    if (next.word === '(') {
      if (token.word === 'ROW') {
        stream.take()
        return { kind: 'row', items: stream.parenthesized(() => stream.grammar.expression(stream)), at }
      }
      if (token.word === 'TRY_CAST') return parseCast(stream, true)
    }
  }
  if (next.word === '(') return parseCall(stream)
  const parts = [stream.identifier()]
  while (stream.token.word === '.' && stream.atIdentifier(1)) {
    stream.take()
    parts.push(stream.identifier())
  }
  return { kind: 'name', parts, at }
}

function parseKeyword(stream: TokenStream): Expression {
  const { word, at } = stream.token
  switch (word) {
    case 'NULL':
      stream.take()
      return { kind: 'null', at }
    case 'TRUE':
    case 'FALSE':
      stream.take()
      return { kind: 'boolean', value: word === 'TRUE', at }
    case 'CASE':
      return parseCase(stream)
    case 'CAST':
      return parseCast(stream, false)
    case 'EXISTS':
      stream.take()
      return { kind: 'exists', query: stream.subquery(), at }
    case 'EXTRACT': {
      stream.take()
      stream.expect('(')
      const field = stream.identifier()
      stream.expect('FROM')
      const operand = stream.grammar.expression(stream)
      stream.expect(')')
      return stream.isPostgresql ? extract(field.text, operand, at) : { kind: 'extract', field, operand, at }
    }
    case 'GROUPING':
      stream.take()
      return { kind: 'grouping', arguments: stream.parenthesized(() => stream.grammar.expression(stream), true), at }
    case 'NORMALIZE': {
      stream.take()
      stream.expect('(')
      const args = [stream.grammar.expression(stream)]
      if (stream.accept(',')) {
        const form = stream.identifier()
        args.push({ kind: 'string', value: form.text.toUpperCase(), at: form.at })
      }
      stream.expect(')')
      return call('normalize', args, at)
    }
    default:
      if (withoutParentheses.has(word)) {
        stream.take()
        const precise = stream.token.word === '(' && stream.peek(1).kind === 'integer'
        const precision = precise ? stream.parenthesized(() => stream.grammar.expression(stream)) : []
        return call(word.toLowerCase(), precision, at)
      }
      stream.miss('<expression>')
      return stream.fail()
  }
}

/** `(query)`, `(a, b) -> e`, `(a, b)` as a row, `(e)`. */
function parseParenthesis(stream: TokenStream): Expression {
  const { at } = stream.token
  if (isLambda(stream)) {
    const parameters = stream.parenthesized<Identifier>(() => stream.identifier(), true)
    stream.expect('->')
    return { kind: 'lambda', parameters, body: stream.grammar.expression(stream), at }
  }
  if (stream.opensQuery()) return { kind: 'scalar-query', query: stream.subquery(), at }
  const items = stream.parenthesized(() => stream.grammar.expression(stream))
  return items.length === 1 ? items[0]! : { kind: 'row', items, at }
}

function isLambda(stream: TokenStream): boolean {
  return stream.afterClosing()?.word === '->' && (stream.peek(1).word === ')' || stream.atIdentifier(1))
}

function parseArray(stream: TokenStream): Expression {
  const { at } = stream.take()
  stream.expect('[')
  const items = stream.at(']') ? [] : stream.list(() => stream.grammar.expression(stream))
  stream.expect(']')
  return { kind: 'array', items, at }
}

function parseCast(stream: TokenStream, safe: boolean): Expression {
  const { at } = stream.take()
  stream.expect('(')
  const operand = stream.grammar.expression(stream)
  stream.expect('AS')
  const type = stream.isPostgresql ? postgresqlType(stream) : parseType(stream)
  stream.expect(')')
  return { kind: 'cast', operand, type, safe, at }
}

function parseCase(stream: TokenStream): Expression {
  const { at } = stream.take()
  const operand = stream.at('WHEN') ? undefined : stream.grammar.expression(stream)
  const branches: CaseBranch[] = []
  do {
    const start = stream.position
    stream.expect('WHEN')
    const when = stream.grammar.expression(stream)
    stream.expect('THEN')
    branches.push({ when, result: stream.grammar.expression(stream), at: start })
  } while (stream.at('WHEN'))
  const otherwise = stream.accept('ELSE') ? stream.grammar.expression(stream) : undefined
  stream.expect('END')
  return { kind: 'case', ...(operand && { operand }), branches, ...(otherwise && { otherwise }), at }
}

function isIntervalValue(stream: TokenStream): boolean {
  const next = stream.peek(1)
  if (next.kind === 'string') return true
  return (next.word === '-' || next.word === '+') && stream.peek(2).kind === 'string' && intervalUnits.has(stream.peek(3).word)
}

function parseInterval(stream: TokenStream): Expression {
  const { at } = stream.take()
  const negative = stream.accept('-')
  if (!negative) stream.accept('+')
  const value = stream.string()
  if (stream.isPostgresql && !intervalUnits.has(stream.token.word)) return intervalOf(negative ? `${value} ago` : value, at)
  const unit = parseIntervalUnit(stream)
  const to = stream.accept('TO') ? parseIntervalUnit(stream) : undefined
  return { kind: 'interval', negative, value, unit, ...(to && { to }), at }
}

function parseIntervalUnit(stream: TokenStream): IntervalUnit {
  if (intervalUnits.has(stream.token.word)) return stream.take().word.toLowerCase() as IntervalUnit
  for (const unit of intervalUnits) stream.miss(`'${unit}'`)
  return stream.fail()
}
