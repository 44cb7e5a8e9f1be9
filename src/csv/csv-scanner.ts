import { isUtf8 } from 'node:buffer'
import type { CsvConfiguration } from './model-types.ts'

export interface CsvRow {
  /** undefined where the field is null. Empty when the row cannot be read. */
  readonly fields: readonly (string | undefined)[]
  /** 1-based numbers of its first and last line. */
  readonly line: number
  readonly lastLine: number
  /** Where the next row begins, in bytes of the file. */
  readonly end: number
  /** Why the row cannot be read. */
  readonly failure?: string
}

const newline = 0x0a
const carriageReturn = 0x0d

/**
 * Rows out of the bytes of a CSV file, fed in chunks that end anywhere. Ours, because a load must know the lines and the byte offset of every row, which
 * it goes on from after a stop. Rows without quotes, nearly all there are, are cut by the engine's own searching and splitting of text.
 */
export class CsvScanner {
  readonly #separator: string
  readonly #quote: string
  readonly #escape: string | undefined
  readonly #nullValue: string | undefined
  readonly #trim: boolean
  readonly #rowBytes: number
  #buffer: Buffer = Buffer.alloc(0)
  #at = 0
  /** Bytes before `#buffer`. */
  #base: number
  #line: number
  /** How far the end of the row was looked for, and what was found until there: a long row comes in many chunks. */
  #scan = { at: 0, isQuoted: false, isStart: true }

  constructor(
    configuration: CsvConfiguration,
    rowBytes: number,
    start: { readonly offset: number; readonly line: number } = { offset: 0, line: 1 },
  ) {
    this.#separator = configuration.ColumnSeparator ?? ','
    this.#quote = configuration.QuoteChar ?? '"'
    // a quote that escapes itself is what every pair of quotes is
    this.#escape = configuration.EscapeChar === this.#quote ? undefined : configuration.EscapeChar
    this.#nullValue = configuration.NullValue
    this.#trim = configuration.TrimWhiteSpace ?? false
    this.#rowBytes = rowBytes
    this.#base = start.offset
    this.#line = start.line
  }

  feed(chunk: Buffer): void {
    const rest = this.#buffer.subarray(this.#at)
    this.#base += this.#at
    this.#scan.at -= this.#at
    this.#buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    this.#at = 0
  }

  /** A row that has no end yet has too many bytes: no row will come any more. */
  get isTooLong(): boolean {
    return this.#buffer.length - this.#at > this.#rowBytes
  }

  get line(): number {
    return this.#line
  }

  /** The next row that is whole; with `isLast`, what is left is one, too. */
  next(isLast = false): CsvRow | undefined {
    for (;;) {
      if (this.#at >= this.#buffer.length) return undefined
      const lineEnd = this.#buffer.indexOf(newline, this.#at)
      let end = lineEnd === -1 ? this.#buffer.length : lineEnd
      let bytes = this.#buffer.subarray(this.#at, end)
      const isPlain = !bytes.includes(this.#quote) && (this.#escape === undefined || !bytes.includes(this.#escape))
      if (!isPlain) {
        end = this.#rowEnd()
        bytes = this.#buffer.subarray(this.#at, end)
      }
      const isWhole = end < this.#buffer.length
      if (!isWhole && !isLast) return undefined
      const line = this.#line
      const lines = isPlain ? 1 : countLines(bytes) + 1
      this.#line += lines
      this.#at = isWhole ? end + 1 : end
      this.#scan = { at: this.#at, isQuoted: false, isStart: true }
      if (bytes.length > 0 && bytes[bytes.length - 1] === carriageReturn) bytes = bytes.subarray(0, -1)
      if (bytes.length === 0) continue
      return { line, lastLine: line + lines - 1, end: this.#base + this.#at, ...this.#read(bytes, isPlain) }
    }
  }

  #read(bytes: Buffer, isPlain: boolean): Pick<CsvRow, 'fields' | 'failure'> {
    if (bytes.length > this.#rowBytes) return { fields: [], failure: `The row has more than ${this.#rowBytes} bytes.` }
    if (!isUtf8(bytes)) return { fields: [], failure: 'The row is not valid UTF-8.' }
    const text = bytes.toString('utf8')
    if (!isPlain) return { fields: this.#quotedFields(text) }
    return { fields: text.split(this.#separator).map((field) => this.#value(this.#trim ? field.trim() : field)) }
  }

  #value(text: string): string | undefined {
    return text === '' || text === this.#nullValue ? undefined : text
  }

  /** Where the row ends: at a line end outside of quotes, which open at the start of a field only. */
  #rowEnd(): number {
    const [separator, quote] = [this.#separator.charCodeAt(0), this.#quote.charCodeAt(0)]
    const escape = this.#escape?.charCodeAt(0)
    let { at, isQuoted, isStart } = this.#scan
    for (; at < this.#buffer.length; at++) {
      const byte = this.#buffer[at]!
      if (byte === escape) {
        at++
        isStart = false
      } else if (isQuoted) {
        if (byte === quote) isQuoted = false
      } else if (byte === quote && isStart) {
        isQuoted = true
        isStart = false
      } else if (byte === quote && this.#buffer[at - 1] === quote && at > this.#at) {
        isQuoted = true
      } else if (byte === newline) {
        return at
      } else {
        isStart = byte === separator || (isStart && this.#trim && byte <= 0x20)
      }
    }
    this.#scan = { at, isQuoted, isStart }
    return this.#buffer.length
  }

  #quotedFields(text: string): (string | undefined)[] {
    const fields: (string | undefined)[] = []
    let at = 0
    for (;;) {
      if (this.#trim) while (at < text.length && text[at] !== this.#separator && /\s/.test(text[at]!)) at++
      const isQuoted = text[at] === this.#quote
      const field = isQuoted ? this.#quotedField(text, at + 1) : this.#plainField(text, at)
      fields.push(isQuoted ? (field.value === this.#nullValue ? undefined : field.value) : this.#value(field.value))
      if (field.end >= text.length) return fields
      at = field.end + 1
    }
  }

  #plainField(text: string, from: number): { readonly value: string; readonly end: number } {
    let value = ''
    let at = from
    for (; at < text.length && text[at] !== this.#separator; at++) {
      if (text[at] === this.#escape && at + 1 < text.length) at++
      value += text[at]!
    }
    return { value: this.#trim ? value.trim() : value, end: at }
  }

  #quotedField(text: string, from: number): { readonly value: string; readonly end: number } {
    let value = ''
    let at = from
    for (; at < text.length; at++) {
      const character = text[at]!
      if (character === this.#escape && at + 1 < text.length) value += text[++at]!
      else if (character !== this.#quote) value += character
      else if (text[at + 1] === this.#quote) value += text[++at]!
      else break
    }
    // what stands between the closing quote and the separator belongs to the field
    const end = text.indexOf(this.#separator, at)
    const rest = text.slice(at + 1, end === -1 ? text.length : end)
    return { value: value + (this.#trim ? rest.trim() : rest), end: end === -1 ? text.length : end }
  }
}

function countLines(bytes: Buffer): number {
  let count = 0
  for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, at + 1)) count++
  return count
}
