import { call, integer, int64, when } from '../clickhouse/tree.ts'
import type { Node } from '../clickhouse/tree.ts'
import type { FunctionDefinition, LowerCall } from './definition.ts'
import { less, toInt32, toInt64 } from './expression.ts'
import { bitCountFunction } from './mathematical/radix.ts'

const source = 'developer guide, "Mathematical functions": bitwise functions'

function binary(name: string, engineName: string, summary: string, sample: readonly [sql: string, result: string]): FunctionDefinition {
  return {
    name,
    kind: 'scalar',
    family: 'bitwise',
    status: 'documented',
    summary,
    source,
    signatures: [{ pattern: '(bigint, bigint) -> bigint', lower: (_, a, b) => call(engineName, a, b) }],
    examples: [
      { sql: sample[0], type: 'bigint', result: sample[1] },
      { sql: `${name}(NULL, 7)`, type: 'bigint', result: null },
    ],
  }
}

interface Width {
  readonly bits: number
  readonly unsigned: string
  readonly narrow: (node: Node) => Node
}
const widths: Readonly<Record<'integer' | 'bigint', Width>> = {
  integer: { bits: 32, unsigned: 'toUInt32', narrow: toInt32 },
  bigint: { bits: 64, unsigned: 'toUInt64', narrow: toInt64 },
}

/** `shifted` gets a count within the width; `beyond` is the result of shifting out every bit. */
function shift(
  name: string,
  summary: string,
  shifted: (value: Node, count: Node, width: Width) => Node,
  beyond: (value: Node) => Node,
  sample: readonly [sql: string, result: string],
): FunctionDefinition {
  const lower =
    (width: Width) =>
    (context: LowerCall, value: Node, count: Node): Node =>
      context.let(value, (x) =>
        context.let(count, (n) => {
          const small = call('toUInt8', when(less(n, integer(0)), int64(0), when(less(int64(width.bits - 1), n), int64(width.bits - 1), n)))
          const result = when(less(int64(width.bits - 1), n), width.narrow(beyond(x)), width.narrow(shifted(x, small, width)))
          return context.failIf(less(n, integer(0)), 'INVALID_FUNCTION_ARGUMENT', `${name}: the count must not be negative`, result)
        }),
      )
  return {
    name,
    kind: 'scalar',
    family: 'bitwise',
    status: 'extension',
    summary,
    source: 'Trino documentation, "Bitwise functions"',
    signatures: [
      { pattern: '(integer, bigint) -> integer', lower: lower(widths.integer) },
      { pattern: '(bigint, bigint) -> bigint', lower: lower(widths.bigint) },
    ],
    examples: [
      { sql: sample[0], type: 'integer', result: sample[1] },
      { sql: `${name}(CAST(NULL AS integer), 1)`, type: 'integer', result: null },
      { sql: `${name}(1, -1)`, error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  }
}

export const bitwiseFunctions: readonly FunctionDefinition[] = [
  bitCountFunction,
  binary('bitwise_and', 'bitAnd', "The bits that both have, two's complement.", ['bitwise_and(12, 7)', '4']),
  binary('bitwise_or', 'bitOr', "The bits that either has, two's complement.", ['bitwise_or(12, 7)', '15']),
  binary('bitwise_xor', 'bitXor', "The bits that one of both has, two's complement.", ['bitwise_xor(12, 7)', '11']),
  {
    name: 'bitwise_not',
    kind: 'scalar',
    family: 'bitwise',
    status: 'documented',
    summary: "Every bit inverted, two's complement.",
    source,
    signatures: [{ pattern: '(bigint) -> bigint', lower: (_, x) => call('bitNot', x) }],
    examples: [
      { sql: 'bitwise_not(12)', type: 'bigint', result: '-13' },
      { sql: 'bitwise_not(NULL)', type: 'bigint', result: null },
    ],
  },
  shift(
    'bitwise_left_shift',
    'The bits moved up, zeros coming in.',
    (x, n) => call('bitShiftLeft', toInt64(x), n),
    () => integer(0),
    ['bitwise_left_shift(-7, 2)', '-28'],
  ),
  shift(
    'bitwise_right_shift',
    'The bits moved down, zeros coming in.',
    (x, n, width) => call('bitShiftRight', call(width.unsigned, x), n),
    () => integer(0),
    ['bitwise_right_shift(7, 2)', '1'],
  ),
  shift(
    'bitwise_right_shift_arithmetic',
    'The bits moved down, the sign staying.',
    (x, n) => call('bitShiftRight', toInt64(x), n),
    (x) => when(less(x, integer(0)), integer(-1), integer(0)),
    ['bitwise_right_shift_arithmetic(-7, 2)', '-2'],
  ),
]
