import { jsonLines, RawChdb } from './raw-chdb.ts'
import { startServer } from './server.ts'
import { type CpuData, generateCpu, metricNames, tagNames } from './tsbs.ts'
import { call, inParallel, prepare, send, type Target } from './wire.ts'

const recordsPerCall = 100

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

async function freshTable(target: Target): Promise<void> {
  await call(target, 'CreateDatabase', { DatabaseName: 'benchmark' }).catch(() => undefined)
  await call(target, 'DeleteTable', { DatabaseName: 'benchmark', TableName: 'cpu' }).catch(() => undefined)
  await call(target, 'CreateTable', {
    DatabaseName: 'benchmark',
    TableName: 'cpu',
    RetentionProperties: { MemoryStoreRetentionPeriodInHours: 48, MagneticStoreRetentionPeriodInDays: 365 },
  })
}

async function measure(target: Target, calls: number, width: number, body: (index: number) => object): Promise<number> {
  await freshTable(target)
  const prepared = Array.from({ length: calls }, (_, i) => prepare(target, 'WriteRecords', body(i)))
  const start = performance.now()
  await inParallel(calls, width, (i) => send(target, prepared[i]!))
  return (calls * recordsPerCall) / ((performance.now() - start) / 1000)
}

export async function benchmarkIngest(rows = 100_000): Promise<void> {
  const ticks = rows / 100
  const data = generateCpu({ seed: 123, hosts: 100, ticks, startMs: Date.now() - ticks * 10_000 })
  const server = await startServer()
  const raw = new RawChdb()
  try {
    await raw.create()
    const batches = Array.from({ length: rows / 10_000 }, (_, i) => jsonLines(data, i * 10_000, (i + 1) * 10_000))
    const start = performance.now()
    for (const batch of batches) await raw.insert(batch)
    const rival = rows / ((performance.now() - start) / 1000)
    console.log(`\nraw chDB, JSONEachRow, 10 000 rows an insert: ${Math.round(rival)} rows/s (10 values each)\n`)
    console.log('WriteRecords over HTTP'.padEnd(58) + 'connections   records/s   values/s   ratio to raw (values)')
    for (const [label, valuesPerRecord, body] of [
      ['100 multi-measure records × 10, dimensions in each', 10, (i: number) => multiMeasureBody(data, i, false)],
      ['100 multi-measure records × 10, common dimensions', 10, (i: number) => multiMeasureBody(data, i, true)],
      ['100 single-measure records', 1, (i: number) => singleMeasureBody(data, i)],
    ] as const) {
      for (const width of [1, 64]) {
        const calls = width === 1 ? rows / 1000 : rows / recordsPerCall
        const rate = await measure(server.target, calls, width, body)
        const values = rate * valuesPerRecord
        console.log(
          `${label.padEnd(58)}${String(width).padStart(11)}${String(Math.round(rate)).padStart(12)}${String(Math.round(values)).padStart(11)}${(values / (rival * 10)).toFixed(3).padStart(24)}`,
        )
      }
    }
  } finally {
    await raw.close()
    await server.stop()
  }
}
