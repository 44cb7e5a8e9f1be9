import type { Frame, FrameBound, WindowSpecification } from '../ir.ts'
import { isScalar } from '../types/coercion.ts'
import type { Type } from '../types/type.ts'
import { call, float, int64, integer } from './tree.ts'
import type { FrameBound as FrameBoundNode, Node, Window } from './tree.ts'

/**
 * A frame as ClickHouse takes it: offsets are whole numbers below 2^31. Larger ones (an hour is 3.6 · 10^12 nanoseconds) are counted in a larger
 * unit, and the sort key with them. Rows closer to a bound than that unit may fall on its wrong side: two microseconds for an hour, 43 for a day.
 */
export interface LoweredFrame {
  readonly frame: NonNullable<Window['frame']>
  /** What to sort by instead of the key; undefined: the key itself. */
  readonly key?: (key: Node) => Node
  /** Stands for NULL beside the values of `key`: beyond the reach of any offset. */
  readonly beyond?: (positive: boolean) => Node
  /** No row can lie in it: it ends before it starts. */
  readonly isEmpty: boolean
}

const maxOffset = 2n ** 31n - 1n
/** Further than any timestamp, with room for an offset. */
const farAway = 9_223_372_034_000_000_000n
const dayNs = 86_400_000_000_000n

export const hasOffset = (frame: Frame): boolean => 'offset' in frame.start || 'offset' in frame.end

export function lowerFrame(window: WindowSpecification): LoweredFrame {
  const { unit, start, end } = window.frame!
  const [from, to] = [valueOf(start), valueOf(end)]
  if (unit === 'rows' || !hasOffset(window.frame!)) {
    const frame = { unit: unit === 'rows' ? 'ROWS' : 'RANGE', start: bound(start, from), end: bound(end, to) } as const
    return { frame, isEmpty: isEmpty(start, end, from, to) }
  }
  const keyType = window.orderBy[0]!.expression.type
  const scale = scaleOf([from, to], keyType)
  const lowered = (each: FrameBound, value: number | bigint | undefined): FrameBoundNode =>
    bound(each, value === undefined ? undefined : scale.offset(value))
  return {
    frame: { unit: 'RANGE', start: lowered(start, from), end: lowered(end, to) },
    key: scale.key,
    beyond: scale.beyond,
    isEmpty: isEmpty(start, end, from, to),
  }
}

/** The analyzer lets only constants through. */
function valueOf(bound: FrameBound): number | bigint | undefined {
  if (!('offset' in bound)) return undefined
  const { offset } = bound
  if (offset.kind !== 'literal' || (typeof offset.value !== 'number' && typeof offset.value !== 'bigint'))
    throw new Error('frame offset is no constant')
  return offset.value
}

function bound(each: FrameBound, value: number | bigint | undefined): FrameBoundNode {
  return 'offset' in each ? { kind: each.kind, offset: integer(BigInt(value!)) } : each
}

function isEmpty(start: FrameBound, end: FrameBound, from: number | bigint | undefined, to: number | bigint | undefined): boolean {
  if (from === undefined || to === undefined || start.kind !== end.kind) return false
  return start.kind === 'preceding' ? from < to : from > to
}

interface Scale {
  readonly beyond: (positive: boolean) => Node
  readonly key: (key: Node) => Node
  readonly offset: (value: number | bigint) => bigint
}

function scaleOf(offsets: readonly (number | bigint | undefined)[], keyType: Type): Scale {
  const values = offsets.filter((each) => each !== undefined)
  const isReal = isScalar(keyType, 'double') || values.some((each) => typeof each === 'number')
  return isReal ? realScale(values.map(Number)) : wholeScale(values.map(BigInt), keyType)
}

/** Doubles are multiplied until the offsets are whole. */
function realScale(values: readonly number[]): Scale {
  let factor = 1
  while (factor < 1e6 && values.some((each) => !Number.isInteger(each * factor) && each * factor * 10 <= Number(maxOffset))) factor *= 10
  return {
    beyond: (positive) => float(positive ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY),
    key: (key) => call('multiply', call('toFloat64', key), float(factor)),
    offset: (value) => clamp(BigInt(Math.round(Number(value) * factor))),
  }
}

const clamp = (value: bigint): bigint => (value > maxOffset ? maxOffset : value)

function wholeScale(values: readonly bigint[], keyType: Type): Scale {
  const largest = values.reduce((a, b) => (a > b ? a : b))
  const toWhole = (key: Node): Node =>
    isScalar(keyType, 'date') ? call('multiply', call('toInt64', call('toInt32', key)), int64(dayNs)) : key
  const beyond = (positive: boolean): Node => int64(positive ? farAway : -farAway)
  if (largest <= maxOffset) return { beyond, key: toWhole, offset: BigInt }
  const unit = unitFor(largest, values.reduce(greatestCommonDivisor))
  return {
    beyond,
    key: (key) => call('intDiv', call('minus', toWhole(key), call('positiveModulo', toWhole(key), int64(unit))), int64(unit)),
    offset: (value) => clamp(BigInt(value) / unit),
  }
}

const greatestCommonDivisor = (a: bigint, b: bigint): bigint => (b === 0n ? a : greatestCommonDivisor(b, a % b))

/** The smallest unit that brings the largest offset into bounds; if there is one near, one that all offsets are whole multiples of. */
function unitFor(largest: bigint, common: bigint): bigint {
  const least = (largest + maxOffset - 1n) / maxOffset
  for (let unit = least; unit < least + 100_000n; unit += 1n) if (common % unit === 0n) return unit
  return least
}
