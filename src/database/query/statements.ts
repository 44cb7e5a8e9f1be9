import { ServerError, type ErrorCode } from '../../base/errors.ts'
import type { Catalog } from '../../sql/catalog.ts'
import { compile, type CompiledStatement, type Session } from '../../sql/compile.ts'
import type { Caller } from '../caller.ts'
import { authorizeStatement, callersCatalog } from './authorize-statement.ts'
import { tablesOf } from './check-query.ts'
import { CompiledTexts } from './compiled-texts.ts'
import type { Reading } from './open-rows.ts'
import type { QueryServiceOptions } from './query-service-options.ts'

/** Reading the whole catalog anew is worth it when a name is unknown: another node may have made it. But not for every misspelt name. */
const refreshAtMostEveryMs = 1000
const unknownName: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['COLUMN_NOT_FOUND', 'TABLE_NOT_FOUND', 'DATABASE_NOT_FOUND'])

/** From texts to statements that may run: compiled in the catalog that the caller sees, authorised, with their tables' records at hand. */
export class Statements {
  readonly #options: QueryServiceOptions
  readonly #texts = new CompiledTexts()
  #refreshedAtMs = Number.NEGATIVE_INFINITY

  constructor(options: QueryServiceOptions) {
    this.#options = options
  }

  session(nowNs: bigint, reading: Reading): Session {
    const { limits } = this.#options
    return { nowNs, maxNestingDepth: limits.sqlNestingDepth, maxTokens: limits.sqlTokens, ...reading }
  }

  /** Once more with what other nodes have made, where a name is unknown. */
  async compiled<T>(
    caller: Caller,
    translate: (text: string, catalog: Catalog, session: Session, snapshot: Catalog) => T,
    queryString: string,
    nowNs: bigint,
    reading: Reading = {},
  ): Promise<T> {
    const { catalog, clock, account } = this.#options
    const attempt = (): T => {
      const snapshot = catalog.snapshot()
      const { catalog: seen, isVisible, refusal } = callersCatalog(caller, snapshot, account)
      try {
        return translate(queryString, seen, { ...this.session(nowNs, reading), ...(isVisible && { isVisible }) }, snapshot)
      } catch (error) {
        throw refusal(error)
      }
    }
    try {
      return attempt()
    } catch (error) {
      if (!(error instanceof ServerError && unknownName.has(error.code))) throw error
      const nowMs = clock.monotonicMs()
      if (nowMs < this.#refreshedAtMs + refreshAtMostEveryMs) throw error
      this.#refreshedAtMs = nowMs
      await catalog.refresh()
      return attempt()
    }
  }

  /**
   * The statement, with the acknowledged records of its tables where it reads them. Compiled anew when one of the tables changed while they were
   * brought there: it may hold replaced records since. `isAnswered`: asked before they are brought there; true: they need not be.
   */
  async ready(
    caller: Caller,
    queryString: string,
    nowNs: bigint,
    reading: Reading = {},
    isAnswered: (statement: CompiledStatement) => boolean = () => false,
  ): Promise<CompiledStatement> {
    const { catalog, flushTable } = this.#options
    const before = catalog.snapshot()
    const translate = Object.keys(reading).length === 0 ? this.#compileKnown : compile
    const statement = await this.compiled(caller, translate, queryString, nowNs, reading)
    authorizeStatement(caller, statement, this.#options.account)
    const tables = tablesOf(statement)
    if (tables.length === 0 || flushTable === undefined || isAnswered(statement)) return statement
    await Promise.all(tables.map(({ database, table }) => flushTable({ databaseName: database, tableName: table })))
    const after = catalog.snapshot()
    const isSame = tables.every(({ database, table }) => before.table(database, table) === after.table(database, table))
    return isSame ? statement : this.compiled(caller, translate, queryString, nowNs, reading)
  }

  readonly #compileKnown = (text: string, seen: Catalog, session: Session, snapshot: Catalog): CompiledStatement =>
    this.#texts.compile(text, snapshot, seen, session)
}
