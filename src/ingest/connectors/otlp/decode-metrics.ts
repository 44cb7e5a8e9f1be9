import type { AttributeType, IngestRecord, MeasureValue, SeriesDimensions } from '../../../database/write/ingest-record.ts'
import type { SharedNames } from '../../mapping/shared-names.ts'
import { attributeText } from './attribute-text.ts'
import type { OtlpObject, OtlpValue } from './messages.ts'

export interface MetricOptions {
  /** Attributes of the resource that become dimensions; `*`: all. */
  readonly resourceAttributes: readonly string[]
  readonly names: SharedNames
}

export interface DecodedMetrics {
  readonly records: readonly IngestRecord[]
  /** Data points that are none. */
  readonly rejected: number
  readonly reasons: readonly string[]
}

interface Collected {
  readonly records: IngestRecord[]
  readonly reasons: Set<string>
  rejected: number
}

type Attributes = ReadonlyMap<string, string>
type Cell = number | bigint | boolean | string

const noRecordedValue = 1
const mostReasons = 3

/**
 * `ExportMetricsServiceRequest` as records. Gauges and sums: a single-measure record a point. Histograms and summaries: a multi-measure record a
 * point, buckets as lists in JSON. The measure is the metric's name, dimensions are the point's attributes and chosen ones of its resource.
 */
export function decodeMetrics(request: OtlpObject, options: MetricOptions): DecodedMetrics {
  const collected: Collected = { records: [], reasons: new Set(), rejected: 0 }
  for (const ofResource of list(request['resourceMetrics'])) {
    const resource = chosen(attributesOf(object(ofResource['resource'])), options.resourceAttributes)
    for (const ofScope of list(ofResource['scopeMetrics'])) {
      for (const metric of list(ofScope['metrics'])) decodeMetric(metric, resource, options.names, collected)
    }
  }
  return { records: collected.records, rejected: collected.rejected, reasons: [...collected.reasons] }
}

function decodeMetric(metric: OtlpObject, resource: Attributes, names: SharedNames, collected: Collected): void {
  const measureName = typeof metric['name'] === 'string' ? metric['name'] : ''
  for (const [kind, value] of Object.entries(valueOf)) {
    for (const point of list(object(metric[kind])['dataPoints'])) {
      if ((Number(point['flags'] ?? 0) & noRecordedValue) !== 0) continue
      try {
        const dimensions = dimensionsOf(resource, attributesOf(point), names)
        collected.records.push({ timeNs: BigInt(text(point['timeUnixNano'])), measureName, dimensions, value: value(point, names) })
      } catch (error) {
        collected.rejected++
        if (collected.reasons.size < mostReasons)
          collected.reasons.add(`${measureName}: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
  }
}

const valueOf: Readonly<Record<string, (point: OtlpObject, names: SharedNames) => MeasureValue>> = {
  gauge: numberValue,
  sum: numberValue,
  histogram: (point, names) =>
    multi(names, [
      ...totals(point),
      ['bucket_counts', 'varchar', numbers(point['bucketCounts'])],
      ['explicit_bounds', 'varchar', numbers(point['explicitBounds'])],
    ]),
  exponentialHistogram: (point, names) =>
    multi(names, [
      ...totals(point),
      ['scale', 'bigint', BigInt(text(point['scale'] ?? 0))],
      ['zero_count', 'bigint', BigInt(text(point['zeroCount'] ?? 0))],
      ['zero_threshold', 'double', Number(point['zeroThreshold'] ?? 0)],
      ...buckets('positive', object(point['positive'])),
      ...buckets('negative', object(point['negative'])),
    ]),
  summary: (point, names) =>
    multi(names, [
      ...totals(point),
      ...list(point['quantileValues']).map(({ quantile = 0, value = 0 }): Attribute => [
        `quantile_${text(quantile)}`,
        'double',
        Number(value),
      ]),
    ]),
}

function numberValue(point: OtlpObject): MeasureValue {
  const whole = point['asInt']
  if (whole !== undefined) return { kind: 'single', type: 'bigint', value: BigInt(text(whole)) }
  if (point['asDouble'] === undefined) throw new Error('a data point has no value')
  return { kind: 'single', type: 'double', value: Number(point['asDouble']) }
}

type Attribute = readonly [name: string, type: AttributeType, value: Cell | undefined]

const totals = (point: OtlpObject): readonly Attribute[] => [
  ['count', 'bigint', BigInt(text(point['count'] ?? 0))],
  ...(['sum', 'min', 'max'] as const).map((name): Attribute => [
    name,
    'double',
    point[name] === undefined ? undefined : Number(point[name]),
  ]),
]

const buckets = (side: string, value: OtlpObject): readonly Attribute[] =>
  value['bucketCounts'] === undefined
    ? []
    : [
        [`${side}_offset`, 'bigint', BigInt(text(value['offset'] ?? 0))],
        [`${side}_bucket_counts`, 'varchar', numbers(value['bucketCounts'])],
      ]

function multi(names: SharedNames, attributes: readonly Attribute[]): MeasureValue {
  const there = attributes.filter(([, , value]) => value !== undefined)
  const shape = names.shape(
    there.map(([name]) => name),
    there.map(([, type]) => type),
  )
  return { kind: 'multi', shape, values: there.map(([, , value]) => value!) }
}

/** `[1,2,3]`; undefined for none. 64-bit integers come as texts. */
function numbers(value: OtlpValue | undefined): string | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined
  return `[${value.map((each: OtlpValue) => text(each)).join(',')}]`
}

function dimensionsOf(resource: Attributes, point: Attributes, names: SharedNames): SeriesDimensions {
  const merged = new Map([...resource, ...point])
  return { names: names.list([...merged.keys()]), values: [...merged.values()] }
}

function attributesOf(holder: OtlpObject): Attributes {
  const found = new Map<string, string>()
  for (const { key, value } of list(holder['attributes'])) {
    const valueText = attributeText(object(value))
    if (typeof key === 'string' && valueText !== '') found.set(key, valueText)
  }
  return found
}

const chosen = (attributes: Attributes, wanted: readonly string[]): Attributes =>
  wanted.includes('*') ? attributes : new Map([...attributes].filter(([name]) => wanted.includes(name)))

function object(value: OtlpValue | undefined): OtlpObject {
  return typeof value === 'object' && !Array.isArray(value) && value !== null ? (value as OtlpObject) : {}
}

function list(value: OtlpValue | undefined): readonly OtlpObject[] {
  return Array.isArray(value) ? value.map((each: OtlpValue) => object(each)) : []
}

function text(value: OtlpValue | undefined): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value)
  throw new Error('a number is missing')
}
