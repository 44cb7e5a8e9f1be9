import { ServerError, type Position } from '../../base/errors.ts'
import type { Expression, Identifier, QualifiedName, Query } from './ast.ts'
import type { TokenList } from './lexer.ts'
import type { Token } from './token.ts'

/** The rules that refer to one another across files. */
export interface Grammar {
  expression(stream: TokenStream): Expression
  /** An expression without logic and comparison: what stands beside AND in BETWEEN, before IN in POSITION. */
  value(stream: TokenStream): Expression
  query(stream: TokenStream): Query
}

const queryStart: ReadonlySet<string> = new Set(['SELECT', 'WITH', 'VALUES', 'TABLE'])
const queryContinuation: ReadonlySet<string> = new Set([')', 'UNION', 'INTERSECT', 'EXCEPT', 'ORDER', 'LIMIT', 'OFFSET', 'FETCH'])

/** The tokens of one statement with a place in them. Never goes back; looks ahead instead. */
export class TokenStream {
  readonly grammar: Grammar
  readonly isPostgresql: boolean
  readonly #tokens: readonly Token[]
  readonly #closing: Int32Array
  readonly #maxDepth: number
  /** The index whose missed alternatives are collected; -1: none. */
  readonly #recordAt: number
  readonly #expected = new Set<string>()
  #index = 0
  #depth = 0

  constructor(list: TokenList, grammar: Grammar, maxDepth: number, recordAt = -1) {
    this.#tokens = list.tokens
    this.#closing = list.closing
    this.isPostgresql = list.dialect === 'postgresql'
    this.grammar = grammar
    this.#maxDepth = maxDepth
    this.#recordAt = recordAt
  }

  get token(): Token {
    return this.#tokens[this.#index]!
  }
  get position(): Position {
    return this.token.at
  }
  get index(): number {
    return this.#index
  }

  /** The token `offset` further on; the end token beyond the end. */
  peek(offset: number): Token {
    return this.#tokens[Math.min(this.#index + offset, this.#tokens.length - 1)]!
  }

  /** The token after the `)` that closes the `(` here; undefined when it is never closed. */
  afterClosing(): Token | undefined {
    const close = this.#closing[this.#index] ?? -1
    return close === -1 ? undefined : this.#tokens[close + 1]
  }

  take(): Token {
    const token = this.token
    if (token.kind !== 'end') this.#index += 1
    return token
  }

  /** Notes that `label` could stand here. */
  miss(label: string): void {
    if (this.#index === this.#recordAt) this.#expected.add(label)
  }

  at(word: string): boolean {
    if (this.token.word === word) return true
    this.miss(`'${word}'`)
    return false
  }

  accept(word: string): boolean {
    if (!this.at(word)) return false
    this.#index += 1
    return true
  }

  /** Accepts several words in a row or nothing. */
  acceptAll(...words: readonly string[]): boolean {
    if (!words.every((word, offset) => this.peek(offset).word === word)) {
      this.miss(`'${words[0]}'`)
      return false
    }
    this.#index += words.length
    return true
  }

  expect(...words: readonly string[]): void {
    for (const word of words) if (!this.accept(word)) this.fail()
  }

  atIdentifier(offset = 0): boolean {
    const { kind } = this.peek(offset)
    if (kind === 'name' || kind === 'quoted-name') return true
    if (offset === 0) this.miss('<identifier>')
    return false
  }

  identifier(): Identifier {
    if (!this.atIdentifier()) this.fail()
    const token = this.take()
    return { text: token.value, quoted: token.kind === 'quoted-name', at: token.at }
  }

  qualifiedName(): QualifiedName {
    const at = this.position
    const parts = [this.identifier()]
    while (this.accept('.')) parts.push(this.identifier())
    return { parts, at }
  }

  string(): string {
    if (this.token.kind !== 'string') {
      this.miss('<string>')
      this.fail()
    }
    return this.take().value
  }

  /** `( item, item … )`; `empty` allows `()`. */
  parenthesized<T>(item: () => T, empty = false): T[] {
    this.expect('(')
    if (empty && this.accept(')')) return []
    const items = this.list(item)
    this.expect(')')
    return items
  }

  list<T>(item: () => T): T[] {
    const items = [item()]
    while (this.accept(',')) items.push(item())
    return items
  }

  /** `( query )`. */
  subquery(): Query {
    this.expect('(')
    const query = this.grammar.query(this)
    this.expect(')')
    return query
  }

  /**
   * Whether the `(` that is `offset` further on holds a query, and not an expression or a relation that starts with one:
   * `((SELECT 1) UNION SELECT 2)` does, `((SELECT 1) + 2)` does not.
   */
  opensQuery(offset = 0): boolean {
    const outer = this.#index + offset
    if (this.#tokens[outer]?.word !== '(') return false
    let inner = outer
    while (this.#tokens[inner + 1]!.word === '(' && inner - outer <= this.#maxDepth) inner += 1
    if (!queryStart.has(this.#tokens[inner + 1]!.word)) return false
    for (let open = inner; open > outer; open -= 1) {
      const close = this.#closing[open]!
      if (close !== -1 && !queryContinuation.has(this.#tokens[close + 1]!.word)) return false
    }
    return true
  }

  /** Runs `body` one level deeper. @throws ServerError SYNTAX_ERROR beyond the limit */
  nested<T>(body: () => T): T {
    if (this.#depth >= this.#maxDepth) {
      throw new ServerError('SYNTAX_ERROR', `statement is nested more than ${this.#maxDepth} levels deep`, { position: this.position })
    }
    this.#depth += 1
    const result = body()
    this.#depth -= 1
    return result
  }

  /** The token here fits nothing. */
  fail(): never {
    if (this.#recordAt !== this.#index) throw new Mismatch(this.#index)
    const { text, at, kind } = this.token
    const expected = [...this.#expected].sort()
    const shown = text.length > 100 ? `${text.slice(0, 100)}…` : text
    const hint = kind === 'unrecognized' && /[‘’“”„`´]/.test(text) ? `. Strings take ' and identifiers take "` : ''
    const message = `mismatched input '${shown}'${expected.length > 0 ? `. Expecting: ${expected.join(', ')}` : ''}${hint}`
    throw new ServerError('SYNTAX_ERROR', message, { position: at })
  }
}

/** A syntax error whose message is not made yet: the statement is parsed once more, collecting what could stand at `index`. */
export class Mismatch extends Error {
  readonly index: number
  constructor(index: number) {
    super('mismatched input')
    this.index = index
  }
}
