import { boolean, call, cast, int64, integer, nothing, string, when } from '../../clickhouse/tree.ts'
import type { Node } from '../../clickhouse/tree.ts'
import { isNested } from '../../types/coercion.ts'
import type { FunctionDefinition, LowerCall } from '../definition.ts'
import { greater, less, or, toInt128, toInt64, truth, zero } from '../expression.ts'
import { aggregate, aggregateWhere, isPresent, kept, over, unkept } from './aggregate-call.ts'

/** Counts of the engine are unsigned, and NULL over no rows for some. */
const counted = (node: Node): Node => toInt64(call('ifNull', node, zero))

/** Integers are summed in 128 bits, so that too large a sum is seen. */
function wholeSum(context: LowerCall, value: Node, type: 'bigint' | 'interval'): Node {
  const sum = context.aggregate('sum', [toInt128(value)])
  return context.let(sum, (total) =>
    context.failIf(
      or(less(total, toInt128(int64(-(2n ** 63n)))), greater(total, toInt128(int64(2n ** 63n - 1n)))),
      'NUMERIC_VALUE_OUT_OF_RANGE',
      type === 'bigint' ? 'bigint overflow in sum' : 'interval overflow in sum',
      toInt64(total),
    ),
  )
}

const extreme = (context: LowerCall, name: 'max' | 'min', value: Node): Node =>
  aggregateWhere(context, isPresent(value, context.types[0]!), name, [value])

const maxCount = 10_000

/** As many as asked for; the number is one for the whole group. */
function count(context: LowerCall, index: number, node: Node): Node {
  const constant = context.constant(index)
  if (constant !== undefined && (constant === null || Number(constant) < 1 || Number(constant) > maxCount)) {
    context.invalid(index, `the number of results must be from 1 to ${maxCount}`)
  }
  return constant === undefined ? call('least', context.aggregate('any', [node]), integer(maxCount)) : integer(BigInt(Number(constant)))
}

/** The n greatest or smallest values, the most extreme first. */
function extremes(context: LowerCall, name: 'max' | 'min', value: Node, wanted: Node): Node {
  const gathered = aggregateWhere(context, isPresent(value, context.types[0]!), 'groupArray', [value])
  const sorted = call(name === 'max' ? 'arrayReverseSort' : 'arraySort', gathered)
  return context.let(sorted, (values) =>
    when(call('empty', values), call('array'), context.wrap(call('arraySlice', values, integer(1), count(context, 1, wanted)))),
  )
}

/**
 * The engine skips rows whose value is NULL, so a value goes in a tuple, or, several times as fast, as two aggregates: whether it is NULL there, and
 * what it is. Both find the same row, since they meet the same keys in the same order; not so under DISTINCT.
 */
function extremeBy(context: LowerCall, name: 'argMax' | 'argMin', value: Node, key: Node): Node {
  const [valueType, keyType] = context.types
  const find = (each: Node): Node => aggregateWhere(context, isPresent(key, keyType!), name, [each, key])
  const isScalar = valueType!.kind === 'scalar' && valueType!.name !== 'unknown'
  if (!isScalar || context.distinct) return unkept(find(kept(value, valueType!)))
  return when(find(call('isNull', value)), nothing, find(call('assumeNotNull', value)))
}

function extremesBy(context: LowerCall, name: 'argMax' | 'argMin', value: Node, key: Node, wanted: Node): Node {
  const [valueType, keyType] = context.types
  const condition = isPresent(key, keyType!) ?? call('isNotNull', key)
  const gathered = aggregateWhere(context, condition, 'groupArray', [call('tuple', key, kept(value, valueType!))])
  const [pair, byKey] = [context.variable(), context.variable()]
  const sorted = call(
    name === 'argMax' ? 'arrayReverseSort' : 'arraySort',
    { kind: 'lambda', parameters: [byKey], body: call('tupleElement', { kind: 'identifier', name: byKey }, integer(1)) },
    gathered,
  )
  return context.let(sorted, (pairs) => {
    const best = call('arraySlice', pairs, integer(1), count(context, 2, wanted))
    const values = call(
      'arrayMap',
      { kind: 'lambda', parameters: [pair], body: unkept(call('tupleElement', { kind: 'identifier', name: pair }, integer(2))) },
      best,
    )
    return when(call('empty', pairs), call('array'), context.wrap(values))
  })
}

const any = (context: LowerCall, value: Node): Node => aggregateWhere(context, isPresent(value, context.types[0]!), 'any', [value])

