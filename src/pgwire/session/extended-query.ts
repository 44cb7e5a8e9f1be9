import { ServerError } from '../../base/errors.ts'
import type { Type } from '../../sql/types/type.ts'
import { typeCode, typeOfOid } from '../encode/type-codes.ts'
import {
  bindComplete,
  closeComplete,
  commandComplete,
  emptyQueryResponse,
  noData,
  parameterDescription,
  parseComplete,
  portalSuspended,
  rowDescription,
} from '../protocol/backend.ts'
import { BodyReader } from '../protocol/frontend.ts'
import { backendFrames, frontendMessage, hasError, syncMessage, text } from '../protocol/frames.ts'
import { ProtocolError } from '../protocol/protocol-error.ts'
import type { Wire } from '../protocol/wire.ts'
import type { ResultColumn } from '../../database/database.ts'
import { type Binding, many, parametersOf, readBind } from './bind-values.ts'
import { readCursorStatement } from './cursors.ts'
import { insertStatement } from './insert.ts'
import { describeColumns, type Result } from './result.ts'
import { route, type Route } from './route.ts'
import type { Session } from './session.ts'
import { sessionStatement } from './session-statement.ts'
import { deleteStatement, readOnly, refuseInFailedTransaction, RelayedError, tagOf } from './simple-query.ts'
import { splitStatements } from './split-statements.ts'

interface Statement {
  readonly sql: string
  readonly route: Route
  /** As the client declares them; 0: to be inferred. */
  readonly oids: readonly number[]
  /** Of the parameters, where the compiler knows the statement. */
  readonly types: readonly Type[]
  /** Of a query; absent for what has none before it runs. */
  readonly columns?: readonly ResultColumn[]
}

interface Portal {
  readonly statement: Statement
  readonly binding: Binding
  result?: Result
  /** Of a statement that the catalog answers: the rows that are left. */
  rows?: Buffer[]
  tag?: Buffer
}

const mostKept = 1000

/** The extended protocol: statements that are prepared, portals that are bound to values and run in steps. */
export class ExtendedQuery {
  readonly #session: Session
  readonly #wire: Wire
  readonly #statements = new Map<string, Statement>()
  readonly #portals = new Map<string, Portal>()

  constructor(session: Session, wire: Wire) {
    this.#session = session
    this.#wire = wire
  }

