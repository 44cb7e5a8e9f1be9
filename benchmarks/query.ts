import { jsonLines, RawChdb } from './raw-chdb.ts'
import { startServer } from './server.ts'
import { generateCpu, metricNames, tagNames } from './tsbs.ts'
import { call, inParallel, prepare, queryAll, send } from './wire.ts'

interface Comparison {
  readonly name: string
  readonly timestream: string
  readonly clickhouse: string
}

const hostList = (count: number) => Array.from({ length: count }, (_, i) => `'host_${(i * 13 + 17) % 100}'`).join(', ')

/** Fourteen of the standard benchmark's shapes, in the multi-measure form and as one would write them for the engine by hand. */
function comparisons(startMs: number, endMs: number): readonly Comparison[] {
  const text = (ms: number) => new Date(ms).toISOString().replace('T', ' ').replace('Z', '')
  const window = (from: number, to: number) => `time >= '${text(from)}' AND time < '${text(to)}'`
  const middle = startMs + (endMs - startMs) / 2
  const hour = window(middle, middle + 3_600_000)
  const all = window(startMs, endMs)
  const bin = (seconds: number) => `toStartOfInterval(time, INTERVAL ${seconds} SECOND)`
  const grouped = (name: string, seconds: number, aggregate: string, metrics: number, where: string, byHost = false): Comparison => {
    const values = metricNames.slice(0, metrics)
    const host = byHost ? ['hostname'] : []
    const aliased = values.map((metric) => `${aggregate}(${metric}) AS ${aggregate}_${metric}`)
    return {
      name,
      timestream:
        `SELECT ${[`bin(time, ${seconds}s) AS slot`, ...host, ...aliased].join(', ')} FROM "benchmark"."cpu" WHERE ${where} ` +
        (byHost ? 'GROUP BY 1, 2 ORDER BY 1, 2' : 'GROUP BY 1 ORDER BY 1'),
      clickhouse:
        `SELECT ${[`${bin(seconds)} AS slot`, ...host, ...aliased].join(', ')} FROM bench.cpu WHERE ${where} ` +
        `GROUP BY ${['slot', ...host].join(', ')} ORDER BY ${['slot', ...host].join(', ')}`,
    }
  }
  const hosts = (count: number) => `hostname IN (${hostList(count)})`
  const rows = `time, ${tagNames.join(', ')}, ${metricNames.join(', ')}`
  return [
    grouped('single-groupby-1-1-1', 60, 'max', 1, `${hosts(1)} AND ${hour}`),
    grouped('single-groupby-1-1-12', 60, 'max', 1, `${hosts(1)} AND ${all}`),
    grouped('single-groupby-1-8-1', 60, 'max', 1, `${hosts(8)} AND ${hour}`),
    grouped('single-groupby-5-1-1', 60, 'max', 5, `${hosts(1)} AND ${hour}`),
    grouped('single-groupby-5-1-12', 60, 'max', 5, `${hosts(1)} AND ${all}`),
    grouped('single-groupby-5-8-1', 60, 'max', 5, `${hosts(8)} AND ${hour}`),
    grouped('cpu-max-all-1', 3600, 'max', 10, `${hosts(1)} AND ${window(startMs, startMs + 8 * 3_600_000)}`),
    grouped('cpu-max-all-8', 3600, 'max', 10, `${hosts(8)} AND ${window(startMs, startMs + 8 * 3_600_000)}`),
    grouped('double-groupby-1', 3600, 'avg', 1, all, true),
    grouped('double-groupby-5', 3600, 'avg', 5, all, true),
    grouped('double-groupby-all', 3600, 'avg', 10, all, true),
    {
      name: 'high-cpu-1',
      timestream: `SELECT ${rows} FROM "benchmark"."cpu" WHERE usage_user > 90 AND ${hosts(1)} AND ${all}`,
      clickhouse: `SELECT ${rows} FROM bench.cpu WHERE usage_user > 90 AND ${hosts(1)} AND ${all}`,
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
    {
      name: 'all rows × 3 columns',
      timestream: 'SELECT time, hostname, usage_user FROM "benchmark"."cpu"',
      clickhouse: 'SELECT time, hostname, usage_user FROM bench.cpu',
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
      const count = comparison.name.startsWith('all rows') ? 3 : runs
      const ours = await medianMs(count, () => queryAll(server.target, comparison.timestream))
      const theirs = await medianMs(count, () => raw.query(comparison.clickhouse))
      if (ours.rows !== theirs.rows) throw new Error(`${comparison.name}: ${ours.rows} rows, the rival has ${theirs.rows}`)
      // Paging a whole table through HTTP is another question than what a query costs: its rate stands by itself.
      if (ours.rows < 100_000) ratios.push(ours.ms / theirs.ms)
      else
        console.log(
          `  paging: ${Math.round(ours.rows / (ours.ms / 1000))} rows/s, raw ${Math.round(theirs.rows / (theirs.ms / 1000))} rows/s`,
        )
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
