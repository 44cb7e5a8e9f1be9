import { dateOfDays } from '../../clickhouse/date.ts'
import { call, int64, integer } from '../../clickhouse/tree.ts'
import type { Node } from '../../clickhouse/tree.ts'
import type { FunctionDefinition, LowerCall, Signature } from '../definition.ts'
import { addMonths, addMonthsToDate } from '../date-time/calendar.ts'
import { doubleRemainder } from '../mathematical/arithmetic.ts'
import { checked, negated, quotient, remainder } from './checked.ts'

const dayNs = 86_400_000_000_000n
const source = 'developer guide, "Operators"'

const whole = (operation: 'addition' | 'subtraction' | 'multiplication', real: string): readonly Signature[] => [
  { pattern: '(integer, integer) -> integer', lower: (context, a, b) => checked(context, operation, 'integer', a, b) },
  { pattern: '(bigint, bigint) -> bigint', lower: (context, a, b) => checked(context, operation, 'bigint', a, b) },
  { pattern: '(double, double) -> double', lower: (_, a, b) => call(real, a, b) },
]

/** Nanoseconds on nanoseconds: timestamps and day-to-second intervals. */
const shift = (context: LowerCall, operation: 'addition' | 'subtraction', a: Node, b: Node, what: string): Node =>
  checked(context, operation, 'bigint', a, b, `${what} out of range`)

/** Whole days only. */
function addDays(context: LowerCall, name: 'plus' | 'minus', date: Node, interval: Node): Node {
  return context.let(interval, (ns) =>
    context.failIf(
      call('notEquals', call('modulo', ns, int64(dayNs)), integer(0)),
      'INVALID_FUNCTION_ARGUMENT',
      'Cannot add hour, minutes or seconds to a date',
      dateOfDays(call(name, call('toInt32', date), call('intDiv', ns, int64(dayNs)))),
    ),
  )
}

const timeOfDay = (name: 'plus' | 'minus', time: Node, interval: Node): Node =>
  call('toInt64', call('positiveModulo', call(name, time, interval), int64(dayNs)))

const months = (operation: 'addition' | 'subtraction'): Signature => ({
  pattern: '(interval year to month, interval year to month) -> interval year to month',
  lower: (context, a, b) => checked(context, operation, 'integer', a, b, 'interval out of range'),
})
const durations = (operation: 'addition' | 'subtraction'): Signature => ({
  pattern: '(interval day to second, interval day to second) -> interval day to second',
  lower: (context, a, b) => shift(context, operation, a, b, 'interval'),
})

const plus: FunctionDefinition = {
  name: '+',
  kind: 'scalar',
  family: 'mathematical',
  status: 'documented',
  summary: 'Addition of numbers, intervals, and of an interval to a timestamp, date or time.',
  source,
  signatures: [
    ...whole('addition', 'plus'),
    {
      pattern: '(timestamp, interval day to second) -> timestamp',
      lower: (context, a, b) => shift(context, 'addition', a, b, 'timestamp'),
    },
    {
      pattern: '(interval day to second, timestamp) -> timestamp',
      lower: (context, a, b) => shift(context, 'addition', a, b, 'timestamp'),
    },
    { pattern: '(timestamp, interval year to month) -> timestamp', lower: (context, a, b) => addMonths(context, a, b) },
    { pattern: '(interval year to month, timestamp) -> timestamp', lower: (context, a, b) => addMonths(context, b, a) },
    { pattern: '(date, interval day to second) -> date', lower: (context, a, b) => addDays(context, 'plus', a, b) },
    { pattern: '(interval day to second, date) -> date', lower: (context, a, b) => addDays(context, 'plus', b, a) },
    { pattern: '(date, interval year to month) -> date', lower: (context, a, b) => addMonthsToDate(context, a, b) },
    { pattern: '(interval year to month, date) -> date', lower: (context, a, b) => addMonthsToDate(context, b, a) },
    { pattern: '(time, interval day to second) -> time', lower: (_, a, b) => timeOfDay('plus', a, b) },
    { pattern: '(interval day to second, time) -> time', lower: (_, a, b) => timeOfDay('plus', b, a) },
    durations('addition'),
    months('addition'),
  ],
  examples: [
    { sql: '1 + 2', type: 'integer', result: '3' },
    { sql: "date '2022-05-21' + 2d", type: 'date', result: '2022-05-23' },
    { sql: "date '2020-01-31' + interval '1' month", type: 'date', result: '2020-02-29' },
    { sql: "interval '4' year + interval '2' month", type: 'interval year to month', result: '4-2' },
    { sql: "timestamp '2020-01-31 01:02:03.000000004' + interval '1' month", type: 'timestamp', result: '2020-02-29 01:02:03.000000004' },
    { sql: "time '23:30' + 1h", type: 'time', result: '00:30:00.000000000' },
    { sql: "ARRAY[time '00:10', time '23:30' + 1h]", type: 'array(time)', result: ['00:10:00.000000000', '00:30:00.000000000'] },
    { sql: '2147483647 + 1', error: 'NUMERIC_VALUE_OUT_OF_RANGE' },
    { sql: '9223372036854775807 + 1', error: 'NUMERIC_VALUE_OUT_OF_RANGE' },
    { sql: "1 + 'a'", error: 'TYPE_MISMATCH' },
    { sql: "date '2022-05-21' + 1h", error: 'INVALID_FUNCTION_ARGUMENT' },
  ],
}