  async parse(body: Buffer): Promise<void> {
    const reader = new BodyReader(body)
    const name = reader.text()
    const sql = reader.text()
    const oids = many(reader, () => reader.int32())
    reader.end()
    const [first = '', ...more] = splitStatements(sql)
    if (more.length > 0) throw new ProtocolError('42601', 'cannot insert multiple commands into a prepared statement')
    if (first !== '') refuseInFailedTransaction(first, this.#session)
    if (name !== '' && this.#statements.has(name)) throw new ProtocolError('42P05', `prepared statement "${name}" already exists`)
    if (this.#statements.size >= mostKept) throw new ProtocolError('53400', `at most ${mostKept} prepared statements are kept`)
    this.#statements.set(name, await this.#prepare(first, oids))
    await this.#wire.write(parseComplete)
  }

  async #prepare(sql: string, oids: readonly number[]): Promise<Statement> {
    const plain = { sql, oids, types: oids.map((oid) => typeOfOid(oid) ?? varchar) }
    const way = route(sql)
    if (way === 'refused') throw readOnly(sql)
    if (way === 'copy' || startsUnload.test(sql))
      throw new ProtocolError('0A000', `${way === 'copy' ? 'COPY' : 'UNLOAD'} needs the simple protocol here`)
    if (way === 'cursor') {
      const about = readCursorStatement(sql)
      // a cursor cannot read the catalog, so that its query is prepared here or refused
      return about.kind === 'declare' ? this.#compile(sql, about.query, plain, way) : { ...plain, route: way }
    }
    if (way !== 'query' || !isPrepared.test(sql)) return { ...plain, route: way }
    try {
      return await this.#compile(sql, sql, plain, way)
    } catch (error) {
      const asked = Buffer.concat([parseMessage(sql, oids), syncMessage])
      await this.#session.catalogInstead(error, sql, asked, (bytes) => !hasError(bytes))
      return { ...plain, route: 'catalog' }
    }
  }

  /** `query`: of the statement `sql`, which may be longer. */
  async #compile(
    sql: string,
    query: string,
    { oids, types: given }: Pick<Statement, 'oids' | 'types'>,
    way: 'query' | 'cursor',
  ): Promise<Statement> {
    const declared = oids.flatMap((oid, index) => {
      const type = typeOfOid(oid)
      return type ? [[String(index + 1), type] as const] : []
    })
    const { columns, parameters } = await this.#session.prepare(query, Object.fromEntries(declared))
    const count = parameters.reduce((most, { name }) => Math.max(most, Number(name)), oids.length)
    const byName = new Map(parameters.map(({ name, type }) => [name, type]))
    const types = Array.from({ length: count }, (_, index) => byName.get(String(index + 1)) ?? given[index] ?? varchar)
    return { sql, route: way, oids, types, ...(way === 'query' && { columns }) }
  }

  async bind(body: Buffer): Promise<void> {
    const binding = readBind(body)
    const statement = this.#statement(binding.statement)
    if (binding.portal !== '' && this.#portals.has(binding.portal))
      throw new ProtocolError('42P03', `cursor "${binding.portal}" already exists`)
    await this.#closePortal(binding.portal)
    if (this.#portals.size >= mostKept) throw new ProtocolError('53400', `at most ${mostKept} portals are kept`)
    this.#portals.set(binding.portal, { statement, binding })
    await this.#wire.write(bindComplete)
  }

  async describe(body: Buffer): Promise<void> {
    const [kind, name] = this.#target(body)
    if (kind === 'S') return this.#describeStatement(this.#statement(name))
    const columns = this.#portals.has(name) ? undefined : this.#session.cursors.columns(name)
    if (columns) return this.#wire.write(rowDescription(describeColumns(columns, [])))
    await this.#describePortal(this.#portal(name))
  }

  async #describeStatement(statement: Statement): Promise<void> {
    const { sql, oids, types } = statement
    if (statement.route === 'catalog') {
      const asked = Buffer.concat([parseMessage(sql, oids), frontendMessage('D', Buffer.from('S\0')), syncMessage])
      return this.#relay(await this.#session.catalog(sql, asked), 'tTn')
    }
    await this.#wire.write(parameterDescription(types.map((type, index) => oids[index] || typeCode(type).oid)))
    const columns = statement.columns ?? (await this.#columnsOf(statement))
    await this.#wire.write(columns ? rowDescription(describeColumns(columns, [])) : noData)
  }

  /** Of SHOW, DESCRIBE and EXPLAIN, which say their columns when they run. */
  async #columnsOf({ sql, route: way }: Statement): Promise<readonly ResultColumn[] | undefined> {
    if (way === 'cursor') return this.#cursorColumns(sql)
    if (way !== 'query') return undefined
    const result = await this.#session.open(sql, {}, [])
    await result.close()
    return result.columns
  }

  /** Of FETCH: those of its cursor. */
  #cursorColumns(sql: string): readonly ResultColumn[] | undefined {
    const about = readCursorStatement(sql)
    return about.kind === 'fetch' ? this.#session.cursors.columns(about.name) : undefined
  }

  async #describePortal(portal: Portal): Promise<void> {
    const { statement, binding } = portal
    if (statement.route === 'catalog') {
      const asked = Buffer.concat([...this.#bound(portal), frontendMessage('D', Buffer.from('P\0')), syncMessage])
      return this.#relay(await this.#session.catalog(statement.sql, asked), 'Tn')
    }
    if (statement.route === 'query' && statement.columns === undefined) portal.result ??= await this.#open(portal)
    const columns = statement.route === 'cursor' ? this.#cursorColumns(statement.sql) : (portal.result?.columns ?? statement.columns)
    await this.#wire.write(columns ? rowDescription(describeColumns(columns, binding.resultFormats)) : noData)
  }

  /** Parse and Bind for the catalog, under names of no one. */
  #bound({ statement: { sql, oids }, binding }: Portal): readonly Buffer[] {
    const shorts = (values: readonly number[]): Buffer => {
      const bytes = Buffer.alloc(2 + 2 * values.length)
      bytes.writeUInt16BE(values.length)
      values.forEach((value, index) => bytes.writeUInt16BE(value, 2 + 2 * index))
      return bytes
    }
    const values = binding.values.flatMap((value) => {
      const size = Buffer.alloc(4)
      size.writeInt32BE(value === null ? -1 : value.length)
      return value === null ? [size] : [size, value]
    })
    const count = Buffer.alloc(2)
    count.writeUInt16BE(binding.values.length)
    const names = Buffer.from('\0\0')
    const bind = frontendMessage('B', names, shorts(binding.formats), count, ...values, shorts(binding.resultFormats))
    return [parseMessage(sql, oids), bind]
  }

  async execute(body: Buffer): Promise<void> {
    const reader = new BodyReader(body)
    const name = reader.text()
    const most = Math.max(0, reader.int32())
    reader.end()
    const portal = this.#portal(name)
    const { sql, route: way } = portal.statement
    if (way !== 'empty') refuseInFailedTransaction(sql, this.#session)
    switch (way) {
      case 'empty':
        return this.#wire.write(emptyQueryResponse)
      case 'session': {
        const answer = sessionStatement(sql, this.#session.state)
        if (!answer) return this.#executeCatalog(portal, most)
        // the description was for Describe
        return this.#wire.write(
          ...answer.flatMap((bytes) => backendFrames(bytes)).flatMap(({ type, bytes }) => (type === 'T' ? [] : [bytes])),
        )
      }
      case 'cursor':
        return this.#session.cursors.run(readCursorStatement(sql), this.#wire, {
          parameters: parametersOf(portal.binding, portal.statement.types, portal.statement.oids),
          formats: portal.binding.resultFormats,
          described: true,
        })
      case 'insert': {
        const parameters = parametersOf(portal.binding, looseTypes(portal), portal.statement.oids)
        return this.#wire.write(commandComplete(`INSERT 0 ${await insertStatement(sql, parameters, this.#session)}`))
      }
      case 'delete': {
        const parameters = parametersOf(portal.binding, looseTypes(portal), portal.statement.oids)
        return this.#wire.write(commandComplete(await deleteStatement(sql, parameters, this.#session)))
      }
      case 'catalog':
        return this.#executeCatalog(portal, most)
      default:
        return this.#executeQuery(portal, most)
    }
  }

