import { call, cast, int64, integer, string } from '../../clickhouse/tree.ts'
import type { Node } from '../../clickhouse/tree.ts'
import type { ConstantValue, LowerCall } from '../definition.ts'

/**
 * Whole-number arithmetic that notices what does not fit; ClickHouse wraps silently.
 * 64 bits are checked by their signs (no wider type on the way), 32 bits are computed in 64.
 */
export type Width = 'integer' | 'bigint'
type Operation = 'addition' | 'subtraction' | 'multiplication'

const functions: Readonly<Record<Operation, string>> = { addition: 'plus', subtraction: 'minus', multiplication: 'multiply' }
const min64 = -9223372036854775808n
const max64 = 9223372036854775807n

export function checked(
  context: LowerCall,
  operation: Operation,
  width: Width,
  left: Node,
  right: Node,
  what = `${width} ${operation} overflow`,
): Node {
  const overflow = (condition: Node, value: Node): Node => context.failIf(condition, 'NUMERIC_VALUE_OUT_OF_RANGE', what, value)
  if (width === 'integer') {
    const wide = call(functions[operation], call('toInt64', left), right)
    return context.let(wide, (value) => overflow(outside(value, -2147483648n, 2147483647n), call('toInt32', value)))
  }
  return operation === 'multiplication' ? product(context, left, right, overflow) : sum(context, operation, left, right, overflow)
}

type Overflow = (condition: Node, value: Node) => Node

const outside = (value: Node, low: bigint, high: bigint): Node =>
  call('or', call('less', value, integer(low)), call('greater', value, integer(high)))

const asBigint = (value: ConstantValue | undefined): bigint | undefined => (typeof value === 'bigint' ? value : undefined)

function sum(context: LowerCall, operation: 'addition' | 'subtraction', left: Node, right: Node, overflow: Overflow): Node {
  const adds = operation === 'addition'
  const constant = asBigint(context.constant(1))
  const other = adds ? asBigint(context.constant(0)) : undefined
  const step = constant ?? other
  if (step !== undefined) {
    const operand = constant === undefined ? right : left
    const grows = step >= 0n === adds
    return context.let(operand, (x) => {
      const result = call(functions[operation], x, int64(step))
      return context.let(result, (r) => overflow(call(grows ? 'less' : 'greater', r, x), r))
    })
  }
  return context.let(left, (a) =>
    context.let(right, (b) =>
      context.let(call(functions[operation], call('toInt64', a), call('toInt64', b)), (r) => {
        const second = adds ? call('bitXor', r, call('toInt64', b)) : call('bitXor', call('toInt64', a), call('toInt64', b))
        return overflow(call('less', call('bitAnd', call('bitXor', r, call('toInt64', a)), second), integer(0)), r)
      }),
    ),
  )
}

function product(context: LowerCall, left: Node, right: Node, overflow: Overflow): Node {
  const constant = asBigint(context.constant(1)) ?? asBigint(context.constant(0))
  if (constant !== undefined && constant !== 0n && constant !== -1n) {
    const operand = context.constant(1) === undefined ? right : left
    const [low, high] = constant > 0n ? [min64 / constant, max64 / constant] : [max64 / constant, min64 / constant]
    return context.let(operand, (x) => overflow(outside(x, low, high), call('multiply', x, int64(constant))))
  }
  return context.let(call('multiply', call('toInt128', left), call('toInt128', right)), (wide) =>
    context.let(call('accurateCastOrNull', wide, string('Int64')), (narrow) =>
      overflow(call('and', call('isNull', narrow), call('isNotNull', wide)), narrow),
    ),
  )
}

/** Truncates towards zero. */
export function quotient(context: LowerCall, width: Width, left: Node, right: Node): Node {
  const type = width === 'integer' ? 'Int32' : 'Int64'
  const divisor = asBigint(context.constant(1))
  if (divisor !== undefined && divisor !== 0n && divisor !== -1n) return cast(call('intDiv', left, right), `Nullable(${type})`)
  return context.let(left, (a) =>
    context.let(right, (b) => {
      const lowest = integer(width === 'integer' ? -2147483648n : min64)
      const result = call(`to${type}`, call('intDivOrZero', a, b))
      const fitting = context.failIf(
        call('and', call('equals', b, integer(-1)), call('equals', a, lowest)),
        'NUMERIC_VALUE_OUT_OF_RANGE',
        `${width} division overflow`,
        result,
      )
      return byZero(context, a, b, fitting)
    }),
  )
}

/** The sign of the dividend. */
export function remainder(context: LowerCall, width: Width, left: Node, right: Node): Node {
  const type = width === 'integer' ? 'Nullable(Int32)' : 'Nullable(Int64)'
  const divisor = asBigint(context.constant(1))
  if (divisor !== undefined && divisor !== 0n && divisor !== -1n) return cast(call('modulo', left, right), type)
  return context.let(left, (a) => context.let(right, (b) => byZero(context, a, b, cast(call('moduloOrZero', a, b), type))))
}

/** NULL by zero is NULL. */
const byZero = (context: LowerCall, dividend: Node, divisor: Node, value: Node): Node =>
  context.failIf(
    call('and', call('equals', divisor, integer(0)), call('isNotNull', dividend)),
    'DIVISION_BY_ZERO',
    'Division by zero',
    value,
  )

export function negated(context: LowerCall, width: Width, operand: Node): Node {
  const lowest = width === 'integer' ? -2147483648n : min64
  return context.let(operand, (x) =>
    context.failIf(
      call('equals', x, integer(lowest)),
      'NUMERIC_VALUE_OUT_OF_RANGE',
      `${width} negation overflow`,
      call(width === 'integer' ? 'toInt32' : 'toInt64', call('negate', x)),
    ),
  )
}
