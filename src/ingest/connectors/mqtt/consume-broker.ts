import { readFileSync } from 'node:fs'
import type { IClientOptions, MqttClient } from 'mqtt'
import type { Clock } from '../../../base/clock.ts'
import { ServerError } from '../../../base/errors.ts'
import type { Log } from '../../../base/log.ts'
import type { ConnectorOptionValues } from '../../option.ts'
import type { Pipeline } from '../../pipeline/pipeline.ts'
import { LateAcks } from './late-acks.ts'
import type { mqttOptions } from './mqtt-options.ts'

type MqttOptions = ConnectorOptionValues<typeof mqttOptions>

export interface BrokerWork {
  /** Of the connector. */
  readonly name: string
  readonly clock: Clock
  readonly log: Log
  readonly pipeline: Pipeline
  readonly signal: AbortSignal
}

const connectMs = 20_000
/** Messages on their way that a broker of version 5 sends without an acknowledgement. */
const receiveMaximum = 5000
/** The session of version 5 outlives a connection this long: a week. */
const sessionSeconds = 7 * 24 * 3600

/**
 * One connection to the broker, with a session that the broker keeps: what is not acknowledged comes again on the next one.
 * Resolves when the signal aborts; throws when the connection is lost.
 */
export async function consumeBroker(options: MqttOptions, work: BrokerWork): Promise<void> {
  const { log, signal } = work
  const [{ default: mqtt }, { default: packets }] = await loadClient()
  const client = mqtt.connect(options.url, { ...clientOptions(options, work.name), manualConnect: true })
  const acks = new LateAcks((messageId) => client.stream.write(packets.generate({ cmd: 'puback', messageId, reasonCode: 0 })))
  takeMessages(client, acks, work)
  const lost = new Promise<never>((_resolve, reject) => {
    client.on('error', (error) => reject(new Error(`${options.url}: ${error.message || String(error)}`)))
    client.on('close', () => reject(new Error(`${options.url}: the connection was closed`)))
  })
  lost.catch(() => undefined)
  const stopped = new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
  try {
    const connected = new Promise<void>((resolve) => client.once('connect', () => resolve()))
    client.connect()
    await Promise.race([connected, lost, stopped])
    if (signal.aborted) return
    const filters = filtersOf(options)
    if (filters.length > 0) await Promise.race([subscribe(client, filters, options.qos as 0 | 1), lost, stopped])
    log.info('mqtt.connected', { broker: options.url, filters: filters.length })
    await Promise.race([lost, stopped])
  } finally {
    acks.close()
    await client.endAsync(true).catch(() => undefined)
  }
}

/** Back-pressure: the next message is taken when the pipeline has room. */
function takeMessages(client: MqttClient, acks: LateAcks, { name, clock, log, pipeline }: BrokerWork): void {
  client.handleMessage = (packet, next) => {
    const { topic, payload, messageId, qos } = packet
    const settled = acks.begin(qos > 0 ? messageId : undefined)
    const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload
    const message = { payload: bytes, source: `${name}/${topic}`, receivedAtMs: clock.nowMs(), attributes: { topic } }
    // with an error the client goes on without an acknowledgement of its own: ours is sent when the message is settled
    const goOn = (): void => next(new Error('acknowledged later'))
    pipeline.push(message, settled).then(goOn, (error: unknown) => log.debug('mqtt.message.left', { error: String(error) }))
  }
}

async function subscribe(client: MqttClient, filters: readonly string[], qos: 0 | 1): Promise<void> {
  const grants = await client.subscribeAsync([...filters], { qos })
  const refused = grants.filter((grant) => grant.qos >= 128).map(({ topic }) => topic)
  if (refused.length > 0) throw new Error(`the broker refuses the subscription to ${refused.join(', ')}`)
}

/** Each once. Where filters overlap, a broker may send a message for each of them: stored once, for it is the same record. */
function filtersOf({ topics, rules }: MqttOptions): readonly string[] {
  return [...new Set(topics ?? rules.filter(({ isEnabled }) => isEnabled).map(({ topicFilter }) => topicFilter))]
}

function clientOptions(options: MqttOptions, name: string): IClientOptions {
  const { username, password, caFile, certificateFile, keyFile } = options
  const isNew = options.protocolVersion === '5'
  return {
    clientId: options.clientId ?? `tidemark-${name}`,
    clean: false,
    // the connector connects again itself, with pauses that grow, and says so
    reconnectPeriod: 0,
    resubscribe: false,
    connectTimeout: connectMs,
    keepalive: options.keepAliveSeconds,
    protocolVersion: isNew ? 5 : 4,
    ...(isNew && { properties: { sessionExpiryInterval: sessionSeconds, receiveMaximum } }),
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(caFile !== undefined && { ca: fileOf(caFile) }),
    ...(certificateFile !== undefined && { cert: fileOf(certificateFile) }),
    ...(keyFile !== undefined && { key: fileOf(keyFile) }),
  }
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
    return await Promise.all([import('mqtt'), import('mqtt-packet')])
  } catch (error) {
    throw new ServerError('CONFIGURATION', 'The connector mqtt needs the packages mqtt and mqtt-packet: npm install mqtt mqtt-packet', {
      cause: error,
    })
  }
}
