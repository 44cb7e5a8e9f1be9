/** The only reader of the time; tests hand in their own. */
export interface Clock {
  /** Milliseconds since the epoch, UTC. */
  nowMs(): number
  /** Nanoseconds since the epoch, UTC. */
  nowNs(): bigint
  /** Monotonic milliseconds, for durations only. */
  monotonicMs(): number
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  nowNs: () => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * 1000n,
  monotonicMs: () => performance.now(),
}
