import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import mqtt from 'mqtt'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rootKey } from '../wire/served.ts'
import { ConformanceRun, readingsOf } from './conformance-run.ts'
import { describeConnector } from './scenarios.ts'
import type { Subject } from './subject.ts'

let port = 0

const connect = (username: string, password: string) =>
  mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { username, password, reconnectPeriod: 0, connectTimeout: 5000 })

async function publish(topic: string, payloads: readonly (string | Buffer)[]): Promise<void> {
  const client = await connect(rootKey.accessKeyId, rootKey.secretAccessKey)
  try {
    const lost = new Promise<never>((_resolve, reject) => client.once('close', () => reject(new Error('the connection was closed'))))
    await Promise.race([lost, Promise.all(payloads.map((payload) => client.publishAsync(topic, payload, { qos: 1 })))])
    lost.catch(() => undefined)
  } finally {
    await client.endAsync(true)
  }
}

const subject: Subject = {
  name: 'mqtt-broker',
  sql: 'SELECT device, to_milliseconds(time), measure_value::double FROM conformance.readings',
  start: async (folder) => {
    const probe = createServer().listen(0, '127.0.0.1')
    await once(probe, 'listening')
    port = (probe.address() as AddressInfo).port
    probe.close()
    const timestream = {
      databaseName: 'conformance',
      tableName: 'readings',
      dimensions: [{ name: 'device', value: '${device}' }],
      timestamp: { value: '${timeMs}', unit: 'MILLISECONDS' },
    }
    const rules = { readings: { sql: "SELECT value FROM 'dt/readings'", awsIotSqlVersion: '2016-03-23', actions: [{ timestream }] } }
    const file = join(folder, 'connectors.json')
    const options = { listen: `127.0.0.1:${port}`, rules }
    writeFileSync(file, JSON.stringify({ connectors: [{ type: 'mqtt-broker', name: 'plant', options }] }))
    return { args: ['--connectors', file] }
  },
  send: (_served, readings) =>
    publish(
      'dt/readings',
      readings.map((reading) => JSON.stringify(reading)),
    ),
  malformed: async () => {
    await publish('dt/readings', ['{"device": "a", "value": '])
    return { kind: 'buried', connector: 'plant' }
  },
  oversize: async () => {
    await publish('dt/readings', [Buffer.alloc(300_000, ' ')])
    return { kind: 'buried', connector: 'plant' }
  },
}

describeConnector(subject)

describe('mqtt-broker', () => {
  const run = new ConformanceRun(subject)
  beforeAll(async () => {
    await run.start()
    await run.sendStubbornly(readingsOf('first', 1))
  }, 60_000)
  afterAll(() => run.stop(), 60_000)

  test('lets nobody in without a key', async () => {
    await expect(connect(rootKey.accessKeyId, 'wrong')).rejects.toThrow('Bad username or password')
    await expect(connect('nobody', 'secret')).rejects.toThrow('Bad username or password')
  })

  test('hands messages on to subscribers', async () => {
    const client = await connect(rootKey.accessKeyId, rootKey.secretAccessKey)
    await client.subscribeAsync('dt/#', { qos: 1 })
    const topic = new Promise((resolve) => client.once('message', resolve))
    await run.send('seen', 1)
    expect(await topic).toBe('dt/readings')
    await client.endAsync()
  })

  test('ends a connection whose packet is too long, and takes the next', async () => {
    await expect(publish('dt/readings', [Buffer.alloc(3_000_000, ' ')])).rejects.toThrow('closed')
    await expect(publish('$SYS/x', ['{}'])).rejects.toThrow('closed')
    await run.expectStored(await run.send('after-long', 3))
  })
})
