import type { Clock } from '../../base/clock.ts'
import { ServerError } from '../../base/errors.ts'
import type { Limits } from '../../base/limits.ts'
import type { Caller } from '../caller.ts'
import type { ResultColumn } from '../database.ts'
import { PageText } from './encode/page-text.ts'
import { resultTooLarge } from './engine-rows.ts'
import type { ReadInsights } from './query-insights.ts'
import { type RowSource, writeRow } from './row-source.ts'

/** What the pages of a result are cut from, and to whom it belongs. */
export interface CursorOrigin {
  readonly queryId: string
  readonly queryString: string
  readonly principalName: string
  /** Asks again for what the statement needed: permission may be gone by the next page. */
  readonly authorize?: (caller: Caller) => void
  readonly columns: readonly ResultColumn[]
  readonly source: RowSource
  readonly insights?: ReadInsights
  /** A guard rail of the principal. */
  readonly maxRows?: number
  /** A DESCRIBE is answered whole: its clients do not ask for a next page. */
  readonly unpaged?: boolean
  /** Called once when no further page will be cut; `failure` is what ended it early. */
  readonly onEnd?: (cursor: Cursor, failure: unknown) => void
}

export interface RowPage {
  readonly rowsJson: string
  readonly rowCount: number
  /** Another page follows. */
  readonly more: boolean
  readonly progressPercentage: number
  readonly bytesScanned: number
  readonly bytesMetered: number
}

/** Times that one token may be used. Source: API reference, Query. */
const usesPerToken = 5

const outgrown = 'Query aborted as max page response size has been exceeded by the output result row'

const pageReserve = 8192

export type CursorState = 'open' | 'finished' | 'failed' | 'cancelled'

/**
 * Cuts a result into pages. Page 0 is the answer of the first call; page n > 0 is asked for with its number and answered again, word for word,
 * until page n + 1 was asked for.
 */
export class Cursor {
  readonly origin: CursorOrigin
  readonly #limits: Limits
  readonly #rowBytes: number
  #state: CursorState = 'open'
  /** Why no page is answered any more. */
  #refusal: unknown
  /** A row that did not fit on the page before. */
  #held: string | undefined
  #page: RowPage | undefined
  /** Bytes to begin a page's text with: about as many as the page before took. */
  #pageRoom = pageReserve
  #pageNumber = -1
  #uses = 0
  #deliveredBytes = 0
  #deliveredRows = 0
  #turn: Promise<unknown> = Promise.resolve()

  /** @throws ServerError VALIDATION when the columns alone are too large. */
  constructor(origin: CursorOrigin, limits: Limits) {
    this.origin = origin
    this.#limits = limits
    const metadataBytes = columnBytes(origin.columns)
    if (metadataBytes > limits.resultMetadataBytes) {
      throw new ServerError(
        'VALIDATION',
        `The result's column information is larger than ${limits.resultMetadataBytes} bytes: select fewer columns`,
      )
    }
    this.#rowBytes = limits.pageBytes - frameBytes - metadataBytes
  }

  get state(): CursorState {
    return this.#state
  }

  get deliveredRows(): number {
    return this.#deliveredRows
  }

  get deliveredBytes(): number {
    return this.#deliveredBytes
  }

  /**
   * Waits for rows until `timeoutMs` at most: a page may come short or empty, with more to follow.
   * @throws ServerError VALIDATION for a page that is not to be had, QUERY_CANCELLED, RESULT_TOO_LARGE, or what ended the query.
   */
  page(number: number, maxRows: number, timeoutMs: number, clock: Clock): Promise<RowPage> {
    const page = this.#turn.then(() => this.#take(number, maxRows, clock.monotonicMs() + timeoutMs, clock))
    this.#turn = page.catch(() => undefined)
    return page
  }

