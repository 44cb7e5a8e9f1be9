import { once } from 'node:events'
import { createWriteStream, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { memoryMb } from './process-usage.ts'
import { Report, thousands } from './report.ts'
import { type RunningServer, startServer } from './server.ts'
import { call, queryAll, type Target } from './wire.ts'

const hosts = 1000
const columns = ['usage_user', 'usage_system', 'usage_idle', 'usage_nice']

/** Rows of hosts that report at an even pace: all hosts time by time, or one host after the other. */
async function writeCsv(path: string, rows: number, order: 'time' | 'host', intervalMs: number): Promise<void> {
  const ticks = Math.ceil(rows / hosts)
  const startMs = Date.now() - ticks * intervalMs
  const file = createWriteStream(path)
  file.write(`time,hostname,region,${columns.join(',')}\n`)
  const line = (tick: number, host: number): string => {
    const values = columns.map((_, index) => (((tick * 31 + host * 17 + index * 7) % 10_000) / 100).toFixed(2))
    return `${startMs + tick * intervalMs},host_${host},eu-west-${host % 4},${values.join(',')}\n`
  }
  for (let outer = 0; outer < (order === 'time' ? ticks : hosts); outer++) {
    let text = ''
    for (let inner = 0; inner < (order === 'time' ? hosts : ticks); inner++)
      text += order === 'time' ? line(outer, inner) : line(inner, outer)
    if (!file.write(text)) await once(file, 'drain')
  }
  file.end()
  await once(file, 'finish')
}

interface Progress {
  readonly TaskStatus: string
  readonly ProgressReport?: { readonly RecordsIngested: number; readonly BytesMetered: number }
}

interface Load {
  readonly rowsPerSecond: number
  readonly megabytes: number
  /** After a tenth, a half and all of the rows, and the most. */
  readonly memory: readonly number[]
}

async function load({ target, pid }: RunningServer, key: string, table: string, rows: number): Promise<Load> {
  const attributes = columns.map((SourceColumn) => ({ SourceColumn, MeasureValueType: 'DOUBLE' }))
  const startMs = performance.now()
  const { TaskId } = await call<{ readonly TaskId: string }>(target, 'CreateBatchLoadTask', {
    TargetDatabaseName: 'bulk',
    TargetTableName: table,
    DataSourceConfiguration: { DataFormat: 'CSV', DataSourceS3Configuration: { BucketName: 'the-bucket', ObjectKeyPrefix: key } },
    DataModelConfiguration: {
      DataModel: {
        TimeColumn: 'time',
        DimensionMappings: ['hostname', 'region'].map((SourceColumn) => ({ SourceColumn })),
        MultiMeasureMappings: { TargetMultiMeasureName: 'cpu', MultiMeasureAttributeMappings: attributes },
      },
    },
    ReportConfiguration: { ReportS3Configuration: { BucketName: 'the-bucket', ObjectKeyPrefix: 'reports' } },
  })
  const memory: number[] = []
  for (;;) {
    await delay(200)
    const described = await call<{ readonly BatchLoadTaskDescription: Progress }>(target, 'DescribeBatchLoadTask', { TaskId })
    const { TaskStatus, ProgressReport } = described.BatchLoadTaskDescription
    const share = (ProgressReport?.RecordsIngested ?? 0) / rows
    if (share >= [0.1, 0.5, 1][memory.length]!) memory.push(memoryMb(pid).now)
    if (TaskStatus === 'CREATED' || TaskStatus === 'IN_PROGRESS') continue
    if (TaskStatus !== 'SUCCEEDED') throw new Error(`the batch load ended as ${TaskStatus}`)
    const seconds = (performance.now() - startMs) / 1000
    while (memory.length < 3) memory.push(memoryMb(pid).now)
    const megabytes = (ProgressReport?.BytesMetered ?? 0) / 1e6
    return { rowsPerSecond: rows / seconds, megabytes: megabytes / seconds, memory: [...memory, memoryMb(pid).peak] }
  }
}

async function unload({ target, pid, directory }: RunningServer, options: string, rows: number): Promise<readonly string[]> {
  const before = memoryMb(pid).now
  let most = before
  const watch = setInterval(() => (most = Math.max(most, memoryMb(pid).now)), 200)
  const startMs = performance.now()
  await queryAll(target, `UNLOAD (SELECT * FROM bulk.by_time) TO 's3://the-bucket/out' WITH (${options})`)
  clearInterval(watch)
  rmSync(join(directory, 'buckets', 'the-bucket', 'out'), { recursive: true })
  return [options, thousands((rows * 1000) / (performance.now() - startMs)), ...[before, most].map((mb) => mb.toFixed(0))]
}

async function createTable(target: Target, table: string, hours: number): Promise<void> {
  await call(target, 'CreateTable', {
    DatabaseName: 'bulk',
    TableName: table,
    RetentionProperties: { MemoryStoreRetentionPeriodInHours: hours, MagneticStoreRetentionPeriodInDays: 3650 },
    MagneticStoreWriteProperties: { EnableMagneticStoreWrites: true },
  })
}

/** Batch loads of a file in two orders, and UNLOADs of what was loaded: rate, and how memory moves meanwhile. */
export async function benchmarkBatchLoad({ rows = 3_000_000 } = {}): Promise<void> {
  const report = new Report('batch-load', 'Batch load and UNLOAD: rate and memory')
  const server = await startServer()
  try {
    const bucket = join(server.directory, 'buckets', 'the-bucket')
    mkdirSync(bucket, { recursive: true })
    await call(server.target, 'CreateDatabase', { DatabaseName: 'bulk' })
    // one day's records; and late ones, of which each block touches many of the magnetic store's days
    await createTable(server.target, 'by_time', 48)
    await createTable(server.target, 'by_host', 1)
    report.say(
      `${thousands(rows)} rows of ${hosts} hosts. Memory is resident MB of the server, of which the engine's library is about 230.`,
    )
    report.say()
    const lines: string[][] = []
    for (const [order, table, intervalMs] of [
      ['time', 'by_time', Math.floor((20 * 3_600_000) / Math.ceil(rows / hosts))],
      ['host', 'by_host', Math.floor((60 * 86_400_000) / Math.ceil(rows / hosts))],
    ] as const) {
      await writeCsv(join(bucket, `${table}.csv`), rows, order, intervalMs)
      const { rowsPerSecond, megabytes, memory } = await load(server, table, table, Math.ceil(rows / hosts) * hosts)
      rmSync(join(bucket, `${table}.csv`))
      lines.push([`in the order of ${order}`, thousands(rowsPerSecond), megabytes.toFixed(1), ...memory.map((mb) => mb.toFixed(0))])
    }
    report.table(['batch load', 'rows/s', 'MB/s', 'after 10 %', 'after 50 %', 'at the end', 'most so far'], lines)
    report.say()
    report.table(
      ['UNLOAD', 'rows/s', 'memory before', 'most meanwhile'],
      [
        await unload(server, "compression = 'NONE'", rows),
        await unload(server, "compression = 'GZIP'", rows),
        await unload(server, "format = 'PARQUET'", rows),
      ],
    )
    report.save(`npm run bench -- batch-load --rows ${rows}`)
  } finally {
    await server.stop()
  }
}
