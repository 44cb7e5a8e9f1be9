import { ServerError, type Position } from '../../base/errors.ts'
import type { DurationUnit } from './ast.ts'
import type { Dialect } from './postgresql.ts'
import { durationUnits, reservedWords, type Token, type TokenKind } from './token.ts'

export interface TokenList {
  /** Ends with one token of kind `end`. */
  readonly tokens: readonly Token[]
  readonly dialect: Dialect
  /** For a `(` at index i the index of its `)`; -1 when it is never closed, and for all other tokens. */
  readonly closing: Int32Array
}

/** Longest first. Source: PostgreSQL, "Pattern Matching". */
const postgresqlSymbols = ['!~*', '!~', '~*', '~'] as const
const longSymbols = ['<>', '<=', '>=', '!=', '||', '->', '=>', '::'] as const
const shortSymbols = new Set('()[],.;=<>+-*/%?:')
const measureValue = /measure_value::(?:double|bigint|boolean|varchar|timestamp)(?![A-Za-z0-9_])/iy
const word = /[A-Za-z_][A-Za-z0-9_]*/y
const number = /(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?/y
const digits = /^[0-9]+$/
const place = /\$[1-9][0-9]{0,4}/y
const escapedString = /[eE]'(?:[^'\\]|''|\\[\s\S])*'/y

/**
 * Splits a statement into tokens.
 * @throws ServerError SYNTAX_ERROR: text that is no token where the parser could not say it better (unterminated quotes and comments,
 * names that start with a digit), and more than `maxTokens` tokens.
 */
export function tokenize(text: string, maxTokens: number, dialect: Dialect = 'timestream'): TokenList {
  const lexer = new Lexer(text, maxTokens, dialect)
  lexer.run()
  const { tokens } = lexer
  const closing = new Int32Array(tokens.length).fill(-1)
  const open: number[] = []
  tokens.forEach((token, index) => {
    if (token.word === '(') open.push(index)
    else if (token.word === ')') {
      const start = open.pop()
      if (start !== undefined) closing[start] = index
    }
  })
  return { tokens, dialect, closing }
}

class Lexer {
  readonly tokens: Token[] = []
  readonly #text: string
  readonly #maxTokens: number
  readonly #dialect: Dialect
  #index = 0
  #line = 1
  #lineStart = 0

  constructor(text: string, maxTokens: number, dialect: Dialect) {
    this.#text = text
    this.#maxTokens = maxTokens
    this.#dialect = dialect
  }

