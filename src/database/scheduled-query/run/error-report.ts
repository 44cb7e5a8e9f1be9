import { randomBytes, randomUUID } from 'node:crypto'
import type { ErrorReportConfiguration, Trigger } from '../scheduled-queries.ts'
import type { RecordInput } from '../../write/record.ts'
import type { RowTexts } from '../target/map-row.ts'

/** What went wrong with single rows and records of a run, up to a bound. Source: developer guide, "Scheduled queries error reports". */
export class ErrorReport {
  readonly #mostEntries: number
  readonly #byReason = new Map<string, RecordInput[]>()
  readonly #others: { readonly reason: string; readonly rawLine?: string }[] = []
  #entries = 0
  #leftOut = 0

  constructor(mostEntries: number) {
    this.#mostEntries = mostEntries
  }

  get isEmpty(): boolean {
    return this.#entries === 0
  }

  addRecord(reason: string, record: RecordInput): void {
    if (!this.#hasRoom()) return
    const known = this.#byReason.get(reason)
    if (known) known.push(record)
    else this.#byReason.set(reason, [record])
  }

  addRow(reason: string, row: RowTexts): void {
    if (this.#hasRoom()) this.#others.push({ reason, rawLine: row.map((cell) => cell ?? '').join(',') })
  }

  addGeneral(reason: string): void {
    if (this.#hasRoom()) this.#others.push({ reason })
  }

  /** The report as JSON text. */
  text(): string {
    const errors: object[] = [...this.#byReason].map(([reason, records]) => ({ reason, records: records.map(shownRecord) }))
    errors.push(...this.#others)
    if (this.#leftOut > 0) errors.push({ reason: `${this.#leftOut} further errors are not listed.` })
    return JSON.stringify({ reportId: randomBytes(16).toString('hex'), errors })
  }

  #hasRoom(): boolean {
    this.#entries++
    if (this.#entries <= this.#mostEntries) return true
    this.#leftOut++
    return false
  }
}

export interface ReportOrigin {
  readonly queryId: string
  readonly invocationMs: number
  readonly trigger: Trigger
  readonly triggeredMs: number
}

/** `prefix/name-suffix/InvocationEpochSecond/AUTO|MANUAL/TriggerEpochMillis/uuid` */
export function reportKey({ objectKeyPrefix }: ErrorReportConfiguration, origin: ReportOrigin): string {
  const { queryId, invocationMs, trigger, triggeredMs } = origin
  const prefix = objectKeyPrefix === undefined ? [] : [objectKeyPrefix.replace(/\/+$/, '')]
  return [...prefix, queryId, Math.floor(invocationMs / 1000), trigger, triggeredMs, randomUUID()].join('/')
}

/** The record with lower-case members, null where it has none. */
function shownRecord(record: RecordInput): object {
  const { Dimensions = [], MeasureName, MeasureValue = null, MeasureValues, MeasureValueType, Time, TimeUnit, Version = null } = record
  return {
    dimensions: Dimensions.map(({ Name, Value }) => ({ name: Name, value: Value, dimensionValueType: null })),
    measureName: MeasureName,
    measureValue: MeasureValue,
    measureValues: MeasureValues?.map(({ Name, Value, Type }) => ({ name: Name, value: Value, type: Type })) ?? null,
    measureValueType: MeasureValueType,
    time: Time,
    timeUnit: TimeUnit,
    version: Version,
  }
}
