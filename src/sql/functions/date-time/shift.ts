import { call, integer, int64, when } from '../../clickhouse/tree.ts'
import type { Node } from '../../clickhouse/tree.ts'
import type { FunctionDefinition, LowerCall } from '../definition.ts'
import { and, equal, floorModulo, less, minus, modulo, plus, quotient, times, toInt128, toInt64 } from '../expression.ts'
import {
  addMonths,
  addMonthsToDate,
  addNs,
  checkedDate,
  dayOf,
  daysInMonth,
  daysOfDate,
  maxNs,
  minNs,
  moment,
  monthOf,
  narrowNs,
  timeOfDay,
  unitMonths,
  unitNs,
  yearOf,
} from './calendar.ts'
import { unitArgument } from './unit.ts'

const source = 'developer guide, "Date / time functions"'

/** The count times a number of units, kept within bounds in which the sum can still be judged. */
const scaled = (count: Node, factor: bigint): Node =>
  factor === 1n ? count : times(call('least', call('greatest', count, int64(-(2n ** 40n))), int64(2n ** 40n)), int64(factor))

function addToTimestamp(context: LowerCall, _unit: Node, count: Node, ns: Node): Node {
  const unit = unitArgument(context, 'timestamp')
  if (unit === null) return context.nullOf(context.returnType)
  if (unit.kind === 'calendar') return absent(count, addMonths(context, ns, scaled(count, unitMonths[unit.name])))
  const size = unitNs[unit.name]
  const constant = wholeConstant(context, 1)
  if (constant !== undefined) {
    const distance = constant * size
    if (distance >= minNs && distance <= maxNs) return addNs(context, ns, int64(distance), distance)
  }
  return narrowNs(context, plus(toInt128(ns), times(toInt128(count), integer(size, 'Int128'))))
}

function addToDate(context: LowerCall, _unit: Node, count: Node, date: Node): Node {
  const unit = unitArgument(context, 'date')
  if (unit === null) return context.nullOf(context.returnType)
  if (unit.kind === 'calendar') return absent(count, addMonthsToDate(context, date, scaled(count, unitMonths[unit.name])))
  return absent(count, checkedDate(context, plus(daysOfDate(date), scaled(count, unit.name === 'week' ? 7n : 1n))))
}

/** The clock wraps around at midnight. */
function addToTime(context: LowerCall, _unit: Node, count: Node, time: Node): Node {
  const unit = unitArgument(context, 'time')
  if (unit === null || unit.kind !== 'fixed') return context.nullOf(context.returnType)
  const size = unitNs[unit.name]
  const perDay = unitNs.day / size
  return toInt64(floorModulo(plus(time, times(toInt64(floorModulo(count, int64(perDay))), int64(size))), int64(unitNs.day)))
}

/** `least` and `greatest` of the engine pass NULLs over. */
const absent = (count: Node, value: Node): Node => when(call('isNull', count), { kind: 'null' }, value)

function wholeConstant(context: LowerCall, index: number): bigint | undefined {
  const value = context.constant(index)
  if (typeof value === 'bigint') return value
  return typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : undefined
}

/** trunc((b - a) / size) without overflow: the quotients and remainders are subtracted, then carried. */
function wholeUnits(context: LowerCall, a: Node, b: Node, size: bigint): Node {
  const unit = int64(size)
  if (size === 1n) return narrowNs(context, minus(toInt128(b), toInt128(a)), 'the difference does not fit a bigint')
  return context.let(a, (x) =>
    context.let(b, (y) =>
      context.let(minus(modulo(y, unit), modulo(x, unit)), (rest) =>
        context.let(plus(minus(quotient(y, unit), quotient(x, unit)), quotient(rest, unit)), (whole) => {
          const left = modulo(rest, unit)
          const below = toInt64(and(less(integer(0), whole), less(left, integer(0))))
          const above = toInt64(and(less(whole, integer(0)), less(integer(0), left)))
          return plus(minus(whole, below), above)
        }),
      ),
    ),
  )
}

interface Instant {
  readonly date: Node
  readonly time: Node
}

/** Whole months from `low` to the later `high`; the last day of a month counts as reached by any later day of `low`. */
function monthsBetween(low: Instant, high: Instant): Node {
  const months = minus(
    plus(times(yearOf(high.date), int64(12)), monthOf(high.date)),
    plus(times(yearOf(low.date), int64(12)), monthOf(low.date)),
  )
  const isLast = equal(dayOf(high.date), daysInMonth(yearOf(high.date), monthOf(high.date)))
  const lowDay = when(isLast, call('least', dayOf(low.date), dayOf(high.date)), dayOf(low.date))
  const position = (day: Node, time: Node): Node => plus(times(day, int64(unitNs.day)), time)
  return minus(months, toInt64(less(position(dayOf(high.date), high.time), position(lowDay, low.time))))
}

