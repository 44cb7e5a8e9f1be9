import { Checkpoints } from '../../pipeline/checkpoints.ts'

export interface CommittableOffset {
  readonly topic: string
  readonly partition: number
  /** Of the next message, as Kafka counts. */
  readonly offset: string
}

/** What may be committed of the partitions that one generation of the group gave to this member. */
export class CommittedOffsets {
  readonly #checkpoints = new Checkpoints<bigint>((partition, offset) => void this.#advanced.set(partition, offset + 1n))
  readonly #advanced = new Map<string, bigint>()

  /** Notes a message, in the order of its partition. Answers what is called when it is settled. */
  begin(topic: string, partition: number, offset: bigint): () => void {
    return this.#checkpoints.begin(`${partition}/${topic}`, offset)
  }

  /** What is settled and was not taken yet. */
  take(): readonly CommittableOffset[] {
    const offsets = [...this.#advanced].map(([key, offset]) => {
      const slash = key.indexOf('/')
      return { topic: key.slice(slash + 1), partition: Number(key.slice(0, slash)), offset: offset.toString() }
    })
    this.#advanced.clear()
    return offsets
  }
}
