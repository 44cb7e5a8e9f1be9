import { type CpuData, metricNames, tagNames } from './tsbs.ts'

/** Records of each body below. */
export const recordsPerCall = 100

const dimensionsOf = (data: CpuData, host: number) => tagNames.map((Name, i) => ({ Name, Value: data.tags[host]![i]! }))

/** The body of call `index`: 100 records of 10 measures. `common`: one host a call, its dimensions in CommonAttributes. */
function multiMeasureBody(data: CpuData, index: number, common: boolean): object {
  const record = (row: number) => ({
    Time: String(data.startMs + Math.floor(row / data.hosts) * data.intervalMs),
    MeasureValues: metricNames.map((Name, i) => ({ Name, Value: String(data.values[row * 10 + i]), Type: 'DOUBLE' })),
  })
  const shared = { MeasureName: 'cpu', MeasureValueType: 'MULTI' }
  if (!common) {
    const rows = Array.from({ length: recordsPerCall }, (_, i) => index * recordsPerCall + i)
    return {
      DatabaseName: 'benchmark',
      TableName: 'cpu',
      Records: rows.map((row) => ({ Dimensions: dimensionsOf(data, row % data.hosts), ...shared, ...record(row) })),
    }
  }
  const host = index % data.hosts
  const firstTick = Math.floor(index / data.hosts) * recordsPerCall
  return {
    DatabaseName: 'benchmark',
    TableName: 'cpu',
    CommonAttributes: { Dimensions: dimensionsOf(data, host), ...shared },
    Records: Array.from({ length: recordsPerCall }, (_, i) => record((firstTick + i) * data.hosts + host)),
  }
}

/** One record a metric: the form of the standard benchmark's own Timestream target. 10 rows a call. */
function singleMeasureBody(data: CpuData, index: number): object {
  const rows = Array.from({ length: recordsPerCall / 10 }, (_, i) => index * (recordsPerCall / 10) + i)
  return {
    DatabaseName: 'benchmark',
    TableName: 'cpu',
    Records: rows.flatMap((row) =>
      metricNames.map((MeasureName, i) => ({
        Dimensions: dimensionsOf(data, row % data.hosts),
        Time: String(data.startMs + Math.floor(row / data.hosts) * data.intervalMs),
        MeasureName,
        MeasureValue: String(data.values[row * 10 + i]),
        MeasureValueType: 'DOUBLE',
      })),
    ),
  }
}

/** One row of the data, alone in its request. */
export function oneRecordBody(data: CpuData, row: number): object {
  const whole = multiMeasureBody(data, Math.floor(row / recordsPerCall), false) as { readonly Records: readonly object[] }
  return { ...whole, Records: [whole.Records[row % recordsPerCall]] }
}

interface BodyForm {
  readonly label: string
  readonly valuesPerRecord: number
  readonly body: (data: CpuData, index: number) => object
}

export const bodyForms: readonly BodyForm[] = [
  {
    label: '100 multi-measure records × 10, dimensions in each',
    valuesPerRecord: 10,
    body: (data, index) => multiMeasureBody(data, index, false),
  },
  {
    label: '100 multi-measure records × 10, common dimensions',
    valuesPerRecord: 10,
    body: (data, index) => multiMeasureBody(data, index, true),
  },
  { label: '100 single-measure records', valuesPerRecord: 1, body: singleMeasureBody },
]
