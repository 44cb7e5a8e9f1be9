import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Shard } from '@aws-sdk/client-kinesis'
import type { Clock } from '../../../base/clock.ts'
import type { Log } from '../../../base/log.ts'
import type { ConnectorPositions } from '../../../database/connectors/connectors.ts'
import type { ConnectorOptionValues } from '../../option.ts'
import type { Pipeline } from '../../pipeline/pipeline.ts'
import type { kinesisOptions } from './kinesis-options.ts'
import { type KnownShard, type Lease, ShardLeases } from './shard-leases.ts'
import { ShardReader } from './shard-reader.ts'
import { openStreamCalls, type StreamCalls } from './stream-calls.ts'

export interface StreamWork {
  readonly positions: ConnectorPositions
  readonly clock: Clock
  readonly log: Log
  readonly pipeline: Pipeline
  readonly signal: AbortSignal
}

type KinesisOptions = ConnectorOptionValues<typeof kinesisOptions>

interface ShardWork {
  readonly lease: Lease
  readonly reader: ShardReader
  savedPosition: string | undefined
  savedAtMs: number
}

const turnMs = 1000
const listShardsMs = 30_000

/** Reads the shards that are this node's part of a stream, until the signal aborts; throws when Kinesis or the catalog do not answer. */
export async function consumeStream(options: KinesisOptions, work: StreamWork): Promise<void> {
  const calls = await openStreamCalls(options)
  const consumer = new StreamConsumer(options, calls, work)
  try {
    while (!work.signal.aborted) {
      await consumer.turn()
      await delay(turnMs, undefined, { signal: work.signal }).catch(() => undefined)
    }
  } finally {
    await consumer.stop()
    calls.close()
  }
}

class StreamConsumer {
  readonly #options: KinesisOptions
  readonly #calls: StreamCalls
  readonly #work: StreamWork
  readonly #leases: ShardLeases
  readonly #leaseMs: number
  readonly #mine = new Map<string, ShardWork>()
  #shards: readonly Shard[] = []
  #listedAtMs = Number.NEGATIVE_INFINITY
  #viewedAtMs = Number.NEGATIVE_INFINITY

  constructor(options: KinesisOptions, calls: StreamCalls, work: StreamWork) {
    this.#options = options
    this.#calls = calls
    this.#work = work
    this.#leaseMs = options.leaseSeconds * 1000
    this.#leases = new ShardLeases(work.positions, randomUUID(), work.clock, this.#leaseMs)
  }

  /** Saves how far shards are settled, gives back what is done or too much, takes what is free. */
  async turn(): Promise<void> {
    const nowMs = this.#work.clock.monotonicMs()
    await this.#save(nowMs)
    if (nowMs - this.#listedAtMs >= listShardsMs) {
      this.#shards = await this.#calls.shards()
      this.#listedAtMs = nowMs
      this.#viewedAtMs = Number.NEGATIVE_INFINITY
    }
    if (nowMs - this.#viewedAtMs < this.#leaseMs / 3) return
    this.#viewedAtMs = nowMs
    await this.#share()
  }

  async stop(): Promise<void> {
    for (const shardId of this.#mine.keys()) await this.#giveBack(shardId)
    await this.#leases.leave()
  }

  async #save(nowMs: number): Promise<void> {
    for (const [shardId, shard] of this.#mine) {
      const { reader, lease } = shard
      if (reader.failure !== undefined) throw reader.failure
      const { position, isDone } = reader
      if (!isDone && position === shard.savedPosition && nowMs - shard.savedAtMs < this.#leaseMs / 3) continue
      const isKept = await lease.save(position, isDone ? 'done' : 'kept')
      shard.savedPosition = position
      shard.savedAtMs = nowMs
      if (isKept && !isDone) continue
      await this.#drop(shardId)
      // children of the shard may be read now
      this.#listedAtMs = Number.NEGATIVE_INFINITY
    }
  }

  async #share(): Promise<void> {
    const { shards: known, workers } = await this.#leases.view()
    const present = new Set(this.#shards.map(({ ShardId }) => ShardId))
    for (const [shardId, shard] of known) {
      if (!present.has(shardId) && !this.#mine.has(shardId)) await this.#leases.forget(shardId, shard)
    }
    const readable = this.#shards.filter((shard) => this.#isReadable(shard, known, present))
    const share = Math.ceil(readable.length / workers)
    for (const shardId of [...this.#mine.keys()].slice(share)) await this.#giveBack(shardId)
    for (const { ShardId: shardId = '' } of readable) {
      if (this.#mine.size >= share) break
      const found = known.get(shardId)
      if (this.#mine.has(shardId) || (found !== undefined && !this.#leases.isFree(found.state))) continue
      const lease = await this.#leases.take(shardId, found)
      if (lease !== undefined) this.#begin(shardId, lease, known)
    }
  }

  /** Not read to its end; and its parents are, so that records of a key keep their order. */
  #isReadable(
    { ShardId = '', ParentShardId, AdjacentParentShardId }: Shard,
    known: ReadonlyMap<string, KnownShard>,
    present: ReadonlySet<string | undefined>,
  ): boolean {
    const isOver = (parent: string | undefined): boolean =>
      parent === undefined || !present.has(parent) || known.get(parent)?.state.isDone === true
    return known.get(ShardId)?.state.isDone !== true && isOver(ParentShardId) && isOver(AdjacentParentShardId)
  }

  #begin(shardId: string, lease: Lease, known: ReadonlyMap<string, KnownShard>): void {
    const { pipeline, log, clock } = this.#work
    const { stream, start, recordsPerCall, idleMs } = this.#options
    const parent = this.#shards.find(({ ShardId }) => ShardId === shardId)?.ParentShardId
    const isChild = parent !== undefined && known.has(parent)
    const reader = new ShardReader({
      calls: this.#calls,
      shardId,
      stream,
      after: lease.position,
      // what was written while its parent was read is not to be missed
      start: isChild ? { type: 'TRIM_HORIZON' } : start,
      recordsPerCall,
      idleMs,
      pipeline,
      nowMs: () => clock.nowMs(),
      log,
    })
    this.#mine.set(shardId, { lease, reader, savedPosition: lease.position, savedAtMs: clock.monotonicMs() })
    log.info('kinesis.shard.taken', { shard: shardId, after: lease.position ?? null })
  }

  async #giveBack(shardId: string): Promise<void> {
    const { lease, reader } = this.#mine.get(shardId)!
    await this.#drop(shardId)
    await this.#work.pipeline.flush().catch(() => undefined)
    await lease.save(reader.position, reader.isDone ? 'done' : 'given back')
  }

  async #drop(shardId: string): Promise<void> {
    await this.#mine.get(shardId)!.reader.stop()
    this.#mine.delete(shardId)
  }
}