  async #executeQuery(portal: Portal, most: number): Promise<void> {
    const result = (portal.result ??= await this.#open(portal))
    const isDone = await this.#session.running(
      result,
      () => result.send((rows) => this.#wire.write(rows), most),
      (done) => !done,
    )
    await this.#wire.write(isDone ? commandComplete(tagOf(portal.statement.sql, result.sent)) : portalSuspended)
  }

  #open({ statement, binding }: Portal): Promise<Result> {
    return this.#session.open(statement.sql, parametersOf(binding, statement.types, statement.oids), binding.resultFormats)
  }

  async #executeCatalog(portal: Portal, most: number): Promise<void> {
    if (portal.rows === undefined) {
      const asked = Buffer.concat([...this.#bound(portal), frontendMessage('E', Buffer.alloc(5)), syncMessage])
      const frames = backendFrames(await this.#session.catalog(portal.statement.sql, asked))
      for (const frame of frames) if (frame.type === 'E') throw new RelayedError(frame.bytes)
      portal.rows = frames.filter(({ type }) => type === 'D').map(({ bytes }) => bytes)
      portal.tag = frames.find(({ type }) => type === 'C' || type === 'I')?.bytes ?? commandComplete('SELECT 0')
    }
    const rows = most === 0 ? portal.rows.splice(0) : portal.rows.splice(0, most)
    await this.#wire.write(...rows, portal.rows.length > 0 ? portalSuspended : portal.tag!)
  }

  async close(body: Buffer): Promise<void> {
    const [kind, name] = this.#target(body)
    if (kind === 'S') this.#statements.delete(name)
    else await this.#closePortal(name)
    await this.#wire.write(closeComplete)
  }

  /** Of all statements, or the one with that name: SQL's DEALLOCATE. */
  deallocate(name: string | undefined): void {
    if (name === undefined) this.#statements.clear()
    else this.#statements.delete(name)
  }

  /** Portals live as long as the transaction; without one, until Sync. */
  async closePortals(): Promise<void> {
    for (const name of [...this.#portals.keys()]) await this.#closePortal(name)
  }

  async #closePortal(name: string): Promise<void> {
    const portal = this.#portals.get(name)
    this.#portals.delete(name)
    await portal?.result?.close()
  }

  #target(body: Buffer): readonly [kind: string, name: string] {
    const reader = new BodyReader(body)
    const kind = reader.byte()
    const name = reader.text()
    reader.end()
    if (kind !== 'S' && kind !== 'P') throw new ProtocolError('08P01', `invalid subtype ${JSON.stringify(kind)}`)
    return [kind, name]
  }

  #statement(name: string): Statement {
    const found = this.#statements.get(name)
    if (!found)
      throw new ProtocolError(
        '26000',
        name === '' ? 'unnamed prepared statement does not exist' : `prepared statement "${name}" does not exist`,
      )
    return found
  }

  #portal(name: string): Portal {
    const found = this.#portals.get(name)
    if (!found) throw new ProtocolError('34000', `portal "${name}" does not exist`)
    return found
  }

  async #relay(bytes: Buffer, types: string): Promise<void> {
    const frames = backendFrames(bytes)
    for (const frame of frames) if (frame.type === 'E') throw new RelayedError(frame.bytes)
    await this.#wire.write(...frames.filter(({ type }) => types.includes(type)).map((frame) => frame.bytes))
  }
}

const varchar: Type = { kind: 'scalar', name: 'varchar' }
const startsUnload = /^\s*unload\b/i
/** What the compiler can prepare; SHOW, DESCRIBE, EXPLAIN have no parameters. */
const isPrepared = /^[\s(]*(?:(?:--[^\n]*\n|\/\*[\s\S]*?\*\/)[\s(]*)*(?:select|with|values|table)\b/i

/** Where no place tells the types of values: by the client's word, else texts. */
function looseTypes({ statement: { oids }, binding: { values } }: Portal): readonly Type[] {
  return values.map((_, index) => typeOfOid(oids[index] ?? 0) ?? varchar)
}

function parseMessage(sql: string, oids: readonly number[]): Buffer {
  const types = Buffer.alloc(2 + 4 * oids.length)
  types.writeUInt16BE(oids.length)
  oids.forEach((oid, index) => types.writeUInt32BE(oid, 2 + 4 * index))
  return frontendMessage('P', text(''), text(sql), types)
}

/** Errors that are about the statement and not about the connection. */
export const isStatementError = (error: unknown): boolean =>
  error instanceof ServerError || error instanceof RelayedError || (error instanceof ProtocolError && !error.isFatal)
