import type { Clock } from '../../base/clock.ts'
import { RowBinaryReader } from '../../engine/decode.ts'
import type { Engine } from '../../engine/engine.ts'
import type { ExplainStatement, RunnableStatement } from '../../sql/compile.ts'
import { scalar, row } from './encode/datum-text.ts'
import { PageText } from './encode/page-text.ts'
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
    const result = await engine.query({ text: `SELECT explain FROM (EXPLAIN indexes = 1 ${text})`, settings, queryId, timeoutMs })
    const reader = new RowBinaryReader()
    const lines: string[] = []
    for await (const chunk of result.chunks()) {
      reader.feed(chunk)
      while (reader.attempt((each) => lines.push(each.string())));
    }
    await result.close()
    return readsOf(lines)
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
    return [
      `elapsed: ${elapsedMs.toFixed(1)} ms`,
      `rows read: ${rows.rowsRead}`,
      `bytes read: ${rows.progress.bytesScanned}`,
      `result rows: ${count}`,
      `result bytes: ${bytes}`,
    ]
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

/** `ReadFromMergeTree (db.t)` and, of the last index below it, its parts and granules. */
function readsOf(lines: readonly string[]): readonly string[] {
  const reads: { readonly table: string; parts?: string; granules?: string }[] = []
  for (const line of lines) {
    const table = /ReadFromMergeTree \(([^)]*)\)/.exec(line)?.[1]
    if (table !== undefined) reads.push({ table })
    const [, what, share] = /^\s*(Parts|Granules): (\d+(?:\/\d+)?)/.exec(line) ?? []
    const read = reads.at(-1)
    if (read === undefined || what === undefined || share === undefined) continue
    if (what === 'Parts') read.parts = shareOf(read.parts, share)
    else read.granules = shareOf(read.granules, share)
  }
  return reads.map(({ table, parts, granules }) => `- ${table}: parts ${parts ?? '?'}, granules ${granules ?? '?'}`)
}

/** Each index leaves a share of what the one before it left: the last number of the first one's whole. */
function shareOf(before: string | undefined, share: string): string {
  const [left, whole] = share.split('/')
  return `${left}/${before?.split('/')[1] ?? whole ?? left}`
}
