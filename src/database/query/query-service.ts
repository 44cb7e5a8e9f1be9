import { ServerError } from '../../base/errors.ts'
import type { Service } from '../../base/service.ts'
import { compile, type CompiledStatement, type UnloadStatement } from '../../sql/compile.ts'
import type { DeleteStatement } from '../../sql/delete.ts'
import { prepare } from '../../sql/prepare.ts'
import { VARCHAR } from '../../sql/types/type.ts'
import { authorize } from '../access/authorize.ts'
import type { GuardRails } from '../access/records.ts'
import type { Caller } from '../caller.ts'
import { anyArn } from '../control/arn.ts'
import type { PreparedQueryDescription, QueryInput, QueryPage, ResultColumn } from '../database.ts'
import { Admission, railError, type QueryLoad } from './admission.ts'
import { authorizeStatement, authorizeTables } from './authorize-statement.ts'
import { catalogRows } from './catalog-rows.ts'
import { checkInput, onlyQuery } from './check-query.ts'
import { ClientTokens } from './client-tokens.ts'
import { Cursor, type RowPage } from './cursor.ts'
import { Cursors } from './cursors.ts'
import type { Encoder } from './encode/row-encoder.ts'
import { EngineRows, type EngineRowsOptions } from './engine-rows.ts'
import { deleteColumns, DeleteRows } from './delete-rows.ts'
import { ExplainRows } from './explain-rows.ts'
import type { FinishedQuery, QueryServiceOptions } from './query-service-options.ts'
import { newQueryId } from './query-id.ts'
import { railedRows } from './railed-rows.ts'
import { Statements } from './statements.ts'
import { readInsights, type ReadInsights } from './query-insights.ts'
import type { CachedResult } from './result-cache.ts'
import { listedRows, type RowSource } from './row-source.ts'
import type { OpenRows, QueryParameters, Reading, RowsInput } from './open-rows.ts'
import { rowStream, type RowStream, type StreamInput } from './row-stream.ts'
import { UnloadRows, unloadColumns } from '../unload/unload-rows.ts'

export interface QueryService extends Service {
  /** Runs a query and answers its first page, or answers the next page of one. */
  query(caller: Caller, input: QueryInput): Promise<QueryPage>
  /** Answers what to tell the client. */
  cancel(caller: Caller, queryId: string): Promise<string>
  /** What a query answers and which parameters it takes. */
  prepare(caller: Caller, queryString: string, reading?: Reading): Promise<PreparedQueryDescription>
  /** The columns that a query answers, given the values of its parameters; nothing is run. */
  columns(caller: Caller, queryString: string, parameters: QueryParameters): Promise<readonly ResultColumn[]>
  /** Runs a statement whose rows the caller pages through in a form of its own. */
  rows(caller: Caller, input: RowsInput): Promise<OpenRows>
  /** Runs a query whose rows the product itself reads. */
  stream<Row extends object>(caller: Caller, input: StreamInput<Row>): Promise<RowStream<Row>>
  readonly load: QueryLoad
  /** How many compute units queries may take from now on. */
  setTcu(tcu: number): void
}

interface Result {
  readonly columns: readonly ResultColumn[]
  readonly source: RowSource
}

const sweepEveryMs = 1000
/** A query that takes longer is worth a line in the log. */
const slowMs = 1000
/** Source: API reference, Query, QueryInsights. */
const insightsAtMostEveryMs = 1000
const pollAfterCancel = 'Unable to poll results for a cancelled query.'

export function createQueryService(options: QueryServiceOptions): QueryService {
  return new EngineQueryService(options)
}

class EngineQueryService implements QueryService {
  readonly name = 'query'
  readonly #options: QueryServiceOptions
  readonly #cursors: Cursors
  readonly #admission: Admission
  readonly #clientTokens = new ClientTokens()
  readonly #statements: Statements
  /** Queries whose first page is being made, by query id. */
  readonly #starting = new Map<string, Cursor>()
  readonly #calls = new Set<Promise<unknown>>()
  #timer: NodeJS.Timeout | undefined
  #insightsAtMs = Number.NEGATIVE_INFINITY
  #draining = false

  constructor(options: QueryServiceOptions) {
    this.#options = options
    const { engine, clock, limits, machine } = options
    this.#cursors = new Cursors(clock, limits)
    this.#statements = new Statements(options)
    this.#admission = new Admission({ engineSlots: engine.querySlots, waiting: limits.waitingQueries, ...(machine && { machine }) })
  }

  setTcu(tcu: number): void {
    this.#admission.setTcu(tcu)
  }

  get load(): QueryLoad {
    return this.#admission.load
  }

  async start(): Promise<void> {
    await this.#options.resultFiles?.prepare()
    this.#timer = setInterval(() => this.#background(this.#tidy()), sweepEveryMs)
    this.#timer.unref()
  }

