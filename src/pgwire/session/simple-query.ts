import type { QueryParameters } from '../../database/query/open-rows.ts'
import { commandComplete, emptyQueryResponse, rowDescription } from '../protocol/backend.ts'
import { backendFrames, hasError, queryMessage } from '../protocol/frames.ts'
import { ProtocolError } from '../protocol/protocol-error.ts'
import type { Wire } from '../protocol/wire.ts'
import { copyOutStatement } from './copy-out.ts'
import { readCursorStatement } from './cursors.ts'
import { insertStatement } from './insert.ts'
import { describeColumns, type Result } from './result.ts'
import { route } from './route.ts'
import type { Session } from './session.ts'
import { sessionStatement } from './session-statement.ts'
import { significant, splitStatements } from './split-statements.ts'

/** The simple protocol: a text of one or more statements; the first that fails ends it. */
export async function simpleQuery(text: string, session: Session, wire: Wire): Promise<void> {
  const statements = splitStatements(text)
  if (statements.length === 0) await wire.write(emptyQueryResponse)
  for (const statement of statements) {
    refuseInFailedTransaction(statement, session)
    await runStatement(statement, session, wire)
  }
}

const ends = /^(?:rollback|commit|abort|end)\b/

/** @throws ProtocolError */
export function refuseInFailedTransaction(statement: string, { state }: Session): void {
  if (state.transaction !== 'E' || ends.test(significant(statement))) return
  throw new ProtocolError('25P02', 'current transaction is aborted, commands ignored until end of transaction block')
}

async function runStatement(statement: string, session: Session, wire: Wire): Promise<void> {
  switch (route(statement)) {
    case 'empty':
      return wire.write(emptyQueryResponse)
    case 'session': {
      const answer = sessionStatement(statement, session.state)
      return answer ? wire.write(...answer) : relay(await session.catalog(statement, queryMessage(statement)), wire)
    }
    case 'cursor':
      return session.cursors.run(readCursorStatement(statement), wire, {})
    case 'copy':
      return copyOutStatement(statement, session, wire)
    case 'insert':
      return wire.write(commandComplete(`INSERT 0 ${await insertStatement(statement, {}, session)}`))
    case 'delete':
      return wire.write(commandComplete(await deleteStatement(statement, {}, session)))
    case 'catalog':
      return relay(await session.catalog(statement, queryMessage(statement)), wire)
    case 'query':
      return runQuery(statement, session, wire)
    case 'refused':
      throw readOnly(statement)
  }
}

export function readOnly(statement: string): ProtocolError {
  const words = significant(statement).split(/\s+/, 2).join(' ').toUpperCase()
  return new ProtocolError(
    '25006',
    `cannot execute ${words} here: over this protocol data are read, and written with INSERT; tables are made through the Timestream API`,
  )
}

async function runQuery(statement: string, session: Session, wire: Wire): Promise<void> {
  let result: Result
  try {
    result = await session.open(statement, {}, [])
  } catch (error) {
    return relay(await session.catalogInstead(error, statement, queryMessage(statement), (bytes) => !hasError(bytes)), wire)
  }
  await session.running(result, async () => {
    await wire.write(rowDescription(describeColumns(result.columns, [])))
    await result.send((rows) => wire.write(rows))
    await wire.write(commandComplete(tagOf(statement, result.sent)))
  })
}

/** Answers the tag with the number of records. */
export async function deleteStatement(statement: string, parameters: QueryParameters, session: Session): Promise<string> {
  const result = await session.open(statement, parameters, [])
  const rows = await session.running(result, () => result.texts())
  return `DELETE ${rows[0]?.[0] ?? 0}`
}

export function tagOf(statement: string, rows: number): string {
  const [word = ''] = significant(statement).split(/\W/, 1)
  return word === 'show' || word === 'explain' ? word.toUpperCase() : `SELECT ${rows}`
}

/** Passes on what the catalog answered, but for what only this session may say. */
async function relay(bytes: Buffer, wire: Wire): Promise<void> {
  const frames = backendFrames(bytes)
  for (const frame of frames) if (frame.type === 'E') throw new RelayedError(frame.bytes)
  await wire.write(...frames.filter(({ type }) => type !== 'Z' && type !== 'S').map((frame) => frame.bytes))
}

/** An error that the catalog has worded already. */
export class RelayedError extends Error {
  readonly bytes: Buffer
  constructor(bytes: Buffer) {
    super('the catalog refused the statement')
    this.bytes = bytes
  }
}
