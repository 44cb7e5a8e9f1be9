import { call, float, integer, int64, when } from '../../clickhouse/tree.ts'
import type { Node } from '../../clickhouse/tree.ts'
import type { FunctionDefinition, LowerCall } from '../definition.ts'
import {
  absolute,
  atLeast,
  equal,
  less,
  minus,
  negate,
  not,
  onlyIf,
  or,
  over,
  plus,
  quotient,
  times,
  toInt128,
  toInt32,
  toInt64,
} from '../expression.ts'

const source = 'developer guide, "Mathematical functions"'

/** Half away from zero of a value that is not negative. The difference is exact, so 0.49999999999999994 stays below. */
const roundHalfUp = (value: Node, context: LowerCall): Node =>
  context.let(call('trunc', value), (whole) => plus(whole, atLeast(minus(value, whole), float(0.5))))

/** Infinite, NaN and values too large to have such digits come back as they are. */
function roundDouble(context: LowerCall, value: Node, factor?: Node): Node {
  return context.let(value, (x) => {
    const scaled = factor === undefined ? absolute(x) : times(absolute(x), factor)
    const rounded = context.let(scaled, (s) => roundHalfUp(s, context))
    const size = factor === undefined ? rounded : over(rounded, factor)
    return when(not(less(scaled, float(2 ** 53))), x, when(less(x, float(0)), negate(size), size))
  })
}

/** A value that has no more digits stays, although its product with the factor may fall below a whole number. */
function truncateTo(context: LowerCall, value: Node, digits: Node): Node {
  const factor = powerOfTen(context, digits)
  return context.let(value, (x) =>
    context.let(times(x, factor), (scaled) =>
      when(
        or(not(less(absolute(scaled), float(2 ** 53))), equal(over(call('round', scaled), factor), x)),
        onlyIf(call('isNotNull', digits), x),
        over(call('trunc', scaled), factor),
      ),
    ),
  )
}

/** Below it a double is 0: any number times this rounds to 0 as well, and 0 divided by it stays 0. */
const leastFactor = 1e-323

function powerOfTen(context: LowerCall, digits: Node): Node {
  const constant = context.constant(1)
  if (constant !== undefined && constant !== null) return float(Math.max(Number(`1e${Number(constant)}`), leastFactor))
  return context.let(call('exp10', digits), (factor) => when(less(factor, float(leastFactor)), float(leastFactor), factor))
}

/** Whole numbers change only for negative digits. 128 bits hold every intermediate; the result is checked. */
function roundWhole(context: LowerCall, value: Node, digits: Node): Node {
  const constant = context.constant(1)
  if (constant !== undefined && constant !== null && Number(constant) >= 0) return value
  const isInteger = context.returnType.kind === 'scalar' && context.returnType.name === 'integer'
  return context.let(value, (x) => {
    const places = call('greatest', digits, integer(-20, 'Int64'))
    const factor = toInt128(call('intExp10', call('least', negate(places), integer(19))))
    const half = quotient(factor, integer(2))
    const wide = context.let(factor, (f) => times(quotient(plus(toInt128(x), when(less(x, integer(0)), negate(half), half)), f), f))
    const checked = context.let(wide, (w) =>
      context.failIf(
        call(
          'or',
          less(w, toInt128(int64(isInteger ? -2147483648 : -(2n ** 63n)))),
          less(toInt128(int64(isInteger ? 2147483647 : 2n ** 63n - 1n)), w),
        ),
        'NUMERIC_VALUE_OUT_OF_RANGE',
        `round overflow (${isInteger ? 'integer' : 'bigint'})`,
        isInteger ? toInt32(w) : toInt64(w),
      ),
    )
    const unchanged = when(less(digits, integer(-19)), isInteger ? toInt32(integer(0)) : int64(0), checked)
    return when(call('isNull', digits), { kind: 'null' }, when(atLeast(digits, integer(0)), x, unchanged))
  })
}

const same = (_: LowerCall, value: Node): Node => value
const bound = (minimum: string, type: string) => ({ minimum, type })
const bounds = [bound('-2147483648', 'integer'), bound('-9223372036854775808', 'bigint')]

