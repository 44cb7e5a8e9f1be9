import { call, float, integer, int64, string, when } from '../../clickhouse/tree.ts'
import type { Node } from '../../clickhouse/tree.ts'
import type { FunctionDefinition, LowerCall } from '../definition.ts'
import {
  absolute,
  and,
  atLeast,
  atMost,
  equal,
  less,
  minus,
  modulo,
  not,
  or,
  over,
  plus,
  times,
  toInt128,
  toInt32,
  toInt64,
  truth,
} from '../expression.ts'

const source = 'developer guide, "Mathematical functions"'

/**
 * The exact remainder of two doubles, with the sign of the dividend. The engine's own `x - trunc(x / y) * y` loses digits
 * (10 % 3.1 would be 0.6999999999999993); here the product is taken with its rounding error (Dekker's split).
 */
export function doubleRemainder(context: LowerCall, dividend: Node, divisor: Node): Node {
  return context.let(dividend, (x) =>
    context.let(divisor, (y) =>
      context.let(call('trunc', over(x, y)), (q) =>
        context.let(times(q, y), (product) =>
          context.let(minus(minus(x, product), productError(context, q, y, product)), (rest) => {
            const size = absolute(y)
            const isNegative = less(x, float(0))
            const lifted = when(
              and(not(isNegative), less(rest, float(0))),
              plus(rest, size),
              when(and(isNegative, less(float(0), rest)), minus(rest, size), rest),
            )
            const signed = when(equal(rest, float(0)), times(x, float(0)), lifted)
            const isLarge = or(less(float(9007199254740992), absolute(q)), less(float(1e300), absolute(x)), less(float(1e300), size))
            return when(and(call('isInfinite', y), call('isFinite', x)), x, when(isLarge, modulo(x, y), signed))
          }),
        ),
      ),
    ),
  )
}

/** a * b - round(a * b), exactly. */
function productError(context: LowerCall, a: Node, b: Node, product: Node): Node {
  const high = (value: Node): Node => context.let(times(float(134217729), value), (scaled) => minus(scaled, minus(scaled, value)))
  return context.let(high(a), (aHigh) =>
    context.let(high(b), (bHigh) => {
      const aLow = minus(a, aHigh)
      const bLow = minus(b, bHigh)
      const upper = minus(times(aHigh, bHigh), product)
      return plus(plus(plus(upper, times(aHigh, bLow)), times(aLow, bHigh)), times(aLow, bLow))
    }),
  )
}

/** Division by -1 is taken as by 1: the remainder is 0 all the same and the smallest number does not overflow. */
function wholeRemainder(context: LowerCall, dividend: Node, divisor: Node, narrow: (node: Node) => Node): Node {
  const constant = context.constant(1)
  if (constant !== undefined && constant !== null && Number(constant) !== 0 && Number(constant) !== -1)
    return narrow(modulo(dividend, divisor))
  return context.let(divisor, (d) =>
    context.failIf(
      equal(d, integer(0)),
      'DIVISION_BY_ZERO',
      'Division by zero',
      narrow(modulo(dividend, when(or(equal(d, integer(0)), equal(d, integer(-1))), integer(1), d))),
    ),
  )
}

function widthBucket(context: LowerCall, operand: Node, low: Node, high: Node, count: Node): Node {
  const fail = (condition: Node, message: string, value: Node): Node =>
    context.failIf(condition, 'INVALID_FUNCTION_ARGUMENT', message, value)
  return context.let(operand, (x) =>
    context.let(low, (a) =>
      context.let(high, (b) =>
        context.let(count, (n) => {
          const lower = call('least', a, b)
          const upper = call('greatest', a, b)
          const share = over(times(n, minus(x, lower)), minus(upper, lower))
          const isInside = and(atLeast(x, lower), less(x, upper))
          const inside = plus(toInt64(call('floor', when(isInside, share, float(0)))), int64(1))
          const ascending = when(less(x, lower), int64(0), when(atLeast(x, upper), plus(n, int64(1)), inside))
          const bucket = when(less(b, a), plus(minus(n, ascending), int64(1)), ascending)
          const isAnyNull = or(call('isNull', x), call('isNull', a), call('isNull', b), call('isNull', n))
          return when(
            isAnyNull,
            { kind: 'null' },
            fail(
              atMost(n, integer(0)),
              'bucketCount must be greater than 0',
              fail(
                call('isNaN', x),
                'operand must not be NaN',
                fail(
                  not(and(call('isFinite', a), call('isFinite', b))),
                  'the bounds of the buckets must be finite',
                  fail(equal(a, b), 'bounds cannot equal each other', bucket),
                ),
              ),
            ),
          )
        }),
      ),
    ),
  )
}

function widthBucketOf(context: LowerCall, operand: Node, bins: Node): Node {
  const bin = context.variable('bin')
  const fail = (condition: Node, message: string, value: Node): Node =>
    context.failIf(condition, 'INVALID_FUNCTION_ARGUMENT', message, value)
  return context.let(operand, (x) =>
    context.let(bins, (edges) => {
      const first = call('arrayElement', edges, integer(1))
      const last = call('arrayElement', edges, integer(-1))
      const below = call(
        'arrayCount',
        { kind: 'lambda', parameters: [bin], body: call('ifNull', atMost({ kind: 'identifier', name: bin }, x), integer(0)) },
        edges,
      )
      return when(
        call('isNull', x),
        { kind: 'null' },
        fail(
          call('isNaN', x),
          'Operand cannot be NaN',
          fail(
            call('empty', edges),
            'Bins cannot be an empty array',
            fail(call('ifNull', less(last, first), integer(0)), 'Bin values are not sorted in ascending order', toInt64(below)),
          ),
        ),
      )
    }),
  )
}

