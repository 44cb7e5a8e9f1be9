import { boolean, call, cast, identifier, integer, lambda, when } from '../clickhouse/tree.ts'
import type { FrameBound, Node, Window } from '../clickhouse/tree.ts'
import { isNested } from '../types/coercion.ts'
import type { FunctionDefinition, LowerCall, Signature } from './definition.ts'
import { atMost, equal, greater, isNull, less, minus, modulo, negate, plus, quotient, times, toInt64 } from './expression.ts'
import { kept, unkept } from './aggregate/aggregate-call.ts'

const source = 'developer guide, "Window functions"'

/** The call over the statement's window; `frame` replaces the window's own, `none` leaves it to the engine. */
function overWindow(context: LowerCall, name: string, args: readonly Node[], frame: 'own' | 'none' | Window['frame'] = 'own'): Node {
  const { over } = context
  if (over === undefined) return context.invalid(0, `${name} needs an OVER clause`, 'SEMANTIC_ERROR')
  const { frame: own, ...rest } = over
  const chosen = frame === 'own' ? own : frame === 'none' ? undefined : frame
  return { kind: 'call', name, arguments: args, over: { ...rest, ...(chosen && { frame: chosen }) } }
}

/** A value that can be NULL where the engine would put the type's default. */
const nullable = (context: LowerCall, value: Node): Node => (isNested(context.types[0]!) ? value : call('toNullable', value))

const ranking = (name: string): Signature => ({
  pattern: '() -> bigint',
  lower: (context) => toInt64(overWindow(context, name, [], 'none')),
})
const share = (name: string): Signature => ({ pattern: '() -> double', lower: (context) => overWindow(context, name, [], 'none') })

function endValue(context: LowerCall, name: 'first_value' | 'last_value', value: Node): Node {
  if (context.nulls !== 'ignore') return overWindow(context, `${name}_respect_nulls`, [nullable(context, value)])
  if (isNested(context.types[0]!)) context.invalid(0, 'IGNORE NULLS of an array, row or time series is not supported', 'NOT_SUPPORTED')
  return overWindow(context, name, [value])
}

function nthValue(context: LowerCall, value: Node, offset: Node): Node {
  const constant = context.constant(1)
  if (constant === null) return context.nullOf(context.returnType)
  if (constant !== undefined && Number(constant) < 1) context.invalid(1, 'offset must be at least 1')
  if (constant !== undefined && context.nulls !== 'ignore') {
    return overWindow(context, 'nth_value', [nullable(context, value), integer(BigInt(Number(constant)))])
  }
  const found = nthOf(context, gathered(context, value), offset, undefined)
  return context.failIf(less(offset, integer(1)), 'INVALID_FUNCTION_ARGUMENT', 'offset must be at least 1', found)
}

/** All values of the frame, each in a tuple; without the NULLs when these are ignored. */
function gathered(context: LowerCall, value: Node, frame: 'own' | Window['frame'] = 'own'): Node {
  const type = context.types[0]!
  const node = overWindow(context, 'groupArray', [kept(value, type)], frame)
  if (context.nulls !== 'ignore') return node
  const each = context.variable()
  return call('arrayFilter', lambda([each], call('not', context.isNull(unkept(identifier(each)), type))), node)
}

/** The element at a place from the start, or from the end when negative. */
function nthOf(context: LowerCall, tuples: Node, position: Node, missing: Node | undefined): Node {
  const otherwise = missing ?? context.nullOf(context.returnType)
  return context.let(tuples, (values) =>
    context.let(position, (at) => {
      const isBeyond = call('ifNull', greater(call('abs', at), call('length', values)), boolean(true))
      return when(isBeyond, otherwise, unkept(call('arrayElement', values, call('ifNull', at, integer(1)))))
    }),
  )
}

const bound = (kind: 'preceding' | 'following'): FrameBound => ({ kind, offset: integer(1) })

