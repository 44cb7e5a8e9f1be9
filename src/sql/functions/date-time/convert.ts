import { call, float, integer, int64, string, when } from '../../clickhouse/tree.ts'
import type { Node } from '../../clickhouse/tree.ts'
import type { FunctionDefinition, LowerCall } from '../definition.ts'
import {
  absolute,
  and,
  constantText,
  equal,
  less,
  minus,
  modulo,
  not,
  onlyIf,
  or,
  over,
  plus,
  quotient,
  times,
  toDouble,
  toInt128,
  toInt64,
} from '../expression.ts'
import { narrowNs, unitNs } from './calendar.ts'
import { durationPattern, durationUnits, parseDuration } from './duration.ts'

const source = 'developer guide, "Date / time functions"'

/**
 * Whole seconds exactly; the fraction to microseconds, or to nanoseconds for the first eleven days of the epoch: a double has no more digits,
 * and so 1655487883.771 is .771000000.
 */
function fromUnixtime(context: LowerCall, seconds: Node): Node {
  return context.let(seconds, (x) => {
    const limit = 9223372036
    const isInside = and(less(float(-limit), x), less(x, float(limit)))
    const sane = when(isInside, x, float(0))
    return context.let(sane, (value) => {
      const whole = call('floor', value)
      const fraction = minus(value, whole)
      const digits = when(
        less(absolute(value), float(1e6)),
        toInt64(call('round', times(fraction, float(1e9)))),
        times(toInt64(call('round', times(fraction, float(1e6)))), int64(1000)),
      )
      const result = plus(times(toInt64(whole), int64(unitNs.second)), digits)
      return context.failIf(
        not(isInside),
        'NUMERIC_VALUE_OUT_OF_RANGE',
        'from_unixtime: the result is no timestamp between 1677 and 2262',
        onlyIf(call('isNotNull', x), result),
      )
    })
  })
}

/** What lies beyond all timestamps is the first or the last whole second: the Prometheus connector asks so for open ranges. */
function clamped(context: LowerCall, seconds: Node): Node {
  const limit = 9_223_372_035
  return context.let(seconds, (x) => when(less(float(limit), x), float(limit), when(less(x, float(-limit)), float(-limit), x)))
}

function fromMilliseconds(context: LowerCall, ms: Node): Node {
  const limit = 9_223_372_036_854n
  return context.let(ms, (x) =>
    context.failIf(
      or(less(x, int64(-limit)), less(int64(limit), x)),
      'NUMERIC_VALUE_OUT_OF_RANGE',
      'from_milliseconds: the result is no timestamp between 1677 and 2262',
      times(x, int64(unitNs.millisecond)),
    ),
  )
}

const invalidDuration = 'duration is not a valid data duration string'

function parseDurationText(context: LowerCall, text: Node): Node {
  const constant = constantText(context, 0)
  if (constant !== undefined) {
    const ns = parseDuration(constant)
    return ns === undefined
      ? context.failIf({ kind: 'boolean', value: true }, 'INVALID_FUNCTION_ARGUMENT', invalidDuration, context.nullOf(context.returnType))
      : int64(ns)
  }
  const entries = [...durationUnits]
  return context.let(text, (source_) =>
    context.let(call('extractGroups', call('assumeNotNull', source_), string(durationPattern)), (groups) => {
      const group = (index: number): Node => call('arrayElement', groups, integer(index))
      const size = call(
        'transform',
        group(3),
        call('array', ...entries.map(([name]) => string(name))),
        call('array', ...entries.map(([, ns]) => int64(ns))),
        int64(0),
      )
      return context.let(size, (unit) => {
        const isInvalid = or(equal(unit, integer(0)), less(integer(18), call('length', group(1))))
        const whole = times(toInt128(call('toInt64OrZero', group(1))), toInt128(unit))
        const fraction = call('round', times(call('toFloat64OrZero', call('concat', string('0.'), group(2))), toDouble(unit)))
        const value = narrowNs(context, plus(whole, toInt128(toInt64(fraction))), invalidDuration)
        return onlyIf(call('isNotNull', source_), context.failIf(isInvalid, 'INVALID_FUNCTION_ARGUMENT', invalidDuration, value))
      })
    }),
  )
}

