const ways = 8
/** A slot not in use; times are kept as 1 or later, so that fresh (zeroed) memory is free. */
const free = 0n

/**
 * The newest time known of each series, in a table of fixed size: 16 bytes a series. A series that is not in it is unknown, and
 * its records have to be looked up; when a set of eight slots is full, a new series takes the place of another one.
 */
export class Watermarks {
  readonly #sets: number
  readonly #lows: Uint32Array
  readonly #highs: Uint32Array
  readonly #times: BigInt64Array
  #victim = 0

  /** `capacity` series, rounded up to a power of two; at least eight. */
  constructor(capacity: number) {
    let sets = 1
    while (sets * ways < capacity) sets *= 2
    this.#sets = sets
    this.#lows = new Uint32Array(sets * ways)
    this.#highs = new Uint32Array(sets * ways)
    this.#times = new BigInt64Array(sets * ways)
  }

  get bytes(): number {
    return this.#sets * ways * 16
  }

  /** The series' newest time; undefined when the series is not known. */
  get(low: number, high: number): bigint | undefined {
    const slot = this.#find(low, high)
    return slot < 0 ? undefined : this.#times[slot]
  }

  /** Makes the series known with that newest time (0 for none), or raises what is known. */
  learn(low: number, high: number, timeNs: bigint): void {
    const slot = this.#find(low, high)
    if (slot >= 0) {
      if (this.#times[slot]! < timeNs) this.#times[slot] = timeNs
      return
    }
    const first = this.#firstSlot(low, high)
    let target = first
    while (target < first + ways && this.#times[target] !== free) target++
    if (target === first + ways) {
      this.#victim = (this.#victim + 1) % ways
      target = first + this.#victim
    }
    this.#lows[target] = low
    this.#highs[target] = high
    this.#times[target] = timeNs > free ? timeNs : 1n
  }

  /** Raises the newest time of a known series; false when the series is not known. */
  raise(low: number, high: number, timeNs: bigint): boolean {
    const slot = this.#find(low, high)
    if (slot < 0) return false
    if (this.#times[slot]! < timeNs) this.#times[slot] = timeNs
    return true
  }

  #firstSlot(low: number, high: number): number {
    return (((low ^ (high << 7)) >>> 0) & (this.#sets - 1)) * ways
  }

  #find(low: number, high: number): number {
    const first = this.#firstSlot(low, high)
    for (let slot = first; slot < first + ways; slot++) {
      if (this.#lows[slot] === low && this.#highs[slot] === high && this.#times[slot] !== free) return slot
    }
    return -1
  }
}
