import { isUtf8 } from 'node:buffer'
import { randomUUID } from 'node:crypto'
import { ServerError } from './errors.ts'

/**
 * A request body as JSON values; no body is `{}`. JavaScript numbers hold integers exactly up to 2^53 only: longer ones come as
 * a holder that `longInteger` opens.
 * @throws ServerError SERIALIZATION
 */
export function parseBody(body: Buffer): unknown {
  if (body.length === 0) return {}
  if (!isUtf8(body)) throw new ServerError('SERIALIZATION', 'The body is not valid UTF-8')
  return parseText(body.toString('utf8'))
}

/** The same for a text. @throws ServerError SERIALIZATION */
export function parseText(text: string): unknown {
  return parseJson(mayHoldLongInteger.test(text) ? wrapLongIntegers(text) : text, surrogateEscape.test(text))
}

/** The integer of a holder that `parseBody` made; undefined for every other value. */
export function longInteger(value: unknown): bigint | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, holderKey)) return undefined
  return BigInt((value as Record<string, string>)[holderKey]!)
}

const surrogateEscape = /\\u[dD][89a-fA-F]/
const loneSurrogate = /\p{Cs}/u
const mayHoldLongInteger = /[:,[\s]-?\d{16}/
const longIntegerAt = /-?\d{16,}(?![\d.eE])/y
/** Nobody outside can know it, so no body can forge a holder. */
const holderKey = randomUUID()

function parseJson(text: string, checkStrings: boolean): unknown {
  try {
    return checkStrings ? JSON.parse(text, refuseLoneSurrogate) : JSON.parse(text)
  } catch (error) {
    if (error instanceof ServerError) throw error
    throw new ServerError('SERIALIZATION', `The body is not valid JSON: ${placeOf(error)}`, { cause: error })
  }
}

/** Where the parser stopped, without the piece of the body that its message may show. */
function placeOf(error: unknown): string {
  const message = error instanceof Error ? error.message : ''
  const position = /at position (\d+)/.exec(message)
  if (position) return `unexpected character at position ${position[1]}`
  return message.includes('end of JSON input') ? 'it ends too early' : 'unexpected character'
}

function refuseLoneSurrogate(_key: string, value: unknown): unknown {
  if (typeof value === 'string' && loneSurrogate.test(value)) {
    throw new ServerError('SERIALIZATION', 'A string of the body holds half of a surrogate pair')
  }
  return value
}

/** Replaces every integer of 16 and more digits outside strings by its holder. */
function wrapLongIntegers(text: string): string {
  let result = ''
  let copied = 0
  let at = 0
  while (at < text.length) {
    const code = text.charCodeAt(at)
    if (code === quote) {
      at = endOfString(text, at)
    } else if (code === minus || (code >= digit0 && code <= digit9)) {
      longIntegerAt.lastIndex = at
      const match = longIntegerAt.exec(text)
      if (match && !/^-?0/.test(match[0])) {
        result += `${text.slice(copied, at)}{"${holderKey}":"${match[0]}"}`
        copied = at + match[0].length
      }
      at = match ? at + match[0].length : endOfNumber(text, at)
    } else {
      at++
    }
  }
  return result + text.slice(copied)
}

const quote = 0x22
const backslash = 0x5c
const minus = 0x2d
const digit0 = 0x30
const digit9 = 0x39

/** Behind the closing quote of the string that starts at `start`. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; ; at++) {
    at = text.indexOf('"', at)
    if (at < 0) return text.length
    let backslashes = 0
    while (text.charCodeAt(at - 1 - backslashes) === backslash) backslashes++
    if (backslashes % 2 === 0) return at + 1
  }
}

function endOfNumber(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && /[\d.eE+-]/.test(text[at]!)) at++
  return at
}
