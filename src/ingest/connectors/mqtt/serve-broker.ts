import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import type { Aedes, AedesOptions, Client, PublishPacket } from 'aedes'
import type { Clock } from '../../../base/clock.ts'
import { ServerError } from '../../../base/errors.ts'
import type { Log } from '../../../base/log.ts'
import { type KeyFinder, keyOf } from '../../http/authenticate.ts'
import type { ConnectorOptionValues } from '../../option.ts'
import type { Pipeline } from '../../pipeline/pipeline.ts'
import type { brokerOptions } from './broker-options.ts'

type BrokerOptions = ConnectorOptionValues<typeof brokerOptions>

export interface BrokerServing {
  readonly clock: Clock
  readonly keys: KeyFinder
  readonly log: Log
  readonly pipeline: Pipeline
  readonly signal: AbortSignal
}

/** A packet that says it is longer ends its connection before it is read. */
const packetBytes = 1_048_576 + 65_536
const badCredentials = 4
const messagesAtOnce = 1000
const queuedForSubscriber = 1000

/** Listens until the signal aborts. A message is acknowledged when its records are durable. */
export async function serveBroker(options: BrokerOptions, serving: BrokerServing): Promise<void> {
  const { signal, log } = serving
  const broker = await openBroker(options, serving)
  const sockets = new Set<Socket>()
  const server = createListener(options, (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy())
    const client = broker.handle(socket)
    socket.on('readable', () => {
      if (announcedBytes(client) > packetBytes) socket.destroy()
    })
  })
  server.maxConnections = options.connections
  try {
    server.listen(options.listen.port, options.listen.host)
    await once(server, 'listening')
    log.info('mqtt.listening', { address: `${options.listen.host}:${options.listen.port}` })
    if (!signal.aborted)
      await Promise.race([once(signal, 'abort'), once(server, 'error').then(([error]) => Promise.reject(error as Error))])
  } finally {
    const closed = server.listening ? once(server, 'close') : undefined
    server.close()
    for (const socket of sockets) socket.destroy()
    await closed
    await new Promise<void>((resolve) => broker.close(() => resolve()))
  }
}

async function openBroker({ access }: BrokerOptions, { clock, keys, log, pipeline }: BrokerServing): Promise<Aedes> {
  const users = new WeakMap<Client, string>()
  const mayUse = (client: Client, may: (entry: BrokerOptions['access'][number]) => boolean): boolean => {
    const user = users.get(client)
    return user === 'root' || access.some((entry) => entry.user === user && may(entry))
  }
  const handlers: AedesOptions = {
    concurrency: messagesAtOnce,
    queueLimit: queuedForSubscriber,
    authenticate(client, username, password, done) {
      try {
        const authorization = `Basic ${Buffer.from(`${username ?? ''}:${password?.toString('utf8') ?? ''}`).toString('base64')}`
        const key = keyOf({ headers: { authorization }, query: new URLSearchParams() }, keys, clock.nowMs())
        users.set(client, key.principal.name)
        done(null, true)
      } catch (error) {
        log.debug('mqtt.refused', { client: client.id, reason: String(error) })
        done(Object.assign(new Error('The access key id or its secret is wrong.'), { returnCode: badCredentials }), false)
      }
    },
    authorizeSubscribe(client, subscription, done) {
      done(null, mayUse(client, (entry) => entry.maySubscribe(subscription.topic)) ? subscription : null)
    },
    authorizePublish(client, packet, done) {
      if (client === null || packet.topic.startsWith('$') || !mayUse(client, (entry) => entry.mayPublish(packet.topic))) {
        return done(new Error(`publishing to ${packet.topic} is not allowed`))
      }
      const principal = users.get(client) ?? ''
      const push = pipeline.push(messageOf(client.id, principal, packet, clock.nowMs()), () => done(null))
      // nothing is acknowledged: the client sends it again, on another connection
      push.catch(() => client.close())
    },
  }
  const { Aedes: Broker } = await loadBroker()
  return Broker.createBroker(handlers)
}

function messageOf(clientId: string, principal: string, { topic, payload }: PublishPacket, receivedAtMs: number) {
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload
  return { payload: bytes, source: `${clientId}/${topic}`, receivedAtMs, attributes: { topic, clientId, principal } }
}

/** Length of the packet that the client's parser is about to read. */
function announcedBytes(client: Client): number {
  const { _parser: parser } = client as unknown as { readonly _parser?: { readonly packet?: { readonly length?: number } } }
  return parser?.packet?.length ?? 0
}

function createListener({ certificateFile, keyFile }: BrokerOptions, onConnection: (socket: Socket) => void): Server {
  if (certificateFile === undefined || keyFile === undefined) return createServer(onConnection)
  try {
    return createTlsServer({ cert: readFileSync(certificateFile), key: readFileSync(keyFile) }, onConnection)
  } catch (error) {
    throw new ServerError('CONFIGURATION', `The certificate cannot be used: ${error instanceof Error ? error.message : String(error)}`)
  }
}

async function loadBroker() {
  try {
    return await import('aedes')
  } catch (error) {
    throw new ServerError('CONFIGURATION', 'The connector mqtt-broker needs the package aedes: npm install aedes', { cause: error })
  }
}