  async #take(number: number, maxRows: number, deadlineMs: number, clock: Clock): Promise<RowPage> {
    if (this.#refusal !== undefined) throw this.#refusal
    if (number === this.#pageNumber && this.#page && this.#uses < usesPerToken) {
      this.#uses++
      return this.#page
    }
    if (number !== this.#pageNumber + 1 || this.#state !== 'open') throw invalidToken()
    try {
      const page = await this.#cut(maxRows, deadlineMs, clock)
      this.#page = page
      this.#pageNumber = number
      this.#uses = 1
      if (!page.more) await this.#end('finished')
      return page
    } catch (error) {
      // a source that was closed meanwhile may end or break: the reason for closing it counts
      if (this.#refusal === undefined) await this.abort('failed', error)
      throw this.#refusal
    }
  }

  async #cut(maxRows: number, deadlineMs: number, clock: Clock): Promise<RowPage> {
    const { source, unpaged } = this.origin
    const text = new PageText(this.#pageRoom)
    let rowCount = 0
    const pageOf = (bytes: number, more: boolean): RowPage => {
      text.cutTo(bytes)
      this.#pageRoom = bytes + pageReserve
      return this.#pageOf(text.text(), rowCount, rowCount === 0 ? 0 : bytes + 1, more)
    }
    for (;;) {
      const start = text.length
      if (start > 0) text.separate()
      const rowStart = text.length
      if (this.#held === undefined ? !source.next(text) : !writeRow(text, this.#held)) {
        text.cutTo(start)
        if (source.ended) return pageOf(start, false)
        const leftMs = deadlineMs - clock.monotonicMs()
        if (leftMs <= 0) return pageOf(start, true)
        await source.wait(leftMs)
        continue
      }
      this.#held = undefined
      const isTooMuch = text.length + 1 > this.#rowBytes
      if (!unpaged && rowCount > 0 && (rowCount === maxRows || isTooMuch)) {
        this.#held = text.text(rowStart)
        return pageOf(start, true)
      }
      if (isTooMuch) throw new ServerError('RESULT_TOO_LARGE', outgrown)
      rowCount++
    }
  }

  /** `bytes` with a comma behind every row. */
  #pageOf(rows: string, rowCount: number, bytes: number, more: boolean): RowPage {
    if (this.#refusal !== undefined) throw this.#refusal
    this.#deliveredBytes += bytes
    this.#deliveredRows += rowCount
    if (this.#deliveredBytes > this.#limits.resultBytes) throw new ServerError('RESULT_TOO_LARGE', resultTooLarge)
    const { maxRows, principalName } = this.origin
    if (maxRows !== undefined && this.#deliveredRows > maxRows) {
      throw new ServerError(
        'RESULT_TOO_LARGE',
        `The guard rail MaxResultRows of ${principalName} ended the query: its result has more than ${maxRows} rows`,
      )
    }
    const { percentage, bytesScanned, bytesMetered } = this.origin.source.progress
    return {
      rowsJson: `[${rows}]`,
      rowCount,
      more,
      progressPercentage: more ? Math.min(percentage, 99.99) : 100,
      bytesScanned,
      bytesMetered,
    }
  }

  /** Every later question is answered with `reason`; what the result holds is freed. */
  async abort(state: 'failed' | 'cancelled', reason: unknown): Promise<void> {
    this.#refusal = reason
    this.#page = undefined
    await this.#end(state)
  }

  /** Nobody will ask again. */
  async close(): Promise<void> {
    await this.#end(this.#state === 'open' ? 'finished' : this.#state)
    this.#page = undefined
  }

  async #end(state: CursorState): Promise<void> {
    const first = this.#state === 'open'
    this.#state = state
    this.#held = undefined
    await this.origin.source.close()
    if (first) this.origin.onEnd?.(this, this.#refusal)
  }
}

export const invalidToken = (): ServerError => new ServerError('VALIDATION', 'Invalid pagination token')

/** Of a page: query id, token, status and the names of the members. */
const frameBytes = 640

/** An upper bound for what the columns take in a page. */
function columnBytes(columns: readonly ResultColumn[]): number {
  return columns.reduce((sum, { name, type }) => sum + 60 + Buffer.byteLength(JSON.stringify(name)) + typeBytes(type), 0)
}

function typeBytes(type: ResultColumn['type']): number {
  switch (type.kind) {
    case 'array':
      return 60 + typeBytes(type.element)
    case 'timeseries':
      return 60 + typeBytes(type.value)
    case 'row':
      return type.fields.reduce(
        (sum, field) => sum + 60 + Buffer.byteLength(JSON.stringify(field.name ?? 'field')) + typeBytes(field.type),
        60,
      )
    case 'map':
      return 160 + typeBytes(type.key) + typeBytes(type.value)
    case 'scalar':
    case 'function':
      return 60
  }
}
