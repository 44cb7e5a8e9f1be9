import { type Clock, systemClock } from '../../src/base/clock.ts'

/** Time since `startMs` runs `factor` times as fast as outside, and can be moved on; at `endMs` it stands still. */
export class MovedClock implements Clock {
  readonly #startMs: number
  readonly #realStartMs: number
  readonly #factor: number
  readonly #endMs: number
  #addedMs = 0

  constructor(startMs: number, factor = 1, realStartMs = systemClock.nowMs(), endMs = Number.POSITIVE_INFINITY) {
    this.#startMs = startMs
    this.#factor = factor
    this.#endMs = endMs
    this.#realStartMs = realStartMs
  }

  moveOn(ms: number): void {
    this.#addedMs += ms
  }

  nowMs(): number {
    const passedMs = (systemClock.nowMs() - this.#realStartMs) * this.#factor
    return Math.min(this.#endMs, Math.floor(this.#startMs + this.#addedMs + passedMs))
  }

  nowNs(): bigint {
    return BigInt(this.nowMs()) * 1_000_000n
  }

  monotonicMs(): number {
    return systemClock.monotonicMs()
  }
}
