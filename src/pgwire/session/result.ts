import { PageText } from '../../database/query/encode/page-text.ts'
import type { OpenRows } from '../../database/query/open-rows.ts'
import type { ResultColumn } from '../../database/database.ts'
import { formatOf } from '../encode/row-encoder.ts'
import { typeCode } from '../encode/type-codes.ts'
import { type ColumnDescription, dataRow } from '../protocol/backend.ts'
import { backendFrames } from '../protocol/frames.ts'
import { ProtocolError } from '../protocol/protocol-error.ts'

/** Rows go out in pieces of about this size. */
const pieceBytes = 64 * 1024
const waitMs = 1000
const mostTexts = 10_000

export const describeColumns = (columns: readonly ResultColumn[], formats: readonly number[]): readonly ColumnDescription[] =>
  columns.map(({ name, type }, index) => {
    const { oid, size } = typeCode(type)
    return { name, oid, size, format: formatOf(formats, index) }
  })

/** Where pieces of DataRow messages go. */
export type Send = (rows: Buffer) => Promise<void>

interface Datum {
  readonly ScalarValue?: string
  readonly NullValue?: true
}

/** The rows of one running statement, taken in steps. */
export class Result {
  readonly columns: readonly ResultColumn[]
  readonly #opened: OpenRows
  #sent = 0

  constructor(opened: OpenRows) {
    this.#opened = opened
    this.columns = opened.columns
  }

  /** Rows sent so far. */
  get sent(): number {
    return this.#sent
  }

  /** Sends up to `most` rows (0: all); true when none is left. @throws what ended the statement */
  async send(send: Send, most = 0): Promise<boolean> {
    const { source } = this.#opened
    const last = most === 0 ? Number.POSITIVE_INFINITY : this.#sent + most
    const page = new PageText(pieceBytes * 2)
    for (;;) {
      while (page.length < pieceBytes && this.#sent < last && this.#next(page)) this.#sent++
      if (page.length > 0) await send(page.copy())
      const isFull = page.length >= pieceBytes
      page.cutTo(0)
      if (this.#sent >= last) return source.ended
      if (source.ended) return true
      if (!isFull) await source.wait(waitMs)
    }
  }

  /** All rows as texts; for a few. @throws ProtocolError beyond `mostTexts` rows */
  async texts(): Promise<readonly (readonly (string | null)[])[]> {
    const rows: (readonly (string | null)[])[] = []
    await this.send(async (bytes) => {
      for (const frame of backendFrames(bytes)) rows.push(cellsOf(frame.bytes))
      if (rows.length > mostTexts) throw new ProtocolError('54000', `more than ${mostTexts} rows in one statement`)
    })
    return rows
  }

  #next(page: PageText): boolean {
    const { source, form } = this.#opened
    if (form === 'encoded') return source.next(page)
    const json = new PageText(1024)
    if (!source.next(json)) return false
    const { Data } = JSON.parse(json.text()) as { readonly Data: readonly Datum[] }
    const row = dataRow(Data.map((datum) => (datum.NullValue ? null : (datum.ScalarValue ?? JSON.stringify(datum)))))
    page.span(row, 0, row.length)
    return true
  }

  close(): Promise<void> {
    return this.#opened.source.close()
  }
}

/** The texts of a DataRow message. */
export function cellsOf(row: Buffer): readonly (string | null)[] {
  const texts: (string | null)[] = []
  const count = row.readUInt16BE(5)
  for (let index = 0, at = 7; index < count; index++) {
    const size = row.readInt32BE(at)
    at += 4
    texts.push(size === -1 ? null : row.toString('utf8', at, at + size))
    at += Math.max(size, 0)
  }
  return texts
}