function neighbour(context: LowerCall, name: 'lag' | 'lead', value: Node, offset?: Node, missing?: Node): Node {
  const constant = offset === undefined ? 1n : context.constant(1)
  if (constant === null) return context.nullOf(context.returnType)
  if (constant !== undefined && Number(constant) < 0) context.invalid(1, 'offset must be at least 0')
  if (constant !== undefined && Number(constant) === 0) return value
  const distance = offset ?? integer(1)
  const held = context.physicalType(context.returnType)
  const extra = missing === undefined ? [] : [cast(missing, held)]
  const found =
    context.nulls === 'ignore'
      ? knownNeighbour(context, name, value, distance, missing)
      : overWindow(context, name, [cast(value, held), call('ifNull', distance, integer(0)), ...extra], 'none')
  if (constant !== undefined) return found
  const counted = call(
    'multiIf',
    isNull(distance),
    context.nullOf(context.returnType),
    equal(distance, integer(0)),
    cast(value, held),
    found,
  )
  return context.failIf(less(distance, integer(0)), 'INVALID_FUNCTION_ARGUMENT', 'offset must be at least 0', counted)
}

/** Among the rows before (or after) those whose value is not NULL are counted. */
function knownNeighbour(context: LowerCall, name: 'lag' | 'lead', value: Node, distance: Node, missing: Node | undefined): Node {
  const frame: Window['frame'] =
    name === 'lag'
      ? { unit: 'ROWS', start: { kind: 'unbounded-preceding' }, end: bound('preceding') }
      : { unit: 'ROWS', start: bound('following'), end: { kind: 'unbounded-following' } }
  return nthOf(context, gathered(context, value, frame), name === 'lag' ? negate(toInt64(distance)) : distance, missing)
}

/** ntile of a number that differs from row to row: the first parts are one row longer where the rows do not come out even. */
function bucket(context: LowerCall, parts: Node): Node {
  const whole: Window['frame'] = { unit: 'ROWS', start: { kind: 'unbounded-preceding' }, end: { kind: 'unbounded-following' } }
  const rows = toInt64(overWindow(context, 'count', [], whole))
  const row = toInt64(overWindow(context, 'row_number', [], 'none'))
  return context.let(call('greatest', call('ifNull', parts, integer(1)), integer(1)), (k) => {
    const size = quotient(rows, k)
    const longer = modulo(rows, k)
    const inLonger = atMost(row, times(longer, plus(size, integer(1))))
    const early = plus(quotient(minus(row, integer(1)), plus(size, integer(1))), integer(1))
    const late = plus(
      plus(longer, quotient(minus(minus(row, integer(1)), times(longer, plus(size, integer(1)))), call('greatest', size, integer(1)))),
      integer(1),
    )
    const found = toInt64(when(inLonger, early, late))
    const known = when(isNull(parts), context.nullOf(context.returnType), found)
    return context.failIf(less(parts, integer(1)), 'INVALID_FUNCTION_ARGUMENT', 'buckets must be greater than 0', known)
  })
}

const neighbourSignatures = (name: 'lag' | 'lead'): readonly Signature[] => [
  { pattern: '(T) -> T', lower: (context, x) => neighbour(context, name, x) },
  { pattern: '(T, bigint) -> T', lower: (context, x, n) => neighbour(context, name, x, n) },
  { pattern: '(T, bigint, T) -> T', lower: (context, x, n, missing) => neighbour(context, name, x, n, missing) },
]

/** One row a value of `x`, in order of x. */
const each = (call_: string, over = 'ORDER BY x', values = '1, 2, 2, 4'): string =>
  `SELECT array_agg(r ORDER BY x) FROM (SELECT x, ${call_} OVER (${over}) AS r FROM (VALUES ${values}) AS t(x)) AS u`

const record = (
  name: string,
  summary: string,
  signatures: readonly Signature[],
  examples: FunctionDefinition['examples'],
): FunctionDefinition => ({
  name,
  kind: 'window',
  family: 'window',
  status: 'documented',
  summary,
  source,
  signatures,
  examples,
})

const bigints = 'array(bigint)'
const integers = 'array(integer)'

