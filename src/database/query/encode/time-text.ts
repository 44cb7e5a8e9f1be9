import type { PageText } from './page-text.ts'

/**
 * Dates, times and intervals as result texts. Nanoseconds come as the two halves of an Int64 (`low` unsigned, `high` signed), so that no
 * bigint is made per cell.
 */

/** `2022-09-20 12:37:53.000000000` */
export function timestampText(low: number, high: number): string {
  split(low, high)
  const day = Math.floor(seconds / secondsPerDay)
  return `${dateText(day)} ${clockText(seconds - day * secondsPerDay, nanoseconds)}`
}

/** The same, written behind what the page has; after `reserve`. */
export function writeTimestamp(page: PageText, low: number, high: number): void {
  split(low, high)
  const day = Math.floor(seconds / secondsPerDay)
  const second = seconds - day * secondsPerDay
  const hour = Math.floor(second / 3600)
  page.ascii(dateText(day))
  page.byte(space)
  page.padded(hour, 2)
  page.byte(colon)
  page.padded(Math.floor((second - hour * 3600) / 60), 2)
  page.byte(colon)
  page.padded(second % 60, 2)
  page.byte(point)
  page.padded(nanoseconds, 9)
}

/** `01:00:00.000000000` of nanoseconds of a day. */
export function timeText(low: number, high: number): string {
  split(low, high)
  return clockText(seconds, nanoseconds)
}

/** `1 21:00:00.000000000`, `-0 00:00:01.000000000` */
export function daySecondText(low: number, high: number): string {
  split(low, high)
  let sign = ''
  let s = seconds
  let ns = nanoseconds
  if (s < 0) {
    sign = '-'
    s = -s
    if (ns > 0) {
      s -= 1
      ns = 1_000_000_000 - ns
    }
  }
  const days = Math.floor(s / secondsPerDay)
  return `${sign}${days} ${clockText(s - days * secondsPerDay, ns)}`
}

/** `2-7`, `-0-8` of months. */
export function yearMonthText(months: number): string {
  const size = Math.abs(months)
  return `${months < 0 ? '-' : ''}${Math.floor(size / 12)}-${size % 12}`
}

/** `2020-08-08` of days since the epoch, proleptic Gregorian calendar. */
export function dateText(days: number): string {
  if (days === lastDays) return lastDateText
  lastDateText = civilDate(days)
  lastDays = days
  return lastDateText
}

const space = 0x20
const point = 0x2e
const colon = 0x3a
const secondsPerDay = 86_400

/** Results of `split`: whole seconds (rounded down) and the nanoseconds above them. */
let seconds = 0
let nanoseconds = 0

/**
 * Divides an Int64 by 10^9 with doubles alone. 2^48 = 281474 · 10^9 + 976710656, and below 2^48 everything is exact.
 */
function split(low: number, high: number): void {
  const upper = high >> 16
  const lower = (high & 0xffff) * 0x1_0000_0000 + low
  const lowerSeconds = Math.floor(lower / 1e9)
  const rest = upper * 976_710_656 + (lower - lowerSeconds * 1e9)
  const carry = Math.floor(rest / 1e9)
  seconds = upper * 281_474 + lowerSeconds + carry
  nanoseconds = rest - carry * 1e9
}

const twoDigits: readonly string[] = Array.from({ length: 60 }, (_, index) => String(index).padStart(2, '0'))

function clockText(secondOfDay: number, ns: number): string {
  const hours = Math.floor(secondOfDay / 3600)
  const minutes = Math.floor((secondOfDay - hours * 3600) / 60)
  const text = `${twoDigits[hours]}:${twoDigits[minutes]}:${twoDigits[secondOfDay % 60]}`
  return ns === 0 ? `${text}.000000000` : `${text}.${String(ns).padStart(9, '0')}`
}

let lastDays = Number.NaN
let lastDateText = ''

/** Source of the arithmetic: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days. */
function civilDate(days: number): string {
  const shifted = days + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  const yearText = year < 0 ? `-${String(-year).padStart(4, '0')}` : String(year).padStart(4, '0')
  return `${yearText}-${twoDigits[month]}-${twoDigits[day]}`
}
