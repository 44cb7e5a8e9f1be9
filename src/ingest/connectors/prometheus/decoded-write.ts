import type { AttributeShape, IngestRecord } from '../../../database/write/ingest-record.ts'
import type { MetricSeries } from './metric-series.ts'

/** `single`: a single-measure record a sample, in one table, as AWS's connector does. `multi`: a table for each first word of metric names. */
export type Mapping = 'single' | 'multi'

/** What a write request holds, as far as it can be stored. */
export class DecodedWrite {
  readonly #mapping: Mapping
  readonly tables = new Map<string, IngestRecord[]>()
  /** Samples of the request, all of them. */
  samples = 0
  /** Samples that have no value to store (NaN, stale markers, infinities): they are taken and left out. */
  withoutValue = 0
  /** Samples of series that are wrong. */
  invalid = 0
  histograms = 0
  exemplars = 0
  /** What is wrong, a few times at most. */
  readonly faults: string[] = []

  constructor(mapping: Mapping) {
    this.#mapping = mapping
  }

  fault(text: string): void {
    if (this.faults.length < mostFaults && !this.faults.includes(text)) this.faults.push(text)
  }

  add({ measureName, dimensions }: MetricSeries, timeMs: number, value: number): void {
    if (!Number.isFinite(value)) {
      this.withoutValue++
      return
    }
    const timeNs = BigInt(timeMs) * 1_000_000n
    if (this.#mapping === 'single') {
      this.#records('').push({ timeNs, measureName, dimensions, value: { kind: 'single', type: 'double', value } })
    } else {
      this.#records(prefixOf(measureName)).push({
        timeNs,
        measureName,
        dimensions,
        value: { kind: 'multi', shape: valueShape, values: [value] },
      })
    }
  }

  #records(table: string): IngestRecord[] {
    if (table === this.#lastTable) return this.#lastRecords
    let records = this.tables.get(table)
    if (records === undefined) this.tables.set(table, (records = []))
    this.#lastTable = table
    this.#lastRecords = records
    return records
  }

  #lastTable: string | undefined
  #lastRecords: IngestRecord[] = []
}

const mostFaults = 5
export const valueAttribute = 'value'
const valueShape: AttributeShape = { names: [valueAttribute], types: ['double'] }

/** `node` of `node_cpu_seconds_total`; names of tables have three characters and more. */
export function prefixOf(metric: string): string {
  const end = metric.indexOf('_', 3)
  return (end < 0 ? metric : metric.slice(0, end)).padEnd(3, '_')
}
