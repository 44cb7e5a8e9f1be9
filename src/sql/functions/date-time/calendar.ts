import { dateOfDays } from '../../clickhouse/date.ts'
import { call, integer, int64, string, when } from '../../clickhouse/tree.ts'
import type { Node } from '../../clickhouse/tree.ts'
import type { LowerCall } from '../definition.ts'
import {
  absolute,
  all,
  any,
  atMost,
  equal,
  floorModulo,
  less,
  minus,
  modulo,
  or,
  plus,
  quotient,
  times,
  toInt64,
  unequal,
} from '../expression.ts'

/** Nanoseconds of each unit of fixed length. */
export const unitNs = {
  nanosecond: 1n,
  microsecond: 1_000n,
  millisecond: 1_000_000n,
  second: 1_000_000_000n,
  minute: 60_000_000_000n,
  hour: 3_600_000_000_000n,
  day: 86_400_000_000_000n,
  week: 604_800_000_000_000n,
} as const
export type FixedUnit = keyof typeof unitNs

/** Months of each unit of varying length. */
export const unitMonths = { month: 1n, quarter: 3n, year: 12n } as const
export type CalendarUnit = keyof typeof unitMonths

export const isFixedUnit = (unit: string): unit is FixedUnit => Object.hasOwn(unitNs, unit)
export const isCalendarUnit = (unit: string): unit is CalendarUnit => Object.hasOwn(unitMonths, unit)

export const minNs = -(2n ** 63n)
export const maxNs = 2n ** 63n - 1n
/** Days since the epoch of 1677-09-22 and 2262-04-11: every moment of the former and the first 23 hours of the latter are timestamps. */
const firstDay = -106751
const lastDay = 106751
const dayNs = unitNs.day

/** A timestamp as the engine's DateTime64(9), on which its calendar functions work over the whole range. */
export const moment = (ns: Node): Node => call('fromUnixTimestamp64Nano', ns, string('UTC'))

/** Nanoseconds since midnight. */
export const timeOfDay = (ns: Node): Node => toInt64(floorModulo(ns, int64(dayNs)))

/** Days since the epoch, rounded down. */
export const daysOf = (context: LowerCall, ns: Node): Node =>
  context.let(ns, (x) => minus(quotient(x, int64(dayNs)), toInt64(less(modulo(x, int64(dayNs)), integer(0)))))

/** Days since the epoch of a date. */
export const daysOfDate = (date: Node): Node => toInt64(call('toInt32', date))

// No branches here: the engine would compute what they share once for each use.

/** 1 or 0. */
const isLeap = (year: Node): Node =>
  all(
    equal(modulo(year, integer(4)), integer(0)),
    any(unequal(modulo(year, integer(100)), integer(0)), equal(modulo(year, integer(400)), integer(0))),
  )

export const daysInYear = (year: Node): Node => plus(integer(365), isLeap(year))

/** 30, one more in every other month but for July and August, and two or one less in February. */
export const daysInMonth = (year: Node, month: Node): Node => {
  const plain = plus(integer(30), modulo(plus(month, quotient(month, integer(8))), integer(2)))
  return toInt64(minus(plain, times(equal(month, integer(2)), minus(integer(2), isLeap(year)))))
}

/**
 * Days since the epoch of a date of the proleptic Gregorian calendar, for years 1 and later. Source of the formula: the calendar's period of
 * 400 years (146,097 days) with years that begin in March, so that the leap day comes last.
 */
export function daysFromDate(context: Pick<LowerCall, 'let'>, year: Node, month: Node, day: Node): Node {
  return context.let(month, (m) =>
    context.let(minus(toInt64(year), toInt64(atMost(m, integer(2)))), (y) => {
      const monthFromMarch = toInt64(modulo(plus(m, integer(9)), integer(12)))
      const dayOfYear = plus(quotient(plus(times(int64(153), monthFromMarch), integer(2)), integer(5)), minus(toInt64(day), integer(1)))
      const leapDays = plus(minus(quotient(y, int64(4)), quotient(y, int64(100))), quotient(y, int64(400)))
      return minus(plus(plus(times(y, int64(365)), leapDays), dayOfYear), int64(719468))
    }),
  )
}

