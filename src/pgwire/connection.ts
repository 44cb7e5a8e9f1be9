import { randomInt } from 'node:crypto'
import type { Socket } from 'node:net'
import { TLSSocket, type SecureContext } from 'node:tls'
import type { Clock } from '../base/clock.ts'
import { ServerError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { Caller } from '../database/caller.ts'
import type { Database } from '../database/database.ts'
import { catalogVersion, type ShadowCatalog } from './catalog/shadow-catalog.ts'
import {
  authenticationOk,
  authenticationSasl,
  authenticationSaslContinue,
  authenticationSaslFinal,
  backendKeyData,
  negotiateVersion,
  notice,
  parameterStatus,
  readyForQuery,
} from './protocol/backend.ts'
import { BodyReader, type Frame } from './protocol/frontend.ts'
import { ProtocolError, violation } from './protocol/protocol-error.ts'
import { Wire } from './protocol/wire.ts'
import { ExtendedQuery, isStatementError } from './session/extended-query.ts'
import type { LoginDelay } from './session/login-delay.ts'
import { mechanism, ScramExchange } from './session/scram.ts'
import { Session } from './session/session.ts'
import { RelayedError, simpleQuery } from './session/simple-query.ts'

export interface ConnectionOptions {
  readonly database: Database
  readonly shadow: ShadowCatalog
  readonly delay: LoginDelay
  readonly clock: Clock
  readonly log: Log
  readonly maxMessageBytes: number
  /** Absent: encryption is not offered. */
  readonly secureContext?: () => SecureContext
  /** Stops what the connection with this key runs. */
  readonly cancel: (processId: number, secret: number) => void
}

const sslRequest = 80_877_103
const gssRequest = 80_877_104
const cancelRequest = 80_877_102
const version3 = 3 << 16
const loginMs = 60_000

/** One client of the PostgreSQL protocol, from its first byte to its last. Source: PostgreSQL 15 documentation, "Message Flow". */
export class Connection {
  readonly processId: number
  readonly secret = randomInt(-(2 ** 31), 2 ** 31 - 1)
  readonly #options: ConnectionOptions
  readonly #wire: Wire
  readonly #address: string
  #session: Session | undefined
  #extended: ExtendedQuery | undefined
  #isSecure = false
  #isBusy = false
  #isEnding = false

  constructor(socket: Socket, processId: number, options: ConnectionOptions) {
    this.processId = processId
    this.#options = options
    this.#address = socket.remoteAddress ?? ''
    this.#wire = new Wire(socket, options.maxMessageBytes, () => this.cancel())
  }

  cancel(): void {
    this.#session?.cancel()
  }

  /** Ends when it is idle, at once or after the statement in hand. */
  shutDown(): void {
    this.#isEnding = true
    if (!this.#isBusy) this.#wire.end(notice(shuttingDown))
  }

  /** Serves until the client leaves or breaks the protocol. */
  async serve(): Promise<void> {
    try {
      const settings = await this.#start()
      if (settings === undefined) return this.#wire.end()
      await this.#logIn(settings)
      for (;;) {
        const frame = await this.#wire.read()
        if (frame === undefined || frame.type === 'X') break
        this.#isBusy = true
        await this.#handle(frame)
        this.#isBusy = false
        if (this.#isEnding) return this.#wire.end(notice(shuttingDown))
      }
      this.#wire.end()
    } catch (error) {
      this.#fail(error)
    } finally {
      this.cancel()
      await this.#extended?.closePortals().catch(() => undefined)
      await this.#session?.cursors.closeAll().catch(() => undefined)
    }
  }

  #fail(error: unknown): void {
    if (!(error instanceof ProtocolError)) {
      const shown = error instanceof ServerError && !error.definition.masked
      if (!shown) this.#options.log.error('pgwire.connection-failed', { error: String(error) })
      const message = shown ? error.message : 'an internal error occurred'
      return this.#wire.end(
        notice({ severity: 'FATAL', sqlState: error instanceof ServerError ? error.definition.sqlState : 'XX000', message }),
      )
    }
    this.#wire.end(notice({ severity: 'FATAL', sqlState: error.sqlState, message: error.message }))
  }

  /** The settings of the start-up packet; undefined when the connection was for a cancel request only. */
  async #start(): Promise<ReadonlyMap<string, string> | undefined> {
    for (let asked = 0; ; asked++) {
      const frame = await this.#wire.read(loginMs)
      if (frame === undefined) return undefined
      const reader = new BodyReader(frame.body)
      const code = reader.int32()
      if ((code === sslRequest || code === gssRequest) && asked < 2) {
        await this.#offerEncryption(code)
        continue
      }
      if (code === cancelRequest) {
        this.#options.cancel(reader.int32(), reader.int32())
        return undefined
      }
      if (code >> 16 !== 3)
        throw new ProtocolError('0A000', `unsupported frontend protocol ${code >> 16}.${code & 0xffff}: server supports 3.0`, true)
      const settings = new Map<string, string>()
      for (let name = reader.text(); name !== ''; name = reader.text()) settings.set(name, reader.text())
      this.#wire.started()
      const unknown = [...settings.keys()].filter((name) => name.startsWith('_pq_.'))
      if (code > version3 || unknown.length > 0) await this.#wire.write(negotiateVersion(0, unknown))
      return settings
    }
  }

  async #offerEncryption(code: number): Promise<void> {
    const { secureContext } = this.#options
    if (code === gssRequest || secureContext === undefined || this.#isSecure) return this.#wire.write(Buffer.from('N'))
    // bytes before the handshake would be taken as if they had been encrypted
    if (this.#wire.hasMore) throw violation('received unencrypted data after SSL request')
    const socket = this.#wire.detach()
    socket.write('S')
    this.#wire.attach(new TLSSocket(socket, { isServer: true, secureContext: secureContext(), minVersion: 'TLSv1.2' } as never))
    this.#isSecure = true
  }

  async #logIn(settings: ReadonlyMap<string, string>): Promise<void> {
    const { database, delay, clock } = this.#options
    const user = settings.get('user') ?? ''
    if (user === '') throw new ProtocolError('28000', 'no PostgreSQL user name specified in startup packet', true)
    const waitMs = delay.of(this.#address)
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs))
    const sessionToken = settings.get('tidemark.session_token')
    const key = database.findAccessKey(user, sessionToken)
    const isGood = key?.status === 'active' && (key.expiresAtMs === undefined || key.expiresAtMs > clock.nowMs())
    if (!(await this.#scram(isGood ? key.secretAccessKey : undefined))) {
      delay.failed(this.#address)
      throw new ProtocolError('28P01', `password authentication failed for user "${user}"`, true)
    }
    delay.succeeded(this.#address)
    let requests = 0
    const caller = (): Caller => {
      const found = database.findAccessKey(user, sessionToken)
      const isStillGood = found?.status === 'active' && (found.expiresAtMs === undefined || found.expiresAtMs > clock.nowMs())
      if (!isStillGood) throw new ProtocolError('28000', 'the access key is no longer valid', true)
      return {
        principal: found.principal,
        requestId: `PG${this.processId}-${++requests}`,
        sourceIp: this.#address,
        secureTransport: this.#isSecure,
        userAgent: settings.get('application_name') || 'pgwire',
      }
    }
    const databaseName = settings.get('database') ?? ''
    const session = new Session(
      { database, clock, shadow: this.#options.shadow, databaseName: await this.#knownDatabase(databaseName, user, caller()), caller },
      (name) => this.#extended?.deallocate(name),
    )
    this.#session = session
    this.#options.shadow.expect()
    this.#extended = new ExtendedQuery(session, this.#wire)
    const options = optionsOf(settings.get('options') ?? '')
    for (const name of ['application_name', 'statement_timeout']) {
      const value = settings.get(name) ?? options.get(name)
      if (value !== undefined) session.state.settings.set(name, value)
    }
    await this.#wire.write(authenticationOk, ...statuses(user, settings), backendKeyData(this.processId, this.secret), readyForQuery('I'))
  }

  /** The database that the session is in; clients that name none name the user. */
  async #knownDatabase(name: string, user: string, caller: Caller): Promise<string> {
    if (name === '' || name === user || name === 'postgres') return ''
    await this.#options.database.describeDatabase(caller, name).catch((error: unknown) => {
      if (error instanceof ServerError && error.code === 'RESOURCE_NOT_FOUND')
        throw new ProtocolError('3D000', `database "${name}" does not exist`, true)
      // who may only read a table need not be allowed to describe its database
      if (!(error instanceof ServerError && error.code === 'ACCESS_DENIED')) throw error
    })
    return name
  }

  async #scram(password: string | undefined): Promise<boolean> {
    await this.#wire.write(authenticationSasl([mechanism]))
    const exchange = new ScramExchange(password)
    const first = new BodyReader(await this.#password())
    if (first.text() !== mechanism) throw violation('client selected an invalid SASL authentication mechanism')
    const size = first.int32()
    const initial = first.bytes(size).toString('utf8')
    await this.#wire.write(authenticationSaslContinue(exchange.first(initial)))
    const final = exchange.last((await this.#password()).toString('utf8'))
    if (final === undefined || password === undefined) return false
    await this.#wire.write(authenticationSaslFinal(final))
    return true
  }

  async #password(): Promise<Buffer> {
    const frame = await this.#wire.read(loginMs)
    if (frame === undefined) throw new ProtocolError('08006', 'the client left', true)
    if (frame.type !== 'p') throw violation(`expected SASL response, got message type ${JSON.stringify(frame.type)}`)
    return frame.body
  }

  async #handle(frame: Frame): Promise<void> {
    try {
      await this.#dispatch(frame)
    } catch (error) {
      if (!isStatementError(error)) throw error
      const { state } = this.#session!
      if (state.transaction === 'T') state.transaction = 'E'
      await this.#wire.write(errorMessage(error, textOf(frame)))
      if (frame.type === 'Q') await this.#wire.write(readyForQuery(state.transaction))
      else await this.#skipToSync()
    }
  }

  async #dispatch({ type, body }: Frame): Promise<void> {
    const extended = this.#extended!
    switch (type) {
      case 'Q': {
        const reader = new BodyReader(body)
        const text = reader.text()
        reader.end()
        await simpleQuery(text, this.#session!, this.#wire)
        return this.#ready()
      }
      case 'P':
        return extended.parse(body)
      case 'B':
        return extended.bind(body)
      case 'D':
        return extended.describe(body)
      case 'E':
        return extended.execute(body)
      case 'C':
        return extended.close(body)
      case 'H':
        return undefined
      case 'S':
        return this.#ready()
      case 'F':
        throw new ProtocolError('0A000', 'function calls are not supported')
      case 'c':
      case 'd':
      case 'f':
        // what a client still sends of a COPY that was refused
        return undefined
      default:
        throw violation(`unexpected message type ${JSON.stringify(type)}`)
    }
  }

  async #ready(): Promise<void> {
    const { state } = this.#session!
    if (state.transaction === 'I') {
      await this.#extended!.closePortals()
      await this.#session!.cursors.closeAll(true)
    }
    await this.#wire.write(readyForQuery(state.transaction))
  }

  /** After an error all messages up to Sync are dropped. */
  async #skipToSync(): Promise<void> {
    for (;;) {
      const frame = await this.#wire.read()
      if (frame === undefined || frame.type === 'X') return
      if (frame.type === 'S') return this.#ready()
    }
  }
}

