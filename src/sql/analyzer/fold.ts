import type { Call, ComparisonOperator, Expression, Literal, LiteralValue, Now } from '../ir.ts'
import { integerBounds, isScalar } from '../types/coercion.ts'
import { addMonths, calendarUnit, unitAround } from '../types/calendar.ts'
import { maxTimestampNs, minTimestampNs, nsPerDay, parseDate, parseTime, parseTimestamp } from '../types/time-text.ts'
import { BOOLEAN } from '../types/type.ts'
import type { ScalarName, Type } from '../types/type.ts'

/**
 * Constants computed here instead of in the engine: the arithmetic of time bounds (`ago(1h)`, `now() - 15m`, `from_milliseconds(…)`, text
 * literals), so that comparisons with `time` are comparisons with a number, and signs and widths of literals. Anything else stays a call.
 */
const make = (type: Type, value: LiteralValue): Literal => ({ kind: 'literal', type, value })

/** Undefined: not folded (not constant, not ours, or it would fail: that belongs to the moment it is evaluated). */
export function foldCast(operand: Literal, to: Type): Literal | undefined {
  const { value, type: from } = operand
  if (value === null) return make(to, null)
  if (from.kind !== 'scalar' || to.kind !== 'scalar') return undefined
  const folded = foldScalarCast(value, from.name, to.name)
  return folded === undefined ? undefined : make(to, folded)
}

function foldScalarCast(value: LiteralValue, from: ScalarName, to: ScalarName): LiteralValue | undefined {
  switch (to) {
    case 'double':
      return typeof value === 'bigint' && isInteger(from) ? Number(value) : undefined
    case 'bigint':
      return from === 'integer' ? value : undefined
    case 'integer':
      return from === 'bigint' && inBounds(value as bigint, 'integer') ? value : undefined
    case 'timestamp':
      if (from === 'varchar') return parseTimestamp(value as string)
      return from === 'date' ? fitTimestamp((value as bigint) * nsPerDay) : undefined
    case 'date': {
      if (from === 'timestamp') return floorDivide(value as bigint, nsPerDay)
      const days = from === 'varchar' ? parseDate(value as string) : undefined
      return days === undefined ? undefined : BigInt(days)
    }
    case 'time':
      return from === 'varchar' ? parseTime(value as string) : undefined
    case 'varchar':
      return isInteger(from) ? String(value) : undefined
    default:
      return undefined
  }
}

const isInteger = (name: ScalarName): boolean => name === 'integer' || name === 'bigint'
const inBounds = (value: bigint, name: 'integer' | 'bigint'): boolean =>
  value >= integerBounds[name].low && value <= integerBounds[name].high
const fitTimestamp = (ns: bigint): bigint | undefined => (ns < minTimestampNs || ns > maxTimestampNs ? undefined : ns)

export function floorDivide(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor
  return value % divisor !== 0n && value < 0n !== divisor < 0n ? quotient - 1n : quotient
}

export function foldComparison(operator: ComparisonOperator, left: Expression, right: Expression): Literal | undefined {
  if (left.kind !== 'literal' || right.kind !== 'literal' || operator === 'distinct') return undefined
  const [a, b] = [left.value, right.value]
  if (a === null || b === null) return make(BOOLEAN, null)
  if (typeof a !== 'bigint' || typeof b !== 'bigint') return undefined
  const results = { '=': a === b, '<>': a !== b, '<': a < b, '<=': a <= b, '>': a > b, '>=': a >= b }
  return make(BOOLEAN, results[operator])
}

type Fold = (args: readonly LiteralValue[], call: Call, now: Now) => LiteralValue | undefined

