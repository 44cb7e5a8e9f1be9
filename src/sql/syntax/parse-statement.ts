import type { LikeClause, Statement, UnloadOption } from './ast.ts'
import type { TokenStream } from './token-stream.ts'

/** One statement; what follows it is the caller's. */
export function parseStatement(stream: TokenStream): Statement {
  const at = stream.position
  if (stream.accept('SHOW')) return parseShow(stream, at)
  if (stream.accept('DESCRIBE') || stream.accept('DESC')) return { kind: 'describe', name: stream.qualifiedName(), at }
  if (stream.accept('EXPLAIN')) {
    const analyze = stream.accept('ANALYZE')
    return { kind: 'explain', analyze, statement: stream.nested(() => parseStatement(stream)), at }
  }
  if (stream.accept('UNLOAD')) return parseUnload(stream, at)
  if (stream.accept('DELETE')) return parseDelete(stream, at)
  return { kind: 'query', query: stream.grammar.query(stream), at }
}

function parseShow(stream: TokenStream, at: Statement['at']): Statement {
  if (stream.accept('DATABASES')) return { kind: 'show-databases', ...parseLike(stream), at }
  if (stream.accept('TABLES')) {
    const from = stream.accept('FROM') || stream.accept('IN') ? stream.qualifiedName() : undefined
    return { kind: 'show-tables', ...(from && { from }), ...parseLike(stream), at }
  }
  stream.expect('MEASURES')
  if (!stream.accept('FROM')) stream.expect('IN')
  return { kind: 'show-measures', from: stream.qualifiedName(), ...parseLike(stream), at }
}

function parseLike(stream: TokenStream): { readonly like?: LikeClause } {
  const at = stream.position
  if (!stream.accept('LIKE')) return {}
  const pattern = stream.string()
  const escape = stream.accept('ESCAPE') ? stream.string() : undefined
  return { like: { pattern, ...(escape !== undefined && { escape }), at } }
}

function parseDelete(stream: TokenStream, at: Statement['at']): Statement {
  stream.expect('FROM')
  const table = stream.qualifiedName()
  stream.expect('WHERE')
  return { kind: 'delete', table, condition: stream.grammar.expression(stream), at }
}

function parseUnload(stream: TokenStream, at: Statement['at']): Statement {
  const query = stream.subquery()
  stream.expect('TO')
  const to = stream.string()
  const options = stream.accept('WITH') ? stream.parenthesized(() => parseOption(stream)) : []
  return { kind: 'unload', query, to, options, at }
}

function parseOption(stream: TokenStream): UnloadOption {
  const { text, at } = stream.identifier()
  stream.expect('=')
  return { name: text.toLowerCase(), value: stream.grammar.expression(stream), at }
}
