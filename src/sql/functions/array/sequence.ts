import { dateOfDays } from '../../clickhouse/date.ts'
import { call, cast, identifier, int64, integer, lambda, when } from '../../clickhouse/tree.ts'
import type { Node } from '../../clickhouse/tree.ts'
import type { FunctionDefinition, LowerCall } from '../definition.ts'
import {
  and,
  atLeast,
  checked,
  equal,
  greater,
  less,
  minus,
  or,
  plus,
  quotient,
  times,
  toInt128,
  toInt64,
  unequal,
  zero,
} from '../expression.ts'
import { unlessAnyNull } from './element.ts'
import { addMonthsUnchecked } from '../date-time/calendar.ts'

const dayNs = 86_400_000_000_000n
const maxEntries = 10_000
const wrongWay =
  'sequence stop value should be greater than or equal to start value if step is greater than zero otherwise stop should be less than or equal to start'

/** The failures of every form, around the entries. `count` is how many there would be. */
function bounded(context: LowerCall, start: Node, stop: Node, step: Node, count: Node, entries: Node): Node {
  const isWrongWay = or(and(greater(step, zero), less(stop, start)), and(less(step, zero), less(start, stop)))
  return checked(
    context,
    context.wrap(entries),
    { condition: equal(step, zero), message: 'step must not be zero' },
    { condition: isWrongWay, message: wrongWay },
    {
      condition: greater(count, integer(maxEntries)),
      message: `result of sequence function must not have more than ${maxEntries} entries`,
    },
  )
}

/** `0, 1, …` as many as the count says, within the bounds whatever it says. */
const ordinals = (count: Node): Node => call('range', call('toUInt32', call('least', call('greatest', count, zero), integer(maxEntries))))

/** Start and stop in whole units that the step counts too. */
function evenly(context: LowerCall, start: Node, stop: Node, step: Node, entry: (value: Node) => Node): Node {
  return context.let(start, (from) =>
    context.let(stop, (to) =>
      context.let(step, (by) => {
        const divisor = when(equal(by, zero), int64(1), by)
        return context.let(plus(quotient(minus(toInt128(to), toInt128(from)), toInt128(divisor)), integer(1)), (count) => {
          const ordinal = context.variable()
          const value = entry(plus(from, times(toInt64(identifier(ordinal)), by)))
          return bounded(context, from, to, by, count, call('arrayMap', lambda([ordinal], value), ordinals(count)))
        })
      }),
    ),
  )
}

/** Towards the stop when no step is given. */
const towards = (context: LowerCall, start: Node, stop: Node, size: bigint): Node =>
  context.let(start, (from) => context.let(stop, (to) => when(atLeast(to, from), int64(size), int64(-size))))

const dayOf = (date: Node): Node => toInt64(call('toInt32', date))
const dateOf = (day: Node): Node => dateOfDays(day)

/** Steps of months: entries are counted by trying, so that clamped month ends are right. */
function monthly(context: LowerCall, start: Node, stop: Node, months: Node, add: (months: Node) => Node): Node {
  return context.let(start, (from) =>
    context.let(stop, (to) =>
      context.let(months, (by) => {
        const ordinal = context.variable()
        const tried = call(
          'arrayMap',
          lambda([ordinal], add(times(toInt64(identifier(ordinal)), by))),
          call('range', integer(maxEntries + 1)),
        )
        const entry = context.variable()
        const beyond = when(greater(by, zero), greater(identifier(entry), to), less(identifier(entry), to))
        return context.let(tried, (all) => {
          const end = call('arrayFirstIndex', lambda([entry], beyond), all)
          return context.let(end, (first) => {
            const count = when(equal(first, zero), integer(maxEntries + 1), minus(toInt64(first), integer(1)))
            return bounded(context, from, to, by, count, call('arraySlice', all, integer(1), call('greatest', count, zero)))
          })
        })
      }),
    ),
  )
}

