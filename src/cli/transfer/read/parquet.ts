import { asyncBufferFromFile, parquetMetadataAsync, parquetScan, parquetSchema } from 'hyparquet'
import type { FileMetaData, ParquetParsers, SchemaElement } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { columnsOf, rowReader } from '../../../csv/data-model.ts'
import { flexibleTimes } from '../../../csv/time-text.ts'
import { type ColumnTypes, type FileFormat, type FileRow, type ReadOptions, UnreadableFile } from './file-format.ts'
import { valueAt, valueText } from './value-text.ts'

/** Parquet with any compression but LZO. Of a row group the columns that the model uses are in memory. A column `a.b` is field `b` of the group `a`. */
export const parquetFormat: FileFormat = { endings: ['.parquet'], isStream: false, read: readParquet }

const blockRows = 8192

async function* readParquet(path: string, options: ReadOptions): AsyncGenerator<FileRow[]> {
  const file = await asyncBufferFromFile(path)
  const metadata = await readable(() => parquetMetadataAsync(file))
  const elements = new Map(parquetSchema(metadata).children.map(({ element }) => [element.name, element]))
  const model = options.model(typesOf(elements))
  const columns = columnsOf(model)
  const topNames = columns.map((column) => (elements.has(column) ? column : column.split('.', 1)[0]!))
  const missing = columns.filter((_, index) => !elements.has(topNames[index]!))
  if (missing.length > 0) {
    throw new UnreadableFile(`it has no column ${missing.map((name) => JSON.stringify(name)).join(', ')} of the data model`)
  }
  const read = rowReader(model, columns, options.version, flexibleTimes(model.TimeUnit ?? 'MILLISECONDS'))
  if (typeof read === 'string') throw new UnreadableFile(read)
  const scan = await readable(() => parquetScan({ file, metadata, columns: [...new Set(topNames)], compressors, parsers: textParsers }))
  const bytes = groupBytes(metadata, file.byteLength)
  for (const [group, { rowStart, rowEnd }] of scan.ranges.entries()) {
    const data: { readonly values: ArrayLike<unknown>; readonly text: (value: unknown) => string | undefined }[] = []
    for (const [index, name] of topNames.entries()) {
      const values = (await readable(() => scan.readColumn({ column: name, rowStart, rowEnd }))) as ArrayLike<unknown>
      data.push({ values, text: textOf(elements.get(name)!, name, columns[index]!) })
    }
    for (let from = rowStart; from < rowEnd; from += blockRows) {
      const rows: FileRow[] = []
      for (let row = from; row < Math.min(rowEnd, from + blockRows); row++) {
        rows.push({ line: row + 1, records: read(data.map(({ values, text }) => text(values[row - rowStart]))) })
      }
      yield rows
    }
    options.onBytes(bytes[group] ?? 0)
  }
}

async function readable<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw new UnreadableFile(`it is no Parquet file that can be read (${(error as Error).message})`)
  }
}

/** The file's bytes by row group, in the proportion of what the groups have. */
function groupBytes({ row_groups: groups }: FileMetaData, fileBytes: number): number[] {
  const total = groups.reduce((sum, group) => sum + Number(group.total_byte_size), 0)
  return groups.map((group) => Math.round((Number(group.total_byte_size) / Math.max(1, total)) * fileBytes))
}

/** Exact to the nanosecond, as text, so that one column may be a time, a measure and a dimension. */
const textParsers: Partial<ParquetParsers> = {
  timestampFromMilliseconds: (millis) => instantText(millis * 1_000_000n),
  timestampFromMicroseconds: (micros) => instantText(micros * 1000n),
  timestampFromNanoseconds: (nanos) => instantText(nanos),
  dateFromDays: (days) => new Date(days * 86_400_000).toISOString().slice(0, 10),
}

function instantText(ns: bigint | null | undefined): string | undefined {
  // hyparquet hands NULLs to parsers, too
  if (ns === undefined || ns === null) return undefined
  const fraction = ((ns % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n
  const seconds = new Date(Number((ns - fraction) / 1_000_000n)).toISOString().slice(0, 19)
  return `${seconds}.${String(fraction).padStart(9, '0')}Z`
}

function textOf(element: SchemaElement, name: string, column: string): (value: unknown) => string | undefined {
  if (name !== column) {
    const inner = column.slice(name.length + 1)
    return (value) =>
      typeof value === 'object' && value !== null ? valueText(valueAt(value as Record<string, unknown>, inner)) : undefined
  }
  if (element.converted_type !== 'DECIMAL') return valueText
  // hyparquet makes doubles of decimals: what they were is what they are rounded to
  const { scale = 0 } = element
  return (value) => (typeof value === 'number' ? value.toFixed(scale) : undefined)
}

const typesOf =
  (elements: ReadonlyMap<string, SchemaElement>): ColumnTypes =>
  (column) => {
    const element = elements.get(column)
    if (element === undefined || element.num_children !== undefined) return undefined
    const { type, converted_type: converted = '', logical_type: logical } = element
    if (type === 'INT96' || converted.startsWith('TIMESTAMP') || logical?.type === 'TIMESTAMP') return 'TIMESTAMP'
    if (type === 'BOOLEAN') return 'BOOLEAN'
    if (converted === 'DECIMAL' || type === 'FLOAT' || type === 'DOUBLE' || logical?.type === 'FLOAT16') return 'DOUBLE'
    if (converted === 'DATE' || type === 'BYTE_ARRAY' || type === 'FIXED_LEN_BYTE_ARRAY') return 'VARCHAR'
    return 'BIGINT'
  }
