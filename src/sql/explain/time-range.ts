import type { Expression } from '../ir.ts'
import { isScalar } from '../types/coercion.ts'
import { maxTimestampNs, nsPerDay } from '../types/time-text.ts'
import { timestampText } from './timestamp-text.ts'

/** Both ends belong to it; undefined: open. Nanoseconds since the epoch. */
export interface TimeRange {
  readonly fromNs: bigint | undefined
  readonly toNs: bigint | undefined
}

/** What the conditions on the column `symbol` leave of a range; conditions that compare it with no constant leave it as it is. */
export function narrowed(range: TimeRange, conditions: readonly Expression[], symbol: string): TimeRange {
  let { fromNs, toNs } = range
  const atLeast = (ns: bigint): void => {
    if (fromNs === undefined || ns > fromNs) fromNs = ns
  }
  const atMost = (ns: bigint): void => {
    if (toNs === undefined || ns < toNs) toNs = ns
  }
  for (const condition of conditions) {
    if (condition.kind !== 'comparison') continue
    const direct = constantOf(condition.left, condition.right, symbol)
    const reverse = constantOf(condition.right, condition.left, symbol)
    const ns = direct ?? reverse
    if (ns === undefined) continue
    switch (direct === undefined ? mirrored[condition.operator] : condition.operator) {
      case '=':
        atLeast(ns)
        atMost(ns)
        break
      case '>':
        if (ns < maxTimestampNs) atLeast(ns + 1n)
        break
      case '>=':
        atLeast(ns)
        break
      case '<':
        atMost(ns - 1n)
        break
      case '<=':
        atMost(ns)
        break
      case '<>':
      case 'distinct':
        break
    }
  }
  return { fromNs, toNs }
}

const mirrored = { '=': '=', '<>': '<>', '<': '>', '<=': '>=', '>': '<', '>=': '<=', distinct: 'distinct' } as const

function constantOf(column: Expression, constant: Expression, symbol: string): bigint | undefined {
  if (column.kind !== 'column' || column.symbol !== symbol) return undefined
  if (constant.kind !== 'literal' || !isScalar(constant.type, 'timestamp') || typeof constant.value !== 'bigint') return undefined
  return constant.value
}

/** `from … to …, 3 daily partitions`. */
export function timeRangeText({ fromNs, toNs }: TimeRange): string {
  if (fromNs !== undefined && toNs !== undefined) {
    if (fromNs > toNs) return 'nothing: the range is empty'
    const partitions = floorDays(toNs) - floorDays(fromNs) + 1n
    return `from ${timestampText(fromNs)} to ${timestampText(toNs)}, ${partitions} daily partition${partitions === 1n ? '' : 's'}`
  }
  if (fromNs !== undefined) return `from ${timestampText(fromNs)} on`
  return toNs === undefined ? 'all of it' : `up to ${timestampText(toNs)}`
}

const floorDays = (ns: bigint): bigint => (ns < 0n ? (ns - nsPerDay + 1n) / nsPerDay : ns / nsPerDay)