function dates(context: LowerCall, start: Node, stop: Node, interval: Node): Node {
  return context.let(interval, (ns) => {
    const entries = evenly(context, dayOf(start), dayOf(stop), quotient(ns, int64(dayNs)), dateOf)
    const message = 'sequence step must be a day interval if start and end values are dates'
    return checked(context, entries, { condition: unequal(call('modulo', ns, int64(dayNs)), zero), message })
  })
}

const same = (value: Node): Node => value

export const sequenceFunctions: readonly FunctionDefinition[] = [
  {
    name: 'sequence',
    kind: 'scalar',
    family: 'array',
    status: 'documented',
    summary: `The values from start to stop (both included), a step apart: one, or a day, when none is given. At most ${maxEntries} entries.`,
    source: 'developer guide, "Array functions"',
    nulls: 'handle',
    signatures: [
      {
        pattern: '(bigint, bigint) -> array(bigint)',
        lower: (context, ...args) => unlessAnyNull(context, args, (a, b) => evenly(context, a, b, towards(context, a, b, 1n), same)),
      },
      {
        pattern: '(bigint, bigint, bigint) -> array(bigint)',
        lower: (context, ...args) => unlessAnyNull(context, args, (a, b, step) => evenly(context, a, b, step, same)),
      },
      {
        pattern: '(date, date) -> array(date)',
        lower: (context, ...args) =>
          unlessAnyNull(context, args, (a, b) => evenly(context, dayOf(a), dayOf(b), towards(context, dayOf(a), dayOf(b), 1n), dateOf)),
      },
      {
        pattern: '(date, date, interval day to second) -> array(date)',
        lower: (context, ...args) => unlessAnyNull(context, args, (a, b, step) => dates(context, a, b, step)),
      },
      {
        pattern: '(date, date, interval year to month) -> array(date)',
        lower: (context, ...args) =>
          unlessAnyNull(context, args, (a, b, step) =>
            monthly(context, a, b, step, (months) => cast(call('addMonths', a, months), 'Date32')),
          ),
      },
      {
        pattern: '(timestamp, timestamp) -> array(timestamp)',
        lower: (context, ...args) => unlessAnyNull(context, args, (a, b) => evenly(context, a, b, towards(context, a, b, dayNs), same)),
      },
      {
        pattern: '(timestamp, timestamp, interval day to second) -> array(timestamp)',
        lower: (context, ...args) => unlessAnyNull(context, args, (a, b, step) => evenly(context, a, b, step, same)),
      },
      {
        pattern: '(timestamp, timestamp, interval year to month) -> array(timestamp)',
        lower: (context, ...args) =>
          unlessAnyNull(context, args, (a, b, step) => monthly(context, a, b, step, (months) => addMonthsUnchecked(context, a, months))),
      },
    ],
    examples: [
      { sql: 'sequence(1, 3)', type: 'array(bigint)', result: ['1', '2', '3'] },
      { sql: 'sequence(3, 1)', type: 'array(bigint)', result: ['3', '2', '1'] },
      { sql: 'sequence(1, 10, 4)', type: 'array(bigint)', result: ['1', '5', '9'] },
      { sql: "sequence(DATE '2020-02-28', DATE '2020-03-01')", type: 'array(date)', result: ['2020-02-28', '2020-02-29', '2020-03-01'] },
      {
        sql: "sequence(TIMESTAMP '2020-01-01 00:00:00', TIMESTAMP '2020-01-01 00:01:00', 30s)",
        type: 'array(timestamp)',
        result: ['2020-01-01 00:00:00.000000000', '2020-01-01 00:00:30.000000000', '2020-01-01 00:01:00.000000000'],
      },
      {
        sql: "sequence(DATE '2020-01-31', DATE '2020-03-31', 1month)",
        type: 'array(date)',
        result: ['2020-01-31', '2020-02-29', '2020-03-31'],
      },
      { sql: 'sequence(1, NULL)', type: 'array(bigint)', result: null },
      { sql: 'sequence(1, 10001)', error: 'INVALID_FUNCTION_ARGUMENT' },
      { sql: 'sequence(1, 2, -1)', error: 'INVALID_FUNCTION_ARGUMENT' },
      { sql: 'sequence(1, 2, 0)', error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  },
]