export const roundingFunctions: readonly FunctionDefinition[] = [
  {
    name: 'abs',
    kind: 'scalar',
    family: 'mathematical',
    status: 'documented',
    summary: 'The absolute value, of the same type.',
    source,
    signatures: [
      ...bounds.map(({ minimum, type }) => ({
        pattern: `(${type}) -> ${type}`,
        lower: (context: LowerCall, x: Node): Node =>
          context.let(x, (value) =>
            context.failIf(
              equal(value, integer(BigInt(minimum), type === 'integer' ? 'Int32' : 'Int64')),
              'NUMERIC_VALUE_OUT_OF_RANGE',
              `Value ${minimum} is out of range for abs(${type})`,
              type === 'integer' ? toInt32(absolute(value)) : toInt64(absolute(value)),
            ),
          ),
      })),
      { pattern: '(double) -> double', lower: (_, x) => absolute(x) },
    ],
    examples: [
      { sql: 'abs(-5)', type: 'integer', result: '5' },
      { sql: 'abs(-5.5)', type: 'double', result: '5.5' },
      { sql: 'abs(CAST(NULL AS bigint))', type: 'bigint', result: null },
      { sql: 'abs(CAST(-2147483648 AS integer))', error: 'NUMERIC_VALUE_OUT_OF_RANGE' },
    ],
  },
  {
    name: 'ceiling',
    aliases: ['ceil'],
    kind: 'scalar',
    family: 'mathematical',
    status: 'documented',
    summary: 'The value rounded up to a whole number, of the same type.',
    source,
    signatures: [
      { pattern: '(integer) -> integer', lower: same },
      { pattern: '(bigint) -> bigint', lower: same },
      { pattern: '(double) -> double', lower: (_, x) => call('ceil', x) },
    ],
    examples: [
      { sql: 'ceil(123.45)', type: 'double', result: '124.0' },
      { sql: 'ceiling(-5)', type: 'integer', result: '-5' },
      { sql: 'ceil(CAST(NULL AS double))', type: 'double', result: null },
    ],
  },
  {
    name: 'floor',
    kind: 'scalar',
    family: 'mathematical',
    status: 'documented',
    summary: 'The value rounded down to a whole number, of the same type.',
    source,
    signatures: [
      { pattern: '(integer) -> integer', lower: same },
      { pattern: '(bigint) -> bigint', lower: same },
      { pattern: '(double) -> double', lower: (_, x) => call('floor', x) },
    ],
    examples: [
      { sql: 'floor(-123.45)', type: 'double', result: '-124.0' },
      { sql: 'floor(7)', type: 'integer', result: '7' },
      { sql: 'floor(CAST(NULL AS double))', type: 'double', result: null },
    ],
  },
  {
    name: 'round',
    kind: 'scalar',
    family: 'mathematical',
    status: 'documented',
    summary: 'The value rounded half away from zero, to a whole number or to `d` decimal digits (before the point when negative).',
    source,
    signatures: [
      { pattern: '(integer) -> integer', lower: same },
      { pattern: '(bigint) -> bigint', lower: same },
      { pattern: '(double) -> double', lower: (context, x) => roundDouble(context, x) },
      { pattern: '(integer, bigint) -> integer', lower: roundWhole },
      { pattern: '(bigint, bigint) -> bigint', lower: roundWhole },
      { pattern: '(double, bigint) -> double', lower: (context, x, digits) => roundDouble(context, x, powerOfTen(context, digits)) },
    ],
    examples: [
      { sql: 'round(2.5)', type: 'double', result: '3.0' },
      { sql: 'round(-2.5)', type: 'double', result: '-3.0' },
      { sql: 'round(1234.567, 2)', type: 'double', result: '1234.57' },
      { sql: 'round(12355, -2)', type: 'integer', result: '12400' },
      { sql: 'round(1234.5, -400)', type: 'double', result: '0.0' },
      { sql: 'round(CAST(NULL AS double), 1)', type: 'double', result: null },
      { sql: 'round(2147483647, -1)', error: 'NUMERIC_VALUE_OUT_OF_RANGE' },
    ],
  },
  {
    name: 'truncate',
    kind: 'scalar',
    family: 'mathematical',
    status: 'documented',
    summary: 'The value without the digits after the decimal point, or (an extension) after the first `d` of them.',
    source,
    signatures: [
      { pattern: '(double) -> double', lower: (_, x) => call('trunc', x) },
      { pattern: '(double, bigint) -> double', lower: truncateTo },
    ],
    examples: [
      { sql: 'truncate(4.359, 2)', type: 'double', result: '4.35' },
      { sql: 'truncate(4.35, 2)', type: 'double', result: '4.35' },
      { sql: 'truncate(127.9, -1)', type: 'double', result: '120.0' },
      { sql: 'truncate(-3.9)', type: 'double', result: '-3.0' },
      { sql: 'truncate(NULL)', type: 'double', result: null },
    ],
  },
  {
    name: 'sign',
    kind: 'scalar',
    family: 'mathematical',
    status: 'documented',
    summary: '-1, 0 or 1 as the value is negative, zero or positive; NaN of NaN.',
    source,
    signatures: [
      { pattern: '(integer) -> integer', lower: (_, x) => toInt32(call('sign', x)) },
      { pattern: '(bigint) -> bigint', lower: (_, x) => toInt64(call('sign', x)) },
      {
        pattern: '(double) -> double',
        lower: (context, x) => context.let(x, (v) => when(or(call('isNaN', v), equal(v, float(0))), v, call('toFloat64', call('sign', v)))),
      },
    ],
    examples: [
      { sql: 'sign(-11)', type: 'integer', result: '-1' },
      { sql: 'sign(infinity())', type: 'double', result: '1.0' },
      { sql: 'sign(nan())', type: 'double', result: 'NaN' },
      { sql: 'sign(CAST(NULL AS bigint))', type: 'bigint', result: null },
    ],
  },
]