const shuttingDown = { severity: 'FATAL', sqlState: '57P01', message: 'terminating connection due to administrator command' } as const

/** Settings of the start-up option `options`: `-c name=value --name=value`; a backslash keeps a blank. */
function optionsOf(written: string): ReadonlyMap<string, string> {
  const found = written.matchAll(/(?:-c\s*|--)([\w.-]+)=((?:\\[\s\S]|[^\s\\])*)/g)
  return new Map(
    [...found].map(([, name = '', value = '']) => [name.replaceAll('-', '_').toLowerCase(), value.replaceAll(/\\([\s\S])/g, '$1')]),
  )
}

function statuses(user: string, settings: ReadonlyMap<string, string>): readonly Buffer[] {
  const values: Readonly<Record<string, string>> = {
    server_version: catalogVersion,
    server_encoding: 'UTF8',
    client_encoding: 'UTF8',
    DateStyle: 'ISO, MDY',
    IntervalStyle: 'postgres',
    TimeZone: 'UTC',
    integer_datetimes: 'on',
    standard_conforming_strings: 'on',
    is_superuser: 'off',
    session_authorization: user,
    application_name: settings.get('application_name') ?? '',
    default_transaction_read_only: 'off',
    in_hot_standby: 'off',
  }
  return Object.entries(values).map(([name, value]) => parameterStatus(name, value))
}

function textOf({ type, body }: Frame): string | undefined {
  if (type === 'Q') return new BodyReader(body).text()
  if (type !== 'P') return undefined
  const reader = new BodyReader(body)
  reader.text()
  return reader.text()
}

function errorMessage(error: unknown, sql: string | undefined): Buffer {
  if (error instanceof RelayedError) return error.bytes
  if (error instanceof ProtocolError) return notice({ severity: 'ERROR', sqlState: error.sqlState, message: error.message })
  if (!(error instanceof ServerError)) throw error
  const { sqlState, masked } = error.definition
  const offset = sql === undefined || error.position === undefined ? undefined : offsetOf(sql, error.position)
  const message = masked ? 'an internal error occurred' : error.message
  return notice({ severity: 'ERROR', sqlState, message, ...(offset !== undefined && { position: offset }) })
}

/** Characters from the start of the text, counted from 1. */
function offsetOf(sql: string, { line, column }: { readonly line: number; readonly column: number }): number | undefined {
  const lines = sql.split('\n')
  if (line > lines.length) return undefined
  return lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0) + column
}
