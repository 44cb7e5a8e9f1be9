import type { ColumnInfo, QueryResponse } from '@aws-sdk/client-timestream-query'
import { ServerError } from '../../../base/errors.ts'
import type { Connection } from '../../connection.ts'
import { uniqueNames, type Output } from '../../output.ts'
import { ProgressBar } from '../../progress-bar.ts'
import { signedCall } from '../../signed-call.ts'
import { ResultFolder, type ResultFolderOptions } from './result-folder.ts'

export interface FolderExport extends Omit<ResultFolderOptions, 'queryId' | 'columns' | 'partitionColumns'> {
  readonly partitionedBy: readonly string[]
}

/** Writes the result of a query into a folder of this machine, page by page: memory does not grow with it. An aborted signal cancels the query. */
export async function exportToFolder(
  sql: string,
  target: FolderExport,
  connection: Connection,
  output: Output,
  progress: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const ask = (NextToken?: string): Promise<QueryResponse> =>
    signedCall<QueryResponse>(connection, 'aws', 'Query', { QueryString: sql, NextToken }, signal)
  const bar = new ProgressBar(0, 'rows', progress)
  let folder: ResultFolder | undefined
  let page: QueryResponse | undefined
  let rows = 0
  try {
    let next: Promise<QueryResponse> | undefined = ask()
    while (next !== undefined) {
      page = await next
      // the server makes the next page while this one is written
      next = page.NextToken === undefined ? undefined : ask(page.NextToken)
      next?.catch(() => undefined)
      if ((page.Rows ?? []).length === 0 && next !== undefined) continue
      folder ??= openFolder(page, target)
      await folder.write((page.Rows ?? []).map(({ Data = [] }) => Data))
      rows += page.Rows?.length ?? 0
      const { ProgressPercentage: share = 0 } = page.QueryStatus ?? {}
      bar.set(rows, share > 0 && share < 100 ? (rows * 100) / share : 0)
    }
    const { rows: total, manifest, metadata } = await folder!.finish()
    bar.end()
    await output.write(`${total} rows\nmanifest ${manifest}\nmetadata ${metadata}\n`)
  } catch (error) {
    bar.end()
    folder?.abandon()
    if (page?.NextToken !== undefined) await signedCall(connection, 'aws', 'CancelQuery', { QueryId: page.QueryId }).catch(() => undefined)
    throw signal.aborted ? signal.reason : error
  }
}

function openFolder(
  { QueryId: queryId = '', ColumnInfo: given = [] }: QueryResponse,
  { partitionedBy, ...target }: FolderExport,
): ResultFolder {
  const names = uniqueNames(given.map(({ Name }) => Name ?? ''))
  const columns = given.map((column, index): ColumnInfo => ({ ...column, Name: names[index]! }))
  const last = names.slice(names.length - partitionedBy.length)
  if (partitionedBy.length >= names.length || partitionedBy.some((name, index) => name.toLowerCase() !== last[index]?.toLowerCase())) {
    throw new ServerError(
      'CONFIGURATION',
      `--partitioned-by: these must be the last columns of the query, in the same order: ${last.join(', ')}`,
    )
  }
  return new ResultFolder({ ...target, queryId, columns, partitionColumns: partitionedBy.length })
}
