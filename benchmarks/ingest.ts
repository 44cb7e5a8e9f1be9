import { jsonLines, RawChdb } from './raw-chdb.ts'
import { startServer } from './server.ts'
import { generateCpu } from './tsbs.ts'
import { call, inParallel, prepare, send, type Target } from './wire.ts'
import { bodyForms, recordsPerCall } from './write-bodies.ts'

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
    for (const { label, valuesPerRecord, body } of bodyForms) {
      for (const width of [1, 64]) {
        const calls = width === 1 ? rows / 1000 : rows / recordsPerCall
        const rate = await measure(server.target, calls, width, (index) => body(data, index))
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
