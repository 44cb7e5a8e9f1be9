import type { Clock } from '../../base/clock.ts'
import type { Engine } from '../../engine/engine.ts'
import type { ExplainStatement, RunnableStatement } from '../../sql/compile.ts'
import { scalar, row } from './encode/datum-text.ts'
import { PageText } from './encode/page-text.ts'
import { engineReads, plannedRows } from './engine-reads.ts'
import type { EngineRead } from './engine-reads.ts'
import { EngineRows, type EngineRowsOptions } from './engine-rows.ts'
import { type QueryProgress, type RowSource, writeRow } from './row-source.ts'
import { Signal } from './signal.ts'

export interface ExplainOptions {
  readonly engine: Engine
  readonly clock: Clock
  readonly queryId: string
  readonly timeoutMs: number
  readonly bufferBytes: number
  /** For EXPLAIN ANALYZE, which runs the query. */
  readonly rowOptions?: EngineRowsOptions
}

/** The lines of a plan, one row each. EXPLAIN asks the engine what it would read; EXPLAIN ANALYZE runs the query and counts. */
export class ExplainRows implements RowSource {
  readonly #statement: ExplainStatement
  readonly #options: ExplainOptions
  readonly #arrived = new Signal()
  #rows: string[] | undefined
  #failure: unknown
  #running: EngineRows | undefined
  #closed = false
  #position = 0

  /** Starts; what fails comes out of `next`. */
  constructor(statement: ExplainStatement, options: ExplainOptions) {
    this.#statement = statement
    this.#options = options
    void this.#explain()
  }

  async #explain(): Promise<void> {
    try {
      this.#rows = (await this.#lines()).map((line) => row(scalar(line)))
    } catch (error) {
      this.#failure = error
    }
    this.#arrived.notify()
  }

  async #lines(): Promise<readonly string[]> {
    const { statement, plan, analyze } = this.#statement
    const lines = [headline(statement), '', 'Plan', ...plan]
    if (statement.kind !== 'query') return lines
    const reads = await this.#engineReads(statement.text, statement.settings)
    if (reads.length > 0) lines.push('', 'Parts and granules that the engine will read', ...reads)
    if (analyze && !this.#closed) lines.push('', 'Run', ...(await this.#run(statement)))
    lines.push('', 'ClickHouse SQL', statement.text, '', 'Settings')
    lines.push(...Object.entries(statement.settings).map(([name, value]) => `${name} = ${value}`))
    return lines
  }

  /** From the engine's own plan: the tables with the share of parts and granules that its indexes leave. */
  async #engineReads(text: string, settings: Readonly<Record<string, string | number>>): Promise<readonly string[]> {
    const { engine, queryId, timeoutMs } = this.#options
    return (await engineReads(engine, { text, settings, queryId, timeoutMs })).map(readLine)
  }

  async #run({ text, settings, columns }: Extract<RunnableStatement, { kind: 'query' }>): Promise<readonly string[]> {
    const { engine, clock, queryId, timeoutMs, bufferBytes, rowOptions } = this.#options
    const startMs = clock.monotonicMs()
    const rows = new EngineRows(
      engine,
      { text, settings, queryId, timeoutMs },
      columns.map((column) => column.type),
      bufferBytes,
      rowOptions,
    )
    this.#running = rows
    let count = 0
    let bytes = 0
    const row = new PageText()
    for (;;) {
      while (rows.next(row)) {
        count++
        bytes += row.length
        row.cutTo(0)
      }
      if (rows.ended) break
      await rows.wait(timeoutMs)
    }
    const elapsedMs = clock.monotonicMs() - startMs
    const read =
      rows.rowsRead > 0
        ? [`rows read: ${rows.rowsRead}`, `bytes read: ${rows.progress.bytesScanned}`]
        : // over before the engine told what it had read
          [rowsPlanned(await plannedRows(engine, { text, settings, queryId, timeoutMs }))]
    return [`elapsed: ${elapsedMs.toFixed(1)} ms`, ...read, `result rows: ${count}`, `result bytes: ${bytes}`]
  }

  next(page: PageText): boolean {
    if (this.#failure !== undefined) throw this.#failure
    return writeRow(page, this.#rows?.[this.#position++])
  }

  get ended(): boolean {
    return this.#closed || (this.#rows !== undefined && this.#position >= this.#rows.length)
  }

  async wait(timeoutMs: number): Promise<void> {
    if (this.#rows === undefined && this.#failure === undefined && !this.#closed) await this.#arrived.wait(timeoutMs)
  }

  get progress(): QueryProgress {
    const own = this.#running?.progress ?? { percentage: 0, bytesScanned: 0, bytesMetered: 0 }
    return this.#rows === undefined ? { ...own, percentage: Math.min(99, own.percentage) } : { ...own, percentage: 100 }
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#arrived.notify()
    if (this.#running) await this.#running.close()
    else if (this.#rows === undefined && this.#failure === undefined) await this.#options.engine.cancel(this.#options.queryId)
  }
}

function headline(statement: ExplainStatement['statement']): string {
  if (statement.kind !== 'query') return `${statement.kind.toUpperCase().replace('-', ' ')}, answered without the engine`
  const tables = statement.tables.map(({ database, table }) => `"${database}"."${table}"`).join(', ')
  return `QUERY of ${statement.columns.length} columns over ${tables === '' ? 'no table' : tables}`
}

const rowsPlanned = (rows: number): string => (rows > 0 ? `rows read: at most ${rows}` : 'rows read: not counted')

function readLine({ table, parts, allParts, granules, allGranules }: EngineRead): string {
  const share = (left: number | undefined, whole: number | undefined): string => `${left ?? '?'}/${whole ?? left ?? '?'}`
  return `- ${table}: parts ${share(parts, allParts)}, granules ${share(granules, allGranules)}`
}
