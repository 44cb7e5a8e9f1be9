import type { Encoder } from '../../database/query/encode/row-encoder.ts'
import { dateText, timestampText, timeText } from '../../database/query/encode/time-text.ts'
import type { ScalarName } from '../../sql/types/type.ts'

/** What reads RowBinary; the encoders' own parameter, so that this floor need not know the engine's. */
export type Reader = Parameters<Encoder>[0]

/** The texts of PostgreSQL's output functions, one cell at a time: for elements of arrays and for JSON. */
export const scalarText: Readonly<Record<ScalarName, (reader: Reader) => string>> = {
  boolean: (reader) => (reader.boolean() ? 't' : 'f'),
  integer: (reader) => String(reader.int32()),
  bigint: (reader) => reader.int64Text(),
  double: (reader) => doubleText(reader.float64()),
  varchar: (reader) => reader.string(),
  varbinary: (reader) => `\\x${Buffer.from(reader.bytes()).toString('hex')}`,
  date: (reader) => dateText(reader.int32()),
  time: (reader) => trimmed(timeText(reader.uint32(), reader.int32())),
  timestamp: (reader) => `${trimmed(timestampText(reader.uint32(), reader.int32()))}+00`,
  'interval day to second': (reader) => daySecondText(reader.int64()),
  'interval year to month': (reader) => yearMonthText(reader.int32()),
  unknown: () => {
    throw new Error('the type unknown holds only NULL')
  },
}

/** The shortest text that reads as this number, with an exponent below 1e-4 and from 1e15 on. Source: PostgreSQL, float8out. */
export function doubleText(value: number): string {
  const size = Math.abs(value)
  if (size === 0) return Object.is(value, -0) ? '-0' : '0'
  if (!Number.isFinite(value) || (size >= 1e-4 && size < 1e15)) return String(value)
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2')
}

/** Microseconds are all that PostgreSQL's types have; zeros at the end are left out. */
export function trimmed(text: string): string {
  let end = text.length - 3
  while (text.charCodeAt(end - 1) === 0x30) end--
  return text.slice(0, text.charCodeAt(end - 1) === 0x2e ? end - 1 : end)
}

const microsecondsPerDay = 86_400_000_000n

/** `1 day 02:03:04.5`, `-1 days -00:00:01`, `00:00:00`. Source: PostgreSQL, "Interval Output", style postgres. */
export function daySecondText(ns: bigint): string {
  const microseconds = ns / 1000n
  const days = microseconds / microsecondsPerDay
  const rest = microseconds % microsecondsPerDay
  const size = rest < 0n ? -rest : rest
  const seconds = size / 1_000_000n
  const pad = (value: bigint): string => String(value).padStart(2, '0')
  const fraction =
    size % 1_000_000n === 0n
      ? ''
      : `.${String(size % 1_000_000n)
          .padStart(6, '0')
          .replace(/0+$/, '')}`
  const clock = `${rest < 0n ? '-' : ''}${pad(seconds / 3600n)}:${pad((seconds / 60n) % 60n)}:${pad(seconds % 60n)}${fraction}`
  if (days === 0n) return clock
  const dayText = `${days} ${days === 1n ? 'day' : 'days'}`
  return rest === 0n ? dayText : `${dayText} ${clock}`
}

/** `2 years 7 mons`. */
export function yearMonthText(months: number): string {
  const years = Math.trunc(months / 12)
  const rest = months % 12
  const parts = [
    years === 0 ? '' : `${years} ${years === 1 ? 'year' : 'years'}`,
    rest === 0 ? '' : `${rest} ${rest === 1 ? 'mon' : 'mons'}`,
  ]
  return parts.filter((part) => part !== '').join(' ') || '00:00:00'
}
