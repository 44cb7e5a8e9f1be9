import { createServer, type Server, type Socket } from 'node:net'
import type { SecureContext } from 'node:tls'
import type { Clock } from '../base/clock.ts'
import { ServerError } from '../base/errors.ts'
import type { Limits } from '../base/limits.ts'
import type { Log } from '../base/log.ts'
import type { ListenAddress } from '../base/option.ts'
import type { Service } from '../base/service.ts'
import type { Database } from '../database/database.ts'
import { ShadowCatalog } from './catalog/shadow-catalog.ts'
import { Connection } from './connection.ts'
import { notice } from './protocol/backend.ts'
import { LoginDelay } from './session/login-delay.ts'

export interface PgwireOptions {
  readonly database: Database
  readonly listen: ListenAddress
  readonly dataDirectory: string
  /** Absent: encryption is not offered. */
  readonly secureContext?: () => SecureContext
  readonly clock: Clock
  readonly limits: Pick<Limits, 'pgConnections' | 'pgMessageBytes'>
  readonly log: Log
}

/** Serves the PostgreSQL protocol. */
export class PgwireService implements Service {
  readonly name = 'pgwire'
  readonly #options: PgwireOptions
  readonly #server: Server
  readonly #shadow: ShadowCatalog
  readonly #connections = new Map<number, Connection>()
  readonly #served = new Set<Promise<void>>()
  readonly #delay: LoginDelay
  #lastProcessId = 0

  constructor(options: PgwireOptions) {
    this.#options = options
    this.#shadow = new ShadowCatalog(options.dataDirectory)
    this.#delay = new LoginDelay(options.clock)
    this.#server = createServer({ noDelay: true, keepAlive: true }, (socket) => this.#accept(socket))
  }

  /** Where it listens; known once started. */
  get address(): ListenAddress {
    const bound = this.#server.address()
    const { host, port } = this.#options.listen
    return { host, port: typeof bound === 'object' && bound !== null ? bound.port : port }
  }

  get connectionCount(): number {
    return this.#connections.size
  }

  /** @throws ServerError CONFIGURATION */
  async start(): Promise<void> {
    const { host, port } = this.#options.listen
    await new Promise<void>((resolve, reject) => {
      const refused = (error: Error): void =>
        reject(new ServerError('CONFIGURATION', `--pg-listen: ${host}:${port} cannot be listened on (${error.message})`, { cause: error }))
      this.#server.once('error', refused)
      this.#server.listen(port, host, () => {
        this.#server.off('error', refused)
        resolve()
      })
    })
  }

  #accept(socket: Socket): void {
    socket.on('error', () => socket.destroy())
    const { limits, database, clock, log, secureContext } = this.#options
    if (this.#connections.size >= limits.pgConnections) {
      const message = `sorry, too many clients already: ${limits.pgConnections} are allowed`
      socket.end(notice({ severity: 'FATAL', sqlState: '53300', message }))
      return
    }
    const processId = ++this.#lastProcessId
    const connection = new Connection(socket, processId, {
      database,
      shadow: this.#shadow,
      delay: this.#delay,
      clock,
      log,
      maxMessageBytes: limits.pgMessageBytes,
      ...(secureContext && { secureContext }),
      cancel: (id, secret) => {
        const found = this.#connections.get(id)
        if (found?.secret === secret) found.cancel()
      },
    })
    this.#connections.set(processId, connection)
    const served = connection.serve().finally(() => {
      this.#connections.delete(processId)
      this.#served.delete(served)
    })
    this.#served.add(served)
  }

  async drain(): Promise<void> {
    this.#server.close()
    for (const connection of this.#connections.values()) connection.shutDown()
    await Promise.allSettled(this.#served)
  }

  async stop(): Promise<void> {
    for (const connection of this.#connections.values()) connection.cancel()
    this.#shadow.close()
  }
}
