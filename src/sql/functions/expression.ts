import { call, integer, nothing, string, when } from '../clickhouse/tree.ts'
import type { Node } from '../clickhouse/tree.ts'
import type { LowerCall } from './definition.ts'

/** Short names for the engine's operators and conversions, so that a record's lowering reads as the formula it is. */

export const plus = (a: Node, b: Node): Node => call('plus', a, b)
export const minus = (a: Node, b: Node): Node => call('minus', a, b)
export const times = (a: Node, b: Node): Node => call('multiply', a, b)
/** Always a double. */
export const over = (a: Node, b: Node): Node => call('divide', a, b)
/** Truncates towards zero; the divisor must not be zero. */
export const quotient = (a: Node, b: Node): Node => call('intDiv', a, b)
/** Sign of the dividend; the divisor must not be zero. */
export const modulo = (a: Node, b: Node): Node => call('modulo', a, b)
/** 0 <= result < b, also for negative a. */
export const floorModulo = (a: Node, b: Node): Node => call('positiveModulo', a, b)
export const negate = (a: Node): Node => call('negate', a)
export const absolute = (a: Node): Node => call('abs', a)

export const equal = (a: Node, b: Node): Node => call('equals', a, b)
export const unequal = (a: Node, b: Node): Node => call('notEquals', a, b)
export const less = (a: Node, b: Node): Node => call('less', a, b)
export const atMost = (a: Node, b: Node): Node => call('lessOrEquals', a, b)
export const greater = (a: Node, b: Node): Node => call('greater', a, b)
export const atLeast = (a: Node, b: Node): Node => call('greaterOrEquals', a, b)
export const not = (a: Node): Node => call('not', a)
export const and = (first: Node, ...rest: readonly Node[]): Node => rest.reduce((a, b) => call('and', a, b), first)
export const or = (first: Node, ...rest: readonly Node[]): Node => rest.reduce((a, b) => call('or', a, b), first)
/** `and`, `or` over conditions that are never NULL, all of them computed: see `everywhere`. */
export const all = (first: Node, ...rest: readonly Node[]): Node => rest.reduce((a, b) => call('bitAnd', a, b), first)
export const any = (first: Node, ...rest: readonly Node[]): Node => rest.reduce((a, b) => call('bitOr', a, b), first)
export const isNull = (a: Node): Node => call('isNull', a)

/** The physical form of a boolean from the engine's UInt8. */
export const truth = (a: Node): Node => call('toBool', a)
export const toInt32 = (a: Node): Node => call('toInt32', a)
export const toInt64 = (a: Node): Node => call('toInt64', a)
export const toInt128 = (a: Node): Node => call('toInt128', a)
export const toDouble = (a: Node): Node => call('toFloat64', a)
/** The value itself where it is not NULL, the type's default where it is: for functions of the engine that take no Nullable. */
export const present = (a: Node): Node => call('assumeNotNull', a)

/** `body` over arguments that are not NULL; NULL where one of them is. */
export const unlessNull = (args: readonly Node[], body: (...args: readonly Node[]) => Node): Node => {
  const [first, ...rest] = args.map(isNull)
  return when(or(first!, ...rest), nothing, body(...args.map(present)))
}

export const concat = (...parts: readonly Node[]): Node => {
  const kept = parts.filter((part) => !(part.kind === 'string' && part.value === ''))
  if (kept.length === 0) return string('')
  return kept.length === 1 ? call('toString', kept[0]!) : call('concat', ...kept)
}
/** One byte that no UTF-8 text holds (0xF8 … 0xFF): separates what is parted again right after. */
export const impossibleByte = (value: number): Node => call('char', integer(value))
export const zero: Node = integer(0)
/** `value` where the condition holds, else NULL. */
export const onlyIf = (condition: Node, value: Node): Node => when(condition, value, nothing)

/** A condition under which a function fails at run time, and what it then says. */
export interface Check {
  readonly condition: Node
  readonly message: string
}

/** `value`, but INVALID_FUNCTION_ARGUMENT where one of the conditions holds. `value` must be computable even there. */
export const checked = (context: LowerCall, value: Node, ...checks: readonly Check[]): Node =>
  checks.reduceRight((inner, { condition, message }) => context.failIf(condition, 'INVALID_FUNCTION_ARGUMENT', message, inner), value)

/** The text of an argument when it is a literal. */
export function constantText(context: LowerCall, index: number): string | undefined {
  const value = context.constant(index)
  return typeof value === 'string' ? value : undefined
}

/** The number of an argument when it is a literal. */
export function constantNumber(context: LowerCall, index: number): number | undefined {
  const value = context.constant(index)
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined
}

/** An array of the characters of a text. (The engine's splitting by an empty separator parts bytes.) */
export const charactersOf = (text: Node): Node => call('ngrams', text, integer(1))

/**
 * `value` computed for every row, once. The engine computes the branches of `if` only where they are needed, but then each use of a shared
 * part by itself, which multiplies in large formulas; a mere addition is not put off like that, nor is what it stands on.
 * The value must be a number that can be computed for every row.
 */
export const everywhere = (value: Node): Node => plus(value, integer(0))

/** `body` over a value, in a scope of its own: whatever surrounds it, the body's shared parts are computed once. */
export const apart = (context: Pick<LowerCall, 'variable'>, value: Node, body: (value: Node) => Node): Node => {
  const name = context.variable()
  return call(
    'arrayElement',
    call('arrayMap', { kind: 'lambda', parameters: [name], body: body({ kind: 'identifier', name }) }, call('array', value)),
    integer(1),
  )
}