/** A random number of [low, high); each call in a statement has a stream of its own. */
function randomBetween(context: LowerCall, low: Node, high: Node, message: string): Node {
  return context.let(low, (a) =>
    context.let(high, (b) => {
      const span = call('toUInt64', when(less(a, b), minus(toInt128(b), toInt128(a)), integer(1, 'Int128')))
      const value = plus(toInt128(a), toInt128(modulo(call('rand64', string(context.variable('random'))), span)))
      const result = context.returnType.kind === 'scalar' && context.returnType.name === 'integer' ? toInt32(value) : toInt64(value)
      return context.failIf(atLeast(a, b), 'INVALID_FUNCTION_ARGUMENT', message, result)
    }),
  )
}

export const arithmeticFunctions: readonly FunctionDefinition[] = [
  {
    name: 'mod',
    kind: 'scalar',
    family: 'mathematical',
    status: 'documented',
    summary: 'The remainder of n / m, with the sign of n.',
    source,
    signatures: [
      { pattern: '(integer, integer) -> integer', lower: (context, n, m) => wholeRemainder(context, n, m, toInt32) },
      { pattern: '(bigint, bigint) -> bigint', lower: (context, n, m) => wholeRemainder(context, n, m, toInt64) },
      { pattern: '(double, double) -> double', lower: doubleRemainder },
    ],
    examples: [
      { sql: 'mod(-11, 3)', type: 'integer', result: '-2' },
      { sql: 'mod(10, 3.1)', type: 'double', result: '0.6999999999999997' },
      { sql: 'mod(NULL, 5.0)', type: 'double', result: null },
      { sql: 'mod(5, 0)', error: 'DIVISION_BY_ZERO' },
    ],
  },
  {
    name: 'random',
    aliases: ['rand'],
    kind: 'scalar',
    family: 'mathematical',
    status: 'documented',
    summary: 'A pseudo-random double of [0, 1); random(n) a whole number of [0, n); random(m, n) one of [m, n).',
    source,
    nulls: 'propagate',
    signatures: [
      { pattern: '() -> double', lower: (context) => call('randCanonical', string(context.variable('random'))) },
      { pattern: '(integer) -> integer', lower: (context, n) => randomBetween(context, int64(0), n, 'bound must be positive') },
      { pattern: '(bigint) -> bigint', lower: (context, n) => randomBetween(context, int64(0), n, 'bound must be positive') },
      {
        pattern: '(integer, integer) -> integer',
        lower: (context, m, n) => randomBetween(context, m, n, 'start value must be less than stop value'),
      },
      {
        pattern: '(bigint, bigint) -> bigint',
        lower: (context, m, n) => randomBetween(context, m, n, 'start value must be less than stop value'),
      },
    ],
    examples: [
      { sql: 'random() < 1', type: 'boolean', result: 'true' },
      { sql: 'random(1)', type: 'integer', result: '0' },
      { sql: 'random(0)', error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  },
  {
    name: 'width_bucket',
    kind: 'scalar',
    family: 'mathematical',
    status: 'extension',
    summary: 'The number of the bucket that x falls into: n equal ones between two bounds, or those between ascending edges.',
    source: 'Trino documentation, "Mathematical functions"',
    signatures: [
      { pattern: '(double, double, double, bigint) -> bigint', lower: widthBucket },
      { pattern: '(double, array(double)) -> bigint', lower: widthBucketOf },
    ],
    examples: [
      { sql: 'width_bucket(3.14, 0, 4, 3)', type: 'bigint', result: '3' },
      { sql: 'width_bucket(3.14, ARRAY[0.0, 2.0, 4.0])', type: 'bigint', result: '2' },
      { sql: 'width_bucket(NULL, 0, 4, 3)', type: 'bigint', result: null },
      { sql: 'width_bucket(3.14, 0, 4, -1)', error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  },
  {
    name: 'is_finite',
    kind: 'scalar',
    family: 'mathematical',
    status: 'documented',
    summary: 'Whether the value is neither infinite nor NaN.',
    source,
    signatures: [{ pattern: '(double) -> boolean', lower: (_, x) => truth(call('isFinite', x)) }],
    examples: [
      { sql: 'is_finite(100000)', type: 'boolean', result: 'true' },
      { sql: 'is_finite(infinity())', type: 'boolean', result: 'false' },
      { sql: 'is_finite(NULL)', type: 'boolean', result: null },
    ],
  },
  {
    name: 'is_infinite',
    kind: 'scalar',
    family: 'mathematical',
    status: 'documented',
    summary: 'Whether the value is plus or minus infinity.',
    source,
    signatures: [{ pattern: '(double) -> boolean', lower: (_, x) => truth(call('isInfinite', x)) }],
    examples: [
      { sql: 'is_infinite(1.0 / 0.0)', type: 'boolean', result: 'true' },
      { sql: 'is_infinite(NULL)', type: 'boolean', result: null },
    ],
  },
  {
    name: 'is_nan',
    kind: 'scalar',
    family: 'mathematical',
    status: 'documented',
    summary: 'Whether the value is not a number.',
    source,
    signatures: [{ pattern: '(double) -> boolean', lower: (_, x) => truth(call('isNaN', x)) }],
    examples: [
      { sql: 'is_nan(nan())', type: 'boolean', result: 'true' },
      { sql: 'is_nan(NULL)', type: 'boolean', result: null },
    ],
  },
]
