import { type LinePeer, lineProtocol } from './line-protocol.ts'
import { runLoad } from './load.ts'
import { jsonLines, type RawChdb } from './raw-chdb.ts'
import { type CpuData, metricNames, tagNames } from './tsbs.ts'
import { call, inParallel, prepare, send, type Target } from './wire.ts'

const database = 'benchmark'
const recordsPerCall = 100

/** Makes benchmark.cpu with room for all of the data in the memory store. */
export async function createCpuTable(target: Target, memoryStoreHours: number): Promise<void> {
  await call(target, 'CreateDatabase', { DatabaseName: database })
  await call(target, 'CreateTable', {
    DatabaseName: database,
    TableName: 'cpu',
    RetentionProperties: { MemoryStoreRetentionPeriodInHours: memoryStoreHours, MagneticStoreRetentionPeriodInDays: 365 },
  })
}

/** Rows `from` (inclusive) to `to` (exclusive) as multi-measure records, in calls of 100; answers rows per second. */
export async function loadTarget(target: Target, data: CpuData, from: number, to: number): Promise<number> {
  const record = (row: number): object => ({
    Dimensions: tagNames.map((Name, i) => ({ Name, Value: data.tags[row % data.hosts]![i] })),
    MeasureName: 'cpu',
    MeasureValueType: 'MULTI',
    Time: String(data.startMs + Math.floor(row / data.hosts) * data.intervalMs),
    MeasureValues: metricNames.map((Name, i) => ({ Name, Value: String(data.values[row * 10 + i]), Type: 'DOUBLE' })),
  })
  const start = performance.now()
  await inParallel(Math.ceil((to - from) / recordsPerCall), 32, (index) => {
    const first = from + index * recordsPerCall
    const count = Math.min(recordsPerCall, to - first)
    const records = Array.from({ length: count }, (_, i) => record(first + i))
    return send(target, prepare(target, 'WriteRecords', { DatabaseName: database, TableName: 'cpu', Records: records }))
  })
  return (to - from) / ((performance.now() - start) / 1000)
}

const rowsPerBatch = 10_000

/** Everything as line protocol, two batches of 10 000 rows at a time. */
export async function loadLines(peer: LinePeer, data: CpuData): Promise<void> {
  const rows = data.hosts * data.ticks
  let from = 0
  const next = (): Buffer | undefined => {
    if (from >= rows) return undefined
    const lines = lineProtocol(data, from, Math.min(rows, from + rowsPerBatch))
    from += rowsPerBatch
    return peer.request(lines)
  }
  await runLoad(peer.endpoint, next, { connections: 2 })
}

export async function loadRaw(raw: RawChdb, data: CpuData): Promise<void> {
  await raw.create()
  const rows = data.hosts * data.ticks
  for (let at = 0; at < rows; at += 50_000) await raw.insert(jsonLines(data, at, Math.min(rows, at + 50_000)))
}
