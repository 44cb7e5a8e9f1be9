import { nsPerSecond } from '../types/time-text.ts'

/** `2022-09-20 12:37:53.000000000` of nanoseconds since the epoch. */
export function timestampText(ns: bigint): string {
  const fraction = ((ns % nsPerSecond) + nsPerSecond) % nsPerSecond
  const date = new Date(Number((ns - fraction) / 1_000_000n)).toISOString()
  return `${date.slice(0, -5).replace('T', ' ')}.${String(fraction).padStart(9, '0')}`
}
