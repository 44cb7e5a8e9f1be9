import type { Call, ComparisonOperator, Expression, Literal } from '../ir.ts'
import { addMonths, calendarUnit, unitAround } from '../types/calendar.ts'
import type { FixedUnit, MonthUnit } from '../types/calendar.ts'
import { isScalar } from '../types/coercion.ts'
import { maxTimestampNs, minTimestampNs, nsPerDay } from '../types/time-text.ts'
import { BOOLEAN, TIMESTAMP } from '../types/type.ts'

type Comparison = Extract<Expression, { kind: 'comparison' }>
type Ordered = '<' | '<=' | '>' | '>=' | '='

/**
 * Frees a timestamp from what stands around it in a comparison with a constant: `bin(time, 1h) >= C`, `time - 15m > C`, `date_trunc('day', time) = C`,
 * `date(time) = C` become comparisons of `time` itself with a number, which partitions and keys are pruned by. The same truth for every row.
 */
export function freeTime(comparison: Comparison): Expression {
  const flipped = comparison.left.kind === 'literal' && comparison.right.kind !== 'literal'
  const operator = flipped ? mirrored[comparison.operator] : comparison.operator
  const [operand, constant] = flipped ? [comparison.right, comparison.left] : [comparison.left, comparison.right]
  if (constant.kind !== 'literal' || typeof constant.value !== 'bigint' || operator === 'distinct' || operator === '<>') return comparison
  return free(operand, operator, constant.value) ?? (flipped ? { ...comparison, operator, left: operand, right: constant } : comparison)
}

const mirrored: Readonly<Record<ComparisonOperator, ComparisonOperator>> = {
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
  '=': '=',
  '<>': '<>',
  distinct: 'distinct',
}

/** Undefined when nothing is around the operand that could go. */
function free(operand: Expression, operator: Ordered, bound: bigint): Expression | undefined {
  if (operand.kind === 'call') return freeCall(operand, operator, bound)
  if (operand.kind !== 'cast') return undefined
  const inner = operand.operand
  if (isScalar(operand.type, 'date') && isTime(inner)) return inUnit(inner, nsPerDay, day, operator, bound)
  // a date that is compared as the timestamp of its midnight
  const dated = isTime(operand) && isScalar(inner.type, 'date') ? timeOfDate(inner) : undefined
  return dated && inUnit(dated, 1n, day, operator, bound)
}

const day = calendarUnit('day')!

/** What `date(time)` and CAST(time AS date) are of. */
function timeOfDate(expression: Expression): Expression | undefined {
  const time =
    expression.kind === 'cast'
      ? expression.operand
      : expression.kind === 'call' && expression.definition.name === 'date'
        ? expression.arguments[0]
        : undefined
  return time && isTime(time) ? time : undefined
}

function freeCall(operand: Call, operator: Ordered, bound: bigint): Expression | undefined {
  const [first, second, third] = operand.arguments
  switch (operand.definition.name) {
    case '+':
    case '-':
      return first && second && isTime(first) ? shifted(operand.definition.name, first, second, operator, bound) : undefined
    case 'bin': {
      const width = second && constantOf(second)
      return width !== undefined && width > 0n && isTime(first!)
        ? inUnit(first!, 1n, { kind: 'fixed', width, origin: 0n }, operator, bound)
        : undefined
    }
    case 'date_trunc': {
      const unit = unitOf(first)
      return unit && second && isTime(second) && isScalar(operand.type, 'timestamp') ? inUnit(second, 1n, unit, operator, bound) : undefined
    }
    case 'date':
      return first && isTime(first) ? inUnit(first, nsPerDay, day, operator, bound) : undefined
    case 'to_milliseconds':
      return first && isTime(first) ? inUnit(first, 1_000_000n, calendarUnit('millisecond')!, operator, bound) : undefined
    case 'to_nanoseconds':
      return first && isTime(first) && bound >= minTimestampNs && bound <= maxTimestampNs ? compared(first, operator, bound) : undefined
    case 'year': {
      if (!first || !isTime(first) || bound < 1678n || bound > 2261n) return undefined
      const start = BigInt(Date.UTC(Number(bound), 0)) * 1_000_000n
      return stepped(first, operator, { start, next: addMonths(start, 12) }, true)
    }
    case 'date_diff': {
      const unit = unitOf(first)
      return unit?.kind === 'fixed' && second && third ? apart(unit.width, second, third, operator, bound) : undefined
    }
    default:
      return undefined
  }
}