/** Year, month and day of a moment or date of the engine. */
export const yearOf = (value: Node): Node => toInt64(call('toYear', value))
export const monthOf = (value: Node): Node => toInt64(call('toMonth', value))
export const dayOf = (value: Node): Node => toInt64(call('toDayOfMonth', value))

const outside = 'the result is no timestamp between 1677 and 2262'
/** Beyond it every sum is out of range. */
const mostMonths = 12_000

/** Seconds since the epoch of a timestamp some months later; a day that the month does not have becomes its last one. */
const monthsLater = (ns: Node, months: Node): Node => {
  const second = int64(unitNs.second)
  const start = call('fromUnixTimestamp64Second', quotient(minus(ns, floorModulo(ns, second)), second), string('UTC'))
  return call('toUnixTimestamp64Second', call('addMonths', start, months))
}

/** The same as a timestamp; what is out of range comes back wrapped around. */
export const addMonthsUnchecked = (context: LowerCall, ns: Node, months: Node): Node =>
  context.let(ns, (x) => plus(times(monthsLater(x, months), int64(unitNs.second)), toInt64(floorModulo(x, int64(unitNs.second)))))

/** The same; out of range is an error. */
export function addMonths(context: LowerCall, ns: Node, months: Node): Node {
  return context.let(ns, (x) =>
    context.let(months, (n) => {
      const isLarge = less(int64(mostMonths), absolute(n))
      return context.let(monthsLater(x, when(isLarge, int64(0), n)), (moved) =>
        context.failIf(
          or(isLarge, less(moved, int64(minNs / unitNs.second)), less(int64(maxNs / unitNs.second - 1n), moved)),
          'NUMERIC_VALUE_OUT_OF_RANGE',
          outside,
          plus(times(moved, int64(unitNs.second)), toInt64(floorModulo(x, int64(unitNs.second)))),
        ),
      )
    }),
  )
}

/** A date some months later, with the same rules. */
export const addMonthsToDate = (context: LowerCall, date: Node, months: Node): Node =>
  context.let(months, (n) => {
    const isLarge = less(int64(mostMonths), absolute(n))
    return checkedDate(context, daysOfDate(call('addMonths', date, when(isLarge, int64(0), n))), isLarge)
  })

/** The date of that many days since the epoch; an error outside of the range of timestamps. */
export function checkedDate(context: LowerCall, days: Node, ...others: readonly Node[]): Node {
  return context.let(days, (d) =>
    context.failIf(
      or(less(d, int64(firstDay)), less(int64(lastDay), d), ...others),
      'NUMERIC_VALUE_OUT_OF_RANGE',
      'the result is no date between 1677 and 2262',
      dateOfDays(d),
    ),
  )
}

/** a + b on all of 64 bits; overflow is an error. */
export function addNs(context: LowerCall, a: Node, b: Node, constant?: bigint): Node {
  return context.let(a, (x) => {
    if (constant !== undefined) {
      const isOutside = constant >= 0n ? less(int64(maxNs - constant), x) : less(x, int64(minNs - constant))
      return context.failIf(isOutside, 'NUMERIC_VALUE_OUT_OF_RANGE', outside, plus(x, int64(constant)))
    }
    return context.let(plus(call('toInt128', x), call('toInt128', b)), (sum) => narrowNs(context, sum))
  })
}

/** Nanoseconds of 128 bits as a timestamp; out of range is an error. */
export const narrowNs = (context: LowerCall, wide: Node, message = outside): Node =>
  context.let(wide, (w) =>
    context.failIf(
      or(less(w, integer(minNs, 'Int128')), less(integer(maxNs, 'Int128'), w)),
      'NUMERIC_VALUE_OUT_OF_RANGE',
      message,
      toInt64(w),
    ),
  )
