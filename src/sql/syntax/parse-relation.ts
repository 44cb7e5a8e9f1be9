import { ServerError } from '../../base/errors.ts'
import type { Join, Relation } from './ast.ts'
import { parseSeries } from './postgresql.ts'
import type { TokenStream } from './token-stream.ts'

const joinStart: ReadonlySet<string> = new Set(['JOIN', 'INNER', 'LEFT', 'RIGHT', 'FULL', 'CROSS', 'NATURAL'])

/** What follows FROM: relations between commas. */
export function parseFrom(stream: TokenStream): Relation {
  let left = parseRelation(stream)
  while (stream.accept(',')) left = { kind: 'join', type: 'cross', left, right: parseRelation(stream), at: left.at }
  return left
}

function parseRelation(stream: TokenStream): Relation {
  let left = parseAliased(stream)
  while (atJoin(stream)) left = parseJoin(stream, left)
  return left
}

function atJoin(stream: TokenStream): boolean {
  if (joinStart.has(stream.token.word)) return true
  for (const word of joinStart) stream.miss(`'${word}'`)
  return false
}

function parseJoin(stream: TokenStream, left: Relation): Join {
  const { at } = left
  if (stream.accept('CROSS')) {
    stream.expect('JOIN')
    return { kind: 'join', type: 'cross', left, right: parseAliased(stream), at }
  }
  const natural = stream.accept('NATURAL')
  const type = parseJoinType(stream)
  stream.expect('JOIN')
  let right = parseAliased(stream)
  if (natural) return { kind: 'join', type, left, right, natural, at }
  // `a JOIN b JOIN c ON … ON …`: the inner join comes first.
  while (!stream.at('ON') && !stream.at('USING') && atJoin(stream)) {
    const inner = right
    right = stream.nested(() => parseJoin(stream, inner))
  }
  if (stream.accept('USING')) return { kind: 'join', type, left, right, using: stream.parenthesized(() => stream.identifier()), at }
  stream.expect('ON')
  return { kind: 'join', type, left, right, on: stream.grammar.expression(stream), at }
}

function parseJoinType(stream: TokenStream): 'inner' | 'left' | 'right' | 'full' {
  if (stream.accept('INNER')) return 'inner'
  for (const [word, type] of [
    ['LEFT', 'left'],
    ['RIGHT', 'right'],
    ['FULL', 'full'],
  ] as const) {
    if (stream.accept(word)) {
      stream.accept('OUTER')
      return type
    }
  }
  return 'inner'
}

function parseAliased(stream: TokenStream): Relation {
  const relation = parseOperand(stream)
  const { at } = relation
  const written = stream.accept('AS')
  if (!written && !atImplicitAlias(stream)) return relation
  const alias = stream.identifier()
  const columns = stream.at('(') ? stream.parenthesized(() => stream.identifier()) : undefined
  return { kind: 'aliased', relation, alias, ...(columns && { columns }), at }
}

function parseOperand(stream: TokenStream): Relation {
  const { at, word } = stream.token
  const series = stream.isPostgresql ? parseSeries(stream) : undefined
  if (series) return series
  if (stream.accept('UNNEST')) {
    const expressions = stream.parenthesized(() => stream.grammar.expression(stream))
    return { kind: 'unnest', expressions, ordinality: stream.acceptAll('WITH', 'ORDINALITY'), at }
  }
  if (word === 'LATERAL' && stream.peek(1).word === '(') {
    stream.take()
    return { kind: 'lateral', query: stream.subquery(), at }
  }
  if (stream.at('(')) {
    if (stream.opensQuery()) return { kind: 'subquery-relation', query: stream.subquery(), at }
    stream.take()
    const relation = stream.nested(() => parseRelation(stream))
    stream.expect(')')
    return relation
  }
  return { kind: 'table-reference', name: stream.qualifiedName(), at }
}

/**
 * Whether an alias without AS stands here. Words that open a clause are names too (nothing of them is reserved),
 * so what follows decides: `FROM t LIMIT 10` against `FROM t limit JOIN …`.
 */
export function atImplicitAlias(stream: TokenStream): boolean {
  if (!stream.atIdentifier()) return false
  const next = stream.peek(1)
  switch (stream.token.word) {
    case 'LIMIT':
    case 'OFFSET':
      return !(next.kind === 'integer' || next.kind === 'parameter' || next.word === 'ALL')
    case 'FETCH':
      return next.word !== 'FIRST' && next.word !== 'NEXT'
    case 'WINDOW':
      return !(stream.atIdentifier(1) && stream.peek(2).word === 'AS')
    case 'TABLESAMPLE':
      if (stream.peek(2).word !== '(') return true
      throw new ServerError('NOT_SUPPORTED', 'TABLESAMPLE is not supported', { position: stream.position })
    default:
      return true
  }
}
