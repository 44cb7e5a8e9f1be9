import { readFileSync, unwatchFile, watchFile } from 'node:fs'
import type { Server as NetServer, Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { createSecureContext, type SecureContext, type Server as TlsServer } from 'node:tls'
import { fastify, type FastifyInstance } from 'fastify'
import { httpLimits } from '../api/http-limits.ts'
import { ServerError } from '../base/errors.ts'
import type { Limits } from '../base/limits.ts'
import type { Log } from '../base/log.ts'
import type { ListenAddress } from '../base/option.ts'
import type { Service } from '../base/service.ts'
import { reasonOf, type ServerConfig } from './config.ts'

/** Certificates are looked at this often; a look costs two stat calls. */
const certificateWatchMs = 2000
const idleSweepMs = 25
/** Connections that wait to be taken: what finds no room hangs in the client's retransmissions. The system has a bound of its own (4096 on Linux). */
const backlog = 4096
const minimumTls = 'TLSv1.2'

type Tls = NonNullable<ServerConfig['tls']>

/** The one HTTP server: its limits, its encryption. Routes are registered by the edges. */
export function createHttp(limits: Limits, tls: ServerConfig['tls'], trustedProxies: readonly string[] = []): FastifyInstance {
  const trust = trustedProxies.length === 0 ? {} : { trustProxy: [...trustedProxies] }
  const options = { ...httpLimits(limits), ...trust, forceCloseConnections: 'idle', logger: false } as const
  if (tls === undefined) return fastify(options)
  const { http, ...rest } = options
  return fastify({ ...rest, https: { ...http, ...readCertificate(tls), minVersion: minimumTls } })
}

/** The certificate as the files have it now, for protocols that begin encryption themselves; while the files do not match, as it was. */
export function certificateContext(tls: Tls): () => SecureContext {
  let last = createSecureContext(readCertificate(tls))
  return () => {
    try {
      last = createSecureContext(readCertificate(tls))
    } catch {
      // between the writing of the two files
    }
    return last
  }
}

/** Throws ServerError CONFIGURATION. */
function readCertificate(tls: Tls): { readonly cert: Buffer; readonly key: Buffer } {
  const read = (flag: string, path: string): Buffer => {
    try {
      return readFileSync(path)
    } catch (error) {
      throw new ServerError('CONFIGURATION', `${flag}: ${path} cannot be read (${reasonOf(error)})`)
    }
  }
  const pair = { cert: read('--tls-cert', tls.certPath), key: read('--tls-key', tls.keyPath) }
  try {
    createSecureContext(pair)
  } catch (error) {
    const files = `${tls.certPath} and ${tls.keyPath}`
    throw new ServerError(
      'CONFIGURATION',
      `--tls-cert, --tls-key: ${files} are no certificate and key that belong together (${reasonOf(error)})`,
    )
  }
  return pair
}

/** Listens while it is started, unless a supervisor does that and hands it connections; `address` says where. */
export class HttpService implements Service {
  readonly name = 'http'
  readonly #app: FastifyInstance
  readonly #listen: ListenAddress
  readonly #tls: Tls | undefined
  readonly #log: Log
  /** Connections come by `take`. */
  readonly #isSupervised: boolean
  readonly #taken = new Set<Socket>()
  #address: URL | undefined

  constructor(app: FastifyInstance, listen: ListenAddress, tls: Tls | undefined, log: Log, supervisedAt?: URL) {
    this.#app = app
    this.#listen = listen
    this.#tls = tls
    this.#log = log
    this.#isSupervised = supervisedAt !== undefined
    this.#address = supervisedAt
  }

  /** The address that clients use; known once started. */
  get address(): URL {
    if (this.#address === undefined) throw new Error('assertion failed: the address is known only after the start')
    return this.#address
  }

  async start(): Promise<void> {
    const { host, port } = this.#listen
    if (this.#isSupervised) {
      await this.#app.ready()
      // begins to keep account of connections, which it otherwise does when it listens
      this.#app.server.emit('listening')
      if (this.#tls !== undefined) this.#watchCertificate(this.#tls)
      return
    }
    try {
      await this.#app.listen({ host, port, backlog })
    } catch (error) {
      throw listenFailure(this.#listen, error)
    }
    const bound = this.#app.server.address()
    const actualPort = typeof bound === 'object' && bound !== null ? bound.port : port
    this.#address = new URL(`${this.#tls === undefined ? 'http' : 'https'}://${formatHost(host)}:${actualPort}`)
    if (this.#tls !== undefined) this.#watchCertificate(this.#tls)
  }

  /** Serves a connection that somebody else has accepted. */
  take(socket: Socket): void {
    this.#taken.add(socket)
    socket.once('close', () => this.#taken.delete(socket))
    this.#app.server.emit('connection', socket)
  }

  /** Takes no new requests; resolves when those in hand are answered. */
  async drain(): Promise<void> {
    if (this.#tls !== undefined) for (const path of Object.values(this.#tls)) unwatchFile(path)
    // A connection that was busy when the close began would otherwise stay open, idle, until its keep-alive ends.
    const sweep = setInterval(() => this.#app.server.closeIdleConnections(), idleSweepMs)
    try {
      await this.#app.close()
      // of these the server itself does not know
      while (this.#taken.size > 0) await delay(idleSweepMs)
    } finally {
      clearInterval(sweep)
    }
  }

  async stop(): Promise<void> {
    this.#app.server.closeAllConnections()
  }

  #watchCertificate(tls: Tls): void {
    const reload = (): void => {
      try {
        const server = this.#app.server as unknown as TlsServer
        server.setSecureContext({ ...readCertificate(tls), minVersion: minimumTls })
        this.#log.info('certificate reloaded')
      } catch (error) {
        // Between the writing of the two files they do not match; the second change brings us back.
        this.#log.error('certificate not reloaded, the old one stays', { error })
      }
    }
    for (const path of Object.values(tls)) watchFile(path, { interval: certificateWatchMs, persistent: false }, reload)
  }
}

/** Listens without serving anything. @throws ServerError CONFIGURATION */
export function listening(server: NetServer, { host, port }: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(listenFailure({ host, port }, error)))
    server.listen({ host, port, backlog }, () => resolve())
  })
}

const listenFailure = ({ host, port }: ListenAddress, error: unknown): ServerError =>
  new ServerError('CONFIGURATION', `--listen: ${formatHost(host)}:${port} ${listenProblem(error)}`, { cause: error })

/** As it stands in a URL. */
export function formatHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

function listenProblem(error: unknown): string {
  const reason = reasonOf(error)
  switch (reason) {
    case 'EADDRINUSE':
      return 'is in use by another process; stop that one or give another port'
    case 'EACCES':
      return 'may not be used by this user'
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return 'is no address of this machine'
    default:
      return `cannot be listened on (${reason})`
  }
}
