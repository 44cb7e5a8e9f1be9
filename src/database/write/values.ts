import { ServerError } from '../../base/errors.ts'
import type { Cell } from '../../storage/writer/write-record.ts'
import type { AttributeType } from '../../storage/table-record.ts'
import type { TimeUnit } from './record.ts'

const maxInt64 = 9_223_372_036_854_775_807n
/** 2262-04-11, the last nanosecond that 64 bits hold. */
export const maxTimeNs = maxInt64
const minInt64 = -9_223_372_036_854_775_808n

const unitNs: Readonly<Record<TimeUnit, bigint>> = {
  SECONDS: 1_000_000_000n,
  MILLISECONDS: 1_000_000n,
  MICROSECONDS: 1000n,
  NANOSECONDS: 1n,
}

/** Nanoseconds since the epoch of an integer in `unit`; undefined when it is no such integer or lies beyond 2262-04-11. */
export function parseTime(text: string, unit: TimeUnit): bigint | undefined {
  if (text.length > 40 || !isDigits(text)) return undefined
  const timeNs = BigInt(text) * unitNs[unit]
  return timeNs > maxInt64 ? undefined : timeNs
}

export const isTimeUnit = (text: string): text is TimeUnit => Object.hasOwn(unitNs, text)

function isDigits(text: string): boolean {
  if (text.length === 0) return false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 48 || code > 57) return false
  }
  return true
}

/**
 * The value of a measure or attribute, which travels as text; undefined when the text is none of the type.
 * @param unit of the record; for timestamps
 */
export function parseCell(type: AttributeType, text: string, unit: TimeUnit, maxBytes: number): Cell | undefined {
  switch (type) {
    case 'double':
      return parseDouble(text)
    case 'bigint':
      return parseBigint(text)
    case 'boolean':
      return parseBoolean(text)
    case 'timestamp':
      return parseTime(text, unit)
    case 'varchar':
      return varcharFault(text, maxBytes) === undefined ? text : undefined
  }
}

/** For a text that `parseCell` does not take: what is wrong with it. */
export function cellError(type: AttributeType, text: string, unit: TimeUnit, maxBytes: number, path: string): ServerError {
  const expected = (): string => {
    switch (type) {
      case 'double':
        return 'a DOUBLE: a finite decimal number of IEEE Standard 754 double precision is expected; NaN and Infinity are not supported'
      case 'bigint':
        return 'a BIGINT: an integer of 64 bits is expected'
      case 'boolean':
        return 'a BOOLEAN: true or false is expected'
      case 'timestamp':
        return `a TIMESTAMP: an integer number of ${unit.toLowerCase()} from 1970-01-01 to 2262-04-11 is expected`
      case 'varchar':
        return varcharFault(text, maxBytes) ?? 'a VARCHAR'
    }
  }
  return new ServerError('VALIDATION', `${path}: ${shorten(text)} is not ${expected()}.`)
}

function varcharFault(text: string, maxBytes: number): string | undefined {
  if (text.length === 0) return 'a VARCHAR of at least one character'
  if (text.length * 3 > maxBytes && Buffer.byteLength(text) > maxBytes) return `a VARCHAR of at most ${maxBytes} bytes`
  return isUnicode(text) ? undefined : 'valid Unicode'
}

/** Decimal or scientific notation. */
function parseDouble(text: string): number | undefined {
  return parsePlainDecimal(text) ?? parseAnyDouble(text)
}

/** 10^0 … 10^22 are doubles exactly. */
const powersOfTen = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`))

/**
 * Sign, up to 15 digits, a point anywhere: digits and power of ten are exact doubles, so one division rounds right
 * (W. D. Clinger, "How to read floating point numbers accurately", 1990). Undefined for any other text. Several times as fast as `Number`.
 */
function parsePlainDecimal(text: string): number | undefined {
  const length = text.length
  const isNegative = text.charCodeAt(0) === 45
  const start = isNegative ? 1 : 0
  if (length > 16 + start) return undefined
  let digits = 0
  let count = 0
  let point = -1
  for (let i = start; i < length; i++) {
    const code = text.charCodeAt(i)
    if (code >= 48 && code <= 57) {
      digits = digits * 10 + (code - 48)
      count++
    } else if (code === 46 && point < 0) point = i
    else return undefined
  }
  if (count === 0 || count > 15) return undefined
  const value = point < 0 ? digits : digits / powersOfTen[length - 1 - point]!
  return isNegative ? -value : value
}

/** What `Number` takes besides decimals (white space, 0x…, Infinity) is refused. */
function parseAnyDouble(text: string): number | undefined {
  const value = Number(text)
  if (!Number.isFinite(value)) return undefined
  const first = text.charCodeAt(0)
  const last = text.charCodeAt(text.length - 1)
  // digits, sign and point lie between '+' and '9'; the text of a number ends in a digit or a point
  if (!(first >= 43 && first <= 57) || !(last >= 46 && last <= 57)) return undefined
  const radix = text.charCodeAt(1) | 32
  return first === 48 && (radix === 120 || radix === 111 || radix === 98) ? undefined : value
}

function parseBigint(text: string): bigint | undefined {
  const isSigned = text.startsWith('-') || text.startsWith('+')
  if (text.length > 40 || !isDigits(isSigned ? text.slice(1) : text)) return undefined
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text)
  return value < minInt64 || value > maxInt64 ? undefined : value
}

/** Any case: Python clients write `True`. */
function parseBoolean(text: string): boolean | undefined {
  if (text === 'true') return true
  if (text === 'false') return false
  const lower = text.toLowerCase()
  return lower === 'true' ? true : lower === 'false' ? false : undefined
}

/** Half of a surrogate pair has no UTF-8 form. */
const loneSurrogate = /\p{Surrogate}/u
export const isUnicode = (text: string): boolean => !loneSurrogate.test(text)

export const shorten = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)

/** The bytes of a value as the quotas count them. Source: developer guide, "Calculating the number of writes". */
export function cellBytes(type: AttributeType, cell: Cell): number {
  switch (type) {
    case 'boolean':
      return 1
    case 'double':
    case 'bigint':
    case 'timestamp':
      return 8
    case 'varchar':
      return Buffer.byteLength(cell as string)
  }
}
