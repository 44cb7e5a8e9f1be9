import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import {
  CreateStreamCommand,
  DescribeStreamCommand,
  KinesisClient,
  ListShardsCommand,
  PutRecordsCommand,
  SplitShardCommand,
} from '@aws-sdk/client-kinesis'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import kinesalite from 'kinesalite'
import protobuf from 'protobufjs'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { ConformanceRun, readingsOf } from './conformance-run.ts'
import { describeConnector } from './scenarios.ts'
import type { Reading, Subject } from './subject.ts'

const sql = 'SELECT device, to_milliseconds(time), measure_value::double FROM conformance.readings'
const credentials = { accessKeyId: 'key', secretAccessKey: 'secret' }
const StreamName = 'readings'

/** A server of Kinesis that keeps its streams while its door is closed. */
class Stream {
  readonly #server: Server = kinesalite({ createStreamMs: 0, updateStreamMs: 0 })
  client!: KinesisClient
  port = 0

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    this.port = (this.#server.address() as AddressInfo).port
    this.client = new KinesisClient({
      endpoint: `http://127.0.0.1:${this.port}`,
      region: 'us-east-1',
      credentials: { ...credentials },
      requestHandler: new NodeHttpHandler(),
    })
    await this.client.send(new CreateStreamCommand({ StreamName, ShardCount: 2 }))
    await this.active()
  }

  async active(): Promise<void> {
    for (;;) {
      const { StreamDescription } = await this.client.send(new DescribeStreamCommand({ StreamName }))
      if (StreamDescription?.StreamStatus === 'ACTIVE') return
      await delay(20)
    }
  }

  async put(payloads: readonly Buffer[]): Promise<void> {
    const Records = payloads.map((Data, i) => ({ Data, PartitionKey: `key-${i}` }))
    const answer = await this.client.send(new PutRecordsCommand({ StreamName, Records }))
    if ((answer.FailedRecordCount ?? 0) > 0) throw new Error(JSON.stringify(answer.Records))
  }

  async split(): Promise<void> {
    const { Shards = [] } = await this.client.send(new ListShardsCommand({ StreamName }))
    const { ShardId, HashKeyRange } = Shards[0]!
    const middle = (BigInt(HashKeyRange!.StartingHashKey!) + BigInt(HashKeyRange!.EndingHashKey!)) / 2n
    await this.client.send(new SplitShardCommand({ StreamName, ShardToSplit: ShardId, NewStartingHashKey: String(middle) }))
    await this.active()
  }

  stop(): void {
    this.client.destroy()
    this.#server.closeAllConnections()
    this.#server.close()
  }
}

let stream: Stream

const subject: Subject = {
  name: 'kinesis',
  sql,
  start: async (folder) => {
    stream = new Stream()
    await stream.start()
    const options = {
      stream: StreamName,
      endpoint: `http://127.0.0.1:${stream.port}`,
      ...credentials,
      idleMs: 200,
      leaseSeconds: 3,
      database: 'conformance',
      table: 'readings',
      timestreamParameters: {
        TimeValue: '$.timeMs',
        DimensionMappings: [{ DimensionName: 'device', DimensionValue: '$.device' }],
        SingleMeasureMappings: [{ MeasureName: 'value', MeasureValue: '$.value', MeasureValueType: 'DOUBLE' }],
      },
    }
    const file = join(folder, 'connectors.json')
    writeFileSync(file, JSON.stringify({ connectors: [{ type: 'kinesis', name: 'plant', options }] }))
    return { args: ['--connectors', file] }
  },
  send: (_served, readings) => stream.put(readings.map(payloadOf)),
  malformed: async () => {
    await stream.put([Buffer.from('{"device": "a", ')])
    return { kind: 'buried', connector: 'plant' }
  },
  oversize: async () => {
    await stream.put([gzipSync(Buffer.alloc(100_000_000, ' '))])
    return { kind: 'buried', connector: 'plant' }
  },
  stop: async () => stream.stop(),
}

const payloadOf = (reading: Reading): Buffer => Buffer.from(JSON.stringify(reading))

/** As the Kinesis Producer Library sends them. */
function aggregated(readings: readonly Reading[]): Buffer {
  const writer = protobuf.Writer.create().uint32(0x0a).string('key')
  for (const reading of readings) writer.uint32(0x1a).fork().uint32(0x08).uint64(0).uint32(0x1a).bytes(payloadOf(reading)).ldelim()
  const message = Buffer.from(writer.finish())
  return Buffer.concat([Buffer.from('f3899ac2', 'hex'), message, createHash('md5').update(message).digest()])
}

describeConnector(subject)

describe('kinesis', () => {
  const run = new ConformanceRun(subject)
  beforeAll(() => run.start(), 60_000)
  afterAll(() => run.stop(), 60_000)

  test('aggregated records are taken apart', async () => {
    const readings = readingsOf('aggregated', 30)
    await stream.put([aggregated(readings.slice(0, 20)), aggregated(readings.slice(20))])
    await run.expectStored(readings)
  })

  test('a shard that is split is read to its end, and then its children', async () => {
    const before = await run.send('before-split', 60)
    await stream.split()
    const after = await run.send('after-split', 60)
    await run.expectStored([...before, ...after])
    await run.killAndStart()
    await run.expectStored([...before, ...after, ...(await run.send('after-kill', 20))])
  })
})
