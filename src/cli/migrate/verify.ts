import type { PlannedSlice } from './checkpoint.ts'
import { queryPages, queryTexts, type Service } from './service.ts'
import { countStatement, sliceStatement, type SourceTable } from './slices.ts'
import { MeasureSums, rowConverter, type MeasureSum, type TableColumn } from './table-rows.ts'

/** A measure of a slice that is not the same on both sides. */
export interface Difference {
  readonly table: string
  /** ISO 8601. */
  readonly from: string
  readonly to: string
  readonly measure: string
  readonly sourceRows: number
  readonly targetRows: number
  /** The counts are the same, the values are not. */
  readonly onlyValues: boolean
}

/** Compares what was read from the source with what the target has. */
export async function verifySlice(
  target: Service,
  table: SourceTable,
  slice: PlannedSlice,
  columns: readonly TableColumn[],
  how: 'checksums' | 'counts',
): Promise<readonly Difference[]> {
  const wanted = slice.outcome?.measures ?? {}
  const found = how === 'counts' ? await counts(target, table, slice) : await checksums(target, table, slice, columns)
  return [...new Set([...Object.keys(wanted), ...Object.keys(found)])].flatMap((measure) => {
    const [a, b] = [wanted[measure], found[measure]]
    const sourceRows = a?.rows ?? 0
    const targetRows = b?.rows ?? 0
    if (sourceRows === targetRows && (how === 'counts' || a?.sum === b?.sum)) return []
    return [
      {
        table: `${table.databaseName}.${table.tableName}`,
        from: new Date(slice.fromMs).toISOString(),
        to: new Date(slice.toMs).toISOString(),
        measure,
        sourceRows,
        targetRows,
        onlyValues: sourceRows === targetRows,
      },
    ]
  })
}

async function counts(target: Service, table: SourceTable, slice: PlannedSlice): Promise<Record<string, MeasureSum>> {
  const rows = await queryTexts(target, countStatement(table, slice))
  return Object.fromEntries(rows.map(([measure = '', count]) => [measure, { rows: Number(count), sum: 0 }]))
}

async function checksums(
  target: Service,
  table: SourceTable,
  slice: PlannedSlice,
  columns: readonly TableColumn[],
): Promise<Record<string, MeasureSum>> {
  const sums = new MeasureSums()
  const record = rowConverter(columns, 1)
  for await (const rows of queryPages(target, sliceStatement(table, slice, columns))) for (const { Data } of rows) sums.add(record(Data))
  return sums.toJSON()
}
