import { setTimeout as delay } from 'node:timers/promises'
import type { GetRecordsCommandOutput } from '@aws-sdk/client-kinesis'
import type { Log } from '../../../base/log.ts'
import { Checkpoints } from '../../pipeline/checkpoints.ts'
import type { Pipeline } from '../../pipeline/pipeline.ts'
import type { StartPosition } from './kinesis-options.ts'
import type { StreamCalls } from './stream-calls.ts'

export interface ShardReaderOptions {
  readonly calls: StreamCalls
  readonly shardId: string
  readonly stream: string
  /** Sequence number of the last record that needs not be read; undefined: never read. */
  readonly after: string | undefined
  readonly start: StartPosition
  readonly recordsPerCall: number
  readonly idleMs: number
  readonly pipeline: Pipeline
  readonly nowMs: () => number
  readonly log: Log
}

/** A shard gives five answers a second. */
const leastPauseMs = 200
const firstBackoffMs = 500
const longestBackoffMs = 10_000

/** Reads one shard from where it was left, as far as the pipeline has room. */
export class ShardReader {
  readonly #options: ShardReaderOptions
  readonly #abort = new AbortController()
  readonly #checkpoints: Checkpoints<string>
  #settled: string | undefined
  #read: string | undefined
  #failure: unknown
  #isAtEnd = false
  readonly #loop: Promise<void>

  constructor(options: ShardReaderOptions) {
    this.#options = options
    this.#settled = options.after
    this.#read = options.after
    this.#checkpoints = new Checkpoints((_shard, position) => (this.#settled = position))
    this.#loop = this.#run().catch((error: unknown) => {
      if (!this.#abort.signal.aborted) this.#failure = error
    })
  }

  /** Sequence number of the last record that is settled, with all before it. */
  get position(): string | undefined {
    return this.#settled
  }

  /** The shard is closed, and all its records are settled. */
  get isDone(): boolean {
    return this.#isAtEnd && this.#checkpoints.pending(this.#options.shardId) === 0
  }

  /** Why reading has ended before the shard did. */
  get failure(): unknown {
    return this.#failure
  }

  async stop(): Promise<void> {
    this.#abort.abort()
    await this.#loop
  }

  async #run(): Promise<void> {
    const { calls, idleMs } = this.#options
    const { signal } = this.#abort
    let iterator = await this.#iterator()
    let backoffMs = firstBackoffMs
    while (!signal.aborted) {
      if (iterator === undefined) {
        this.#isAtEnd = true
        return
      }
      try {
        const answer: GetRecordsCommandOutput = await calls.getRecords(iterator, this.#options.recordsPerCall, signal)
        backoffMs = firstBackoffMs
        await this.#push(answer)
        iterator = answer.NextShardIterator
        const isBehind = (answer.Records?.length ?? 0) > 0 || (answer.MillisBehindLatest ?? 0) > 0
        if (iterator !== undefined) await delay(isBehind ? leastPauseMs : idleMs, undefined, { signal })
      } catch (error) {
        const { name } = error as Error
        if (signal.aborted) return
        if (name === 'ExpiredIteratorException') iterator = await this.#iterator()
        else if (throttles.has(name)) {
          this.#options.log.debug('kinesis.throttled', { shard: this.#options.shardId, pauseMs: backoffMs })
          await delay(backoffMs * (0.5 + Math.random() / 2), undefined, { signal })
          backoffMs = Math.min(backoffMs * 2, longestBackoffMs)
        } else throw error
      }
    }
  }

  async #push({ Records = [] }: GetRecordsCommandOutput): Promise<void> {
    const { pipeline, shardId, stream, nowMs } = this.#options
    for (const { Data, SequenceNumber: sequence = '', PartitionKey: partitionKey = '', ApproximateArrivalTimestamp } of Records) {
      if (this.#abort.signal.aborted) return
      const payload = Data === undefined ? Buffer.alloc(0) : Buffer.from(Data.buffer, Data.byteOffset, Data.byteLength)
      const settled = this.#checkpoints.begin(shardId, sequence)
      // when it arrived at the stream: the same each time that it is read
      const receivedAtMs = ApproximateArrivalTimestamp?.getTime() ?? nowMs()
      this.#read = sequence
      await pipeline.push({ payload, source: `${stream}/${shardId}/${sequence}`, receivedAtMs, attributes: { partitionKey } }, settled)
    }
  }

  #iterator(): Promise<string | undefined> {
    const { calls, shardId, start } = this.#options
    return calls.shardIterator(shardId, this.#read, start)
  }
}

const throttles = new Set([
  'ProvisionedThroughputExceededException',
  'LimitExceededException',
  'KMSThrottlingException',
  'ThrottlingException',
])
