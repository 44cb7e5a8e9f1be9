import type { QueryResponse } from '@aws-sdk/client-timestream-query'
import { ServerError } from '../../base/errors.ts'
import { parseChoice, parseSwitch, parseText, readOptions, type OptionDefinitions, type OptionSources } from '../../base/option.ts'
import { readConnection } from '../connection.ts'
import type { Output } from '../output.ts'
import { ProgressBar } from '../progress-bar.ts'
import { signedCall } from '../signed-call.ts'

export const exportOptions = {
  format: {
    flag: 'format',
    placeholder: 'FORMAT',
    summary: 'csv or parquet',
    fallback: 'csv',
    parse: parseChoice(['csv', 'parquet'] as const),
  },
  compression: {
    flag: 'compression',
    placeholder: 'NAME',
    summary: 'gzip or none',
    fallback: 'gzip',
    parse: parseChoice(['gzip', 'none'] as const),
  },
  partitionedBy: {
    flag: 'partitioned-by',
    placeholder: 'COLUMN,…',
    summary: 'Last columns of the query, to make folders of',
    parse: parseText,
  },
  header: { flag: 'header', summary: 'Begin CSV files with the names of the columns', fallback: 'false', parse: parseSwitch },
  maxFileSize: { flag: 'max-file-size', placeholder: 'SIZE', summary: 'As in 64MB or 1GB', parse: parseText },
} as const satisfies OptionDefinitions

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`

/** The UNLOAD statement of an export. @throws ServerError CONFIGURATION */
export function exportStatement(sql: string, target: string, sources: OptionSources): string {
  if (!target.startsWith('s3://')) throw new ServerError('CONFIGURATION', `${target} is not s3://BUCKET/FOLDER`)
  const { format, compression, partitionedBy, header, maxFileSize } = readOptions(exportOptions, sources)
  const options = [
    `format = ${literal(format.toUpperCase())}`,
    `compression = ${literal(compression.toUpperCase())}`,
    ...(partitionedBy === undefined
      ? []
      : [
          `partitioned_by = ARRAY[${partitionedBy
            .split(',')
            .map((name) => literal(name.trim()))
            .join(', ')}]`,
        ]),
    ...(!header ? [] : [`include_header = 'true'`]),
    ...(maxFileSize === undefined ? [] : [`max_file_size = ${literal(maxFileSize)}`]),
  ]
  return `UNLOAD (${sql.trim().replace(/;$/, '')}) TO ${literal(target)} WITH (${options.join(', ')})`
}

/** Writes the result of a query into a bucket, on the server's side. An aborted signal cancels it there. */
export async function runExport(
  sql: string,
  target: string,
  sources: OptionSources,
  output: Output,
  progress: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const connection = readConnection(sources)
  const QueryString = exportStatement(sql, target, sources)
  const bar = new ProgressBar(100, '', progress, (share) => `${share} %`)
  let page: QueryResponse | undefined
  try {
    do {
      page = await signedCall<QueryResponse>(connection, 'aws', 'Query', { QueryString, NextToken: page?.NextToken }, signal)
      bar.set(Math.floor(page.QueryStatus?.ProgressPercentage ?? 0), 100)
    } while (page.NextToken !== undefined)
  } catch (error) {
    if (signal.aborted && page !== undefined)
      await signedCall(connection, 'aws', 'CancelQuery', { QueryId: page.QueryId }).catch(() => undefined)
    throw error
  } finally {
    bar.end()
  }
  const [rows, metadata, manifest] = (page.Rows?.[0]?.Data ?? []).map((datum) => datum.ScalarValue ?? '')
  await output.write(`${rows} rows\nmanifest ${manifest}\nmetadata ${metadata}\n`)
}
