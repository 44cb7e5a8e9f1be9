import type { QueryResponse } from '@aws-sdk/client-timestream-query'
import { ServerError } from '../../base/errors.ts'
import {
  parseChoice,
  parsePattern,
  parseSwitch,
  parseText,
  readOptions,
  type OptionDefinitions,
  type OptionSources,
  type OptionValues,
} from '../../base/option.ts'
import { type Connection, readConnection } from '../connection.ts'
import type { Output } from '../output.ts'
import { ProgressBar } from '../progress-bar.ts'
import { signedCall } from '../signed-call.ts'
import { csvFile } from './folder/csv-file.ts'
import { exportToFolder, type FolderExport } from './folder/folder-export.ts'
import { parquetFile } from './folder/parquet-file.ts'

const parseCharacter = parsePattern(/^[\t\x20\x21\x23-\x7e]$/, 'one ASCII character other than "')

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
  delimiter: { flag: 'delimiter', placeholder: 'CHARACTER', summary: 'Between two fields of CSV', fallback: ',', parse: parseCharacter },
  escape: {
    flag: 'escape',
    placeholder: 'CHARACTER',
    summary: 'Before quotes and itself inside of CSV values',
    fallback: '\\',
    parse: parseCharacter,
  },
  maxFileSize: {
    flag: 'max-file-size',
    placeholder: 'SIZE',
    summary: 'About how large a file becomes, from 16MB to 78GB; 78GB when absent',
    parse: parsePattern(/^\d{1,9}(?:\.\d{1,9})?\s*(?:MB|GB)$/i, 'a size (as in 64MB or 1.5GB)'),
  },
  encryption: {
    flag: 'encryption',
    placeholder: 'NAME',
    summary: 'Of objects in a bucket: sse_s3 or sse_kms; sse_s3 when absent',
    parse: parseChoice(['sse_s3', 'sse_kms'] as const),
  },
  kmsKey: { flag: 'kms-key', placeholder: 'KEY', summary: 'Id or ARN of the key for sse_kms', parse: parseText },
} as const satisfies OptionDefinitions

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`

type ExportValues = OptionValues<typeof exportOptions>

const namesOf = (partitionedBy: string | undefined): string[] => (partitionedBy ?? '').split(',').flatMap((name) => name.trim() || [])

/** The UNLOAD statement of an export. */
export function exportStatement(sql: string, target: string, values: ExportValues): string {
  const { format, compression, partitionedBy, header, maxFileSize, delimiter, escape, encryption, kmsKey } = values
  const partitions = namesOf(partitionedBy)
  const options = [
    `format = ${literal(format.toUpperCase())}`,
    `compression = ${literal(compression.toUpperCase())}`,
    ...(partitions.length === 0 ? [] : [`partitioned_by = ARRAY[${partitions.map(literal).join(', ')}]`]),
    ...(format === 'csv' ? [`field_delimiter = ${literal(delimiter)}`, `escaped_by = ${literal(escape)}`] : []),
    ...(header ? [`include_header = 'true'`] : []),
    ...(maxFileSize === undefined ? [] : [`max_file_size = ${literal(maxFileSize)}`]),
    ...(encryption === undefined ? [] : [`encryption = ${literal(encryption.toUpperCase())}`]),
    ...(kmsKey === undefined ? [] : [`kms_key = ${literal(kmsKey)}`]),
  ]
  return `UNLOAD (${sql.trim().replace(/;$/, '')}) TO ${literal(target)} WITH (${options.join(', ')})`
}

/**
 * Writes the result of a query: of `s3://…` the server itself (UNLOAD), else into a folder of this machine. An aborted signal cancels it.
 * @throws ServerError CONFIGURATION
 */
export async function runExport(
  sql: string,
  target: string,
  sources: OptionSources,
  output: Output,
  progress: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const values = readOptions(exportOptions, sources)
  if (target.startsWith('s3://'))
    return exportToBucket(exportStatement(sql, target, values), readConnection(sources), output, progress, signal)
  if (/^[a-z0-9]+:/i.test(target)) throw new ServerError('CONFIGURATION', `${target} is neither s3://BUCKET/FOLDER nor a folder`)
  if (values.encryption !== undefined || values.kmsKey !== undefined)
    throw new ServerError('CONFIGURATION', '--encryption: a folder of this machine encrypts nothing')
  const isCsv = values.format === 'csv'
  const isGzip = values.compression === 'gzip'
  const request: FolderExport = {
    folder: target,
    format: isCsv ? 'CSV' : 'PARQUET',
    ending: isCsv ? (isGzip ? '.gz' : '.csv') : '.parquet',
    open: isCsv
      ? csvFile({ isGzip, hasHeader: values.header, fieldDelimiter: values.delimiter, escapedBy: values.escape })
      : parquetFile({ isGzip }),
    maxFileBytes: fileBytes(values.maxFileSize),
    partitionedBy: namesOf(values.partitionedBy),
  }
  await exportToFolder(sql, request, readConnection(sources), output, progress, signal)
}

function fileBytes(size = '78GB'): number {
  const bytes = Number.parseFloat(size) * (/GB$/i.test(size) ? 1e9 : 1e6)
  if (bytes < 16e6 || bytes > 78e9) throw new ServerError('CONFIGURATION', `--max-file-size: "${size}" is not from 16MB to 78GB`)
  return bytes
}

async function exportToBucket(
  QueryString: string,
  connection: Connection,
  output: Output,
  progress: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
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
