import { ServerError } from '../../base/errors.ts'

/** Reads a time, in nanoseconds since the epoch; undefined when the text is none of the format. */
export type TimeReader = (text: string) => bigint | undefined

interface Field {
  readonly pattern: string
  readonly use: (parts: Parts, text: string) => void
}

interface Parts {
  year: number
  month: number
  day: number
  hour: number
  minute: number
  second: number
  nanos: number
  isPm: boolean | undefined
  offsetMinutes: number
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const number = (name: 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second'): Field['use'] => {
  return (parts, text) => void (parts[name] = Number(text))
}
const upTo = (digits: number, most = 2): string => (digits === 1 ? `(\\d{1,${most}})` : `(\\d{${digits}})`)

/**
 * A time in the letters of Java's formats: `yyyy-MM-dd HH:mm:ss.SSS`, `dd/MMM/yyyy:HH:mm:ss Z`, `yyyy-MM-dd'T'HH:mm:ssXXX`. Without an offset the time is UTC.
 * @throws ServerError VALIDATION for a format with other letters
 */
export function parseTimeFormat(format: string, member: string): TimeReader {
  const fields: Field[] = []
  let source = ''
  for (const [token] of format.matchAll(/'(?:[^']|'')*'|([A-Za-z])\1*|[^A-Za-z']+|'/g)) {
    const field = fieldOf(token)
    if (field !== undefined) {
      source += field.pattern
      fields.push(field)
    } else if (/^[A-Za-z]/.test(token) || token === "'") {
      throw new ServerError(
        'VALIDATION',
        `${member}: ${JSON.stringify(token)} in ${JSON.stringify(format)} stands for nothing that a time format has.`,
      )
    } else source += escapeText(token.startsWith("'") ? token.slice(1, -1).replaceAll("''", "'") || "'" : token)
  }
  const whole = new RegExp(`^${source}$`, 'i')
  return (text) => {
    const match = whole.exec(text.trim())
    if (match === null) return undefined
    const parts: Parts = { year: 1970, month: 1, day: 1, hour: 0, minute: 0, second: 0, nanos: 0, isPm: undefined, offsetMinutes: 0 }
    fields.forEach(({ use }, i) => use(parts, match[i + 1]!))
    return timeOf(parts)
  }
}

function fieldOf(token: string): Field | undefined {
  const { length } = token
  switch (token[0]) {
    case 'y':
    case 'u':
      return length === 2
        ? { pattern: '(\\d{2})', use: (parts, text) => void (parts.year = 2000 + Number(text)) }
        : { pattern: '(\\d{4})', use: number('year') }
    case 'M':
      return length >= 3
        ? { pattern: '([a-z]{3,9})', use: (parts, text) => void (parts.month = months.indexOf(text.slice(0, 3).toLowerCase()) + 1) }
        : { pattern: upTo(length), use: number('month') }
    case 'd':
      return { pattern: upTo(length), use: number('day') }
    case 'H':
    case 'h':
      return { pattern: upTo(length), use: number('hour') }
    case 'm':
      return { pattern: upTo(length), use: number('minute') }
    case 's':
      return { pattern: upTo(length), use: number('second') }
    case 'S':
    case 'n':
      return {
        pattern: length === 1 ? '(\\d{1,9})' : `(\\d{${Math.min(length, 9)}})`,
        use: (parts, text) => void (parts.nanos = Number(text.padEnd(9, '0'))),
      }
    case 'a':
      return { pattern: '(am|pm)', use: (parts, text) => void (parts.isPm = text.toLowerCase() === 'pm') }
    case 'E':
      return { pattern: '([a-z]{3,9})', use: () => undefined }
    case 'X':
    case 'x':
    case 'Z':
      return { pattern: '(z|[+-]\\d{2}(?::?\\d{2})?)', use: (parts, text) => void (parts.offsetMinutes = offsetOf(text)) }
    case 'z':
    case 'V':
      return { pattern: '(z|utc|gmt)', use: () => undefined }
    default:
      return undefined
  }
}

function offsetOf(text: string): number {
  if (text.toLowerCase() === 'z') return 0
  const digits = text.slice(1).replace(':', '').padEnd(4, '0')
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2))
  return text.startsWith('-') ? -minutes : minutes
}

function timeOf({ year, month, day, hour, minute, second, nanos, isPm, offsetMinutes }: Parts): bigint | undefined {
  const hours = isPm === undefined ? hour : (hour % 12) + (isPm ? 12 : 0)
  if (month < 1 || month > 12 || hours > 23 || minute > 59 || second > 59 || (isPm !== undefined && (hour < 1 || hour > 12)))
    return undefined
  const dayMs = Date.UTC(year, month - 1, day)
  if (day < 1 || new Date(dayMs).getUTCMonth() !== month - 1) return undefined
  const timeMs = dayMs + ((hours * 60 + minute - offsetMinutes) * 60 + second) * 1000
  return BigInt(timeMs) * 1_000_000n + BigInt(nanos)
}

const escapeText = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`)
