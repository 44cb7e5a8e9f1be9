import type { RetentionPeriods } from './layout.ts'

const minuteNs = 60_000_000_000n
const hourNs = 60n * minuteNs
const dayNs = 24n * hourNs

/** How much older than its retention the memory store still takes. Source: the bounds in the service's reject messages, 40 min wider than the retention. */
const graceNs = 25n * minuteNs

/** The times that a table takes: [lower, upper), nanoseconds since the epoch; from `memoryLower` on they belong to the memory store. */
export interface IngestionWindow {
  readonly lowerNs: bigint
  readonly memoryLowerNs: bigint
  readonly upperNs: bigint
  /** Late data goes to the magnetic store instead of being rejected. */
  readonly magneticStoreWrites: boolean
}

export function ingestionWindow(
  table: RetentionPeriods & { readonly magneticStoreWrites: boolean },
  nowNs: bigint,
  futureIngestionMs: number,
): IngestionWindow {
  const memoryLowerNs = nowNs - BigInt(table.memoryStoreHours) * hourNs - graceNs
  return {
    lowerNs: table.magneticStoreWrites ? memoryLowerNs - BigInt(table.magneticStoreDays) * dayNs : memoryLowerNs,
    memoryLowerNs,
    upperNs: nowNs + BigInt(futureIngestionMs) * 1_000_000n,
    magneticStoreWrites: table.magneticStoreWrites,
  }
}

/** Which store takes the time; undefined when none does. */
export function storeOf(window: IngestionWindow, timeNs: bigint): 'memory' | 'magnetic' | undefined {
  if (timeNs >= window.upperNs || timeNs < window.lowerNs) return undefined
  return timeNs >= window.memoryLowerNs ? 'memory' : 'magnetic'
}

/** The reason of the reject, in the service's words. */
export function outsideWindowReason(window: IngestionWindow): string {
  const range = `[${isoMs(window.lowerNs)}, ${isoMs(window.upperNs)})`
  const place = window.magneticStoreWrites ? 'the data ingestion window' : 'the memory store'
  return `The record timestamp is outside the time range ${range} of ${place}.`
}

/** ISO 8601 with milliseconds, `Z`; before the epoch too. */
const isoMs = (timeNs: bigint): string => new Date(Number(timeNs / 1_000_000n)).toISOString()