/** By function name; arguments are not NULL and have the signature's types. */
const folds: Readonly<Record<string, Fold>> = {
  '+': ([a, b], call) =>
    arithmetic(
      call,
      a!,
      b!,
      (x, y) => x + y,
      (x, y) => x + y,
    ),
  '-': ([a, b], call) =>
    arithmetic(
      call,
      a!,
      b!,
      (x, y) => x - y,
      (x, y) => x - y,
    ),
  '*': ([a, b], call) =>
    arithmetic(
      call,
      a!,
      b!,
      (x, y) => x * y,
      (x, y) => x * y,
    ),
  negate: ([a], call) => (typeof a === 'number' ? -a : fit(call, -(a as bigint))),
  now: (_args, _call, { nowNs }) => nowNs,
  ago: ([interval], call, now) =>
    isScalar(call.arguments[0]!.type, 'interval day to second') ? fit(call, now.nowNs - (interval as bigint)) : undefined,
  from_milliseconds: ([ms], call) => fit(call, (ms as bigint) * 1_000_000n),
  from_nanoseconds: ([ns]) => ns,
  bin: ([time, width], call) =>
    (width as bigint) > 0n ? fit(call, floorDivide(time as bigint, width as bigint) * (width as bigint)) : undefined,
  current_date: (_args, _call, { nowNs }) => floorDivide(nowNs, nsPerDay),
  date: ([time], call) => (isScalar(call.arguments[0]!.type, 'timestamp') ? floorDivide(time as bigint, nsPerDay) : undefined),
  date_trunc: ([name, time], call) => {
    const unit = isScalar(call.type, 'timestamp') ? calendarUnit(name as string) : undefined
    return unit && fitTimestamp(unitAround(time as bigint, unit).start)
  },
  date_add: ([name, count, time], call) => {
    const unit = isScalar(call.type, 'timestamp') ? calendarUnit(name as string) : undefined
    if (unit?.kind === 'fixed') return fitTimestamp((time as bigint) + (count as bigint) * unit.width)
    return unit && addedMonths(time as bigint, (count as bigint) * BigInt(unit.months))
  },
  from_unixtime: ([seconds], call) => {
    const value = seconds as number
    return Number.isSafeInteger(value) ? fit(call, BigInt(value) * 1_000_000_000n) : undefined
  },
}

/** The call's value when all arguments are constants and the function is one of those above. */
export function foldCall(call: Call, now: Now): Literal | undefined {
  const fold = folds[call.definition.name]
  if (!fold) return undefined
  const values: LiteralValue[] = []
  for (const arg of call.arguments) {
    if (arg.kind !== 'literal') return undefined
    values.push(arg.value)
  }
  if (values.includes(null)) return make(call.type, null)
  const value = fold(values, call, now)
  return value === undefined ? undefined : make(call.type, value)
}

/** Numbers, and times and intervals that are held in the same unit; the rest is not folded. */
function arithmetic(
  call: Call,
  a: LiteralValue,
  b: LiteralValue,
  exact: (x: bigint, y: bigint) => bigint,
  real: (x: number, y: number) => number,
): LiteralValue | undefined {
  if (typeof a === 'number' && typeof b === 'number') return real(a, b)
  if (typeof a !== 'bigint' || typeof b !== 'bigint') return undefined
  const types = call.arguments.map((arg) => arg.type)
  const months = types.findIndex((type) => isScalar(type, 'interval year to month'))
  if (types.some((type) => isScalar(type, 'date', 'time'))) return undefined
  if (months >= 0 && isScalar(call.type, 'timestamp')) {
    const [time, count] = months === 0 ? [b, a] : [a, b]
    return addedMonths(time, call.definition.name === '-' ? -count : count)
  }
  return fit(call, exact(a, b))
}

/** Undefined where it would leave the calendar. */
const addedMonths = (ns: bigint, months: bigint): bigint | undefined =>
  months < -7200n || months > 7200n ? undefined : fitTimestamp(addMonths(ns, Number(months)))

function fit(call: Call, value: bigint): bigint | undefined {
  const narrow = isScalar(call.type, 'integer', 'interval year to month')
  return inBounds(value, narrow ? 'integer' : 'bigint') ? value : undefined
}
