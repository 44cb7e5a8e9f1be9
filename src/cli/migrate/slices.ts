import { nanosecondsOf, quoted, type TableColumn } from './table-rows.ts'
import { queryTexts, type Service } from './service.ts'

/** A part of a table's time, `fromMs` included, `toMs` not. */
export interface Slice {
  readonly fromMs: number
  readonly toMs: number
  /** When it was counted. */
  readonly rows: number
}

export interface SourceTable {
  readonly databaseName: string
  readonly tableName: string
}

interface Range {
  readonly fromMs?: number | undefined
  readonly toMs?: number | undefined
}

const steps = [
  ['1d', 86_400_000],
  ['1h', 3_600_000],
  ['1m', 60_000],
  ['1s', 1000],
] as const

/** Cuts a table into slices of about `sliceRows` records: of days, and of less where a day has more. */
export async function planSlices(
  service: Service,
  table: SourceTable,
  range: Range,
  sliceRows: number,
  onScanned: (bytes: number) => void,
): Promise<readonly Slice[]> {
  return merged(await bins(service, table, range, sliceRows, 0, onScanned), sliceRows)
}

async function bins(
  service: Service,
  table: SourceTable,
  range: Range,
  sliceRows: number,
  level: number,
  onScanned: (bytes: number) => void,
): Promise<readonly Slice[]> {
  const [interval, ms] = steps[level]!
  const sql = `SELECT bin(time, ${interval}) AS start, count(*) AS records FROM ${nameOf(table)}${where(range)} GROUP BY bin(time, ${interval}) ORDER BY 1`
  const found: Slice[] = []
  for (const [start = '', records = '0'] of await queryTexts(service, sql, onScanned)) {
    const startMs = Number(BigInt(nanosecondsOf(start)) / 1_000_000n)
    const slice = {
      fromMs: Math.max(startMs, range.fromMs ?? 0),
      toMs: Math.min(startMs + ms, range.toMs ?? Number.MAX_SAFE_INTEGER),
      rows: Number(records),
    }
    if (slice.rows <= sliceRows || level === steps.length - 1) found.push(slice)
    else found.push(...merged(await bins(service, table, slice, sliceRows, level + 1, onScanned), sliceRows))
  }
  return found
}

/** Neighbours become one while they are small together; what is between them, where nothing was counted, belongs to the first. */
export function merged(slices: readonly Slice[], sliceRows: number): readonly Slice[] {
  const found: Slice[] = []
  for (const slice of slices) {
    const last = found.at(-1)
    if (last !== undefined && last.rows + slice.rows <= sliceRows) {
      found[found.length - 1] = { fromMs: last.fromMs, toMs: slice.toMs, rows: last.rows + slice.rows }
    } else found.push(slice)
  }
  return found
}

const nameOf = ({ databaseName, tableName }: SourceTable): string => `${quoted(databaseName)}.${quoted(tableName)}`

function where({ fromMs, toMs }: Range): string {
  const parts = [
    ...(fromMs === undefined ? [] : [`time >= from_milliseconds(${fromMs})`]),
    ...(toMs === undefined ? [] : [`time < from_milliseconds(${toMs})`]),
  ]
  return parts.length === 0 ? '' : ` WHERE ${parts.join(' AND ')}`
}

/** The records of a slice, column by column. */
export const sliceStatement = (table: SourceTable, slice: Slice, columns: readonly TableColumn[]): string =>
  `SELECT ${columns.map(({ name }) => quoted(name)).join(', ')} FROM ${nameOf(table)}${where(slice)}`

/** The number of records of a slice by measure. */
export const countStatement = (table: SourceTable, slice: Slice): string =>
  `SELECT measure_name, count(*) FROM ${nameOf(table)}${where(slice)} GROUP BY measure_name`
