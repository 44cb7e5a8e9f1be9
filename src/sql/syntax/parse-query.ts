import type { Position } from '../../base/errors.ts'
import type { Expression, GroupBy, GroupingElement, Query, QueryBody, SelectBody, SelectItem, With } from './ast.ts'
import { parseSetQuantifier } from './parse-call.ts'
import { atImplicitAlias, parseFrom } from './parse-relation.ts'
import { parseSortItems, parseWindowSpecification } from './parse-window.ts'
import { postgresqlType } from './postgresql.ts'
import type { TokenStream } from './token-stream.ts'

/** A query with its WITH, ORDER BY, OFFSET and LIMIT. */
export function parseQuery(stream: TokenStream): Query {
  return stream.nested(() => {
    const at = stream.position
    const prefix = parseWith(stream)
    const body = parseBody(stream)
    const orderBy = stream.acceptAll('ORDER', 'BY') ? parseSortItems(stream) : []
    return { ...(prefix && { with: prefix }), body, orderBy, ...parseLimits(stream), at }
  })
}

function parseWith(stream: TokenStream): With | undefined {
  const at = stream.position
  if (!stream.accept('WITH')) return undefined
  const recursive = stream.accept('RECURSIVE')
  const items = stream.list(() => {
    const name = stream.identifier()
    const columns = stream.at('(') ? stream.parenthesized(() => stream.identifier()) : undefined
    stream.expect('AS')
    return { name, ...(columns && { columns }), query: stream.subquery(), at: name.at }
  })
  return { recursive, items, at }
}

/** OFFSET and LIMIT or FETCH FIRST, each once, in either order. */
function parseLimits(stream: TokenStream): Pick<Query, 'offset' | 'limit' | 'ties'> {
  let offset: Expression | undefined
  let limit: Expression | 'all' | undefined
  let ties: Position | undefined
  for (;;) {
    if (offset === undefined && stream.accept('OFFSET')) {
      offset = parseCount(stream)
      if (!stream.accept('ROWS')) stream.accept('ROW')
    } else if (limit === undefined && stream.accept('LIMIT')) {
      limit = stream.accept('ALL') ? 'all' : parseCount(stream)
    } else if (limit === undefined && stream.accept('FETCH')) {
      ;({ limit, ties } = parseFetch(stream))
    } else {
      return { ...(offset && { offset }), ...(limit !== undefined && limit !== 'all' && { limit }), ...(ties && { ties }) }
    }
  }
}

function parseFetch(stream: TokenStream): { readonly limit: Expression; readonly ties?: Position } {
  const { at } = stream.token
  if (!stream.accept('FIRST')) stream.expect('NEXT')
  const counted = stream.token.kind === 'integer' || stream.token.kind === 'parameter'
  const limit: Expression = counted ? parseCount(stream) : { kind: 'integer', text: '1', at }
  if (!stream.accept('ROWS')) stream.expect('ROW')
  const ties = stream.position
  if (stream.acceptAll('WITH', 'TIES')) return { limit, ties }
  stream.expect('ONLY')
  return { limit }
}

function parseCount(stream: TokenStream): Expression {
  const { kind, at } = stream.token
  if (kind !== 'integer' && kind !== 'parameter') {
    stream.miss('<integer>')
    return stream.fail()
  }
  const { value } = stream.take()
  // a count is a whole number, whatever a client of PostgreSQL casts it to
  while (stream.isPostgresql && stream.accept('::')) postgresqlType(stream)
  return kind === 'integer' ? { kind, text: value, at } : { kind, name: value, at }
}

/** UNION and EXCEPT over INTERSECT, left to right. */
function parseBody(stream: TokenStream): QueryBody {
  let left = parseIntersections(stream)
  for (;;) {
    const operator = stream.accept('UNION') ? 'union' : stream.accept('EXCEPT') ? 'except' : undefined
    if (operator === undefined) return left
    const distinct = parseDistinct(stream)
    left = { kind: 'set-operation', operator, distinct, left, right: parseIntersections(stream), at: left.at }
  }
}

function parseIntersections(stream: TokenStream): QueryBody {
  let left = parseOperand(stream)
  while (stream.accept('INTERSECT')) {
    const distinct = parseDistinct(stream)
    left = { kind: 'set-operation', operator: 'intersect', distinct, left, right: parseOperand(stream), at: left.at }
  }
  return left
}

