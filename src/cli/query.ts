import type { CancelQueryResponse, QueryRequest, QueryResponse } from '@aws-sdk/client-timestream-query'
import { parseChoice, readOptions, type OptionDefinitions, type OptionSources } from '../base/option.ts'
import { readConnection } from './connection.ts'
import { cellOf, isNumeric } from './datum.ts'
import { rowFormats, rowWriter, type Output, type RowWriter } from './output.ts'
import { signedCall } from './signed-call.ts'

export const queryOptions = {
  format: {
    flag: 'format',
    placeholder: 'FORMAT',
    summary: `How rows are written: ${rowFormats.join(', ')}`,
    fallback: 'table',
    parse: parseChoice(rowFormats),
  },
} as const satisfies OptionDefinitions

/** Runs a query and writes all of its pages. An aborted signal cancels it on the server. */
export async function runQuery(queryString: string, sources: OptionSources, output: Output, signal: AbortSignal): Promise<void> {
  const { format } = readOptions(queryOptions, sources)
  const connection = readConnection(sources)
  let page: QueryResponse | undefined
  let writer: RowWriter | undefined
  try {
    do {
      const input: QueryRequest = { QueryString: queryString, NextToken: page?.NextToken }
      page = await signedCall<QueryResponse>(connection, 'aws', 'Query', input, signal)
      writer = await writePage(page, writer, (columns) => rowWriter(format, columns, output))
    } while (page.NextToken !== undefined)
    await writer?.end()
  } catch (error) {
    if (signal.aborted && page?.NextToken !== undefined) {
      await signedCall<CancelQueryResponse>(connection, 'aws', 'CancelQuery', { QueryId: page.QueryId }).catch(() => undefined)
    }
    throw error
  }
}

/** The first pages of a long query may be empty. */
async function writePage(
  page: QueryResponse,
  writer: RowWriter | undefined,
  open: (columns: Parameters<typeof rowWriter>[1]) => RowWriter,
): Promise<RowWriter | undefined> {
  const columns = page.ColumnInfo ?? []
  const rows = page.Rows ?? []
  if (rows.length === 0 && page.NextToken !== undefined) return writer
  const target = writer ?? open(columns.map((column) => ({ name: column.Name ?? '', align: isNumeric(column.Type) ? 'right' : 'left' })))
  if (rows.length > 0) await target.page(rows.map((row) => (row.Data ?? []).map((datum, i) => cellOf(datum, columns[i]?.Type))))
  return target
}
