import { dateOfDays } from '../../clickhouse/date.ts'
import { call, integer, int64, when } from '../../clickhouse/tree.ts'
import type { Node } from '../../clickhouse/tree.ts'
import type { FunctionDefinition, LowerCall } from '../definition.ts'
import { atMost, floorModulo, minus, modulo, plus, times, toInt64 } from '../expression.ts'
import { dayOf, daysFromDate, daysInMonth, daysOf, daysOfDate, moment, monthOf, unitNs, yearOf } from './calendar.ts'
import type { CalendarUnit } from './calendar.ts'
import { unitArgument } from './unit.ts'

const source = 'developer guide, "Date / time functions"'

/** Days since the epoch of the first day of the month, quarter or year. `value`: a moment or date of the engine, `days` the same in days. */
function firstDay(context: LowerCall, unit: CalendarUnit, value: Node, days: Node): Node {
  switch (unit) {
    case 'month':
      return minus(days, minus(dayOf(value), integer(1)))
    case 'year':
      return minus(days, minus(toInt64(call('toDayOfYear', value)), integer(1)))
    case 'quarter':
      return context.let(value, (v) => {
        const month = minus(monthOf(v), modulo(minus(monthOf(v), integer(1)), integer(3)))
        return daysFromDate(context, yearOf(v), month, integer(1))
      })
  }
}

/** The divisor must be signed: by an unsigned one the engine divides negative times as if they were large. */
const down = (ns: Node, size: bigint): Node => minus(ns, floorModulo(ns, int64(size)))
/** Weeks begin on Mondays; the first Monday of the epoch is its fifth day. */
const weekStart = (ns: Node): Node => minus(ns, floorModulo(minus(ns, int64(4n * unitNs.day)), int64(unitNs.week)))

function truncateTimestamp(context: LowerCall, _unit: Node, ns: Node): Node {
  const unit = unitArgument(context, 'timestamp')
  if (unit === null) return context.nullOf(context.returnType)
  return context.let(ns, (x) => {
    if (unit.kind === 'fixed') return unit.name === 'week' ? weekStart(x) : down(x, unitNs[unit.name])
    return times(firstDay(context, unit.name, moment(x), daysOf(context, x)), int64(unitNs.day))
  })
}

function truncateDate(context: LowerCall, _unit: Node, date: Node): Node {
  const unit = unitArgument(context, 'date')
  if (unit === null) return context.nullOf(context.returnType)
  return context.let(date, (d) => {
    if (unit.kind === 'calendar') return dateOfDays(firstDay(context, unit.name, d, daysOfDate(d)))
    return unit.name === 'week' ? call('subtractDays', d, minus(call('toDayOfWeek', d), integer(1))) : d
  })
}

function truncateTime(context: LowerCall, _unit: Node, time: Node): Node {
  const unit = unitArgument(context, 'time')
  if (unit === null) return context.nullOf(context.returnType)
  return context.let(time, (t) => (unit.kind === 'fixed' ? down(t, unitNs[unit.name]) : t))
}

/** From the epoch, down, so that negative times fall into the bin before. */
function bin(context: LowerCall, ns: Node, width: Node): Node {
  const constant = context.constant(1)
  if (typeof constant === 'bigint' && constant > 0n) return context.let(ns, (x) => down(x, constant))
  return context.let(ns, (x) =>
    context.let(width, (w) =>
      context.failIf(
        atMost(w, integer(0)),
        'INVALID_FUNCTION_ARGUMENT',
        'The interval of bin must be greater than zero',
        minus(x, toInt64(floorModulo(x, when(atMost(w, integer(0)), int64(1), w)))),
      ),
    ),
  )
}

function lastDay(value: Node): Node {
  return minus(daysInMonth(yearOf(value), monthOf(value)), dayOf(value))
}

export const truncateFunctions: readonly FunctionDefinition[] = [
  {
    name: 'date_trunc',
    kind: 'scalar',
    family: 'date and time',
    status: 'documented',
    summary: 'The start of the second, minute, hour, day, week (Monday), month, quarter or year.',
    source,
    signatures: [
      { pattern: '(varchar, timestamp) -> timestamp', lower: truncateTimestamp },
      { pattern: '(varchar, date) -> date', lower: truncateDate },
      { pattern: '(varchar, time) -> time', lower: truncateTime },
    ],
    examples: [
      { sql: "date_trunc('week', TIMESTAMP '2021-01-03 12:00:00')", type: 'timestamp', result: '2020-12-28 00:00:00.000000000' },
      { sql: "date_trunc('quarter', DATE '2001-08-22')", type: 'date', result: '2001-07-01' },
      { sql: "date_trunc('day', CAST(NULL AS timestamp))", type: 'timestamp', result: null },
      { sql: "date_trunc('foo', TIMESTAMP '2020-01-01 00:00:00')", error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  },
  {
    name: 'bin',
    kind: 'scalar',
    family: 'date and time',
    status: 'documented',
    summary: 'The time rounded down to a whole multiple of the interval since 1970-01-01 00:00:00.',
    source,
    signatures: [{ pattern: '(timestamp, interval day to second) -> timestamp', lower: bin }],
    examples: [
      { sql: "bin(TIMESTAMP '2022-06-17 10:15:20', 5m)", type: 'timestamp', result: '2022-06-17 10:15:00.000000000' },
      { sql: "bin(TIMESTAMP '2022-06-17 10:15:20', 30day)", type: 'timestamp', result: '2022-05-28 00:00:00.000000000' },
      { sql: "bin(TIMESTAMP '1969-12-31 23:59:59.9', 1h)", type: 'timestamp', result: '1969-12-31 23:00:00.000000000' },
      { sql: 'bin(CAST(NULL AS timestamp), 1h)', type: 'timestamp', result: null },
      { sql: "bin(TIMESTAMP '2022-06-17 10:15:20', 0s)", error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  },
  {
    name: 'last_day_of_month',
    kind: 'scalar',
    family: 'date and time',
    status: 'documented',
    summary: 'The last day of the month.',
    source,
    signatures: [
      {
        pattern: '(timestamp) -> date',
        lower: (context, ns) => context.let(ns, (x) => dateOfDays(plus(daysOf(context, x), lastDay(moment(x))))),
      },
      { pattern: '(date) -> date', lower: (context, date) => context.let(date, (d) => call('addDays', d, lastDay(d))) },
    ],
    examples: [
      { sql: "last_day_of_month(TIMESTAMP '2022-07-07 17:00:00')", type: 'date', result: '2022-07-31' },
      { sql: "last_day_of_month(DATE '2020-02-01')", type: 'date', result: '2020-02-29' },
      { sql: 'last_day_of_month(CAST(NULL AS date))', type: 'date', result: null },
    ],
  },
]
