import type { DimensionInput, MeasureValueInput, RecordInput } from '../../write/record.ts'
import type { MeasurePlan, TargetPlan } from './target-plan.ts'

/** The cells of a row as texts, as records have them; timestamps in nanoseconds. */
export type RowTexts = readonly (string | null)[]

/**
 * The records that a row becomes. NULLs are left out, and so are measures without any value; a row in which every measure is NULL is an error.
 * @returns a text when the row cannot become a record: why
 */
export function mapRow(
  { time, dimensions, measureName, measures }: TargetPlan,
  row: RowTexts,
  version: number,
): readonly RecordInput[] | string {
  const timeText = row[time] ?? null
  if (timeText === null) return 'The value of the time column is NULL.'
  const rowName = measureName === undefined ? undefined : (row[measureName] ?? null)
  if (rowName === null) return 'The value of the measure name column is NULL.'
  const mapped: DimensionInput[] = []
  for (const { name, column } of dimensions) {
    const value = row[column] ?? null
    if (value !== null) mapped.push({ Name: name, Value: value })
  }
  const common = { Dimensions: mapped, Time: timeText, TimeUnit: 'NANOSECONDS', Version: version } as const
  const records: RecordInput[] = []
  let matching = 0
  for (const measure of measures) {
    if (measure.when !== undefined && measure.when !== rowName) continue
    matching++
    const value = measureOf(measure, row, rowName)
    if (value !== undefined) records.push({ ...common, ...value })
  }
  return records.length === 0 && matching > 0 ? 'The values of all mapped measure columns are NULL.' : records
}

function measureOf(measure: MeasurePlan, row: RowTexts, rowName: string | undefined): Partial<RecordInput> | undefined {
  const MeasureName = measure.name ?? rowName ?? ''
  if (measure.kind === 'single') {
    const value = row[measure.column] ?? null
    return value === null ? undefined : { MeasureName, MeasureValue: value, MeasureValueType: measure.type }
  }
  const MeasureValues: MeasureValueInput[] = []
  for (const { name, type, column } of measure.attributes) {
    const value = row[column] ?? null
    if (value !== null) MeasureValues.push({ Name: name, Value: value, Type: type })
  }
  return MeasureValues.length === 0 ? undefined : { MeasureName, MeasureValueType: 'MULTI', MeasureValues }
}
