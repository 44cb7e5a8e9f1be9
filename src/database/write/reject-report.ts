import { randomBytes } from 'node:crypto'
import type { WriteRecord } from '../../storage/writer/write-record.ts'

/** A late record that lost against a stored one, and why. */
export interface MagneticReject {
  readonly record: Pick<WriteRecord, 'timeNs' | 'version' | 'measureName' | 'dimensions' | 'value'>
  readonly reason: string
}

/** A record in the JSON of an error report. Source: developer guide, "Scheduled query error reports reasons"; the same shape for both. */
export function rejectedRecordJson({ record }: MagneticReject): string {
  const { timeNs, version, measureName, dimensions, value } = record
  const isMulti = value.kind === 'multi'
  const json = JSON.stringify({
    dimensions: dimensions.names.map((name, i) => ({ name, value: dimensions.values[i], dimensionValueType: null })),
    measureName,
    measureValue: isMulti ? null : String(value.value),
    measureValues: isMulti
      ? value.shape.names.map((name, i) => ({ name, value: String(value.values[i]), type: value.shape.types[i]!.toUpperCase() }))
      : null,
    measureValueType: isMulti ? 'MULTI' : value.type.toUpperCase(),
    time: String(timeNs),
    timeUnit: 'NANOSECONDS',
  })
  // a number of 64 bits, which JSON.stringify cannot write
  return `${json.slice(0, -1)},"version":${version}}`
}

export interface RejectReport {
  readonly key: string
  readonly body: string
}

/**
 * The report of some rejected records (as `rejectedRecordJson` writes them) by their reasons.
 * Its key: `<prefix>/<database>/<table>/<year>/<month>/<day>/<hour>/<report id>.json`, in UTC.
 */
export function rejectReport(
  table: { readonly databaseName: string; readonly tableName: string },
  prefix: string | undefined,
  byReason: ReadonlyMap<string, readonly string[]>,
  nowMs: number,
): RejectReport {
  const reportId = randomBytes(16).toString('hex').toUpperCase()
  const [date = '', time = ''] = new Date(nowMs).toISOString().split('T')
  const folders = [...(prefix ?? '').split('/').filter((part) => part !== ''), table.databaseName, table.tableName, ...date.split('-')]
  const errors = [...byReason].map(([reason, records]) => `{"reason":${JSON.stringify(reason)},"records":[${records.join(',')}]}`)
  return {
    key: [...folders, time.slice(0, 2), `${reportId}.json`].join('/'),
    body: `{"reportId":"${reportId}","errors":[${errors.join(',')}]}`,
  }
}
