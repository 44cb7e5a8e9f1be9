import type { FastifyInstance } from 'fastify'
import type { Clock } from '../../base/clock.ts'

/** Who watches a server is none of its users. */
const watching = /^\/(?:health|metrics)(?:[/?]|$)/

/** When something was asked of the server last. */
export class Activity {
  readonly #clock: Clock
  /** Whether there is work that no request waits for. */
  readonly #isWorking: () => boolean
  #inHand = 0
  #lastMs: number

  constructor(clock: Clock, isWorking: () => boolean) {
    this.#clock = clock
    this.#isWorking = isWorking
    this.#lastMs = clock.monotonicMs()
  }

  /** Counts the requests of an HTTP server; before its routes are made. */
  watch(app: FastifyInstance): void {
    app.addHook('onRequest', (request, _reply, done) => {
      if (!watching.test(request.url)) {
        this.#inHand++
        this.touch()
      }
      done()
    })
    app.addHook('onResponse', (request, _reply, done) => {
      if (!watching.test(request.url)) {
        this.#inHand--
        this.touch()
      }
      done()
    })
  }

  touch(): void {
    this.#lastMs = this.#clock.monotonicMs()
  }

  get inHand(): number {
    return this.#inHand
  }

  /** How long nothing was asked and nothing was done. */
  idleMs(): number {
    if (this.#inHand > 0 || this.#isWorking()) this.touch()
    return this.#clock.monotonicMs() - this.#lastMs
  }
}
