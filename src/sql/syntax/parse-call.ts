import type { Expression, FunctionCall, SortItem } from './ast.ts'
import { call } from './call.ts'
import { parseSortItems, parseWindowSpecification } from './parse-window.ts'
import { postgresqlCall } from './postgresql.ts'
import type { TokenStream } from './token-stream.ts'

/** Tokens after which ALL before them was a name and no quantifier. */
const afterName: ReadonlySet<string> = new Set([',', ')', '.', '[', '=', '<>', '<', '>', '<=', '>=', '||', '/', '%', 'FROM', 'AS', ''])

/** DISTINCT or ALL at the start of a select list or of arguments. */
export function parseSetQuantifier(stream: TokenStream): boolean {
  if (stream.accept('DISTINCT')) return true
  const next = stream.peek(1)
  const isName = next.kind === 'end' || (next.kind === 'symbol' || next.kind === 'keyword' ? afterName.has(next.word) : false)
  if (stream.token.word === 'ALL' && !isName) stream.take()
  return false
}

/** A call whose name is at hand and whose `(` comes next. Some names have argument forms of their own. */
export function parseCall(stream: TokenStream): Expression {
  const { at, value } = stream.take()
  const name = value.toLowerCase()
  if (name === 'position') return call(name, parseTwo(stream, 'IN'), at)
  if (name === 'trim' && isTrimForm(stream)) return parseTrim(stream)
  if (name === 'substring') return parseSubstring(stream)
  stream.expect('(')
  let star = false
  let distinct = false
  let args: Expression[] = []
  let orderBy: SortItem[] = []
  if (stream.token.word === '*' && stream.peek(1).word === ')') {
    stream.take()
    star = true
  } else if (!stream.at(')')) {
    distinct = parseSetQuantifier(stream)
    args = stream.list(() => stream.grammar.expression(stream))
    if (stream.acceptAll('ORDER', 'BY')) orderBy = parseSortItems(stream)
  }
  stream.expect(')')
  if (stream.acceptAll('WITHIN', 'GROUP')) {
    stream.expect('(', 'ORDER', 'BY')
    orderBy = parseSortItems(stream)
    stream.expect(')')
  }
  const rewritten = stream.isPostgresql && !star && !distinct ? postgresqlCall(name, args, at, orderBy[0]?.expression) : undefined
  if (rewritten) return rewritten.kind === 'call' ? { ...rewritten, ...parseCallTail(stream) } : rewritten
  return { kind: 'call', name, arguments: args, star, distinct, orderBy, ...parseCallTail(stream), at }
}

/** FILTER (WHERE …), IGNORE NULLS and OVER …, in any order. All three words are names elsewhere. */
function parseCallTail(stream: TokenStream): Pick<FunctionCall, 'filter' | 'nulls' | 'over'> {
  let filter: FunctionCall['filter']
  let nulls: FunctionCall['nulls']
  let over: FunctionCall['over']
  for (;;) {
    if (filter === undefined && stream.peek(1).word === '(' && stream.peek(2).word === 'WHERE' && stream.accept('FILTER')) {
      stream.expect('(', 'WHERE')
      filter = stream.grammar.expression(stream)
      stream.expect(')')
    } else if (nulls === undefined && stream.acceptAll('IGNORE', 'NULLS')) {
      nulls = 'ignore'
    } else if (nulls === undefined && stream.acceptAll('RESPECT', 'NULLS')) {
      nulls = 'respect'
    } else if (over === undefined && (stream.peek(1).word === '(' || stream.atIdentifier(1)) && stream.accept('OVER')) {
      over = stream.token.word === '(' ? parseWindowSpecification(stream) : stream.identifier()
    } else {
      return { ...(filter && { filter }), ...(nulls && { nulls }), ...(over && { over }) }
    }
  }
}

/** `(a IN b)`, or the same with a comma. */
function parseTwo(stream: TokenStream, separator: string): Expression[] {
  stream.expect('(')
  const first = stream.grammar.value(stream)
  if (!stream.accept(',')) stream.expect(separator)
  const second = stream.grammar.value(stream)
  stream.expect(')')
  return [first, second]
}

/** `substring(x FROM start [FOR length])` or with commas. */
function parseSubstring(stream: TokenStream): Expression {
  const at = stream.position
  stream.expect('(')
  const args = [stream.grammar.expression(stream)]
  if (stream.accept('FROM')) {
    args.push(stream.grammar.expression(stream))
    if (stream.accept('FOR')) args.push(stream.grammar.expression(stream))
  } else {
    while (stream.accept(',')) args.push(stream.grammar.expression(stream))
  }
  stream.expect(')')
  return call('substring', args, at)
}

const trimNames = { LEADING: 'ltrim', TRAILING: 'rtrim', BOTH: 'trim' } as const

function isTrimForm(stream: TokenStream): boolean {
  const side = stream.peek(1)
  const next = stream.peek(2)
  return side.word in trimNames && (next.word === 'FROM' || next.kind === 'string' || next.kind === 'name' || next.kind === 'quoted-name')
}

/** `trim(BOTH 'x' FROM s)` is trim(s, 'x'). */
function parseTrim(stream: TokenStream): Expression {
  const at = stream.position
  stream.expect('(')
  const name = trimNames[stream.take().word as keyof typeof trimNames]
  const characters = stream.at('FROM') ? [] : [stream.grammar.expression(stream)]
  stream.expect('FROM')
  const source = stream.grammar.expression(stream)
  stream.expect(')')
  return call(name, [source, ...characters], at)
}
