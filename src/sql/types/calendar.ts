import { nsPerDay } from './time-text.ts'

/** Calendar arithmetic on nanoseconds since the epoch (UTC), for constants. */

const nsPerMs = 1_000_000n

export const floorTo = (ns: bigint, width: bigint, origin = 0n): bigint => {
  const rest = (ns - origin) % width
  return rest < 0n ? ns - rest - width : ns - rest
}

export interface FixedUnit {
  readonly kind: 'fixed'
  readonly width: bigint
  /** Where one of them begins. */
  readonly origin: bigint
}
export interface MonthUnit {
  readonly kind: 'months'
  readonly months: number
}

/** Weeks begin on Monday; the epoch was a Thursday. */
const units: Readonly<Record<string, FixedUnit | MonthUnit>> = {
  nanosecond: { kind: 'fixed', width: 1n, origin: 0n },
  microsecond: { kind: 'fixed', width: 1000n, origin: 0n },
  millisecond: { kind: 'fixed', width: nsPerMs, origin: 0n },
  second: { kind: 'fixed', width: nsPerDay / 86_400n, origin: 0n },
  minute: { kind: 'fixed', width: nsPerDay / 1440n, origin: 0n },
  hour: { kind: 'fixed', width: nsPerDay / 24n, origin: 0n },
  day: { kind: 'fixed', width: nsPerDay, origin: 0n },
  week: { kind: 'fixed', width: 7n * nsPerDay, origin: 4n * nsPerDay },
  month: { kind: 'months', months: 1 },
  quarter: { kind: 'months', months: 3 },
  year: { kind: 'months', months: 12 },
}

export const calendarUnit = (name: string): FixedUnit | MonthUnit | undefined => units[name.toLowerCase()]

/** Months since year 0. */
function monthOf(ns: bigint): number {
  const date = new Date(Number(floorTo(ns, nsPerDay) / nsPerMs))
  return date.getUTCFullYear() * 12 + date.getUTCMonth()
}

const startOfMonth = (month: number): bigint => BigInt(Date.UTC(Math.floor(month / 12), ((month % 12) + 12) % 12)) * nsPerMs

/** When the unit that the time lies in begins, and when the next one does. */
export function unitAround(ns: bigint, unit: FixedUnit | MonthUnit): { readonly start: bigint; readonly next: bigint } {
  if (unit.kind === 'fixed') {
    const start = floorTo(ns, unit.width, unit.origin)
    return { start, next: start + unit.width }
  }
  const month = monthOf(ns)
  const first = month - (month % unit.months)
  return { start: startOfMonth(first), next: startOfMonth(first + unit.months) }
}

/** The same day and time in another month, or its last day where it has no such day. */
export function addMonths(ns: bigint, months: number): bigint {
  const month = monthOf(ns)
  const inMonth = ns - startOfMonth(month)
  const target = month + months
  const lastDay = startOfMonth(target + 1) - nsPerDay - startOfMonth(target)
  const day = floorTo(inMonth, nsPerDay)
  return startOfMonth(target) + (day > lastDay ? lastDay : day) + (inMonth - day)
}
