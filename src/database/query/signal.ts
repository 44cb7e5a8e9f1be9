/** Wakes those who wait for a change. */
export class Signal {
  #wake: (() => void)[] = []

  notify(): void {
    for (const wake of this.#wake.splice(0)) wake()
  }

  /** Resolves at the next `notify`, or after `timeoutMs`. */
  async wait(timeoutMs = Number.POSITIVE_INFINITY): Promise<void> {
    if (timeoutMs <= 0) return
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve) => {
      this.#wake.push(resolve)
      if (Number.isFinite(timeoutMs)) timer = setTimeout(resolve, timeoutMs)
    })
    clearTimeout(timer)
  }
}
