import type { QueryParameters } from '../../database/query/open-rows.ts'
import type { ResultColumn } from '../../database/database.ts'
import { commandComplete, rowDescription } from '../protocol/backend.ts'
import { ProtocolError } from '../protocol/protocol-error.ts'
import type { Wire } from '../protocol/wire.ts'
import { describeColumns, type Result } from './result.ts'
import type { Session } from './session.ts'

/** A query that FETCH reads in steps. */
interface Cursor {
  readonly sql: string
  readonly parameters: QueryParameters
  readonly columns: readonly ResultColumn[]
  readonly isHeld: boolean
  /** From the first FETCH on, which decides the formats of the values. */
  result?: Result
  formats?: string
}

/** DECLARE, FETCH, MOVE and CLOSE as they are read. `most`: Infinity for ALL; `name`: undefined for CLOSE ALL. */
export type CursorStatement =
  | { readonly kind: 'declare'; readonly name: string; readonly isHeld: boolean; readonly query: string }
  | { readonly kind: 'fetch' | 'move'; readonly name: string; readonly most: number }
  | { readonly kind: 'close'; readonly name: string | undefined }

const name = String.raw`("(?:[^"]|"")+"|[A-Za-z_]\w*)`
const declare = new RegExp(
  String.raw`^(\s*declare\s+${name}((?:\s+(?:binary|insensitive|asensitive|no\s+scroll|scroll))*)\s+cursor(\s+with\s+hold|\s+without\s+hold)?\s+for\s+)([\s\S]+)$`,
  'i',
)
const fetch = new RegExp(
  String.raw`^\s*(fetch|move)\s+(?:(next|forward\s+all|forward\s+\d+|forward|all|\d+)\s+)?(?:(?:from|in)\s+)?${name}\s*$`,
  'i',
)
const close = new RegExp(String.raw`^\s*close\s+${name}\s*$`, 'i')
const backward = /^\s*(?:fetch|move)\s+(?:prior|first|last|absolute|relative|backward|forward\s+-|-)/i
const unquoted = (text: string): string => (text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text.toLowerCase())
const mostCursors = 100

/** Source: PostgreSQL 15, DECLARE, FETCH, MOVE, CLOSE. @throws ProtocolError */
export function readCursorStatement(statement: string): CursorStatement {
  const declared = declare.exec(statement)
  if (declared) {
    const [, head = '', written = '', options = '', hold = '', query = ''] = declared
    if (/(?<!no\s+)\bscroll\b/i.test(options)) throw new ProtocolError('0A000', 'a cursor can only scan forward: SCROLL is not supported')
    if (/\bbinary\b/i.test(options)) throw new ProtocolError('0A000', 'BINARY cursors are not supported: ask for the format when you fetch')
    // blanks in place of the head, so that the position of an error is that in the whole statement
    return { kind: 'declare', name: unquoted(written), isHeld: /with\s/i.test(hold), query: head.replaceAll(/[^\n]/g, ' ') + query }
  }
  const fetched = fetch.exec(statement)
  if (fetched) {
    const [, word = '', count = 'next', written = ''] = fetched
    const most = /all$/i.test(count) ? Number.POSITIVE_INFINITY : Number(/\d+$/.exec(count)?.[0] ?? 1)
    return { kind: word.toLowerCase() as 'fetch' | 'move', name: unquoted(written), most }
  }
  const closed = close.exec(statement)
  if (closed) return { kind: 'close', name: closed[1]!.toLowerCase() === 'all' ? undefined : unquoted(closed[1]!) }
  if (backward.test(statement)) throw new ProtocolError('55000', 'a cursor can only scan forward')
  throw new ProtocolError('42601', 'syntax error in DECLARE, FETCH, MOVE or CLOSE')
}

/** The cursors of one session. They end with their transaction, unless they were declared WITH HOLD. */
export class Cursors {
  readonly #session: Session
  readonly #cursors = new Map<string, Cursor>()