const minus: FunctionDefinition = {
  name: '-',
  kind: 'scalar',
  family: 'mathematical',
  status: 'documented',
  summary: 'Subtraction of numbers, intervals, and of an interval from a timestamp, date or time.',
  source,
  signatures: [
    ...whole('subtraction', 'minus'),
    {
      pattern: '(timestamp, interval day to second) -> timestamp',
      lower: (context, a, b) => shift(context, 'subtraction', a, b, 'timestamp'),
    },
    {
      pattern: '(timestamp, interval year to month) -> timestamp',
      lower: (context, a, b) => addMonths(context, a, call('negate', b)),
    },
    { pattern: '(date, interval day to second) -> date', lower: (context, a, b) => addDays(context, 'minus', a, b) },
    { pattern: '(date, interval year to month) -> date', lower: (context, a, b) => addMonthsToDate(context, a, call('negate', b)) },
    { pattern: '(time, interval day to second) -> time', lower: (_, a, b) => timeOfDay('minus', a, b) },
    durations('subtraction'),
    months('subtraction'),
  ],
  examples: [
    { sql: '1 - 2.5', type: 'double', result: '-1.5' },
    { sql: "timestamp '2022-06-17 01:00' - interval '7' hour", type: 'timestamp', result: '2022-06-16 18:00:00.000000000' },
    { sql: "interval '6' day - interval '4' hour", type: 'interval day to second', result: '5 20:00:00.000000000' },
    { sql: 'NULL - 1', type: 'integer', result: null },
    { sql: '-9223372036854775807 - 2', error: 'NUMERIC_VALUE_OUT_OF_RANGE' },
    { sql: "timestamp '2022-06-17' - timestamp '2022-06-16'", error: 'TYPE_MISMATCH' },
  ],
}

/** Rounded to whole units. */
const scaled =
  (name: 'multiply' | 'divide', unit: 'Int64' | 'Int32'): Signature['lower'] =>
  (_, interval, factor) =>
    call(`to${unit}`, call('round', call(name, call('toFloat64', interval), factor)))