/** A fingerprint that does not hang on the order of rows. Values are told apart by their types too. */
function checksum(context: LowerCall, value: Node): Node {
  const [type] = context.types
  const hash = call('sipHash64', isNested(type!) ? value : call('ifNull', cast(value, 'Nullable(String)'), string('\u0000null')))
  return context.let(context.aggregate('count', []), (rows) =>
    when(
      call('equals', rows, zero),
      nothing,
      call('reinterpretAsString', call('assumeNotNull', context.aggregate('sumWithOverflow', [hash]))),
    ),
  )
}

const numbers = '1, 2, 3, 4'
const pairs = "('a', 1), ('b', 2), ('c', 3), ('d', 4)"

export const basicAggregates: readonly FunctionDefinition[] = [
  aggregate({
    name: 'count',
    summary: 'The number of rows, or of values that are not NULL.',
    signatures: [
      { pattern: '() -> bigint', lower: (context) => counted(context.aggregate('count', [])) },
      {
        pattern: '(T) -> bigint',
        lower: (context, x) => counted(aggregateWhere(context, isPresent(x, context.types[0]!), 'count', [x])),
      },
    ],
    examples: [
      { sql: over('count(*)', '1, NULL'), type: 'bigint', result: '2' },
      { sql: over('count(x)', '1, NULL'), type: 'bigint', result: '1' },
      { sql: over('count(DISTINCT x)', '1, 1, 2, NULL'), type: 'bigint', result: '2' },
      { sql: 'SELECT count(x) FROM (VALUES 1) AS t(x) WHERE x > 1', type: 'bigint', result: '0' },
    ],
  }),
  aggregate({
    name: 'count_if',
    summary: 'The number of rows for which the condition is true.',
    signatures: [
      {
        pattern: '(boolean) -> bigint',
        lower: (context, x) => counted(aggregateWhere(context, call('ifNull', x, boolean(false)), 'count', context.distinct ? [x] : [])),
      },
    ],
    examples: [{ sql: over('count_if(x > 1)', '1, 2, 3, NULL'), type: 'bigint', result: '2' }],
  }),
  aggregate({
    name: 'sum',
    summary: 'The sum; of integers a bigint.',
    signatures: [
      { pattern: '(bigint) -> bigint', lower: (context, x) => wholeSum(context, x, 'bigint') },
      { pattern: '(double) -> double', lower: (context, x) => context.aggregate('sum', [x]) },
      { pattern: '(interval day to second) -> interval day to second', lower: (context, x) => wholeSum(context, x, 'interval') },
      {
        pattern: '(interval year to month) -> interval year to month',
        lower: (context, x) => call('toInt32', context.aggregate('sum', [x])),
      },
    ],
    examples: [
      { sql: over('sum(x)', numbers), type: 'bigint', result: '10' },
      { sql: over('sum(x)', '1.5, NULL'), type: 'double', result: '1.5' },
      { sql: 'SELECT sum(x) FROM (VALUES 1) AS t(x) WHERE x > 1', type: 'bigint', result: null },
      { sql: over('sum(x)', '9223372036854775807, 1'), error: 'NUMERIC_VALUE_OUT_OF_RANGE' },
    ],
  }),
  aggregate({
    name: 'avg',
    summary: 'The arithmetic mean.',
    signatures: [
      { pattern: '(double) -> double', lower: (context, x) => context.aggregate('avg', [x]) },
      {
        pattern: '(interval day to second) -> interval day to second',
        lower: (context, x) => toInt64(call('round', context.aggregate('avg', [call('toFloat64', x)]))),
      },
    ],
    examples: [
      { sql: over('avg(x)', numbers), type: 'double', result: '2.5' },
      { sql: over('avg(x)', 'NULL, CAST(NULL AS double)'), type: 'double', result: null },
    ],
  }),
  aggregate({
    name: 'max',
    summary: 'The greatest value; with a number n the n greatest, descending.',
    signatures: [
      { pattern: '(T: orderable) -> T', lower: (context, x) => extreme(context, 'max', x) },
      { pattern: '(T: orderable, bigint) -> array(T)', lower: (context, x, n) => extremes(context, 'max', x, n) },
    ],
    examples: [
      { sql: over('max(x)', numbers), type: 'integer', result: '4' },
      { sql: over('max(x, 2)', numbers), type: 'array(integer)', result: ['4', '3'] },
      { sql: over('max(x)', "'a', NULL, 'b'"), type: 'varchar', result: 'b' },
    ],
  }),
  aggregate({
    name: 'min',
    summary: 'The smallest value; with a number n the n smallest, ascending.',
    signatures: [
      { pattern: '(T: orderable) -> T', lower: (context, x) => extreme(context, 'min', x) },
      { pattern: '(T: orderable, bigint) -> array(T)', lower: (context, x, n) => extremes(context, 'min', x, n) },
    ],
    examples: [
      { sql: over('min(x)', numbers), type: 'integer', result: '1' },
      { sql: over('min(x, 2)', numbers), type: 'array(integer)', result: ['1', '2'] },
      { sql: over('min(x, 0)', numbers), error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  }),
  ...(['max', 'min'] as const).map((name) =>
    aggregate({
      name: `${name}_by`,
      summary: `The value of x in the row with the ${name === 'max' ? 'greatest' : 'smallest'} y (of several such rows any); with a number n those of the n rows.`,
      signatures: [
        { pattern: '(T, U: orderable) -> T', lower: (context, x, y) => extremeBy(context, name === 'max' ? 'argMax' : 'argMin', x, y) },
        {
          pattern: '(T, U: orderable, bigint) -> array(T)',
          lower: (context, x, y, n) => extremesBy(context, name === 'max' ? 'argMax' : 'argMin', x, y, n),
        },
      ],
      examples: [
        { sql: over(`${name}_by(c, x)`, pairs, 'c, x'), type: 'varchar', result: name === 'max' ? 'd' : 'a' },
        { sql: over(`${name}_by(c, x, 2)`, pairs, 'c, x'), type: 'array(varchar)', result: name === 'max' ? ['d', 'c'] : ['a', 'b'] },
        { sql: over(`${name}_by(c, x)`, "(NULL, 1), ('b', NULL)", 'c, x'), type: 'varchar', result: null },
      ],
    }),
  ),
  aggregate({
    name: 'arbitrary',
    aliases: ['any_value'],
    summary: 'Some value that is not NULL.',
    signatures: [{ pattern: '(T) -> T', lower: (context, x) => any(context, x) }],
    examples: [{ sql: over('arbitrary(x)', 'NULL, 7, 7'), type: 'integer', result: '7' }],
  }),
  aggregate({
    name: 'bool_and',
    aliases: ['every'],
    summary: 'Whether all values are true.',
    signatures: [{ pattern: '(boolean) -> boolean', lower: (context, x) => truth(context.aggregate('min', [x])) }],
    examples: [
      { sql: over('bool_and(x)', 'true, NULL, false'), type: 'boolean', result: 'false' },
      { sql: over('every(x)', 'true, NULL'), type: 'boolean', result: 'true' },
    ],
  }),
  aggregate({
    name: 'bool_or',
    summary: 'Whether one of the values is true.',
    signatures: [{ pattern: '(boolean) -> boolean', lower: (context, x) => truth(context.aggregate('max', [x])) }],
    examples: [{ sql: over('bool_or(x)', 'true, NULL, false'), type: 'boolean', result: 'true' }],
  }),
  ...(['and', 'or', 'xor'] as const).map((operation) =>
    aggregate({
      name: `bitwise_${operation}_agg`,
      status: operation === 'xor' ? 'extension' : 'documented',
      summary: `The bitwise ${operation.toUpperCase()} of all values, in two's complement.`,
      signatures: [
        {
          pattern: '(bigint) -> bigint',
          lower: (context, x) => context.aggregate({ and: 'groupBitAnd', or: 'groupBitOr', xor: 'groupBitXor' }[operation], [x]),
        },
      ],
      examples: [
        { sql: over(`bitwise_${operation}_agg(x)`, '1, -3'), type: 'bigint', result: { and: '1', or: '-3', xor: '-4' }[operation] },
      ],
    }),
  ),
  aggregate({
    name: 'checksum',
    status: 'extension',
    summary: 'A fingerprint of the values, the same in any order of the rows.',
    signatures: [{ pattern: '(T) -> varbinary', lower: (context, x) => checksum(context, x) }],
    examples: [
      {
        sql: 'SELECT a.c = b.c FROM (SELECT checksum(x) AS c FROM (VALUES 1, 2) AS t(x)) AS a, (SELECT checksum(x) AS c FROM (VALUES 2, 1) AS t(x)) AS b',
        type: 'boolean',
        result: 'true',
      },
    ],
  }),
]
