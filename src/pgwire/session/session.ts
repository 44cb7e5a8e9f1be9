import type { Clock } from '../../base/clock.ts'
import { ServerError, type ErrorCode } from '../../base/errors.ts'
import type { Caller } from '../../database/caller.ts'
import type { Database, WriteInput } from '../../database/database.ts'
import type { QueryParameters, Reading } from '../../database/query/open-rows.ts'
import type { CatalogSnapshot } from '../catalog/catalog-snapshot.ts'
import { readSnapshot } from '../catalog/catalog-snapshot.ts'
import type { ShadowCatalog } from '../catalog/shadow-catalog.ts'
import { dataRowEncoder } from '../encode/row-encoder.ts'
import { ProtocolError } from '../protocol/protocol-error.ts'
import { Cursors } from './cursors.ts'
import { Result } from './result.ts'
import { statementTimeout, type SessionState } from './session-statement.ts'

export interface SessionOptions {
  readonly database: Database
  readonly shadow: ShadowCatalog
  readonly clock: Clock
  /** The Timestream database of tables that are named alone; empty: none. */
  readonly databaseName: string
  /** @throws ProtocolError when the key is no longer good */
  readonly caller: () => Caller
}

/** What PostgreSQL may understand although we do not: then its catalog is asked. */
const perhapsCatalog: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'SYNTAX_ERROR',
  'FUNCTION_NOT_FOUND',
  'TABLE_NOT_FOUND',
  'DATABASE_NOT_FOUND',
  'COLUMN_NOT_FOUND',
  'TYPE_MISMATCH',
  'SEMANTIC_ERROR',
  'NOT_SUPPORTED',
])
const snapshotMs = 1000

/** One client's session: opens statements, asks the catalog, and can be told to stop what runs. */
export class Session {
  readonly state: SessionState
  readonly cursors = new Cursors(this)
  readonly #options: SessionOptions
  readonly #running = new Set<() => void>()
  #snapshot: { readonly snapshot: CatalogSnapshot; readonly atMs: number } | undefined

  constructor(options: SessionOptions, deallocate: SessionState['deallocate']) {
    this.#options = options
    this.state = { transaction: 'I', settings: new Map(), deallocate }
  }

  get databaseName(): string {
    return this.#options.databaseName
  }

  async write(input: WriteInput): Promise<void> {
    await this.#options.database.write(this.#options.caller(), input)
    // a write may bring new columns
    this.#snapshot = undefined
  }

  get reading(): Reading {
    const { databaseName } = this.#options
    return { dialect: 'postgresql', ...(databaseName !== '' && { database: databaseName }) }
  }

  async prepare(sql: string, parameterTypes: NonNullable<Reading['parameterTypes']>): ReturnType<Database['prepareQuery']> {
    return this.#options.database.prepareQuery(this.#options.caller(), sql, { ...this.reading, parameterTypes })
  }

  /** @throws ServerError as the compiler does */
  async open(sql: string, parameters: QueryParameters, formats: readonly number[]): Promise<Result> {
    const opened = await this.#options.database.rows(this.#options.caller(), {
      queryString: sql,
      ...this.reading,
      parameters,
      encoder: (types) => dataRowEncoder(types, formats),
    })
    return new Result(opened)
  }

  /** Runs `work` on a result under the session's time limit, stoppable by a cancel request. Whatever happens, the result is closed unless `keep` says so. */
  async running<T>(result: Result, work: () => Promise<T>, keep: (value: T) => boolean = () => false): Promise<T> {
    let why: ProtocolError | undefined
    const stop = (message: string) => (): void => {
      why ??= new ProtocolError('57014', message)
      void result.close()
    }
    const cancel = stop('canceling statement due to user request')
    this.#running.add(cancel)
    const timeoutMs = statementTimeout(this.state)
    const timer = timeoutMs === 0 ? undefined : setTimeout(stop('canceling statement due to statement timeout'), timeoutMs)
    let isKept = false
    try {
      const value = await work()
      // a stopped source ends as if it were complete
      if (why !== undefined) throw why
      isKept = keep(value)
      return value
    } catch (error) {
      throw why ?? error
    } finally {
      clearTimeout(timer)
      this.#running.delete(cancel)
      if (!isKept) await result.close()
    }
  }

  cancel(): void {
    for (const stop of this.#running) stop()
  }

  /** The answer of PostgreSQL's catalog in messages of the protocol. */
  async catalog(sql: string, messages: Uint8Array): Promise<Buffer> {
    const { database, shadow, caller, databaseName, clock } = this.#options
    const nowMs = clock.monotonicMs()
    if (this.#snapshot === undefined || nowMs > this.#snapshot.atMs + snapshotMs) {
      this.#snapshot = { snapshot: await readSnapshot(database, caller()), atMs: nowMs }
    }
    return shadow.ask({ snapshot: this.#snapshot.snapshot, databaseName, sql, messages })
  }

  /** Asks the catalog where the compiler refused with `error`; what it cannot answer either, remains the compiler's refusal. */
  async catalogInstead(error: unknown, sql: string, messages: Uint8Array, isAnswer: (bytes: Buffer) => boolean): Promise<Buffer> {
    if (!(error instanceof ServerError) || !perhapsCatalog.has(error.code)) throw error
    let answer: Buffer
    try {
      answer = await this.catalog(sql, messages)
    } catch {
      throw error
    }
    if (!isAnswer(answer)) throw error
    return answer
  }
}
