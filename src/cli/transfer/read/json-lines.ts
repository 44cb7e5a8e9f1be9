import { isUtf8 } from 'node:buffer'
import { parse } from 'lossless-json'
import { columnsOf, rowReader, type RowRecords } from '../../../csv/data-model.ts'
import { flexibleTimes } from '../../../csv/time-text.ts'
import { fileBytes } from './file-bytes.ts'
import { type FileFormat, type FileRow, type ReadOptions, UnreadableFile } from './file-format.ts'
import { readLines } from './lines.ts'
import { valueAt, valueText } from './value-text.ts'

/** A JSON object on each line; a column `a.b` is member `b` of the object `a`. */
export const jsonLinesFormat: FileFormat = { endings: ['.jsonl', '.ndjson'], isStream: true, read: readJsonLines }

async function* readJsonLines(path: string, options: ReadOptions): AsyncGenerator<FileRow[]> {
  const model = options.model(() => undefined)
  const columns = columnsOf(model)
  const read = rowReader(model, columns, options.version, flexibleTimes(model.TimeUnit ?? 'MILLISECONDS'))
  if (typeof read === 'string') throw new UnreadableFile(read)
  for await (const lines of readLines(fileBytes(path, options.onBytes))) {
    const rows: FileRow[] = []
    for (const { line, bytes } of lines) if (bytes.length > 0) rows.push({ line, records: recordsOf(bytes, columns, read) })
    yield rows
  }
}

function recordsOf(bytes: Buffer, columns: readonly string[], read: (fields: readonly (string | undefined)[]) => RowRecords): RowRecords {
  if (!isUtf8(bytes)) return 'The line is not valid UTF-8.'
  const text = bytes.toString('utf8')
  let value: unknown
  try {
    // JavaScript's own numbers keep 15 digits for sure
    value = /\d{16}/.test(text) ? parse(text) : JSON.parse(text)
  } catch {
    return 'The line is not JSON.'
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'The line is not a JSON object.'
  const object = value as Record<string, unknown>
  return read(columns.map((column) => valueText(valueAt(object, column))))
}
