/**
 * Sessions that wait to be used again. Those that were never needed since the last look, but for one, are given up: a burst opens as many as it needs, and
 * they are closed when it is over.
 */
export class IdlePool<T> {
  readonly #idle: T[] = []
  readonly #give: (session: T) => void
  /** The fewest that lay here at once since the last look: so many nobody needed. */
  #unneeded = 0

  constructor(give: (session: T) => void) {
    this.#give = give
  }

  get size(): number {
    return this.#idle.length
  }

  /** The one that was used last. */
  take(): T | undefined {
    const session = this.#idle.pop()
    this.#unneeded = Math.min(this.#unneeded, this.#idle.length)
    return session
  }

  put(session: T): void {
    this.#idle.push(session)
  }

  /** Gives up what nobody needed since it was called last, but for one. */
  shrink(): void {
    const spare = Math.max(0, this.#unneeded - 1)
    for (const session of this.#idle.splice(0, spare)) this.#give(session)
    this.#unneeded = this.#idle.length
  }
}
