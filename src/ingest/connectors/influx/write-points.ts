import type { ServerError } from '../../../base/errors.ts'
import type { Caller } from '../../../database/caller.ts'
import type { Creation, RecordSink, TableRecords } from '../../record-sink.ts'
import type { DecodedLines, MeasurementPoints } from './line-decoder.ts'

/** What came of a request's lines. */
export interface WrittenPoints {
  readonly accepted: number
  /** Points that were refused, and why the first of them. */
  readonly dropped: number
  readonly reason?: string
  /** Nothing of a table could be written, or nothing at all: what the whole request fails with. */
  readonly error?: ServerError
}

export interface WritePlan {
  readonly databaseName: string
  /** All measurements go into this table; a table for each measurement when absent. */
  readonly table: string | undefined
  readonly creation: Creation
}

/** Writes the points of a request, each measurement into its table. */
export async function writePoints(sink: RecordSink, caller: Caller, decoded: DecodedLines, plan: WritePlan): Promise<WrittenPoints> {
  const tables = tablesOf(decoded.measurements, plan)
  const outcomes = await sink.write(caller, tables, plan.creation)
  let accepted = 0
  let dropped = 0
  let reason: string | undefined
  let error: ServerError | undefined
  outcomes.forEach((outcome, i) => {
    const { measurements } = tables[i]!
    accepted += outcome.accepted
    dropped += outcome.rejected.length
    for (const { index, reason: why } of outcome.rejected) reason ??= `line ${lineOf(measurements, index)}: ${why}`
    if (outcome.error?.code === 'VALIDATION') {
      // a name that no table can have: the points of that measurement are refused, not the request
      dropped += tables[i]!.records.length
      reason ??= `line ${lineOf(measurements, 0)}: ${outcome.error.message}`
    } else if (outcome.error !== undefined && error?.definition.retryable !== true) ({ error } = outcome)
  })
  return { accepted, dropped, ...(reason !== undefined && { reason }), ...(error !== undefined && { error }) }
}

interface PlannedTable extends TableRecords {
  readonly measurements: readonly MeasurementPoints[]
}

function tablesOf(measurements: readonly MeasurementPoints[], { databaseName, table }: WritePlan): readonly PlannedTable[] {
  if (table === undefined || measurements.length === 0) {
    return measurements.map((points) => ({ databaseName, tableName: points.measurement, records: points.records, measurements: [points] }))
  }
  return [{ databaseName, tableName: table, records: measurements.flatMap(({ records }) => records), measurements }]
}

function lineOf(measurements: readonly MeasurementPoints[], index: number): number {
  let at = index
  for (const { lines } of measurements) {
    if (at < lines.length) return lines[at]!
    at -= lines.length
  }
  return 0
}
