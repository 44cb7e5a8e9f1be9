import { jsonLines, RawChdb } from './raw-chdb.ts'
import { startServer } from './server.ts'
import { generateCpu, metricNames, tagNames } from './tsbs.ts'
import { call, inParallel, prepare, queryAll, send } from './wire.ts'

interface Comparison {
  readonly name: string
  readonly timestream: string
  readonly clickhouse: string
}

/** Five of the standard benchmark's shapes, in the multi-measure form and as one would write them for the engine by hand. */
function comparisons(startMs: number, endMs: number): readonly Comparison[] {
  const text = (ms: number) => new Date(ms).toISOString().replace('T', ' ').replace('Z', '')
  const window = (from: number, to: number) => `time >= '${text(from)}' AND time < '${text(to)}'`
  const middle = startMs + (endMs - startMs) / 2
  const hour = window(middle, middle + 3_600_000)
  const all = window(startMs, endMs)
  const bin = (seconds: number) => `toStartOfInterval(time, INTERVAL ${seconds} SECOND)`
  const averages = (alias: string) => metricNames.map((m) => `avg(${m}) AS ${alias}_${m}`).join(', ')
  return [
    {
      name: 'single-groupby-1-1-1',
      timestream: `SELECT bin(time, 60s) AS minute, max(usage_user) AS max_usage_user FROM "benchmark"."cpu" WHERE hostname = 'host_17' AND ${hour} GROUP BY 1 ORDER BY 1`,
      clickhouse: `SELECT ${bin(60)} AS minute, max(usage_user) FROM bench.cpu WHERE hostname = 'host_17' AND ${hour} GROUP BY minute ORDER BY minute`,
    },
    {
      name: 'cpu-max-all-8',
      timestream: `SELECT bin(time, 1h) AS hour, ${metricNames.map((m) => `max(${m}) AS max_${m}`).join(', ')} FROM "benchmark"."cpu" WHERE hostname IN ('host_1','host_2','host_3','host_4','host_5','host_6','host_7','host_8') AND ${all} GROUP BY 1 ORDER BY 1`,
      clickhouse: `SELECT ${bin(3600)} AS hour, ${metricNames.map((m) => `max(${m})`).join(', ')} FROM bench.cpu WHERE hostname IN ('host_1','host_2','host_3','host_4','host_5','host_6','host_7','host_8') AND ${all} GROUP BY hour ORDER BY hour`,
    },
    {
      name: 'double-groupby-all',
      timestream: `SELECT bin(time, 1h) AS hour, hostname, ${averages('mean')} FROM "benchmark"."cpu" WHERE ${all} GROUP BY 1, 2 ORDER BY 1, 2`,
      clickhouse: `SELECT ${bin(3600)} AS hour, hostname, ${averages('mean')} FROM bench.cpu WHERE ${all} GROUP BY hour, hostname ORDER BY hour, hostname`,
    },
    {
      name: 'lastpoint',
      timestream: `SELECT hostname, max(time) AS time, max_by(usage_user, time) AS usage_user FROM "benchmark"."cpu" GROUP BY hostname ORDER BY hostname`,
      clickhouse: 'SELECT hostname, max(time), argMax(usage_user, time) FROM bench.cpu GROUP BY hostname ORDER BY hostname',
    },
    {
      name: 'groupby-orderby-limit',
      timestream: `SELECT bin(time, 1m) AS minute, max(usage_user) AS max_usage_user FROM "benchmark"."cpu" WHERE time < '${text(middle)}' GROUP BY 1 ORDER BY 1 DESC LIMIT 5`,
      clickhouse: `SELECT ${bin(60)} AS minute, max(usage_user) FROM bench.cpu WHERE time < '${text(middle)}' GROUP BY minute ORDER BY minute DESC LIMIT 5`,
    },
  ]
}

async function medianMs(runs: number, work: () => Promise<number>): Promise<{ readonly ms: number; readonly rows: number }> {
  const times: number[] = []
  let rows = await work()
  for (let i = 0; i < runs; i++) {
    const start = performance.now()
    rows = await work()
    times.push(performance.now() - start)
  }
  return { ms: times.sort((a, b) => a - b)[runs >> 1]!, rows }
}

export async function benchmarkQuery(hours = 12, runs = 15): Promise<void> {
  const ticks = hours * 360
  const endMs = Math.floor(Date.now() / 10_000) * 10_000
  const data = generateCpu({ seed: 123, hosts: 100, ticks, startMs: endMs - ticks * 10_000 })
  const rows = ticks * 100
  const server = await startServer()
  const raw = new RawChdb()
  try {
    await raw.create()
    for (let at = 0; at < rows; at += 50_000) await raw.insert(jsonLines(data, at, Math.min(rows, at + 50_000)))
    await call(server.target, 'CreateDatabase', { DatabaseName: 'benchmark' })
    await call(server.target, 'CreateTable', {
      DatabaseName: 'benchmark',
      TableName: 'cpu',
      RetentionProperties: { MemoryStoreRetentionPeriodInHours: 48, MagneticStoreRetentionPeriodInDays: 365 },
    })
    await inParallel(rows / 100, 64, (index) =>
      send(
        server.target,
        prepare(server.target, 'WriteRecords', {
          DatabaseName: 'benchmark',
          TableName: 'cpu',
          Records: Array.from({ length: 100 }, (_, host) => ({
            Dimensions: tagNames.map((Name, i) => ({ Name, Value: data.tags[host]![i] })),
            MeasureName: 'cpu',
            MeasureValueType: 'MULTI',
            Time: String(data.startMs + index * data.intervalMs),
            MeasureValues: metricNames.map((Name, i) => ({
              Name,
              Value: String(data.values[(index * 100 + host) * 10 + i]),
              Type: 'DOUBLE',
            })),
          })),
        }),
      ),
    )
    console.log(`\n${rows} rows × 10 metrics; median of ${runs} runs, whole call\n`)
    console.log(
      'query'.padEnd(26) + 'rows'.padStart(7) + 'Query over HTTP, ms'.padStart(22) + 'raw chDB, ms'.padStart(15) + 'ratio'.padStart(8),
    )
    const ratios: number[] = []
    for (const comparison of comparisons(data.startMs, endMs)) {
      const ours = await medianMs(runs, () => queryAll(server.target, comparison.timestream))
      const theirs = await medianMs(runs, () => raw.query(comparison.clickhouse))
      if (ours.rows !== theirs.rows) throw new Error(`${comparison.name}: ${ours.rows} rows, the rival has ${theirs.rows}`)
      ratios.push(ours.ms / theirs.ms)
      console.log(
        `${comparison.name.padEnd(26)}${String(ours.rows).padStart(7)}${ours.ms.toFixed(2).padStart(22)}${theirs.ms.toFixed(2).padStart(15)}${(ours.ms / theirs.ms).toFixed(2).padStart(8)}`,
      )
    }
    const mean = Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length)
    console.log(`geometric mean of the ratios: ${mean.toFixed(2)}`)
  } finally {
    await raw.close()
    await server.stop()
  }
}
