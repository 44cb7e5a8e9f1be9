import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../../base/clock.ts'
import { ServerError } from '../../base/errors.ts'
import type { Limits } from '../../base/limits.ts'
import type { Caller } from '../caller.ts'
import type { ResultColumn } from '../database.ts'
import { PageText } from './encode/page-text.ts'
import { resultTooLarge } from './engine-rows.ts'
import { tooManyRows } from './railed-rows.ts'
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

/** Rows that were cut from the result, for a page. */
interface Cut {
  /** Separated by commas. */
  readonly rows: string
  /** Where each row ends, in bytes. */
  readonly ends: readonly number[]
  readonly more: boolean
  readonly maxRows: number
}

/** Times that one token may be used. Source: API reference, Query. */
const usesPerToken = 5

const outgrown = 'Query aborted as max page response size has been exceeded by the output result row'

const pageReserve = 8192

export type CursorState = 'open' | 'finished' | 'failed' | 'cancelled'

/**
 * Cuts a result into pages. Page 0 is the answer of the first call; page n > 0 is asked for with its number and answered again, word for word,
 * until page n + 1 was asked for. Who has asked for a second page will ask for a third: from then on the next page is cut while the client reads.
 */
export class Cursor {
  readonly origin: CursorOrigin
  readonly #limits: Limits
  readonly #rowBytes: number
  #state: CursorState = 'open'
  /** Why no page is answered any more. */
  #refusal: unknown
  /** Rows that were cut and are on no page, the next one last. */
  #held: string[] = []
  #ahead: Cut | { readonly failure: unknown } | undefined
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
      const page = this.#pageOf(this.#takeAhead(maxRows) ?? (await this.#cut(maxRows, deadlineMs, clock)))
      this.#page = page
      this.#pageNumber = number
      this.#uses = 1
      if (!page.more) await this.#end('finished')
      else if (number > 0) this.#cutAhead(maxRows, deadlineMs - clock.monotonicMs(), clock)
      return page
    } catch (error) {
      // a source that was closed meanwhile may end or break: the reason for closing it counts
      if (this.#refusal === undefined) await this.abort('failed', error)
      throw this.#refusal
    }
  }

  /** In the turn after this one, once the answer is on its way. What fails is told when the page is asked for. */
  #cutAhead(maxRows: number, timeoutMs: number, clock: Clock): void {
    this.#turn = this.#turn
      .then(() => setImmediate())
      .then(async () => {
        if (this.#state !== 'open' || this.#ahead !== undefined) return
        const ahead = await this.#cut(maxRows, clock.monotonicMs() + timeoutMs, clock).catch((failure: unknown) => ({ failure }))
        if (this.state === 'open') this.#ahead = ahead
      })
  }

  /** What was cut ahead, if that many rows are wanted; its rows are held for the next cut otherwise. */
  #takeAhead(maxRows: number): Cut | undefined {
    const ahead = this.#ahead
    this.#ahead = undefined
    if (ahead === undefined) return undefined
    if ('failure' in ahead) throw ahead.failure
    if (ahead.maxRows === maxRows) return ahead
    const bytes = Buffer.from(ahead.rows)
    const rows = ahead.ends.map((end, i) => bytes.toString('utf8', i === 0 ? 0 : ahead.ends[i - 1]! + 1, end))
    this.#held.push(...rows.reverse())
    return undefined
  }

  async #cut(maxRows: number, deadlineMs: number, clock: Clock): Promise<Cut> {
    const { source, unpaged } = this.origin
    const text = new PageText(this.#pageRoom)
    const ends: number[] = []
    const cutAt = (bytes: number, more: boolean): Cut => {
      text.cutTo(bytes)
      this.#pageRoom = bytes + pageReserve
      return { rows: text.text(), ends, more, maxRows }
    }
    for (;;) {
      const start = text.length
      if (start > 0) text.separate()
      const rowStart = text.length
      const held = this.#held.at(-1)
      if (held === undefined ? !source.next(text) : !writeRow(text, held)) {
        text.cutTo(start)
        if (source.ended) return cutAt(start, false)
        const leftMs = deadlineMs - clock.monotonicMs()
        if (leftMs <= 0) return cutAt(start, true)
        await source.wait(leftMs)
        continue
      }
      if (held !== undefined) this.#held.pop()
      const isTooMuch = text.length + 1 > this.#rowBytes
      if (!unpaged && ends.length > 0 && (ends.length === maxRows || isTooMuch)) {
        this.#held.push(text.text(rowStart))
        return cutAt(start, true)
      }
      if (isTooMuch) throw new ServerError('RESULT_TOO_LARGE', outgrown)
      ends.push(text.length)
    }
  }

  #pageOf({ rows, ends, more }: Cut): RowPage {
    if (this.#refusal !== undefined) throw this.#refusal
    const rowCount = ends.length
    // with a comma behind every row
    this.#deliveredBytes += rowCount === 0 ? 0 : ends.at(-1)! + 1
    this.#deliveredRows += rowCount
    if (this.#deliveredBytes > this.#limits.resultBytes) throw new ServerError('RESULT_TOO_LARGE', resultTooLarge)
    const { maxRows, principalName } = this.origin
    if (maxRows !== undefined && this.#deliveredRows > maxRows) {
      throw tooManyRows(principalName, maxRows)
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
    this.#held = []
    this.#ahead = undefined
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
