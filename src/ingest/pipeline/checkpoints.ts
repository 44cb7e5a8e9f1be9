/**
 * Which positions of a source are done without a gap. Messages of a partition are settled in any order; what may be committed is the last
 * position before which everything is settled.
 */
export class Checkpoints<Position> {
  readonly #onAdvance: (partition: string, position: Position) => void
  readonly #partitions = new Map<string, Entry<Position>[]>()

  /** @param onAdvance called with the position of the last message of the settled beginning, each time that it grows */
  constructor(onAdvance: (partition: string, position: Position) => void) {
    this.#onAdvance = onAdvance
  }

  /** Notes a message, in the order of its partition. Answers what is called when it is settled. */
  begin(partition: string, position: Position): () => void {
    const entries = this.#partitions.get(partition) ?? []
    this.#partitions.set(partition, entries)
    const entry: Entry<Position> = { position, isSettled: false }
    entries.push(entry)
    return () => {
      entry.isSettled = true
      if (this.#partitions.get(partition) === entries) this.#advance(partition, entries)
    }
  }

  /** Messages of the partition that are not settled, or stand behind one that is not. */
  pending(partition: string): number {
    return this.#partitions.get(partition)?.length ?? 0
  }

  /** The partition was taken away: what is settled from now on moves nothing. */
  forget(partition: string): void {
    this.#partitions.delete(partition)
  }

  #advance(partition: string, entries: Entry<Position>[]): void {
    let done = 0
    while (done < entries.length && entries[done]!.isSettled) done++
    if (done === 0) return
    const { position } = entries[done - 1]!
    entries.splice(0, done)
    this.#onAdvance(partition, position)
  }
}

interface Entry<Position> {
  readonly position: Position
  isSettled: boolean
}
