import { call, identifier, integer, lambda, string, when } from '../../clickhouse/tree.ts'
import type { Node } from '../../clickhouse/tree.ts'
import type { FunctionDefinition, LowerCall } from '../definition.ts'
import {
  absolute,
  and,
  atLeast,
  charactersOf,
  concat,
  equal,
  less,
  minus,
  negate,
  not,
  onlyIf,
  or,
  plus,
  times,
  toInt128,
  toInt64,
  unlessNull,
} from '../expression.ts'

const source = 'developer guide, "Mathematical functions"'
const digits = '0123456789abcdefghijklmnopqrstuvwxyz'
const badRadix = 'Radix must be between 2 and 36'
const isOutside = (radix: Node): Node => or(less(radix, integer(2)), less(integer(36), radix))
/** Beyond 64 bits either way; a fold stops growing here. */
const overflowing = 1n << 80n

function toBase(context: LowerCall, value: Node, radix: Node): Node {
  return context.let(value, (x) =>
    context.let(radix, (r) =>
      context.failIf(
        isOutside(r),
        'INVALID_FUNCTION_ARGUMENT',
        badRadix,
        onlyIf(
          call('isNotNull', r),
          concat(
            when(less(x, integer(0)), string('-'), string('')),
            call(
              'lower',
              call('conv', call('toString', absolute(x)), integer(10), when(call('ifNull', isOutside(r), integer(1)), integer(10), r)),
            ),
          ),
        ),
      ),
    ),
  )
}

function fromBase(context: LowerCall, text: Node, radix: Node): Node {
  const digit = context.variable('digit')
  const sum = context.variable('sum')
  const character = context.variable('character')
  const signed = (s: Node): Node => or(call('startsWith', s, string('-')), call('startsWith', s, string('+')))
  return unlessNull([text, radix], (s, r) => {
    const body = when(signed(s), call('substring', s, integer(2)), s)
    const values = call(
      'arrayMap',
      lambda([character], minus(toInt64(call('position', string(digits), call('lower', identifier(character)))), integer(1))),
      charactersOf(body),
    )
    return context.let(values, (list) => {
      const isMalformed = or(
        call('empty', list),
        call('arrayExists', lambda([digit], or(less(identifier(digit), integer(0)), atLeast(identifier(digit), r))), list),
      )
      const total = call(
        'arrayFold',
        lambda(
          [sum, digit],
          call('least', plus(times(identifier(sum), toInt128(r)), toInt128(identifier(digit))), integer(overflowing, 'Int128')),
        ),
        list,
        integer(0, 'Int128'),
      )
      const value = when(call('startsWith', s, string('-')), negate(total), total)
      return context.failIf(
        isOutside(r),
        'INVALID_FUNCTION_ARGUMENT',
        badRadix,
        context.failIf(
          isMalformed,
          'INVALID_FUNCTION_ARGUMENT',
          'from_base: the text is not a number of that radix',
          context.let(value, (v) => {
            const fits = and(atLeast(v, integer(-(2n ** 63n), 'Int128')), less(v, integer(2n ** 63n, 'Int128')))
            return context.failIf(not(fits), 'INVALID_FUNCTION_ARGUMENT', 'from_base: the number is out of range for bigint', toInt64(v))
          }),
        ),
      )
    })
  })
}

/** The bits that `bits` wide numbers have. */
function bitCount(context: LowerCall, value: Node, bits: Node): Node {
  const width = context.constant(1)
  const number = context.constant(0)
  const isConstant = width !== undefined && width !== null && number !== undefined && number !== null
  const message = isConstant
    ? `Number must be representable with the bits specified. ${number} can not be represented with ${width} bits`
    : 'Number must be representable with the bits specified'
  const one = integer(1, 'Int64')
  return context.let(value, (x) =>
    context.let(bits, (n) => {
      const isBadWidth = or(less(n, integer(2)), less(integer(64), n))
      const half = call('bitShiftLeft', one, call('toUInt8', when(or(isBadWidth, equal(n, integer(64))), integer(0), minus(n, integer(1)))))
      const isNarrow = less(n, integer(64))
      const isTooLarge = and(isNarrow, or(less(x, negate(half)), atLeast(x, half)))
      const mask = plus(half, minus(half, one))
      return onlyIf(
        not(or(call('isNull', x), call('isNull', n))),
        context.failIf(
          isBadWidth,
          'INVALID_FUNCTION_ARGUMENT',
          isConstant
            ? `Bits specified in bit_count must be between 2 and 64, got ${width}`
            : 'Bits specified in bit_count must be between 2 and 64',
          context.failIf(
            isTooLarge,
            'INVALID_FUNCTION_ARGUMENT',
            message,
            toInt64(when(isNarrow, call('bitCount', call('bitAnd', x, mask)), call('bitCount', x))),
          ),
        ),
      )
    }),
  )
}

export const radixFunctions: readonly FunctionDefinition[] = [
  {
    name: 'to_base',
    kind: 'scalar',
    family: 'mathematical',
    status: 'documented',
    summary: 'The number written in base `radix` (2 to 36), small letters.',
    source,
    signatures: [{ pattern: '(bigint, bigint) -> varchar', lower: toBase }],
    examples: [
      { sql: 'to_base(255, 16)', type: 'varchar', result: 'ff' },
      { sql: 'to_base(-5, 2)', type: 'varchar', result: '-101' },
      { sql: 'to_base(NULL, 16)', type: 'varchar', result: null },
      { sql: 'to_base(255, 1)', error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  },
  {
    name: 'from_base',
    kind: 'scalar',
    family: 'mathematical',
    status: 'documented',
    summary: 'The whole number that the text is in base `radix` (2 to 36).',
    source,
    signatures: [{ pattern: '(varchar, bigint) -> bigint', lower: fromBase }],
    examples: [
      { sql: "from_base('11111111', 2)", type: 'bigint', result: '255' },
      { sql: "from_base('-7FFF', 16)", type: 'bigint', result: '-32767' },
      { sql: 'from_base(NULL, 10)', type: 'bigint', result: null },
      { sql: "from_base('12', 2)", error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  },
]

export const bitCountFunction: FunctionDefinition = {
  name: 'bit_count',
  kind: 'scalar',
  family: 'bitwise',
  status: 'documented',
  summary: "How many bits are set in x as a signed number of that many bits, two's complement.",
  source: 'developer guide, "Mathematical functions": bit_count',
  signatures: [{ pattern: '(bigint, bigint) -> bigint', lower: bitCount }],
  examples: [
    { sql: 'bit_count(19, 8)', type: 'bigint', result: '3' },
    { sql: 'bit_count(-8, 32)', type: 'bigint', result: '29' },
    { sql: 'bit_count(NULL, 8)', type: 'bigint', result: null },
    { sql: 'bit_count(19, 2)', error: 'INVALID_FUNCTION_ARGUMENT' },
  ],
}
