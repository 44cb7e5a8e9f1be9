import type { RecordInput } from '../../../src/database/write/record.ts'
import { recordsAt, type Sample } from '../../../src/cli/demo/sample-data.ts'
import type { Datum } from '../runner/cell.ts'

/** What one source of the demo's data says at one time. */
export interface SampleRow {
  readonly dimensions: Readonly<Record<string, string>>
  readonly ms: number
  readonly values: Readonly<Record<string, string>>
}

export interface SampleData {
  readonly rows: readonly SampleRow[]
  readonly single: readonly RecordInput[]
  readonly multi: readonly RecordInput[]
}

/** The demo's data of an hour before a moment, as its records and as plain rows. */
export function sampleData(sample: Sample, sources: number, endMs: number): SampleData {
  const rows: SampleRow[] = []
  const single: RecordInput[] = []
  const multi: RecordInput[] = []
  const ticks = 3_600_000 / sample.intervalMs
  const reporting = sample.sources(sources)
  for (let tick = 1; tick <= ticks; tick++) {
    const ms = endMs - (ticks - tick) * sample.intervalMs
    for (const source of reporting) {
      const records = recordsAt(sample, source, ms)
      single.push(...(records.single as readonly RecordInput[]))
      multi.push(records.multi as RecordInput)
      const entries = (records.multi.MeasureValues ?? []).map(({ Name, Value }) => [Name!, Value!] as const)
      rows.push({
        dimensions: Object.fromEntries(source.dimensions.map(({ Name, Value }) => [Name!, Value!])),
        ms,
        values: Object.fromEntries(entries),
      })
    }
  }
  return { rows, single, multi }
}

/** How a query says it of the single-measure table, and of the multi-measure one. */
export interface Variant {
  readonly name: 'single' | 'multi'
  readonly table: string
  /** The condition that leaves a measure's rows. */
  has(measure: string): string
  value(measure: string, type?: 'double' | 'bigint' | 'varchar'): string
}

export const variants = (sample: Sample): readonly Variant[] => [
  {
    name: 'single',
    table: `"sampleDB".${sample.singleTable}`,
    has: (measure) => `measure_name = '${measure}'`,
    value: (_, type = 'double') => `measure_value::${type}`,
  },
  {
    name: 'multi',
    table: `"sampleDB".${sample.multiTable}`,
    has: () => `measure_name = '${sample.multiMeasureName}'`,
    value: (measure) => (/^\w+$/.test(measure) ? measure : `"${measure}"`),
  },
]

export type Expected = number | string | boolean | null | readonly Expected[]

export interface SampleQuery {
  readonly name: string
  sql(variant: Variant): string
  /** The rows, in their order; unless the query orders them, in any. */
  expected(rows: readonly SampleRow[]): readonly (readonly Expected[])[]
  readonly unordered?: true
}

/** `2024-01-15 11:00:15.000000000`. */
export const timeText = (ms: number): string => `${new Date(ms).toISOString().slice(0, 23).replace('T', ' ')}000000`
export const round = (value: number, digits: number): number => Math.round(value * 10 ** digits) / 10 ** digits
export const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
/** The smallest value at or below which more than that share of them lies. */
export const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(share * values.length))]!
export const binMs = (ms: number, size: number): number => Math.floor(ms / size) * size

export function groups<T>(items: readonly T[], key: (item: T) => string): readonly (readonly T[])[] {
  const found = new Map<string, T[]>()
  for (const item of items) {
    const name = key(item)
    const group = found.get(name)
    if (group === undefined) found.set(name, [item])
    else group.push(item)
  }
  return [...found.values()]
}

/** Whether an answer is what was computed: numbers to nine digits, all else exactly; a series as pairs of time and value. */
export function matches(expected: Expected, datum: Datum): boolean {
  if (expected === null) return datum.NullValue === true
  if (typeof expected === 'number') {
    const found = Number(datum.ScalarValue)
    return datum.ScalarValue !== undefined && Math.abs(found - expected) <= 1e-9 * Math.max(1, Math.abs(expected))
  }
  if (typeof expected !== 'object') return datum.ScalarValue === String(expected)
  const found =
    datum.TimeSeriesValue?.map((point): readonly Datum[] => [{ ScalarValue: point.Time }, point.Value]) ??
    datum.ArrayValue ??
    datum.RowValue?.Data
  return (
    found !== undefined &&
    found.length === expected.length &&
    expected.every((each, i) => {
      const part = found[i]!
      if (!Array.isArray(part)) return matches(each, part as Datum)
      return Array.isArray(each) && (part as readonly Datum[]).every((half, j) => matches((each as readonly Expected[])[j]!, half))
    })
  )
}
