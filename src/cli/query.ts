import { CancelQueryCommand, QueryCommand, TimestreamQueryClient, type QueryCommandOutput } from '@aws-sdk/client-timestream-query'
import { parseChoice, readOptions, type OptionDefinitions, type OptionSources } from '../base/option.ts'
import { readConnection } from './connection.ts'
import { cellOf, isNumeric } from './datum.ts'
import { fromSdk } from './failure.ts'
import { rowFormats, rowWriter, type Output, type RowWriter } from './output.ts'

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
  const { endpoint, region, credentials } = readConnection(sources)
  const client = new TimestreamQueryClient({ endpoint, region, credentials, endpointDiscoveryEnabled: false })
  let queryId: string | undefined
  let writer: RowWriter | undefined
  let nextToken: string | undefined
  try {
    do {
      const page = await client.send(
        new QueryCommand({ QueryString: queryString, ...(nextToken === undefined ? {} : { NextToken: nextToken }) }),
        {
          abortSignal: signal,
        },
      )
      queryId = page.QueryId
      nextToken = page.NextToken
      writer = await writePage(page, writer, (columns) => rowWriter(format, columns, output))
    } while (nextToken !== undefined)
    await writer?.end()
  } catch (error) {
    if (!signal.aborted) throw fromSdk(endpoint, error)
    if (queryId !== undefined && nextToken !== undefined)
      await client.send(new CancelQueryCommand({ QueryId: queryId })).catch(() => undefined)
    throw signal.reason
  } finally {
    client.destroy()
  }
}

/** The first pages of a long query may be empty and even without columns. */
async function writePage(
  page: QueryCommandOutput,
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