export const convertFunctions: readonly FunctionDefinition[] = [
  {
    name: 'from_unixtime',
    kind: 'scalar',
    family: 'date and time',
    status: 'documented',
    summary: 'The timestamp of seconds since 1970-01-01 00:00:00.',
    source,
    signatures: [{ pattern: '(double) -> timestamp', lower: (context, seconds) => fromUnixtime(context, clamped(context, seconds)) }],
    examples: [
      { sql: 'from_unixtime(1)', type: 'timestamp', result: '1970-01-01 00:00:01.000000000' },
      { sql: 'from_unixtime(1655487883.771)', type: 'timestamp', result: '2022-06-17 17:44:43.771000000' },
      { sql: 'from_unixtime(9223309901257974)', type: 'timestamp', result: '2262-04-11 23:47:15.000000000' },
      { sql: 'from_unixtime(NULL)', type: 'timestamp', result: null },
      { sql: 'from_unixtime(nan())', error: 'NUMERIC_VALUE_OUT_OF_RANGE' },
    ],
  },
  {
    name: 'to_unixtime',
    kind: 'scalar',
    family: 'date and time',
    status: 'documented',
    summary: 'The seconds from 1970-01-01 00:00:00 to a timestamp.',
    source,
    signatures: [{ pattern: '(timestamp) -> double', lower: (_, x) => times(over(toDouble(x), float(1e6)), float(0.001)) }],
    examples: [
      { sql: "to_unixtime('2022-06-17 17:44:43.771000000')", type: 'double', result: '1.6554878837710001E9' },
      { sql: "to_unixtime(TIMESTAMP '1970-01-01 00:00:01.5')", type: 'double', result: '1.5' },
      { sql: 'to_unixtime(CAST(NULL AS timestamp))', type: 'double', result: null },
    ],
  },
  {
    name: 'from_milliseconds',
    kind: 'scalar',
    family: 'date and time',
    status: 'documented',
    summary: 'The timestamp of milliseconds since 1970-01-01 00:00:00.',
    source,
    signatures: [{ pattern: '(bigint) -> timestamp', lower: fromMilliseconds }],
    examples: [
      { sql: 'from_milliseconds(1)', type: 'timestamp', result: '1970-01-01 00:00:00.001000000' },
      { sql: 'from_milliseconds(NULL)', type: 'timestamp', result: null },
      { sql: 'from_milliseconds(9223372036854775807)', error: 'NUMERIC_VALUE_OUT_OF_RANGE' },
    ],
  },
  {
    name: 'from_nanoseconds',
    kind: 'scalar',
    family: 'date and time',
    status: 'documented',
    summary: 'The timestamp of nanoseconds since 1970-01-01 00:00:00.',
    source,
    signatures: [{ pattern: '(bigint) -> timestamp', lower: (_, x) => x }],
    examples: [
      { sql: 'from_nanoseconds(300000001)', type: 'timestamp', result: '1970-01-01 00:00:00.300000001' },
      { sql: 'from_nanoseconds(NULL)', type: 'timestamp', result: null },
    ],
  },
  {
    name: 'to_milliseconds',
    kind: 'scalar',
    family: 'date and time',
    status: 'documented',
    summary: 'The milliseconds of an interval, or from 1970-01-01 00:00:00 to a timestamp (rounded down).',
    source,
    signatures: [
      { pattern: '(interval day to second) -> bigint', lower: (_, x) => quotient(x, int64(unitNs.millisecond)) },
      {
        pattern: '(timestamp) -> bigint',
        lower: (context, ns) =>
          context.let(ns, (x) =>
            minus(quotient(x, int64(unitNs.millisecond)), toInt64(less(modulo(x, int64(unitNs.millisecond)), integer(0)))),
          ),
      },
    ],
    examples: [
      { sql: "to_milliseconds(INTERVAL '2' DAY + INTERVAL '3' HOUR)", type: 'bigint', result: '183600000' },
      { sql: "to_milliseconds(TIMESTAMP '2022-06-17 17:44:43.771000000')", type: 'bigint', result: '1655487883771' },
      { sql: 'to_milliseconds(CAST(NULL AS timestamp))', type: 'bigint', result: null },
    ],
  },
  {
    name: 'to_nanoseconds',
    kind: 'scalar',
    family: 'date and time',
    status: 'documented',
    summary: 'The nanoseconds of an interval, or from 1970-01-01 00:00:00 to a timestamp.',
    source,
    signatures: [
      { pattern: '(interval day to second) -> bigint', lower: (_, x) => x },
      { pattern: '(timestamp) -> bigint', lower: (_, x) => x },
    ],
    examples: [
      { sql: "to_nanoseconds(TIMESTAMP '2022-06-17 17:44:43.771000678')", type: 'bigint', result: '1655487883771000678' },
      { sql: 'to_nanoseconds(51h)', type: 'bigint', result: '183600000000000' },
      { sql: 'to_nanoseconds(CAST(NULL AS timestamp))', type: 'bigint', result: null },
    ],
  },
  {
    name: 'parse_duration',
    kind: 'scalar',
    family: 'date and time',
    status: 'documented',
    summary: 'The interval that a text is: a number and a unit from nanosecond (ns) to day (d), blanks between allowed.',
    source,
    signatures: [{ pattern: '(varchar) -> interval day to second', lower: parseDurationText }],
    examples: [
      { sql: "parse_duration('42.8ms')", type: 'interval day to second', result: '0 00:00:00.042800000' },
      { sql: "parse_duration('1day')", type: 'interval day to second', result: '1 00:00:00.000000000' },
      { sql: 'parse_duration(NULL)', type: 'interval day to second', result: null },
      { sql: "parse_duration('5 weeks')", error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  },
]
