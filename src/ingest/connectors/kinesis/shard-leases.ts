import type { Clock } from '../../../base/clock.ts'
import type { ConnectorPositions } from '../../../database/connectors/connectors.ts'

/** What is kept of a shard. */
export interface ShardPosition {
  /** Sequence number of the last record that is settled, with all before it. */
  readonly position?: string
  /** It was closed by a split or a merge, and is read to its end. */
  readonly isDone?: boolean
  /** Who reads it, and until when nobody else may. */
  readonly owner?: string
  readonly untilMs?: number
}

interface WorkerBeat {
  readonly untilMs: number
}

export interface KnownShard {
  readonly state: ShardPosition
  readonly revision: number
}

export interface LeaseView {
  readonly shards: ReadonlyMap<string, KnownShard>
  /** Nodes that read the stream, this one among them. */
  readonly workers: number
}

const shardKey = 'shard/'
const workerKey = 'worker/'

/** Who reads which shard, as documents that all nodes see: each change is made only where nobody else was first. */
export class ShardLeases {
  readonly #positions: ConnectorPositions
  readonly #worker: string
  readonly #clock: Clock
  readonly #leaseMs: number

  constructor(positions: ConnectorPositions, worker: string, clock: Clock, leaseMs: number) {
    this.#positions = positions
    this.#worker = worker
    this.#clock = clock
    this.#leaseMs = leaseMs
  }

  /** Says that this node is there, and reads what the others say; those that are long gone are forgotten. */
  async view(): Promise<LeaseView> {
    const nowMs = this.#clock.nowMs()
    const own = workerKey + this.#worker
    const found = await this.#positions.list<ShardPosition & Partial<WorkerBeat>>()
    const before = found.find(({ key }) => key === own)
    await this.#positions.put<WorkerBeat>(own, { untilMs: nowMs + this.#leaseMs }, before?.revision ?? 0)
    const shards = new Map<string, KnownShard>()
    let workers = 1
    for (const { key, value, revision } of found) {
      if (key.startsWith(shardKey)) shards.set(key.slice(shardKey.length), { state: value, revision })
      else if (key !== own && (value.untilMs ?? 0) > nowMs) workers++
      else if (key !== own && (value.untilMs ?? 0) < nowMs - 10 * this.#leaseMs) await this.#positions.remove(key, revision)
    }
    return { shards, workers }
  }

  isFree({ owner, untilMs = 0 }: ShardPosition): boolean {
    return owner === undefined || owner === this.#worker || untilMs < this.#clock.nowMs()
  }

  /** Undefined when another node was first. */
  async take(shardId: string, known: KnownShard | undefined): Promise<Lease | undefined> {
    const key = shardKey + shardId
    const put = (state: ShardPosition, revision: number) => this.#positions.put(key, this.#stamped(state), revision)
    const position = known?.state.position
    if (!(await put({ ...(position !== undefined && { position }), owner: this.#worker }, known?.revision ?? 0))) return undefined
    const taken = await this.#positions.get<ShardPosition>(key)
    return taken?.value.owner === this.#worker ? new Lease(position, taken.revision, put) : undefined
  }

  /** Shards that the stream does not have any more are forgotten. */
  async forget(shardId: string, { revision }: KnownShard): Promise<void> {
    await this.#positions.remove(shardKey + shardId, revision)
  }

  async leave(): Promise<void> {
    const own = workerKey + this.#worker
    const found = await this.#positions.get<WorkerBeat>(own)
    if (found !== undefined) await this.#positions.remove(own, found.revision)
  }

  #stamped({ position, isDone, owner }: ShardPosition): ShardPosition {
    return {
      ...(position !== undefined && { position }),
      ...(isDone && { isDone }),
      ...(owner !== undefined && { owner: this.#worker, untilMs: this.#clock.nowMs() + this.#leaseMs }),
    }
  }
}

/** One shard, while this node reads it. */
export class Lease {
  readonly position: string | undefined
  readonly #put: (state: ShardPosition, revision: number) => Promise<boolean>
  #revision: number

  constructor(position: string | undefined, revision: number, put: (state: ShardPosition, revision: number) => Promise<boolean>) {
    this.position = position
    this.#revision = revision
    this.#put = put
  }

  /** False: another node has taken the shard. One call at a time. */
  async save(position: string | undefined, as: 'kept' | 'given back' | 'done'): Promise<boolean> {
    const isKept = await this.#put(
      { ...(position !== undefined && { position }), isDone: as === 'done', ...(as === 'kept' && { owner: 'this' }) },
      this.#revision,
    )
    if (isKept) this.#revision++
    return isKept
  }
}