  async drain(): Promise<void> {
    this.#draining = true
    await Promise.allSettled(this.#calls)
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await Promise.all([...this.#starting.values()].map((cursor) => cursor.abort('failed', shuttingDown())))
    await this.#cursors.close()
  }

  query(caller: Caller, input: QueryInput): Promise<QueryPage> {
    const call = this.#query(caller, input)
    this.#calls.add(call)
    return call.finally(() => this.#calls.delete(call))
  }

  async #query(caller: Caller, input: QueryInput): Promise<QueryPage> {
    const { limits, clock } = this.#options
    if (this.#draining) throw shuttingDown()
    const { queryString, nextToken, clientToken, maxRows = limits.pageRows, insights = false } = input
    checkInput(queryString, maxRows, limits)
    if (nextToken !== undefined) return this.#nextPage(caller, queryString, nextToken, maxRows)
    if (clientToken === undefined) return this.#firstPage(caller, queryString, maxRows, insights)
    const token = `${caller.principal.name}\n${clientToken}`
    return this.#clientTokens.answer(token, `${maxRows} ${insights}\n${queryString}`, clock.nowMs(), () =>
      this.#firstPage(caller, queryString, maxRows, insights),
    )
  }

  async #firstPage(caller: Caller, queryString: string, maxRows: number, withInsights: boolean): Promise<QueryPage> {
    if (withInsights) this.#throttleInsights()
    const nowNs = this.#options.clock.nowNs()
    const cached = withInsights ? undefined : this.#options.resultCache?.begin(this.#options.catalog)
    const mostRows = Math.min(maxRows, this.#rowLimit(caller).maxRows ?? maxRows)
    const statement = await this.#statements.ready(caller, queryString, nowNs, {}, (compiled) => cached?.find(compiled, mostRows) ?? false)
    if (cached?.result !== undefined) return cachedPage(cached.result)
    try {
      const page = await this.#run(caller, queryString, statement, maxRows, withInsights ? nowNs : undefined)
      if (page.nextToken === undefined) cached?.keep(statement, page)
      return page
    } catch (error) {
      // the engine may lack a table or column that was there when the statement was compiled
      if (statement.kind !== 'query' || !(error instanceof ServerError) || error.code !== 'INTERNAL') throw error
      await this.#options.catalog.refresh()
      const anew = await this.#statements.ready(caller, queryString, nowNs)
      if (anew.kind === 'query' && anew.text === statement.text) throw error
      return this.#run(caller, queryString, anew, maxRows, withInsights ? nowNs : undefined)
    }
  }

  /** `insightsNowNs`: insights are asked for; the query's now(). */
  async #run(
    caller: Caller,
    queryString: string,
    statement: CompiledStatement,
    maxRows: number,
    insightsNowNs: bigint | undefined,
  ): Promise<QueryPage> {
    const { clock, limits } = this.#options
    const startMs = clock.monotonicMs()
    const queryId = newQueryId()
    const insights = insightsNowNs === undefined ? undefined : await this.#insights(queryString, statement, insightsNowNs)
    const { columns, source } = this.#open(caller, queryString, statement, queryId)
    const cursor = new Cursor(
      {
        queryId,
        queryString,
        principalName: caller.principal.name,
        authorize: (asking) => authorizeStatement(asking, statement, this.#options.account),
        columns,
        source,
        ...(insights && { insights }),
        ...this.#rowLimit(caller),
        unpaged: statement.kind === 'describe',
        onEnd: (ended, failure) => this.#finished(caller, statement.kind, ended, startMs, failure),
      },
      limits,
    )
    this.#starting.set(queryId, cursor)
    try {
      const page = await cursor.page(0, maxRows, this.#pageWaitMs, clock)
      return this.#answer(cursor, page, page.more ? this.#cursors.token(await this.#cursors.add(cursor), 1) : undefined)
    } finally {
      this.#starting.delete(queryId)
    }
  }

  async #nextPage(caller: Caller, queryString: string, token: string, maxRows: number): Promise<QueryPage> {
    const { key, cursor, page: number } = this.#cursors.find(token, queryString, caller.principal.name)
    cursor.origin.authorize?.(caller)
    const page = await cursor.page(number, maxRows, this.#pageWaitMs, this.#options.clock)
    return this.#answer(cursor, page, page.more ? this.#cursors.token(key, number + 1) : undefined)
  }

  /** Half of what the client waits: then it gets what there is, and asks again. */
  get #pageWaitMs(): number {
    return this.#options.limits.queryCallMs / 2
  }

  #answer(cursor: Cursor, page: RowPage, nextToken: string | undefined): QueryPage {
    const { origin, deliveredRows: outputRows, deliveredBytes: outputBytes } = cursor
    return {
      queryId: origin.queryId,
      ...(nextToken !== undefined && { nextToken }),
      columns: origin.columns,
      rowsJson: page.rowsJson,
      rowCount: page.rowCount,
      progressPercentage: page.progressPercentage,
      cumulativeBytesScanned: page.bytesScanned,
      cumulativeBytesMetered: page.bytesMetered,
      ...(origin.insights && {
        insights: { ...origin.insights, outputRows, outputBytes, ...(origin.source.unloaded && { unload: origin.source.unloaded }) },
      }),
    }
  }

  #throttleInsights(): void {
    const nowMs = this.#options.clock.monotonicMs()
    if (nowMs < this.#insightsAtMs + insightsAtMostEveryMs) {
      throw new ServerError('THROTTLING', 'Query insights are limited to one query per second')
    }
    this.#insightsAtMs = nowMs
  }

  #insights(queryString: string, statement: CompiledStatement, nowNs: bigint, reading: Reading = {}): Promise<ReadInsights> {
    const { engine, catalog, account, limits } = this.#options
    const options = { engine, catalog, account, queryId: newQueryId(), timeoutMs: limits.queryDurationMs }
    return readInsights(queryString, statement, this.#statements.session(nowNs, reading), options)
  }

  async prepare(caller: Caller, queryString: string, reading: Reading = {}): Promise<PreparedQueryDescription> {
    const { account, clock, limits } = this.#options
    checkInput(queryString, limits.pageRows, limits)
    authorize(caller, 'timestream:PrepareQuery', anyArn(account), account)
    const { tables, ...prepared } = await this.#statements.compiled(caller, prepare, queryString, clock.nowNs(), reading)
    authorizeTables(caller, tables, account)
    return prepared
  }

  async columns(caller: Caller, queryString: string, parameters: QueryParameters): Promise<readonly ResultColumn[]> {
    checkInput(queryString, 1, this.#options.limits)
    const statement = await this.#statements.compiled(caller, compile, queryString, this.#options.clock.nowNs(), { parameters })
    authorizeStatement(caller, statement, this.#options.account)
    return onlyQuery(statement).columns
  }

  async rows(caller: Caller, input: RowsInput): Promise<OpenRows> {
    if (this.#draining) throw shuttingDown()
    const { queryString, encoder, insights: wantsInsights = false, ...reading } = input
    checkInput(queryString, 1, this.#options.limits)
    const nowNs = this.#options.clock.nowNs()
    const statement = await this.#statements.ready(caller, queryString, nowNs, reading)
    const insights = wantsInsights ? await this.#insights(queryString, statement, nowNs, reading) : undefined
    const form = statement.kind === 'query' ? 'encoded' : 'json'
    const encodeRow = statement.kind === 'query' ? encoder(statement.columns.map(({ type }) => type)) : undefined
    const { columns, source } = this.#open(caller, queryString, statement, newQueryId(), encodeRow)
    const railed = railedRows(source, caller.principal.name, this.#rowLimit(caller).maxRows)
    return { columns, source: railed, form, ...(insights && { insights }) }
  }

  stream<Row extends object>(caller: Caller, input: StreamInput<Row>): Promise<RowStream<Row>> {
    return rowStream(input, (rows) => this.rows(caller, rows))
  }

  #open(caller: Caller, queryString: string, statement: CompiledStatement, queryId: string, encodeRow?: Encoder): Result {
    const { engine, catalog, limits } = this.#options
    const rails = caller.principal.permissions?.guardRails() ?? {}
    const { maxQuerySeconds = Number.POSITIVE_INFINITY } = rails
    const timeoutMs = Math.min(limits.queryDurationMs, maxQuerySeconds * 1000)
    const { cursorBufferBytes: bufferBytes } = limits
    const rowOptions = { ...this.#rowOptions(caller, rails), ...(encodeRow && { encodeRow }) }
    if (statement.kind === 'explain') {
      const options = { engine, clock: this.#options.clock, queryId, timeoutMs, bufferBytes, rowOptions }
      return { columns: [{ name: 'Query Plan', type: VARCHAR }], source: new ExplainRows(statement, options) }
    }
    if (statement.kind === 'delete') return this.#delete(caller, queryString, statement, { queryId, timeoutMs, ...rowOptions })
    if (statement.kind === 'unload') return this.#unload(statement, queryId, timeoutMs, rowOptions)
    if (statement.kind !== 'query') {
      const { columns, rows } = catalogRows(statement, catalog.snapshot())
      return { columns, source: listedRows(rows) }
    }
    const { text, settings, columns } = statement
    const types = columns.map((column) => column.type)
    const source = new EngineRows(engine, { text, settings, queryId, timeoutMs, wholeBytes: bufferBytes }, types, bufferBytes, rowOptions)
    if (this.#areWaiting) this.#background(this.#cursors.yieldPlaces())
    return { columns, source }
  }

  #unload(statement: UnloadStatement, queryId: string, timeoutMs: number, { admit, explain }: RowOptions): Result {
    const { engine, objectStore: store } = this.#options
    if (store === undefined) throw new ServerError('NOT_SUPPORTED', 'UNLOAD needs an object store, and this server has none')
    return { columns: unloadColumns, source: new UnloadRows(statement, { engine, store, queryId, timeoutMs, admit, explain }) }
  }

  #delete(
    caller: Caller,
    queryString: string,
    statement: DeleteStatement,
    options: RowOptions & { readonly queryId: string; readonly timeoutMs: number },
  ): Result {
    const { engine, catalog, deleter, log, onDeleted } = this.#options
    if (deleter === undefined) throw new ServerError('NOT_SUPPORTED', 'This server deletes no records')
    const { database, table } = statement
    const onEnd = (records: number | undefined, failure: unknown): void => {
      caller.record?.('DeleteRecords', { statement: queryString, ...(records !== undefined && { records }) }, failure)
      const { name: principal } = caller.principal
      if (failure === undefined) log.info('records deleted', { database, table, records, principal })
      else log.warn('records not deleted', { database, table, principal, error: failure })
      if (failure === undefined) onDeleted?.(records ?? 0)
    }
    return { columns: deleteColumns, source: new DeleteRows(statement, { ...options, engine, catalog, deleter, onEnd }) }
  }

  #rowOptions({ principal }: Caller, rails: GuardRails): RowOptions {
    const { resultFiles, limits } = this.#options
    return {
      admit: (signal) => this.#admission.enter(principal.name, rails, signal),
      explain: (error) => railError(error, principal.name, rails),
      resultBytes: limits.resultBytes,
      ...(resultFiles && { openFile: () => resultFiles.create() }),
    }
  }

  #rowLimit({ principal }: Caller): { readonly maxRows?: number } {
    const { maxResultRows: maxRows } = principal.permissions?.guardRails() ?? {}
    return maxRows === undefined ? {} : { maxRows }
  }

  get #areWaiting(): boolean {
    return this.#admission.waiting > 0 || this.#options.engine.activity().waiting > 0
  }

  async cancel(caller: Caller, queryId: string): Promise<string> {
    authorize(caller, 'timestream:CancelQuery', anyArn(this.#options.account), this.#options.account)
    const cursor = this.#starting.get(queryId) ?? this.#cursors.byQueryId(queryId)
    const isTheirs = cursor !== undefined && (caller.principal.isRoot || cursor.origin.principalName === caller.principal.name)
    if (!isTheirs) throw new ServerError('VALIDATION', `The query ${queryId} does not exist or has ended.`)
    switch (cursor.state) {
      case 'open':
        await cursor.abort('cancelled', new ServerError('QUERY_CANCELLED', pollAfterCancel))
        return `Query ${queryId} was cancelled.`
      case 'cancelled':
        return `Query ${queryId} was already cancelled.`
      case 'finished':
      case 'failed':
        throw new ServerError('VALIDATION', `The query ${queryId} has ended.`)
    }
  }

  #finished(caller: Caller, kind: CompiledStatement['kind'], cursor: Cursor, startMs: number, failure: unknown): void {
    const { clock, log, onFinished } = this.#options
    const { queryId, source } = cursor.origin
    const errorCode = failure === undefined ? undefined : failure instanceof ServerError ? failure.code : 'INTERNAL'
    const finished: FinishedQuery = {
      queryId,
      kind,
      rows: cursor.deliveredRows,
      bytesScanned: source.progress.bytesScanned,
      durationMs: clock.monotonicMs() - startMs,
      ...(errorCode && { errorCode }),
    }
    const data = { requestId: caller.requestId, ...finished, durationMs: Math.round(finished.durationMs) }
    if (finished.durationMs >= slowMs) log.info('query.finished', data)
    else log.debug('query.finished', data)
    onFinished?.(finished)
  }

  #background(work: Promise<void>): void {
    work.catch((error: unknown) => this.#options.log.warn('query.tidying-failed', { error: String(error) }))
  }

  async #tidy(): Promise<void> {
    this.#clientTokens.sweep(this.#options.clock.nowMs())
    await this.#cursors.sweep()
    if (this.#areWaiting) await this.#cursors.yieldPlaces()
  }
}

/** Nothing was read for it. */
const cachedPage = (result: CachedResult): QueryPage => ({
  queryId: newQueryId(),
  ...result,
  progressPercentage: 100,
  cumulativeBytesScanned: 0,
  cumulativeBytesMetered: 0,
})

type RowOptions = EngineRowsOptions & Pick<Required<EngineRowsOptions>, 'admit' | 'explain'>

const shuttingDown = (): ServerError => new ServerError('SHUTTING_DOWN', 'The server is shutting down')
