import { unreachable } from '../../base/assert.ts'
import type { Frame, FrameBound, SortItem, WindowSpecification } from './ast.ts'
import type { TokenStream } from './token-stream.ts'

/** The items after ORDER BY. */
export function parseSortItems(stream: TokenStream): SortItem[] {
  return stream.list(() => {
    const at = stream.position
    const expression = stream.grammar.expression(stream)
    const descending = stream.accept('DESC') || (stream.accept('ASC'), false)
    let nullsFirst = false
    if (stream.accept('NULLS')) {
      nullsFirst = stream.accept('FIRST')
      if (!nullsFirst) stream.expect('LAST')
    }
    return { expression, descending, nullsFirst, at }
  })
}

/** `( [name] [PARTITION BY …] [ORDER BY …] [frame] )`. */
export function parseWindowSpecification(stream: TokenStream): WindowSpecification {
  const at = stream.position
  stream.expect('(')
  const base = isBaseName(stream) ? stream.identifier() : undefined
  const partitionBy = stream.acceptAll('PARTITION', 'BY') ? stream.list(() => stream.grammar.expression(stream)) : []
  const orderBy = stream.acceptAll('ORDER', 'BY') ? parseSortItems(stream) : []
  const frame = parseFrame(stream)
  stream.expect(')')
  return { ...(base && { base }), partitionBy, orderBy, ...(frame && { frame }), at }
}

function isBaseName(stream: TokenStream): boolean {
  if (!stream.atIdentifier()) return false
  const { word } = stream.token
  const next = stream.peek(1).word
  if (word === 'PARTITION') return next !== 'BY'
  if (word === 'ROWS' || word === 'RANGE' || word === 'GROUPS') return next === ')' || next === 'ORDER' || next === 'PARTITION'
  return true
}

function parseFrame(stream: TokenStream): Frame | undefined {
  const at = stream.position
  const unit = stream.accept('ROWS') ? 'rows' : stream.accept('RANGE') ? 'range' : stream.accept('GROUPS') ? 'groups' : undefined
  if (unit === undefined) return undefined
  if (!stream.accept('BETWEEN')) return { unit, start: parseBound(stream), end: { kind: 'current-row' }, at }
  const start = parseBound(stream)
  stream.expect('AND')
  return { unit, start, end: parseBound(stream), at }
}

function parseBound(stream: TokenStream): FrameBound {
  if (stream.acceptAll('CURRENT', 'ROW')) return { kind: 'current-row' }
  if (stream.token.word === 'UNBOUNDED' && ['PRECEDING', 'FOLLOWING'].includes(stream.peek(1).word)) {
    stream.take()
    return { kind: direction(stream) === 'preceding' ? 'unbounded-preceding' : 'unbounded-following' }
  }
  stream.miss("'UNBOUNDED'")
  const offset = stream.grammar.value(stream)
  return { kind: direction(stream), offset }
}

function direction(stream: TokenStream): 'preceding' | 'following' {
  if (stream.accept('PRECEDING')) return 'preceding'
  stream.expect('FOLLOWING')
  return 'following'
}

/** What `bound` is called in SQL, without its offset. */
export function frameBoundText(bound: FrameBound): string {
  switch (bound.kind) {
    case 'current-row':
      return 'CURRENT ROW'
    case 'unbounded-preceding':
      return 'UNBOUNDED PRECEDING'
    case 'unbounded-following':
      return 'UNBOUNDED FOLLOWING'
    case 'preceding':
      return 'PRECEDING'
    case 'following':
      return 'FOLLOWING'
    default:
      return unreachable(bound)
  }
}
