import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { Aedes } from 'aedes'
import mqtt from 'mqtt'
import { describeConnector } from './scenarios.ts'
import type { Reading } from './subject.ts'

/** A broker whose sessions stay when its door is closed and opened again. */
class Broker {
  readonly #sockets = new Set<Socket>()
  readonly #broker: Aedes
  #server: Server | undefined
  port = 0

  private constructor(broker: Aedes) {
    this.#broker = broker
  }

  static async start(): Promise<Broker> {
    const broker = new Broker(await Aedes.createBroker({ queueLimit: 10_000 }))
    await broker.open()
    return broker
  }

  async open(): Promise<void> {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket)).on('error', () => socket.destroy())
      this.#broker.handle(socket)
    })
    this.#server.listen(this.port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.port = (this.#server.address() as AddressInfo).port
  }

  async close(): Promise<void> {
    const closed = once(this.#server!, 'close')
    this.#server!.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  /** Resolves when the session of the connector is there, so that nothing sent is nobody's. */
  async subscribed(): Promise<void> {
    if (this.#broker.connectedClients > 0) return
    await once(this.#broker, 'subscribe')
  }
}

let broker: Broker
let isSubscribed = false

async function publish(topic: string, payloads: readonly (string | Buffer)[]): Promise<void> {
  if (!isSubscribed) await broker.subscribed()
  isSubscribed = true
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${broker.port}`, { reconnectPeriod: 0, connectTimeout: 5000 })
  try {
    await Promise.all(payloads.map((payload) => client.publishAsync(topic, payload, { qos: 1 })))
  } finally {
    await client.endAsync(true)
  }
}

describeConnector({
  name: 'mqtt',
  sql: 'SELECT device, to_milliseconds(time), measure_value::double FROM conformance.readings',
  start: async (folder) => {
    broker = await Broker.start()
    const options = {
      url: `mqtt://127.0.0.1:${broker.port}`,
      rules: {
        readings: {
          sql: "SELECT value FROM 'dt/readings'",
          awsIotSqlVersion: '2016-03-23',
          actions: [
            {
              timestream: {
                databaseName: 'conformance',
                tableName: 'readings',
                dimensions: [{ name: 'device', value: '${device}' }],
                timestamp: { value: '${timeMs}', unit: 'MILLISECONDS' },
              },
            },
          ],
        },
      },
    }
    const file = join(folder, 'connectors.json')
    writeFileSync(file, JSON.stringify({ connectors: [{ type: 'mqtt', name: 'plant', options }] }))
    return { args: ['--connectors', file] }
  },
  send: (_served, readings: readonly Reading[]) =>
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
  restartBroker: async () => {
    await broker.close()
    await broker.open()
  },
  stop: () => broker.close(),
})
