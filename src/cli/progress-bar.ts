import { systemClock } from '../base/clock.ts'
import { durationText } from './status.ts'

const barWidth = 30
const showEveryMs = 200

/** How far a long command is, on one line of a terminal: bar, per cent, rate, time left. */
export class ProgressBar {
  #total: number
  readonly #unit: string
  readonly #show: (text: string) => void
  readonly #countText: (count: number) => string
  readonly #startMs = systemClock.monotonicMs()
  #done = 0
  #shownMs = 0

  /**
   * @param total in `unit`s; 0 while unknown.
   * @param show writes to a terminal; the line begins with a carriage return.
   */
  constructor(total: number, unit: string, show: (text: string) => void, countText: (count: number) => string = String) {
    this.#total = total
    this.#unit = unit
    this.#show = show
    this.#countText = countText
  }

  add(count: number): void {
    this.set(this.#done + count, this.#total)
  }

  set(done: number, total: number): void {
    this.#done = done
    this.#total = total
    const nowMs = systemClock.monotonicMs()
    if (nowMs < this.#shownMs + showEveryMs) return
    this.#shownMs = nowMs
    const rate = (done * 1000) / Math.max(1, nowMs - this.#startMs)
    this.#show(`\r${this.#share(rate)}  ${this.#countText(Math.round(rate))}${this.#unit === '' ? '' : ` ${this.#unit}`}/s \x1b[K`)
  }

  /** Clears the line. */
  end(): void {
    if (this.#shownMs > 0) this.#show('\r\x1b[K')
  }

  #share(rate: number): string {
    if (this.#total <= 0) return this.#countText(this.#done)
    const share = Math.min(1, this.#done / this.#total)
    const filled = Math.round(barWidth * share)
    const left = rate > 0 ? `, ${durationText(((this.#total - this.#done) * 1000) / rate)} left` : ''
    return `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)} ${Math.floor(100 * share)} %${left}`
  }
}