const times: FunctionDefinition = {
  name: '*',
  kind: 'scalar',
  family: 'mathematical',
  status: 'documented',
  summary: 'Multiplication of numbers, and of an interval by a number.',
  source,
  signatures: [
    ...whole('multiplication', 'multiply'),
    {
      pattern: '(interval day to second, bigint) -> interval day to second',
      lower: (context, a, b) => checked(context, 'multiplication', 'bigint', a, b, 'interval out of range'),
    },
    {
      pattern: '(bigint, interval day to second) -> interval day to second',
      lower: (context, a, b) => checked(context, 'multiplication', 'bigint', a, b, 'interval out of range'),
    },
    { pattern: '(interval day to second, double) -> interval day to second', lower: scaled('multiply', 'Int64') },
    { pattern: '(double, interval day to second) -> interval day to second', lower: (c, a, b) => scaled('multiply', 'Int64')(c, b, a) },
    { pattern: '(interval year to month, double) -> interval year to month', lower: scaled('multiply', 'Int32') },
    { pattern: '(double, interval year to month) -> interval year to month', lower: (c, a, b) => scaled('multiply', 'Int32')(c, b, a) },
  ],
  examples: [
    { sql: '6 * 7', type: 'integer', result: '42' },
    { sql: "interval '1' hour * 3", type: 'interval day to second', result: '0 03:00:00.000000000' },
    { sql: '4611686018427387904 * 2', error: 'NUMERIC_VALUE_OUT_OF_RANGE' },
  ],
}

const divide: FunctionDefinition = {
  name: '/',
  kind: 'scalar',
  family: 'mathematical',
  status: 'documented',
  summary: 'Division; of whole numbers it truncates towards zero.',
  source,
  signatures: [
    { pattern: '(integer, integer) -> integer', lower: (context, a, b) => quotient(context, 'integer', a, b) },
    { pattern: '(bigint, bigint) -> bigint', lower: (context, a, b) => quotient(context, 'bigint', a, b) },
    { pattern: '(double, double) -> double', lower: (_, a, b) => call('divide', a, b) },
    { pattern: '(interval day to second, double) -> interval day to second', lower: scaled('divide', 'Int64') },
    { pattern: '(interval year to month, double) -> interval year to month', lower: scaled('divide', 'Int32') },
  ],
  examples: [
    { sql: '7 / 2', type: 'integer', result: '3' },
    { sql: '-7 / 2', type: 'integer', result: '-3' },
    { sql: '7 / 2.0', type: 'double', result: '3.5' },
    { sql: '1.0 / 0', type: 'double', result: 'Infinity' },
    { sql: '1 / 0', error: 'DIVISION_BY_ZERO' },
  ],
}

const percent: FunctionDefinition = {
  name: '%',
  kind: 'scalar',
  family: 'mathematical',
  status: 'documented',
  summary: 'The rest of a division, with the sign of the dividend.',
  source,
  signatures: [
    { pattern: '(integer, integer) -> integer', lower: (context, a, b) => remainder(context, 'integer', a, b) },
    { pattern: '(bigint, bigint) -> bigint', lower: (context, a, b) => remainder(context, 'bigint', a, b) },
    { pattern: '(double, double) -> double', lower: doubleRemainder },
  ],
  examples: [
    { sql: '-7 % 3', type: 'integer', result: '-1' },
    { sql: '-2147483648 % -1', type: 'integer', result: '0' },
    { sql: '5.5 % 2', type: 'double', result: '1.5' },
    { sql: '1 % 0', error: 'DIVISION_BY_ZERO' },
  ],
}

export const negateOperator: FunctionDefinition = {
  name: 'negate',
  kind: 'scalar',
  family: 'mathematical',
  status: 'documented',
  summary: 'The number or interval with the other sign.',
  source,
  signatures: [
    { pattern: '(integer) -> integer', lower: (context, a) => negated(context, 'integer', a) },
    { pattern: '(bigint) -> bigint', lower: (context, a) => negated(context, 'bigint', a) },
    { pattern: '(double) -> double', lower: (_, a) => call('negate', a) },
    { pattern: '(interval day to second) -> interval day to second', lower: (context, a) => negated(context, 'bigint', a) },
    { pattern: '(interval year to month) -> interval year to month', lower: (context, a) => negated(context, 'integer', a) },
  ],
  examples: [{ sql: '-(1 + 1.5)', type: 'double', result: '-2.5' }],
}

export const arithmeticOperators: Readonly<Record<'+' | '-' | '*' | '/' | '%', FunctionDefinition>> = {
  '+': plus,
  '-': minus,
  '*': times,
  '/': divide,
  '%': percent,
}
