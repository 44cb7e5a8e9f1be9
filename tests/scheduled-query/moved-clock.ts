import { type Clock, systemClock } from '../../src/base/clock.ts'

/** Time since `startMs` runs `factor` times as fast as outside, and can be moved on. */
export class MovedClock implements Clock {
  readonly #startMs: number
  readonly #realStartMs: number
  readonly #factor: number
  #addedMs = 0

  constructor(startMs: number, factor = 1, realStartMs = systemClock.nowMs()) {
    this.#startMs = startMs
    this.#factor = factor
    this.#realStartMs = realStartMs
  }

  moveOn(ms: number): void {
    this.#addedMs += ms
  }

  nowMs(): number {
    return Math.floor(this.#startMs + this.#addedMs + (systemClock.nowMs() - this.#realStartMs) * this.#factor)
  }

  nowNs(): bigint {
    return BigInt(this.nowMs()) * 1_000_000n
  }

  monotonicMs(): number {
    return systemClock.monotonicMs()
  }
}