export const windowFunctions: readonly FunctionDefinition[] = [
  record(
    'row_number',
    'The number of the row in its partition, from 1.',
    [ranking('row_number')],
    [{ sql: each('row_number()', 'ORDER BY x', '5, 6, 7'), type: bigints, result: ['1', '2', '3'] }],
  ),
  record(
    'rank',
    'One more than the number of rows before the row and its peers.',
    [ranking('rank')],
    [{ sql: each('rank()'), type: bigints, result: ['1', '2', '2', '4'] }],
  ),
  record(
    'dense_rank',
    'As rank, without gaps.',
    [ranking('dense_rank')],
    [{ sql: each('dense_rank()'), type: bigints, result: ['1', '2', '2', '3'] }],
  ),
  record(
    'percent_rank',
    '(rank − 1) / (rows − 1); 0 of a single row.',
    [share('percent_rank')],
    [{ sql: each('percent_rank()', 'ORDER BY x', '1, 2, 3'), type: 'array(double)', result: ['0.0', '0.5', '1.0'] }],
  ),
  record(
    'cume_dist',
    'The share of the rows up to the row and its peers.',
    [share('cume_dist')],
    [{ sql: each('cume_dist()'), type: 'array(double)', result: ['0.25', '0.75', '0.75', '1.0'] }],
  ),
  record(
    'ntile',
    'The number, from 1, of the part that the row falls into when the partition is split into n parts of nearly one size.',
    [
      {
        pattern: '(bigint) -> bigint',
        lower: (context, n) => {
          const parts = context.constant(0)
          if (parts === null) return context.nullOf(context.returnType)
          if (parts !== undefined && Number(parts) < 1) context.invalid(0, 'buckets must be greater than 0')
          return parts === undefined ? bucket(context, n) : toInt64(overWindow(context, 'ntile', [call('toUInt64', n)], 'none'))
        },
      },
    ],
    [
      { sql: each('ntile(2)', 'ORDER BY x', '1, 2, 3'), type: bigints, result: ['1', '1', '2'] },
      { sql: each('ntile(0)'), error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  ),
  record(
    'first_value',
    'The value of the first row of the frame.',
    [{ pattern: '(T) -> T', lower: (context, x) => endValue(context, 'first_value', x) }],
    [{ sql: each('first_value(x)'), type: integers, result: ['1', '1', '1', '1'] }],
  ),
  record(
    'last_value',
    'The value of the last row of the frame.',
    [{ pattern: '(T) -> T', lower: (context, x) => endValue(context, 'last_value', x) }],
    [
      { sql: each('last_value(NULLIF(x, 2)) IGNORE NULLS', 'ORDER BY x'), type: integers, result: ['1', '1', '1', '4'] },
      { sql: each('last_value(NULLIF(x, 2))', 'ORDER BY x'), type: integers, result: ['1', null, null, '4'] },
    ],
  ),
  record(
    'nth_value',
    'The value of the nth row of the frame; NULL when the frame is shorter.',
    [{ pattern: '(T, bigint) -> T', lower: (context, x, n) => nthValue(context, x, n) }],
    [
      { sql: each('nth_value(x, 2)', 'ORDER BY x', '5, 6, 7'), type: integers, result: [null, '6', '6'] },
      { sql: each('nth_value(x, 0)'), error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  ),
  record(
    'lag',
    'The value so many rows (one) before the row in its partition; the third argument, or NULL, where there is none.',
    neighbourSignatures('lag'),
    [
      { sql: each('lag(x)', 'ORDER BY x', '5, 6, 7'), type: integers, result: [null, '5', '6'] },
      { sql: each('lag(x, 2, 0)', 'ORDER BY x', '5, 6, 7'), type: integers, result: ['0', '0', '5'] },
      { sql: each('lag(NULLIF(x, 6)) IGNORE NULLS', 'ORDER BY x', '5, 6, 7'), type: integers, result: [null, '5', '5'] },
      { sql: each('lag(x, -1)'), error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  ),
  record(
    'lead',
    'The value so many rows (one) after the row in its partition; the third argument, or NULL, where there is none.',
    neighbourSignatures('lead'),
    [
      { sql: each('lead(x)', 'ORDER BY x', '5, 6, 7'), type: integers, result: ['6', '7', null] },
      { sql: each('lead(x, 0)', 'ORDER BY x', '5, 6, 7'), type: integers, result: ['5', '6', '7'] },
    ],
  ),
]