  run(): void {
    const text = this.#text
    for (;;) {
      this.#skipBlanks()
      if (this.#index >= text.length) break
      this.#next()
      if (this.tokens.length > this.#maxTokens) {
        throw new ServerError('SYNTAX_ERROR', `statement has more than ${this.#maxTokens} tokens`, { position: this.tokens.at(-1)!.at })
      }
    }
    this.#push('end', '<EOF>', '', '', 0)
  }

  #position(index = this.#index): Position {
    return { line: this.#line, column: index - this.#lineStart + 1 }
  }

  /** Adds a token that starts here and is `length` long. */
  #push(kind: TokenKind, text: string, key: string, value: string, length: number, unit?: DurationUnit): void {
    this.tokens.push({ kind, text, word: key, value, unit, at: this.#position() })
    this.#advance(length)
  }

  /** Goes on by `length` characters, counting lines. */
  #advance(length: number): void {
    const end = this.#index + length
    for (let at = this.#index; at < end; at += 1) {
      if (this.#text.charCodeAt(at) !== 10) continue
      this.#line += 1
      this.#lineStart = at + 1
    }
    this.#index = end
  }

  #skipBlanks(): void {
    const text = this.#text
    for (;;) {
      const code = text.charCodeAt(this.#index)
      if (code === 10) {
        this.#index += 1
        this.#line += 1
        this.#lineStart = this.#index
      } else if (code === 32 || (code >= 9 && code <= 13)) {
        this.#index += 1
      } else if (code === 45 && text.charCodeAt(this.#index + 1) === 45) {
        const end = text.indexOf('\n', this.#index)
        this.#index = end === -1 ? text.length : end
      } else if (code === 47 && text.charCodeAt(this.#index + 1) === 42) {
        const end = text.indexOf('*/', this.#index + 2)
        if (end === -1) throw new ServerError('SYNTAX_ERROR', 'unterminated comment', { position: this.#position() })
        this.#advance(end + 2 - this.#index)
      } else {
        return
      }
    }
  }

  #next(): void {
    const text = this.#text
    const first = text[this.#index]!
    if (this.#dialect === 'postgresql' && this.#postgresql(first)) return
    if (/[A-Za-z_]/.test(first)) return this.#word(first)
    if (/[0-9]/.test(first) || (first === '.' && /[0-9]/.test(text[this.#index + 1] ?? '') && !this.#afterName())) return this.#number()
    if (first === "'") {
      const { value, length } = this.#quoted(this.#index, "'", 'string literal')
      return this.#push('string', text.slice(this.#index, this.#index + length), '', value, length)
    }
    if (first === '"') {
      const { value, length } = this.#quoted(this.#index, '"', 'quoted identifier')
      if (value === '') throw new ServerError('SYNTAX_ERROR', 'zero-length quoted identifier', { position: this.#position() })
      return this.#push('quoted-name', text.slice(this.#index, this.#index + length), '', value, length)
    }
    if (first === '@') {
      const name = this.#match(word, this.#index + 1)
      if (name !== undefined) return this.#push('parameter', `@${name}`, '', name, name.length + 1)
    }
    const long = longSymbols.find((symbol) => text.startsWith(symbol, this.#index))
    if (long !== undefined) return this.#push('symbol', long, long === '!=' ? '<>' : long, '', 2)
    if (shortSymbols.has(first)) return this.#push('symbol', first, first, '', 1)
    const character = String.fromCodePoint(text.codePointAt(this.#index)!)
    return this.#push('unrecognized', character, '', '', character.length)
  }

  /** Tokens that only PostgreSQL has: `$1`, `E'a\\n'`, `~*`. */
  #postgresql(first: string): boolean {
    const text = this.#text
    const position = first === '$' ? this.#match(place, this.#index) : undefined
    if (position !== undefined) {
      this.#push('parameter', position, '', position.slice(1), position.length)
      return true
    }
    if ((first === 'e' || first === 'E') && text[this.#index + 1] === "'") {
      const written = this.#match(escapedString, this.#index)
      if (written === undefined) throw new ServerError('SYNTAX_ERROR', 'unterminated string literal', { position: this.#position() })
      this.#push('string', written, '', unescaped(written.slice(2, -1)), written.length)
      return true
    }
    const symbol = postgresqlSymbols.find((candidate) => text.startsWith(candidate, this.#index))
    if (symbol === undefined) return false
    this.#push('symbol', symbol, symbol, '', symbol.length)
    return true
  }

  #match(pattern: RegExp, index: number): string | undefined {
    pattern.lastIndex = index
    return pattern.exec(this.#text)?.[0]
  }

  /** `t.5` is no number: a dot directly after a name or a bracket belongs to it. */
  #afterName(): boolean {
    const last = this.tokens.at(-1)
    return last !== undefined && (last.kind === 'name' || last.kind === 'quoted-name' || last.word === ')' || last.word === ']')
  }

  #word(first: string): void {
    const text = this.#text
    if ((first === 'm' || first === 'M') && text.startsWith('::', this.#index + 13)) {
      const name = this.#match(measureValue, this.#index)
      if (name !== undefined) return this.#push('name', name, name.toUpperCase(), name, name.length)
    }
    if ((first === 'x' || first === 'X') && text[this.#index + 1] === "'") return this.#binary()
    const name = this.#match(word, this.#index)!
    const upper = name.toUpperCase()
    return this.#push(reservedWords.has(upper) ? 'keyword' : 'name', name, upper, name, name.length)
  }

  #binary(): void {
    const { value, length } = this.#quoted(this.#index + 1, "'", 'binary literal')
    const hex = value.replace(/\s/g, '')
    if (!/^(?:[0-9A-Fa-f]{2})*$/.test(hex)) {
      throw new ServerError('SYNTAX_ERROR', 'binary literal must hold pairs of hexadecimal digits', { position: this.#position() })
    }
    this.#push('binary', this.#text.slice(this.#index, this.#index + length + 1), '', hex, length + 1)
  }

  #number(): void {
    const written = this.#match(number, this.#index)!
    const suffix = this.#match(word, this.#index + written.length)
    if (suffix === undefined) return this.#push(digits.test(written) ? 'integer' : 'decimal', written, '', written, written.length)
    const whole = written + suffix
    const unit = durationUnits.get(suffix.toLowerCase())
    if (unit !== undefined && digits.test(written)) return this.#push('duration', whole, '', written, whole.length, unit)
    const problem =
      unit === undefined
        ? `mismatched input '${whole}': an identifier must not start with a digit; surround it with double quotes`
        : `mismatched input '${whole}': a duration literal is a whole number; use parse_duration('${whole}')`
    throw new ServerError('SYNTAX_ERROR', problem, { position: this.#position() })
  }

  /** Reads a quoted text whose opening quote is at `start`; a doubled quote stands for one. `length` counts both quotes. */
  #quoted(start: number, quote: string, what: string): { value: string; length: number } {
    const text = this.#text
    let doubled = false
    let end = text.indexOf(quote, start + 1)
    while (end !== -1 && text[end + 1] === quote) {
      doubled = true
      end = text.indexOf(quote, end + 2)
    }
    if (end === -1) throw new ServerError('SYNTAX_ERROR', `unterminated ${what}`, { position: this.#position(start) })
    const inner = text.slice(start + 1, end)
    return { value: doubled ? inner.replaceAll(quote + quote, quote) : inner, length: end + 1 - start }
  }
}

const controls: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' }

/** The content of `E'…'`. */
const unescaped = (text: string): string =>
  text.replaceAll(/''|\\(?:u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{1,2})|([\s\S]))/g, (_, unicode?: string, hex?: string, other?: string) => {
    const code = unicode ?? hex
    if (code !== undefined) return String.fromCodePoint(Number.parseInt(code, 16))
    return other === undefined ? "'" : (controls[other] ?? other)
  })
