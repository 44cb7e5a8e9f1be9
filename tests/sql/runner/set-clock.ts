import type { Clock } from '../../../src/base/clock.ts'

/** A clock that stands where it was put. */
export class SetClock implements Clock {
  #nowNs = 0n

  set(nowNs: bigint): void {
    this.#nowNs = nowNs
  }
  nowNs(): bigint {
    return this.#nowNs
  }
  nowMs(): number {
    return Number(this.#nowNs / 1_000_000n)
  }
  /** Durations are real: nothing waits for ever. */
  monotonicMs(): number {
    return performance.now()
  }
}