function signedMonths(context: LowerCall, a: Node, b: Node, months: bigint, instant: (value: Node) => Instant): Node {
  return context.let(a, (x) =>
    context.let(b, (y) =>
      context.let(call('least', x, y), (low) =>
        context.let(call('greatest', x, y), (high) => {
          const count = quotient(monthsBetween(instant(low), instant(high)), int64(months))
          return when(call('or', call('isNull', x), call('isNull', y)), { kind: 'null' }, when(less(y, x), call('negate', count), count))
        }),
      ),
    ),
  )
}

function differenceOfTimestamps(context: LowerCall, _unit: Node, a: Node, b: Node): Node {
  const unit = unitArgument(context, 'timestamp')
  if (unit === null) return context.nullOf(context.returnType)
  if (unit.kind === 'fixed') return wholeUnits(context, a, b, unitNs[unit.name])
  return signedMonths(context, a, b, unitMonths[unit.name], (ns) => ({ date: moment(ns), time: timeOfDay(ns) }))
}

function differenceOfDates(context: LowerCall, _unit: Node, a: Node, b: Node): Node {
  const unit = unitArgument(context, 'timestamp')
  if (unit === null) return context.nullOf(context.returnType)
  if (unit.kind === 'calendar') return signedMonths(context, a, b, unitMonths[unit.name], (date) => ({ date, time: int64(0) }))
  const days = minus(daysOfDate(b), daysOfDate(a))
  const size = unitNs[unit.name]
  return size >= unitNs.day ? quotient(days, int64(size / unitNs.day)) : times(days, int64(unitNs.day / size))
}

function differenceOfTimes(context: LowerCall, _unit: Node, a: Node, b: Node): Node {
  const unit = unitArgument(context, 'time')
  if (unit === null || unit.kind !== 'fixed') return context.nullOf(context.returnType)
  return quotient(minus(b, a), int64(unitNs[unit.name]))
}

export const shiftFunctions: readonly FunctionDefinition[] = [
  {
    name: 'date_add',
    kind: 'scalar',
    family: 'date and time',
    status: 'documented',
    summary: 'The time moved by a number of units; a day that the month does not have becomes its last one.',
    source,
    signatures: [
      { pattern: '(varchar, bigint, timestamp) -> timestamp', lower: addToTimestamp },
      { pattern: '(varchar, bigint, date) -> date', lower: addToDate },
      { pattern: '(varchar, bigint, time) -> time', lower: addToTime },
    ],
    examples: [
      { sql: "date_add('hour', 3, TIMESTAMP '2001-08-22 03:04:05.321')", type: 'timestamp', result: '2001-08-22 06:04:05.321000000' },
      { sql: "date_add('month', 1, DATE '2020-01-31')", type: 'date', result: '2020-02-29' },
      { sql: "date_add('millisecond', -1, TIME '00:00')", type: 'time', result: '23:59:59.999000000' },
      { sql: "date_add('day', CAST(NULL AS bigint), DATE '2020-01-31')", type: 'date', result: null },
      { sql: "date_add('year', 1000, TIMESTAMP '2020-01-31 00:00')", error: 'NUMERIC_VALUE_OUT_OF_RANGE' },
      { sql: "date_add('hour', 1, DATE '2020-01-31')", error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  },
  {
    name: 'date_diff',
    kind: 'scalar',
    family: 'date and time',
    status: 'documented',
    summary: 'The whole units from the first time to the second, cut towards zero.',
    source,
    signatures: [
      { pattern: '(varchar, timestamp, timestamp) -> bigint', lower: differenceOfTimestamps },
      { pattern: '(varchar, date, date) -> bigint', lower: differenceOfDates },
      { pattern: '(varchar, time, time) -> bigint', lower: differenceOfTimes },
    ],
    examples: [
      { sql: "date_diff('day', DATE '2020-03-01', DATE '2020-03-02')", type: 'bigint', result: '1' },
      { sql: "date_diff('hour', TIMESTAMP '2020-01-01 00:59:00', TIMESTAMP '2020-01-01 01:00:00')", type: 'bigint', result: '0' },
      {
        sql: "date_diff('month', TIMESTAMP '1960-05-03 07:02:09.678', TIMESTAMP '2001-08-22 03:04:05.321')",
        type: 'bigint',
        result: '495',
      },
      { sql: "date_diff('day', CAST(NULL AS date), DATE '2020-03-02')", type: 'bigint', result: null },
      { sql: "date_diff('fortnight', DATE '2020-03-01', DATE '2020-03-02')", error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  },
]
