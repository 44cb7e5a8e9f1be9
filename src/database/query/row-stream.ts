import { assert } from '../../base/assert.ts'
import type { RowBinaryReader } from '../../engine/decode.ts'
import type { Type } from '../../sql/types/type.ts'
import type { ResultColumn } from '../database.ts'
import { PageText } from './encode/page-text.ts'
import type { ReadInsights } from './query-insights.ts'
import type { OpenRows, QueryParameters, RowsInput } from './open-rows.ts'
import type { QueryProgress } from './row-source.ts'

/** A query of the product itself: its rows are read in the process, all of them, and not as pages. */
export interface StreamInput<Row> {
  readonly queryString: string
  /** Values of `@name`. */
  readonly parameters: QueryParameters
  readonly insights?: boolean
  /** Makes what reads one row of these types. */
  readonly rowReader: (types: readonly Type[]) => (reader: RowBinaryReader) => Row
}

export interface RowStream<Row> {
  readonly columns: readonly ResultColumn[]
  readonly insights?: ReadInsights
  readonly progress: QueryProgress
  /** Every row once. @throws what ended the query, or the signal's reason */
  rows(signal: AbortSignal): AsyncIterable<Row>
  /** Whoever opened it closes it. Idempotent. */
  close(): Promise<void>
}

const waitMs = 1000

/** Rows in a form of their own, read by what reads them as JSON for others. */
export async function rowStream<Row extends object>(
  { rowReader, ...input }: StreamInput<Row>,
  open: (input: RowsInput) => Promise<OpenRows>,
): Promise<RowStream<Row>> {
  let row: Row | undefined
  const encoder: RowsInput['encoder'] = (types) => {
    const readRow = rowReader(types)
    return (reader) => void (row = readRow(reader))
  }
  const { columns, source, insights, form } = await open({ ...input, encoder })
  assert(form === 'encoded', 'only a query has rows of its own')
  const page = new PageText(0)
  return {
    columns,
    ...(insights && { insights }),
    get progress() {
      return source.progress
    },
    async *rows(signal) {
      for (;;) {
        signal.throwIfAborted()
        if (source.next(page)) yield row!
        else if (source.ended) return
        else await source.wait(waitMs)
      }
    },
    close: () => source.close(),
  }
}
