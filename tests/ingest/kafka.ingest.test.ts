import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import kafkajs from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ConformanceRun } from './conformance-run.ts'
import { KafkaBroker } from './kafka-broker.ts'
import { describeConnector } from './scenarios.ts'
import type { Subject } from './subject.ts'

let broker: KafkaBroker
let kafkaProducer: Promise<kafkajs.Producer> | undefined

async function open(): Promise<kafkajs.Producer> {
  const producer = broker.client().producer({ retry: { retries: 1 } })
  await producer.connect()
  return producer
}

async function produce(payloads: readonly (string | Buffer)[]): Promise<void> {
  try {
    const producer = await (kafkaProducer ??= open())
    const messages = payloads.map((value, i) => ({ key: `key-${i}`, value }))
    await producer.send({ topic: 'readings', messages, acks: -1, compression: kafkajs.CompressionTypes.GZIP })
  } catch (error) {
    kafkaProducer = undefined
    throw error
  }
}

const subject: Subject = {
  name: 'kafka',
  sql: 'SELECT device, to_milliseconds(time), measure_value::double FROM conformance.readings',
  start: async (folder) => {
    broker = await KafkaBroker.start(folder)
    const admin = broker.client().admin()
    await admin.connect()
    await admin.createTopics({ topics: [{ topic: 'readings', numPartitions: 3 }], waitForLeaders: true })
    await admin.disconnect()
    const options = {
      brokers: [broker.address],
      topics: ['readings'],
      sessionSeconds: 6,
      database: 'conformance',
      table: 'readings',
      timestreamParameters: {
        TimeValue: '$.timeMs',
        DimensionMappings: [{ DimensionName: 'device', DimensionValue: '$.device' }],
        SingleMeasureMappings: [{ MeasureName: 'value', MeasureValue: '$.value', MeasureValueType: 'DOUBLE' }],
      },
    }
    const file = join(folder, 'connectors.json')
    writeFileSync(file, JSON.stringify({ connectors: [{ type: 'kafka', name: 'plant', options }] }))
    return { args: ['--connectors', file] }
  },
  send: (_served, readings) => produce(readings.map((reading) => JSON.stringify(reading))),
  malformed: async () => {
    await produce(['{"device": "a", '])
    return { kind: 'buried', connector: 'plant' }
  },
  oversize: async () => {
    await produce([gzipSync(Buffer.alloc(100_000_000, ' '))])
    return { kind: 'buried', connector: 'plant' }
  },
  restartBroker: async () => {
    await broker.close()
    await broker.open()
  },
  stop: async () => {
    await (await kafkaProducer)?.disconnect().catch(() => undefined)
    kafkaProducer = undefined
    await broker.close()
  },
}

describeConnector(subject)

describe('kafka', () => {
  const run = new ConformanceRun(subject)
  beforeAll(() => run.start(), 60_000)
  afterAll(() => run.stop(), 60_000)

  test('partitions that another member of the group has for a while are read again from what is committed', async () => {
    const before = await run.send('before-rebalance', 60)
    await run.expectStored(before)
    const rival = broker.client().consumer({ groupId: 'tidemark-plant', sessionTimeout: 6000 })
    await rival.connect()
    await rival.subscribe({ topics: ['readings'] })
    let seen = 0
    const joined = new Promise((resolve) => rival.on(rival.events.GROUP_JOIN, resolve))
    // it takes messages, stores nothing, and commits nothing
    await rival.run({ autoCommit: false, eachMessage: async () => void seen++ })
    await joined
    const during = await run.send('during-rebalance', 60)
    for (let i = 0; seen === 0 && i < 100; i++) await delay(100)
    expect(seen).toBeGreaterThan(0)
    await rival.disconnect()
    const after = await run.send('after-rebalance', 60)
    await run.expectStored([...before, ...during, ...after])
  })
})
