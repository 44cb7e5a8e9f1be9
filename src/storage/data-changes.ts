/** Times from and to a moment, both included, in nanoseconds; undefined: open. */
export interface TimeSpan {
  readonly fromNs: bigint | undefined
  readonly toNs: bigint | undefined
}

interface TableCounters {
  /** Of the last change that may be anywhere in the table. */
  anywhere: number
  /** Of the last change of a day, by days since the epoch. */
  readonly days: Map<number, number>
  /** Changes under way, which take effect bit by bit. */
  underWay: number
}

const dayNs = 86_400_000_000_000n
/** Of a table whose changes touch more days, only that it has changed is kept. */
const mostDays = 4096
/** Tables of which that is kept; beyond, all is forgotten, which counts as a change. */
const mostTables = 10_000

/**
 * Says whether what is visible of a table in a span of time is the same as it was at an earlier moment of this process. Moments are numbers of a clock
 * that goes on with every change. What is not known has changed.
 */
export class DataChanges {
  #moment = 1
  /** Changes before it are not known. */
  #knownSince = 0
  /** By physical name. */
  readonly #tables = new Map<string, TableCounters>()

  get moment(): number {
    return this.#moment
  }

  /** Rows with times from and to these have come. */
  touch(physicalName: string, fromNs: bigint, toNs: bigint): void {
    const counters = this.#of(physicalName)
    const moment = ++this.#moment
    const [first, last] = [Number(fromNs / dayNs), Number(toNs / dayNs)]
    if (last - first >= mostDays || counters.days.size >= mostDays) {
      counters.days.clear()
      counters.anywhere = moment
      return
    }
    for (let day = first; day <= last; day++) counters.days.set(day, moment)
  }

  /** Anything in the table may be other than it was. */
  touchAll(physicalName: string): void {
    this.#of(physicalName).anywhere = ++this.#moment
  }

  /** The table changes bit by bit until the answered function is called. */
  begin(physicalName: string): () => void {
    const counters = this.#of(physicalName)
    counters.underWay++
    counters.anywhere = ++this.#moment
    let isOver = false
    return () => {
      if (isOver) return
      isOver = true
      counters.underWay--
      counters.anywhere = ++this.#moment
    }
  }

  isUnchanged(physicalName: string, { fromNs, toNs }: TimeSpan, since: number): boolean {
    if (since < this.#knownSince) return false
    const counters = this.#tables.get(physicalName)
    if (counters === undefined) return true
    if (counters.underWay > 0 || counters.anywhere > since) return false
    const first = fromNs === undefined ? Number.NEGATIVE_INFINITY : Number(fromNs / dayNs)
    const last = toNs === undefined ? Number.POSITIVE_INFINITY : Number(toNs / dayNs)
    for (const [day, moment] of counters.days) if (moment > since && day >= first && day <= last) return false
    return true
  }

  #of(physicalName: string): TableCounters {
    let counters = this.#tables.get(physicalName)
    if (counters === undefined) {
      if (this.#tables.size >= mostTables) this.#forget()
      counters = { anywhere: 0, days: new Map(), underWay: 0 }
      this.#tables.set(physicalName, counters)
    }
    return counters
  }

  #forget(): void {
    for (const [name, { underWay }] of this.#tables) if (underWay === 0) this.#tables.delete(name)
    this.#knownSince = ++this.#moment
  }
}
