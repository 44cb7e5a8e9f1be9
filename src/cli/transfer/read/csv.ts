import { CsvScanner } from '../../../csv/csv-scanner.ts'
import { rowReader, type RowRecords } from '../../../csv/data-model.ts'
import { flexibleTimes } from '../../../csv/time-text.ts'
import { fileBytes } from './file-bytes.ts'
import { type FileFormat, type FileRow, mostRowBytes, type ReadOptions, UnreadableFile } from './file-format.ts'

/** CSV with a header. Unlike in a bucket, a byte order mark is passed over: files of people's own machines have them. */
export const csvFormat: FileFormat = { endings: ['.csv', '.tsv'], isStream: true, read: readCsv }

async function* readCsv(path: string, options: ReadOptions): AsyncGenerator<FileRow[]> {
  const isTabs = /\.tsv(\.gz)?$/i.test(path)
  const scanner = new CsvScanner(isTabs ? { ...options.csv, ColumnSeparator: '\t' } : options.csv, mostRowBytes)
  let read: ((fields: readonly (string | undefined)[]) => RowRecords) | undefined
  const take = (isLast: boolean): FileRow[] => {
    const rows: FileRow[] = []
    for (let row = scanner.next(isLast); row !== undefined; row = scanner.next(isLast)) {
      if (read === undefined) read = headed(row.failure ?? row.fields, options)
      else rows.push({ line: row.line, records: row.failure ?? read(row.fields) })
    }
    return rows
  }
  for await (const chunk of fileBytes(path, options.onBytes)) {
    scanner.feed(chunk)
    yield take(false)
    if (scanner.isTooLong) throw new UnreadableFile(`line ${scanner.line}: the row has more than ${mostRowBytes} bytes`)
  }
  yield take(true)
  if (read === undefined) throw new UnreadableFile('it has no header')
}

function headed(
  fields: readonly (string | undefined)[] | string,
  options: ReadOptions,
): (row: readonly (string | undefined)[]) => RowRecords {
  if (typeof fields === 'string') throw new UnreadableFile(`the header: ${fields}`)
  const header = fields.map((field, index) => (index === 0 ? (field ?? '').replace(/^\ufeff/, '') : (field ?? '')))
  const model = options.model(() => undefined)
  const read = rowReader(model, header, options.version, flexibleTimes(model.TimeUnit ?? 'MILLISECONDS'))
  if (typeof read === 'string') throw new UnreadableFile(read)
  return read
}