const unitOf = (expression: Expression | undefined): ReturnType<typeof calendarUnit> =>
  expression?.kind === 'literal' && typeof expression.value === 'string' ? calendarUnit(expression.value) : undefined

const isTime = (expression: Expression): boolean => isScalar(expression.type, 'timestamp')

function constantOf(expression: Expression): bigint | undefined {
  return expression.kind === 'literal' && typeof expression.value === 'bigint' ? expression.value : undefined
}

function shifted(name: '+' | '-', time: Expression, interval: Expression, operator: Ordered, bound: bigint): Expression | undefined {
  const step = isScalar(interval.type, 'interval day to second') ? constantOf(interval) : undefined
  if (step === undefined) return undefined
  const moved = name === '+' ? bound - step : bound + step
  return moved < minTimestampNs || moved > maxTimestampNs ? undefined : compared(time, operator, moved)
}

/** The beginning of the unit that the time lies in, counted in `size`, compared with the bound. */
function inUnit(time: Expression, size: bigint, unit: FixedUnit | MonthUnit, operator: Ordered, bound: bigint): Expression | undefined {
  const ns = bound * size
  if (ns < minTimestampNs || ns > maxTimestampNs) return undefined
  const around = unitAround(ns, unit)
  return stepped(time, operator, around, around.start === ns)
}

/** Compares the beginning of the time's unit with a bound in the unit around: `isStart` when the bound is its beginning. */
function stepped(
  time: Expression,
  operator: Ordered,
  { start, next }: ReturnType<typeof unitAround>,
  isStart: boolean,
): Expression | undefined {
  if (start < minTimestampNs || next > maxTimestampNs) return undefined
  switch (operator) {
    case '>=':
      return compared(time, '>=', isStart ? start : next)
    case '>':
      return compared(time, '>=', next)
    case '<':
      return compared(time, '<', isStart ? start : next)
    case '<=':
      return compared(time, '<', next)
    case '=':
      // a bound between two units is never met
      return isStart ? both(compared(time, '>=', start), compared(time, '<', next)) : undefined
  }
}

/** date_diff of a time and a constant: whole widths between them, cut towards zero. */
function apart(width: bigint, from: Expression, to: Expression, operator: Ordered, bound: bigint): Expression | undefined {
  const [time, constant, isLater] = from.kind === 'literal' ? [to, from, true] : [from, to, false]
  const fixed = constantOf(constant)
  if (fixed === undefined || !isTime(constant) || !isTime(time) || bound < -(2n ** 53n) || bound > 2n ** 53n) return undefined
  // whole widths are at least `count` when the distance is at least (beyond, up to zero) so many
  const atLeast = (count: bigint, holds: boolean): Expression | undefined => {
    const distance = (count > 0n ? count : count - 1n) * width
    const edge = isLater ? fixed + distance : fixed - distance
    if (edge < minTimestampNs || edge > maxTimestampNs) return undefined
    const [inclusive, exclusive] = isLater === holds ? (['>=', '>'] as const) : (['<=', '<'] as const)
    return compared(time, count > 0n === holds ? inclusive : exclusive, edge)
  }
  switch (operator) {
    case '>=':
      return atLeast(bound, true)
    case '>':
      return atLeast(bound + 1n, true)
    case '<':
      return atLeast(bound, false)
    case '<=':
      return atLeast(bound + 1n, false)
    case '=': {
      const [low, high] = [atLeast(bound, true), atLeast(bound + 1n, false)]
      return low && high && both(low, high)
    }
  }
}

const both = (left: Expression, right: Expression): Expression => ({
  kind: 'logical',
  type: BOOLEAN,
  operator: 'and',
  operands: [left, right],
})

function compared(time: Expression, operator: Ordered, bound: bigint): Expression {
  const right: Literal = { kind: 'literal', type: TIMESTAMP, value: bound }
  return free(time, operator, bound) ?? { kind: 'comparison', type: BOOLEAN, operator, left: time, right }
}