  constructor(session: Session) {
    this.#session = session
  }

  /** Columns of the cursor of that name; undefined when there is none. */
  columns(cursorName: string): readonly ResultColumn[] | undefined {
    return this.#cursors.get(cursorName)?.columns
  }

  /** Runs a statement about cursors. `formats`: of the values that FETCH answers; `described`: whether the client knows the columns already. */
  async run(
    statement: CursorStatement,
    wire: Wire,
    {
      parameters = {},
      formats = [],
      described = false,
    }: { parameters?: QueryParameters; formats?: readonly number[]; described?: boolean },
  ): Promise<void> {
    switch (statement.kind) {
      case 'declare':
        await this.#declare(statement, parameters)
        return wire.write(commandComplete('DECLARE CURSOR'))
      case 'close':
        if (statement.name === undefined) await this.closeAll()
        else await this.#close(statement.name, this.#named(statement.name))
        return wire.write(commandComplete(statement.name === undefined ? 'CLOSE CURSOR ALL' : 'CLOSE CURSOR'))
      default:
        return this.#fetch(statement, wire, formats, described)
    }
  }

  async #declare({ name: cursorName, isHeld, query }: CursorStatement & { kind: 'declare' }, parameters: QueryParameters): Promise<void> {
    if (!isHeld && this.#session.state.transaction === 'I')
      throw new ProtocolError('25P01', 'DECLARE CURSOR can only be used in transaction blocks')
    if (this.#cursors.has(cursorName)) throw new ProtocolError('42P03', `cursor "${cursorName}" already exists`)
    if (this.#cursors.size >= mostCursors) throw new ProtocolError('53400', `at most ${mostCursors} cursors are kept`)
    const types = Object.fromEntries(Object.entries(parameters).map(([key, { type }]) => [key, type]))
    const { columns } = await this.#session.prepare(query, types)
    this.#cursors.set(cursorName, { sql: query, parameters, columns, isHeld })
  }

  async #fetch(
    { kind, name: cursorName, most }: CursorStatement & { kind: 'fetch' | 'move' },
    wire: Wire,
    formats: readonly number[],
    described: boolean,
  ): Promise<void> {
    const cursor = this.#named(cursorName)
    if (kind === 'fetch') {
      cursor.formats ??= formats.join(',')
      if (cursor.formats !== formats.join(','))
        throw new ProtocolError('0A000', 'all FETCHes of a cursor must ask for the same formats of values')
      if (!described) await wire.write(rowDescription(describeColumns(cursor.columns, formats)))
    }
    let fetched = 0
    if (most > 0) {
      let isGood = false
      try {
        const result = (cursor.result ??= await this.#session.open(cursor.sql, cursor.parameters, formats))
        const before = result.sent
        const send = kind === 'fetch' ? (rows: Buffer) => wire.write(rows) : () => Promise.resolve()
        await this.#session.running(
          result,
          () => result.send(send, Number.isFinite(most) ? most : 0),
          () => true,
        )
        fetched = result.sent - before
        isGood = true
      } finally {
        if (!isGood) await this.#close(cursorName, cursor)
      }
    }
    await wire.write(commandComplete(`${kind.toUpperCase()} ${fetched}`))
  }

  #named(cursorName: string): Cursor {
    const cursor = this.#cursors.get(cursorName)
    if (!cursor) throw new ProtocolError('34000', `cursor "${cursorName}" does not exist`)
    return cursor
  }

  async #close(cursorName: string, cursor: Cursor): Promise<void> {
    this.#cursors.delete(cursorName)
    await cursor.result?.close()
  }

  /** `keepHeld`: at the end of a transaction. */
  async closeAll(keepHeld = false): Promise<void> {
    for (const [cursorName, cursor] of [...this.#cursors]) if (!(keepHeld && cursor.isHeld)) await this.#close(cursorName, cursor)
  }
}
