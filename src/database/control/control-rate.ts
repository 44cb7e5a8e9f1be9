import type { Clock } from '../../base/clock.ts'
import { ServerError } from '../../base/errors.ts'
import type { Limits } from '../../base/limits.ts'
import type { Action } from '../access/authorize.ts'

/** Operations on databases, tables and their tags; the rates of the others are bounded elsewhere. */
const controlled = /^timestream:(?:(Create|Update|Delete)|Describe|List)(?:Databases?|Tables?)$/

/** Bounds how many control operations a second one process takes. Source: developer guide, "Quotas", API rates. */
export class ControlRate {
  readonly #clock: Clock
  readonly #limits: Pick<Limits, 'controlChangesPerSecond' | 'controlReadsPerSecond'>
  readonly #changes = { second: -1, count: 0 }
  readonly #reads = { second: -1, count: 0 }

  constructor(clock: Clock, limits: Pick<Limits, 'controlChangesPerSecond' | 'controlReadsPerSecond'>) {
    this.#clock = clock
    this.#limits = limits
  }

  /** @throws ServerError THROTTLING beyond the rate of the action's kind */
  admit(action: Action): void {
    const match = controlled.exec(action)
    if (match === null) return
    const isChange = match[1] !== undefined
    const used = isChange ? this.#changes : this.#reads
    const most = isChange ? this.#limits.controlChangesPerSecond : this.#limits.controlReadsPerSecond
    const second = Math.floor(this.#clock.monotonicMs() / 1000)
    if (used.second !== second) {
      used.second = second
      used.count = 0
    }
    if (used.count >= most) throw new ServerError('THROTTLING', 'Rate exceeded')
    used.count++
  }
}
