import type { RowRecord } from '../../csv/model-types.ts'
import type { Connection } from '../connection.ts'
import { RecordWriter } from '../transfer/record-writer.ts'
import type { SliceOutcome } from './checkpoint.ts'
import { queryPages, type Service } from './service.ts'
import { sliceStatement, type Slice, type SourceTable } from './slices.ts'
import { MeasureSums, rowConverter, type TableColumn } from './table-rows.ts'

export interface CopyOptions {
  readonly source: Service
  readonly target: Connection
  readonly version: number
  readonly signal: AbortSignal
  readonly onRows: (count: number) => void
  readonly onReject: (table: SourceTable, record: RowRecord, reason: string) => void
}

/** Copies the records of a slice by pages of Query and WriteRecords. Doing it again changes nothing. */
export async function copySlice(
  tables: { readonly source: SourceTable; readonly target: SourceTable },
  slice: Slice,
  columns: readonly TableColumn[],
  { source, target, version, signal, onRows, onReject }: CopyOptions,
): Promise<SliceOutcome> {
  const record = rowConverter(columns, version)
  const sums = new MeasureSums()
  let rejected = 0
  const writer = new RecordWriter<RowRecord>({
    connection: target,
    ...tables.target,
    onReject: (of, reason) => {
      rejected++
      onReject(tables.target, of, reason)
    },
    signal,
  })
  try {
    for await (const rows of queryPages(source, sliceStatement(tables.source, slice, columns))) {
      signal.throwIfAborted()
      for (const { Data } of rows) {
        const next = record(Data)
        sums.add(next)
        await writer.add(next, next)
      }
      onRows(rows.length)
    }
  } finally {
    // also of what is under way when a page fails: nothing is to be written after the answer
    await writer.end()
  }
  return { written: writer.written, rejected, measures: sums.toJSON() }
}

/** Works on elements, `count` at a time; the first failure stops the others after what they have in hand. */
export async function inParallel<T>(elements: readonly T[], count: number, work: (element: T) => Promise<void>): Promise<void> {
  let next = 0
  let failure: { readonly error: unknown } | undefined
  const worker = async (): Promise<void> => {
    while (next < elements.length && failure === undefined) {
      try {
        await work(elements[next++]!)
      } catch (error) {
        failure ??= { error }
      }
    }
  }
  await Promise.all(Array.from({ length: count }, worker))
  if (failure !== undefined) throw failure.error
}
