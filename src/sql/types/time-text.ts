/**
 * Timestamps, dates, times and intervals as text, exact to the nanosecond. Accepted: a date, and after it hours:minutes, seconds, a fraction of
 * 1–9 digits and a zone offset (`Z`, `UTC`, `+05:30`, `+0000`, `-08`). Source: developer guide and public samples.
 */
export const nsPerSecond = 1_000_000_000n
export const nsPerDay = 86_400n * nsPerSecond
export const minTimestampNs = -9223372036854775808n
export const maxTimestampNs = 9223372036854775807n

const timestampPattern =
  /^\s*(-?\d{4,5})-(\d{1,2})-(\d{1,2})(?:(?:[ T]|\s+)(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,9}))?)?)?\s*(Z|UTC|[+-]\d{1,2}(?::?\d{2})?)?\s*$/
const datePattern = /^\s*(-?\d{4,5})-(\d{1,2})-(\d{1,2})\s*$/
const timePattern = /^\s*(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,9}))?)?\s*$/

/** Nanoseconds since the epoch; undefined when the text is no timestamp or out of range. */
export function parseTimestamp(text: string): bigint | undefined {
  const match = timestampPattern.exec(text)
  if (!match) return undefined
  const days = daysOf(Number(match[1]), Number(match[2]), Number(match[3]))
  const time = nanosecondsOfDay(match[4] ?? '0', match[5] ?? '0', match[6] ?? '0', match[7] ?? '')
  const offset = zoneOffsetNs(match[8])
  if (days === undefined || time === undefined || offset === undefined) return undefined
  const ns = BigInt(days) * nsPerDay + time - offset
  return ns < minTimestampNs || ns > maxTimestampNs ? undefined : ns
}

/** Days since the epoch; undefined when the text is no date. */
export function parseDate(text: string): number | undefined {
  const match = datePattern.exec(text)
  return match ? daysOf(Number(match[1]), Number(match[2]), Number(match[3])) : undefined
}

/** Nanoseconds of the day. */
export function parseTime(text: string): bigint | undefined {
  const match = timePattern.exec(text)
  return match ? nanosecondsOfDay(match[1]!, match[2]!, match[3] ?? '0', match[4] ?? '') : undefined
}

function daysOf(year: number, month: number, day: number): number | undefined {
  if (month < 1 || month > 12 || day < 1 || day > 31) return undefined
  const milliseconds = Date.UTC(2000, month - 1, day)
  const date = new Date(milliseconds)
  date.setUTCFullYear(year, month - 1, day)
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date.getTime() / 86_400_000 : undefined
}

function nanosecondsOfDay(hour: string, minute: string, second: string, fraction: string): bigint | undefined {
  const [h, m, s] = [Number(hour), Number(minute), Number(second)]
  if (h > 23 || m > 59 || s > 59) return undefined
  return BigInt(h * 3600 + m * 60 + s) * nsPerSecond + BigInt(fraction.padEnd(9, '0'))
}

function zoneOffsetNs(zone: string | undefined): bigint | undefined {
  if (zone === undefined || zone === 'Z' || zone === 'UTC') return 0n
  const match = /^([+-])(\d{1,2}):?(\d{2})?$/.exec(zone)
  if (!match) return undefined
  const minutes = Number(match[2]) * 60 + Number(match[3] ?? '0')
  if (minutes > 18 * 60) return undefined
  return BigInt(match[1] === '-' ? -minutes : minutes) * 60n * nsPerSecond
}

const unitNs = {
  ns: 1n,
  us: 1_000n,
  ms: 1_000_000n,
  s: nsPerSecond,
  second: nsPerSecond,
  m: 60n * nsPerSecond,
  minute: 60n * nsPerSecond,
  h: 3600n * nsPerSecond,
  hour: 3600n * nsPerSecond,
  d: nsPerDay,
  day: nsPerDay,
  week: 7n * nsPerDay,
} as const
const unitMonths = { month: 1n, year: 12n } as const

export type ParsedInterval = { readonly months: bigint } | { readonly ns: bigint }

/**
 * An interval's value: whole numbers, a fraction of seconds, and for `unit TO unit` the parts between (`'2-7'` year to month, `'1 02:03:04.5'`
 * day to second). Undefined when the text does not fit.
 */
export function parseInterval(text: string, unit: string, to: string | undefined): ParsedInterval | undefined {
  const signed = /^\s*([+-]?)(.*?)\s*$/s.exec(text)!
  const sign = signed[1] === '-' ? -1n : 1n
  const body = signed[2]!
  if (unit === 'year' && to === 'month') {
    const match = /^(\d{1,9})(?:-(\d{1,2}))?$/.exec(body)
    return match ? { months: sign * (BigInt(match[1]!) * 12n + BigInt(match[2] ?? '0')) } : undefined
  }
  if (to !== undefined && to !== unit) {
    const ns = parseIntervalParts(body, unit, to)
    return ns === undefined ? undefined : { ns: sign * ns }
  }
  const match = /^(\d{1,18})(?:\.(\d{1,9}))?$/.exec(body)
  if (!match || (match[2] !== undefined && unit !== 'second')) return undefined
  const count = BigInt(match[1]!)
  if (unit === 'month' || unit === 'year') return { months: sign * count * unitMonths[unit] }
  if (!(unit in unitNs)) return undefined
  const ns = sign * (count * unitNs[unit as keyof typeof unitNs] + BigInt((match[2] ?? '').padEnd(9, '0')))
  return ns < minTimestampNs || ns > maxTimestampNs ? undefined : { ns }
}

function parseIntervalParts(body: string, from: string, to: string): bigint | undefined {
  const units = ['day', 'hour', 'minute', 'second'] as const
  const start = units.indexOf(from as 'day')
  const end = units.indexOf(to as 'day')
  if (start < 0 || end <= start) return undefined
  const parts = body.split(start === 0 ? /[ :]+/ : ':')
  if (parts.length > end - start + 1) return undefined
  let ns = 0n
  for (const [i, part] of parts.entries()) {
    const unit = units[start + i]!
    const match = (unit === 'second' ? /^(\d{1,18})(?:\.(\d{1,9}))?$/ : /^(\d{1,18})$/).exec(part)
    if (!match) return undefined
    ns += BigInt(match[1]!) * unitNs[unit] + BigInt((match[2] ?? '').padEnd(9, '0'))
  }
  return ns
}
