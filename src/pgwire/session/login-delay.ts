import type { Clock } from '../../base/clock.ts'

interface Failures {
  count: number
  lastMs: number
}

const free = 3
const firstDelayMs = 250
const mostDelayMs = 10_000
const forgottenAfterMs = 60_000
const mostKept = 10_000

/** Slows down who tries passwords: after some wrong ones in a row each further try waits, longer and longer. */
export class LoginDelay {
  readonly #clock: Clock
  readonly #failures = new Map<string, Failures>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Milliseconds that the next try from there must wait. */
  of(source: string): number {
    const known = this.#failures.get(source)
    if (known === undefined || this.#clock.monotonicMs() > known.lastMs + forgottenAfterMs || known.count < free) return 0
    return Math.min(mostDelayMs, firstDelayMs * 2 ** (known.count - free))
  }

  failed(source: string): void {
    const nowMs = this.#clock.monotonicMs()
    const known = this.#failures.get(source)
    if (known && nowMs <= known.lastMs + forgottenAfterMs) {
      known.count++
      known.lastMs = nowMs
      return
    }
    this.#failures.delete(source)
    this.#failures.set(source, { count: 1, lastMs: nowMs })
    if (this.#failures.size > mostKept) this.#failures.delete(this.#failures.keys().next().value!)
  }

  succeeded(source: string): void {
    this.#failures.delete(source)
  }
}
