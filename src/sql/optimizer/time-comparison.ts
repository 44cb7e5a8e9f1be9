import { floorDivide } from '../analyzer/fold.ts'
import type { ComparisonOperator, Expression, Literal } from '../ir.ts'
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
  if (operand.kind === 'call') {
    const [first, second] = operand.arguments
    switch (operand.definition.name) {
      case '+':
      case '-':
        return first && second && isTime(first) ? shifted(operand.definition.name, first, second, operator, bound) : undefined
      case 'bin': {
        const width = second && constantOf(second)
        return width !== undefined && width > 0n && isTime(first!) ? binned(first!, width, 0n, operator, bound) : undefined
      }
      case 'date_trunc': {
        const unit = first?.kind === 'literal' && typeof first.value === 'string' ? units[first.value.toLowerCase()] : undefined
        return unit && second && isTime(second) && isScalar(operand.type, 'timestamp')
          ? binned(second, unit.width, unit.origin, operator, bound)
          : undefined
      }
      case 'date':
        return first && isTime(first) ? binned(first, nsPerDay, 0n, operator, bound * nsPerDay) : undefined
      default:
        return undefined
    }
  }
  if (operand.kind === 'cast' && isScalar(operand.type, 'date') && isTime(operand.operand)) {
    return binned(operand.operand, nsPerDay, 0n, operator, bound * nsPerDay)
  }
  return undefined
}

const isTime = (expression: Expression): boolean => isScalar(expression.type, 'timestamp')

function constantOf(expression: Expression): bigint | undefined {
  return expression.kind === 'literal' && typeof expression.value === 'bigint' ? expression.value : undefined
}

/** Weeks begin on Monday; the epoch was a Thursday. */
const units: Readonly<Record<string, { readonly width: bigint; readonly origin: bigint }>> = {
  second: { width: nsPerDay / 86_400n, origin: 0n },
  minute: { width: nsPerDay / 1_440n, origin: 0n },
  hour: { width: nsPerDay / 24n, origin: 0n },
  day: { width: nsPerDay, origin: 0n },
  week: { width: 7n * nsPerDay, origin: 4n * nsPerDay },
}

function shifted(name: '+' | '-', time: Expression, interval: Expression, operator: Ordered, bound: bigint): Expression | undefined {
  const step = isScalar(interval.type, 'interval day to second') ? constantOf(interval) : undefined
  if (step === undefined) return undefined
  const moved = name === '+' ? bound - step : bound + step
  return moved < minTimestampNs || moved > maxTimestampNs ? undefined : compared(time, operator, moved)
}

/** floor((t − origin) / width) · width + origin, compared with the bound. */
function binned(time: Expression, width: bigint, origin: bigint, operator: Ordered, bound: bigint): Expression | undefined {
  const below = floorDivide(bound - origin, width) * width + origin
  const above = below === bound ? bound : below + width
  if (below < minTimestampNs || below + width > maxTimestampNs) return undefined
  switch (operator) {
    case '>=':
      return compared(time, '>=', above)
    case '>':
      return compared(time, '>=', below + width)
    case '<':
      return compared(time, '<', above)
    case '<=':
      return compared(time, '<', below + width)
    case '=':
      // a bound between two bins is never met
      if (below !== bound) return undefined
      return {
        kind: 'logical',
        type: BOOLEAN,
        operator: 'and',
        operands: [compared(time, '>=', bound), compared(time, '<', bound + width)],
      }
  }
}

function compared(time: Expression, operator: Ordered, bound: bigint): Expression {
  const right: Literal = { kind: 'literal', type: TIMESTAMP, value: bound }
  return free(time, operator, bound) ?? { kind: 'comparison', type: BOOLEAN, operator, left: time, right }
}
