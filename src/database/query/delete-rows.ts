import { ServerError } from '../../base/errors.ts'
import { RowBinaryReader } from '../../engine/decode.ts'
import type { Engine } from '../../engine/engine.ts'
import { querySettings } from '../../sql/compile.ts'
import type { DeleteStatement } from '../../sql/delete.ts'
import { BIGINT } from '../../sql/types/type.ts'
import type { RecordDeleter } from '../../storage/record-deleter.ts'
import type { SchemaCatalog } from '../../storage/schema-catalog.ts'
import type { ResultColumn } from '../database.ts'
import type { Admitted } from './admission.ts'
import { row, scalar } from './encode/datum-text.ts'
import type { PageText } from './encode/page-text.ts'
import { leastMeteredBytes, type QueryProgress, type RowSource, writeRow } from './row-source.ts'
import { Signal } from './signal.ts'

export const deleteColumns: readonly ResultColumn[] = [{ name: 'records', type: BIGINT }]

export interface DeleteRowsOptions {
  readonly engine: Engine
  readonly catalog: Pick<SchemaCatalog, 'table'>
  readonly deleter: RecordDeleter
  readonly queryId: string
  readonly timeoutMs: number
  readonly admit: (signal: AbortSignal) => Promise<Admitted>
  readonly explain: (error: unknown) => unknown
  /** Called once, when records were deleted or that failed; with their number as far as it is known. */
  readonly onEnd: (records: number | undefined, failure: unknown) => void
}

/**
 * Counts the records that a DELETE selects and deletes them: one row with the count. Counting also evaluates the condition for every stored row, so that
 * one that fails for any of them fails before anything is deleted.
 */
export class DeleteRows implements RowSource {
  readonly #statement: DeleteStatement
  readonly #options: DeleteRowsOptions
  readonly #arrived = new Signal()
  readonly #stop = new AbortController()
  readonly #work: Promise<void>
  #isDone = false
  #isDelivered = false
  #count: number | undefined
  #row: string | undefined
  #failure: unknown
  #bytesRead = 0

  /** Starts; what fails comes out of `next`. */
  constructor(statement: DeleteStatement, options: DeleteRowsOptions) {
    this.#statement = statement
    this.#options = options
    this.#work = this.#run()
  }

  next(page: PageText): boolean {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#row === undefined || this.#isDelivered) return false
    this.#isDelivered = true
    return writeRow(page, this.#row)
  }

  get ended(): boolean {
    return this.#isDelivered
  }

  async wait(timeoutMs: number): Promise<void> {
    if (!this.#isDone) await this.#arrived.wait(timeoutMs)
  }

  get progress(): QueryProgress {
    return {
      percentage: this.#isDone ? 100 : 0,
      bytesScanned: this.#bytesRead,
      bytesMetered: Math.max(leastMeteredBytes, this.#bytesRead),
    }
  }

  /** Records whose deletion has begun are deleted all the same. */
  async close(): Promise<void> {
    if (!this.#isDone) {
      this.#stop.abort(new ServerError('QUERY_CANCELLED', 'The DELETE was cancelled'))
      await this.#options.engine.cancel(this.#options.queryId)
    }
    await this.#work
  }

  async #run(): Promise<void> {
    const { admit, explain, onEnd } = this.#options
    let admitted: Admitted | undefined
    try {
      admitted = await admit(this.#stop.signal)
      const { physical, condition, countText, dryRun } = this.#statement
      this.#count = await this.#read(countText, admitted)
      const stored = await this.#read(`SELECT toString(count()) FROM ${physical.database}.${physical.table} WHERE ${condition}`, admitted)
      this.#stop.signal.throwIfAborted()
      if (!dryRun && stored > 0) await this.#delete(condition)
      this.#row = row(scalar(String(this.#count)))
    } catch (error) {
      this.#failure = explain(error) ?? error
    }
    admitted?.leave()
    if (!this.#statement.dryRun) onEnd(this.#count, this.#failure)
    this.#isDone = true
    this.#arrived.notify()
  }

  async #delete(condition: string): Promise<void> {
    const { catalog, deleter } = this.#options
    const { database, table, physical } = this.#statement
    const record = catalog.table(database, table)
    if (record?.physicalName !== physical.table) throw new ServerError('TABLE_NOT_FOUND', `The table ${table} does not exist.`)
    await deleter.delete(record, condition, this.#stop.signal)
  }

  /** A query whose result is one number as text. */
  async #read(text: string, { settings }: Admitted): Promise<number> {
    const { engine, queryId, timeoutMs } = this.#options
    const result = await engine.query({ text, settings: { ...querySettings, ...settings }, queryId, timeoutMs })
    const reader = new RowBinaryReader()
    let count = 0
    try {
      for await (const chunk of result.chunks()) {
        reader.feed(chunk)
        while (reader.attempt((each) => (count = Number(each.string()))));
      }
      reader.end()
      this.#bytesRead += result.progress().bytesRead
    } finally {
      await result.close()
    }
    return count
  }
}
