import type { Clock } from '../base/clock.ts'

const windowSeconds = 60

/** Counts events of the last minute, in buckets of a second. */
export class Rate {
  readonly #clock: Clock
  readonly #startMs: number
  readonly #counts = new Float64Array(windowSeconds)
  readonly #seconds = new Float64Array(windowSeconds).fill(-1)

  constructor(clock: Clock) {
    this.#clock = clock
    this.#startMs = clock.monotonicMs()
  }

  add(count: number): void {
    const second = Math.floor(this.#clock.monotonicMs() / 1000)
    const bucket = second % windowSeconds
    if (this.#seconds[bucket] !== second) {
      this.#seconds[bucket] = second
      this.#counts[bucket] = 0
    }
    this.#counts[bucket]! += count
  }

  /** Over the last minute, or since the start while that is less. */
  perSecond(): number {
    const nowMs = this.#clock.monotonicMs()
    const second = Math.floor(nowMs / 1000)
    let sum = 0
    for (let bucket = 0; bucket < windowSeconds; bucket++) {
      if (this.#seconds[bucket]! > second - windowSeconds) sum += this.#counts[bucket]!
    }
    return sum / Math.min(windowSeconds, Math.max(1, (nowMs - this.#startMs) / 1000))
  }
}
