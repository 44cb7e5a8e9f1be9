import { ServerError } from '../base/errors.ts'

/** Lets `slots` pieces of work run at once and `waiting` more wait their turn, first come first served. */
export class Gate {
  readonly #slots: number
  readonly #waiting: number
  readonly #what: string
  readonly #queue: { readonly enter: () => void; readonly refuse: (error: Error) => void }[] = []
  #running = 0
  #closed = false

  /** @param what names the work in the refusal, for instance `queries`. */
  constructor(slots: number, waiting: number, what: string) {
    this.#slots = slots
    this.#waiting = waiting
    this.#what = what
  }

  get slots(): number {
    return this.#slots
  }

  get running(): number {
    return this.#running
  }

  get waiting(): number {
    return this.#queue.length
  }

  /**
   * Resolves with the leave function once there is room; leave it exactly once.
   * @param signal ends the wait; the reason is thrown.
   * @throws ServerError THROTTLING when too many wait, SHUTTING_DOWN after `close`.
   */
  async enter(signal?: AbortSignal): Promise<() => void> {
    if (this.#closed) throw shuttingDown()
    signal?.throwIfAborted()
    if (this.#running < this.#slots) {
      this.#running++
      return this.#leaveOnce()
    }
    if (this.#queue.length >= this.#waiting) {
      throw new ServerError(
        'THROTTLING',
        `Too many ${this.#what} at once: ${this.#running} run and ${this.#queue.length} wait; try again later`,
      )
    }
    await new Promise<void>((resolve, reject) => {
      const waiter = { enter: resolve, refuse: reject }
      this.#queue.push(waiter)
      signal?.addEventListener(
        'abort',
        () => {
          const index = this.#queue.indexOf(waiter)
          if (index === -1) return
          this.#queue.splice(index, 1)
          reject(signal.reason as Error)
        },
        { once: true },
      )
    })
    return this.#leaveOnce()
  }

  /** Runs `work` inside. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const leave = await this.enter()
    try {
      return await work()
    } finally {
      leave()
    }
  }

  /** Refuses newcomers and those who wait; the ones inside go on. */
  close(): void {
    this.#closed = true
    for (const { refuse } of this.#queue.splice(0)) refuse(shuttingDown())
  }

  #leaveOnce(): () => void {
    let inside = true
    return () => {
      if (!inside) return
      inside = false
      const next = this.#queue.shift()
      // the slot goes over to the one who waited longest
      if (next) next.enter()
      else this.#running--
    }
  }
}

const shuttingDown = (): ServerError => new ServerError('SHUTTING_DOWN', 'The server is shutting down')
