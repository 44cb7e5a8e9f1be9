import { readFileSync } from 'node:fs'
import type { EachBatchPayload, KafkaConfig, logLevel, SASLOptions } from 'kafkajs'
import type { Clock } from '../../../base/clock.ts'
import { ServerError } from '../../../base/errors.ts'
import type { Log } from '../../../base/log.ts'
import type { ConnectorOptionValues } from '../../option.ts'
import type { Pipeline } from '../../pipeline/pipeline.ts'
import { CommittedOffsets } from './committed-offsets.ts'
import type { kafkaOptions } from './kafka-options.ts'
import { snappyCodec } from './snappy-codec.ts'

type KafkaOptions = ConnectorOptionValues<typeof kafkaOptions>

export interface TopicsWork {
  /** Of the connector. */
  readonly name: string
  readonly clock: Clock
  readonly log: Log
  readonly pipeline: Pipeline
  readonly signal: AbortSignal
}

const commitMs = 500
const connectMs = 10_000
/** While a message waits for room, the group is told so often that the member is there. */
const heartbeatMs = 3000
const partitionsAtOnce = 8

/** One member of the consumer group, until the signal aborts; throws when the brokers are lost. */
export async function consumeTopics(options: KafkaOptions, { name, clock, log, pipeline, signal }: TopicsWork): Promise<void> {
  const { Kafka, CompressionTypes, CompressionCodecs, logLevel: levels } = await loadClient()
  CompressionCodecs[CompressionTypes.Snappy] = () => snappyCodec
  const kafka = new Kafka(clientOptions(options, log, levels.WARN))
  const consumer = kafka.consumer({
    groupId: options.group ?? `tidemark-${name}`,
    sessionTimeout: options.sessionSeconds * 1000,
    heartbeatInterval: Math.min(heartbeatMs, (options.sessionSeconds * 1000) / 3),
    maxBytesPerPartition: options.fetchBytes,
    // the connector begins again itself, with pauses that grow, and says why
    retry: { retries: 3, restartOnFailure: async () => false },
  })
  let offsets = new CommittedOffsets()
  const commit = async (): Promise<void> => {
    const settled = offsets.take()
    if (settled.length > 0) await consumer.commitOffsets([...settled])
  }
  const takeBatch = async (given: EachBatchPayload): Promise<void> => {
    const { topic, partition, messages } = given.batch
    const generation = offsets
    for (const { key, value, offset, timestamp } of messages) {
      if (!given.isRunning() || given.isStale() || signal.aborted) return
      const settled = generation.begin(topic, partition, BigInt(offset))
      const attributes = { topic, ...(key !== null && { key: key.toString('utf8') }) }
      // when it was written: the same each time that it is read
      const receivedAtMs = Number(timestamp) > 0 ? Number(timestamp) : clock.nowMs()
      const message = { payload: value ?? Buffer.alloc(0), source: `${topic}/${partition}/${offset}`, receivedAtMs, attributes }
      // a tombstone says that a key is gone: there is nothing to store
      if (value === null) settled()
      else await withHeartbeats(pipeline.push(message, settled), () => given.heartbeat())
      given.resolveOffset(offset)
      await given.heartbeat()
    }
  }

  const lost = new Promise<never>((_resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error))
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      // whoever has a partition now begins at what is committed
      offsets = new CommittedOffsets()
      log.info('kafka.joined', { group: payload.groupId, partitions: JSON.stringify(payload.memberAssignment) })
    })
  })
  lost.catch(() => undefined)
  const stopped = new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
  const timer = setInterval(() => {
    commit().catch((error: unknown) => log.debug('kafka.commit.failed', { error: String(error) }))
  }, commitMs)
  try {
    await consumer.connect()
    await consumer.subscribe({ topics: [...options.topics], fromBeginning: options.start === 'oldest' })
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: partitionsAtOnce,
      eachBatch: takeBatch,
    })
    await Promise.race([lost, stopped])
  } finally {
    clearInterval(timer)
    await commit().catch(() => undefined)
    await consumer.disconnect().catch(() => undefined)
  }
}

/** A member that is silent for too long loses its partitions. */
async function withHeartbeats(work: Promise<void>, heartbeat: () => Promise<void>): Promise<void> {
  let failure: unknown
  const timer = setInterval(() => {
    heartbeat().catch((error: unknown) => (failure = error))
  }, heartbeatMs)
  try {
    await work
  } finally {
    clearInterval(timer)
  }
  if (failure !== undefined) throw failure
}

function clientOptions(options: KafkaOptions, log: Log, level: logLevel): KafkaConfig {
  const { brokers, tls, caFile, certificateFile, keyFile } = options
  const sasl = saslOf(options)
  return {
    clientId: 'tidemark',
    brokers: [...brokers],
    connectionTimeout: connectMs,
    retry: { retries: 3 },
    logLevel: level,
    logCreator: () => (entry) => log.debug('kafka.client', { message: entry.log.message }),
    ...(tls && {
      ssl: {
        ...(caFile !== undefined && { ca: fileOf(caFile) }),
        ...(certificateFile !== undefined && { cert: fileOf(certificateFile) }),
        ...(keyFile !== undefined && { key: fileOf(keyFile) }),
      },
    }),
    ...(sasl !== undefined && { sasl }),
  }
}

function saslOf({ saslMechanism: mechanism, username, password = '' }: KafkaOptions): SASLOptions | undefined {
  return username === undefined ? undefined : { mechanism, username, password }
}

function fileOf(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new ServerError('CONFIGURATION', `${path} cannot be read (${(error as NodeJS.ErrnoException).code}).`)
  }
}

async function loadClient() {
  try {
    return (await import('kafkajs')).default
  } catch (error) {
    throw new ServerError('CONFIGURATION', 'The connector kafka needs the package kafkajs: npm install kafkajs', { cause: error })
  }
}