/** DISTINCT (also when nothing is written) or ALL. */
function parseDistinct(stream: TokenStream): boolean {
  return stream.accept('DISTINCT') || !stream.accept('ALL')
}

function parseOperand(stream: TokenStream): QueryBody {
  const at = stream.position
  if (stream.accept('SELECT')) return parseSelect(stream, at)
  if (stream.accept('VALUES')) return { kind: 'values', rows: stream.list(() => stream.grammar.expression(stream)), at }
  if (stream.accept('TABLE')) return { kind: 'table', name: stream.qualifiedName(), at }
  return { kind: 'subquery-body', query: stream.subquery(), at }
}

function parseSelect(stream: TokenStream, at: SelectBody['at']): SelectBody {
  const distinct = parseSetQuantifier(stream)
  const items = stream.list(() => parseSelectItem(stream))
  const from = stream.accept('FROM') ? parseFrom(stream) : undefined
  const where = stream.accept('WHERE') ? stream.grammar.expression(stream) : undefined
  const groupBy = parseGroupBy(stream)
  const having = stream.accept('HAVING') ? stream.grammar.expression(stream) : undefined
  const windows = stream.accept('WINDOW') ? stream.list(() => parseNamedWindow(stream)) : []
  return {
    kind: 'select',
    distinct,
    items,
    ...(from && { from }),
    ...(where && { where }),
    ...(groupBy && { groupBy }),
    ...(having && { having }),
    windows,
    at,
  }
}

function parseNamedWindow(stream: TokenStream): SelectBody['windows'][number] {
  const name = stream.identifier()
  stream.expect('AS')
  return { name, window: parseWindowSpecification(stream) }
}

function parseSelectItem(stream: TokenStream): SelectItem {
  const { at, word: first } = stream.token
  if (stream.accept('*')) return { kind: 'select-all', at }
  const expression = stream.grammar.expression(stream)
  if (stream.token.word === '.' && stream.peek(1).word === '*') {
    stream.take()
    stream.take()
    if (expression.kind === 'name' && first !== '(')
      return { kind: 'select-all', qualifier: { parts: expression.parts, at: expression.at }, at }
    return { kind: 'select-all', row: expression, at }
  }
  const alias = stream.accept('AS') || atImplicitAlias(stream) ? stream.identifier() : undefined
  return { kind: 'select-expression', expression, ...(alias && { alias }), at }
}

function parseGroupBy(stream: TokenStream): GroupBy | undefined {
  const at = stream.position
  if (!stream.acceptAll('GROUP', 'BY')) return undefined
  const distinct = parseSetQuantifier(stream)
  return { distinct, elements: stream.list(() => parseGroupingElement(stream)), at }
}

function parseGroupingElement(stream: TokenStream): GroupingElement {
  const at = stream.position
  if (stream.accept('ROLLUP')) return { kind: 'rollup', sets: stream.parenthesized(() => parseGroupingSet(stream), true), at }
  if (stream.accept('CUBE')) return { kind: 'cube', sets: stream.parenthesized(() => parseGroupingSet(stream), true), at }
  if (stream.token.word === 'GROUPING' && stream.peek(1).word === 'SETS') {
    stream.take()
    stream.take()
    return { kind: 'grouping-sets', sets: stream.parenthesized(() => parseGroupingSet(stream)), at }
  }
  return { kind: 'grouping-set', expressions: parseGroupingSet(stream), at }
}

/** Tokens after `( … )` that end a grouping element: with any other one the brackets belong to an expression. */
const afterElement: ReadonlySet<string> = new Set(', ) ; HAVING ORDER UNION INTERSECT EXCEPT LIMIT OFFSET FETCH WINDOW'.split(' '))

function parseGroupingSet(stream: TokenStream): Expression[] {
  if (stream.token.word === '(' && !stream.opensQuery()) {
    const after = stream.afterClosing()
    if (after !== undefined && (after.kind === 'end' || afterElement.has(after.word))) {
      return stream.parenthesized(() => stream.grammar.expression(stream), true)
    }
  }
  return [stream.grammar.expression(stream)]
}
