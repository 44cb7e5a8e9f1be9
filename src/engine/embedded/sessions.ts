import { createRequire } from 'node:module'
import { drainPending, Session } from 'chdb'
import { ServerError } from '../../base/errors.ts'
import type { ArrowInsert } from './arrow-columns.ts'

/** chDB's entry for columns in memory; its typed wrapper takes neither unsigned integers nor buffers that are encoded already. */
interface ArrowEntry {
  _arrowRegisterColumns(connection: unknown, name: string, columns: ArrowInsert['columns']): void
  _arrowUnregister(connection: unknown, name: string): void
}

const arrowEntry = createRequire(import.meta.url)('chdb') as ArrowEntry

/** Opening reads the tables' metadata on this thread: some tenths of a second, so only at the start. */
export function openSession(dataDirectory: string, connectionArgs: readonly string[]): Session {
  try {
    return new Session(dataDirectory, { connectionArgs })
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new ServerError(
      'CONFIGURATION',
      `The engine cannot open ${dataDirectory} (${why}). Standard error has its own words, which name the file if one is damaged: ` +
        'put that file back from a copy, or restore a backup into a new data directory. Nothing was changed.',
      { cause: error },
    )
  }
}

/** Statements that run one after the other on one session, off the event loop. */
export class StatementSession {
  readonly #session: Session
  #tail: Promise<unknown> = Promise.resolve()
  #arrowNames = 0
  /** The statement before failed. */
  #isSoiled = false

  constructor(session: Session) {
    this.#session = session
  }

  /** The output bytes as text; `text` names its FORMAT. */
  async run(text: string): Promise<string> {
    return (await this.#inTurn(() => this.#ask(text))).text()
  }

  /** The output as bytes. */
  async bytes(text: string): Promise<Uint8Array> {
    return (await this.#inTurn(() => this.#ask(text))).bytes()
  }

  /** Columns in, without copying them; their memory must not change until this resolves. */
  async insert(insert: ArrowInsert): Promise<void> {
    await this.#inTurn(async () => {
      const name = `insert_${process.pid}_${++this.#arrowNames}`
      const { connection } = this.#session
      arrowEntry._arrowRegisterColumns(connection, name, insert.columns)
      try {
        await this.#ask(insert.statement(name))
      } finally {
        arrowEntry._arrowUnregister(connection, name)
      }
    })
  }

  /** What a statement had put out when it failed, chDB puts before the output of the session's next one: which therefore is one of no use. */
  async #ask(text: string): ReturnType<Session['queryAsync']> {
    if (this.#isSoiled) {
      await this.#session.queryAsync('SELECT 1', { format: 'Null' })
      this.#isSoiled = false
    }
    try {
      return await this.#session.queryAsync(text, { format: 'Null' })
    } catch (error) {
      this.#isSoiled = true
      throw error
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#tail.then(work)
    this.#tail = turn.catch(() => undefined)
    return turn
  }

  async close(): Promise<void> {
    await this.#tail
    await drainPending()
    this.#session.close()
    await drainPending()
  }
}
