import { setTimeout as delay } from 'node:timers/promises'
import { ClickHouseError, ClickHouseLogLevel, createClient, type ClickHouseClient } from '@clickhouse/client'
import { ServerError } from '../../base/errors.ts'
import { systemClock } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import { engineCode, mapEngineFault } from '../errors.ts'
import { TrailingException } from './exception-tail.ts'

/** Longer than any query may run: the engine's own limits end queries, not the socket's. */
const requestTimeoutMs = 2_147_483_647
const openConnections = 512
const attempts = 6
const firstPauseMs = 50
/** A node that did not answer is left aside for so long, while others answer. */
const asideMs = 2000

export interface Endpoint {
  /** Without user and password. */
  readonly address: string
  readonly client: ClickHouseClient
}

/** When work may be done again after a connection failed: always, or only if the node cannot have heard of it. */
export type Retry = 'always' | 'unheard'

/** The nodes that were given, tried in turn. Connection faults move on to the next; what the engine answers, also errors, is final. */
export class Endpoints {
  readonly all: readonly Endpoint[]
  readonly #log: Log
  readonly #aside = new Map<Endpoint, number>()
  readonly #onUnmapped: ((error: ServerError) => void) | undefined
  readonly #closing = new AbortController()
  #next = 0

  /**
   * @param urls `http(s)://user:password@host:port`
   * @param compression of bodies in both directions; by default for nodes that are not on this machine.
   * @throws ServerError CONFIGURATION
   */
  constructor(
    urls: readonly (string | URL)[],
    options: { readonly compression?: boolean; readonly log: Log; readonly onUnmapped?: (error: ServerError) => void },
  ) {
    if (urls.length === 0) throw new ServerError('CONFIGURATION', 'The engine needs the address of at least one node')
    this.all = urls.map((url) => openEndpoint(url, options.compression))
    this.#log = options.log
    this.#onUnmapped = options.onUnmapped
  }

  /** Does the work on one node. @throws ServerError ENGINE_UNAVAILABLE when none can be reached. */
  async onAny<T>(retry: Retry, work: (endpoint: Endpoint) => Promise<T>): Promise<T> {
    return this.#attempt(retry, () => this.#choose(), work)
  }

  /** Does the work on that node. */
  async on<T>(endpoint: Endpoint, retry: Retry, work: (endpoint: Endpoint) => Promise<T>): Promise<T> {
    return this.#attempt(retry, () => endpoint, work)
  }

  async #attempt<T>(retry: Retry, choose: () => Endpoint, work: (endpoint: Endpoint) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const endpoint = choose()
      try {
        const answer = await work(endpoint)
        this.#aside.delete(endpoint)
        return answer
      } catch (error) {
        const fault = connectionFault(error)
        if (fault === undefined) throw this.mapped(error)
        this.#aside.set(endpoint, systemClock.monotonicMs() + asideMs)
        this.#log.warn('engine node unreachable', { address: endpoint.address, attempt, cause: errorText(error) })
        const mayRepeat = retry === 'always' || fault === 'unheard'
        if (!mayRepeat || attempt >= attempts || this.#closing.signal.aborted) throw unavailable(error)
        // the other nodes are tried at once, then with growing pauses
        const round = Math.floor(attempt / this.all.length)
        if (round > 0)
          await delay(firstPauseMs * 2 ** Math.min(round, 6), undefined, { signal: this.#closing.signal }).catch(() => undefined)
      }
    }
  }

  #choose(): Endpoint {
    const now = systemClock.monotonicMs()
    for (let step = 0; step < this.all.length; step++) {
      const endpoint = this.all[(this.#next + step) % this.all.length]!
      if ((this.#aside.get(endpoint) ?? 0) > now) continue
      this.#next += step + 1
      return endpoint
    }
    return this.all[this.#next++ % this.all.length]!
  }

  /** What a client or a response throws, as a ServerError. */
  mapped(error: unknown): ServerError {
    if (error instanceof ServerError) return error
    if (connectionFault(error) !== undefined) return unavailable(error)
    const message = errorText(error)
    const code = error instanceof ClickHouseError ? Number(error.code) : engineCode(message)
    const mapped = mapEngineFault({ code, message, cause: error })
    if (mapped.code === 'INTERNAL') {
      this.#log.error('engine error unknown', { fault: mapped.message })
      this.#log.debug('engine error unknown', { message })
      this.#onUnmapped?.(mapped)
    }
    return mapped
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await Promise.all(this.all.map(({ client }) => client.close()))
  }
}

function openEndpoint(address: string | URL, compression: boolean | undefined): Endpoint {
  const url = URL.canParse(String(address)) ? new URL(address) : undefined
  const isHttp = url?.protocol === 'http:' || url?.protocol === 'https:'
  if (url === undefined || !isHttp || url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    // the address may hold a password: it is not repeated
    throw new ServerError('CONFIGURATION', 'An engine address must be like http://user:password@host:8123 or https://…, without path')
  }
  const compress = compression ?? !['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
  const client = createClient({
    url: url.origin,
    username: decodeURIComponent(url.username) || 'default',
    password: decodeURIComponent(url.password),
    application: 'tidemark',
    request_timeout: requestTimeoutMs,
    max_open_connections: openConnections,
    compression: { request: compress, response: compress },
    log: { level: ClickHouseLogLevel.OFF },
  })
  return { address: url.host, client }
}

/** Nothing was sent. */
const unheardCodes = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL'])
/** The request may or may not have been done. */
const lostCodes = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNABORTED', 'ERR_STREAM_PREMATURE_CLOSE', 'UND_ERR_SOCKET'])
const lostMessage = /socket hang up|Timeout error|aborted|premature close/i

function connectionFault(error: unknown): 'unheard' | 'lost' | undefined {
  if (!(error instanceof Error) || error instanceof ClickHouseError || error instanceof ServerError || error instanceof TrailingException)
    return undefined
  const code = 'code' in error ? String(error.code) : ''
  if (unheardCodes.has(code)) return 'unheard'
  if (error instanceof AggregateError) {
    const faults = error.errors.map(connectionFault)
    return faults.every((fault) => fault === 'unheard') ? 'unheard' : faults.some((fault) => fault !== undefined) ? 'lost' : undefined
  }
  return lostCodes.has(code) || lostMessage.test(error.message) ? 'lost' : undefined
}

const errorText = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const unavailable = (cause: unknown): ServerError => new ServerError('ENGINE_UNAVAILABLE', 'The engine cannot be reached', { cause })
