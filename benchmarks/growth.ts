import { writeFileSync } from 'node:fs'
import { createCpuTable, loadTarget } from './load-cpu.ts'
import { Report, thousands } from './report.ts'
import { startServer } from './server.ts'
import { drawLines } from './plot.ts'
import { quantile } from './statistics.ts'
import { type CpuData, generateCpu } from './tsbs.ts'
import { queryAll, type Target } from './wire.ts'

interface Step {
  readonly hosts: number
  readonly rows: number
  readonly rowsPerSecond: number
  /** In the order of `questions`, milliseconds. */
  readonly p50: readonly number[]
}

const intervalMs = 10_000

/** What a dashboard asks: one host's last hour, the busiest minutes of everybody, an overview by hour. */
function questions(data: CpuData): readonly { readonly name: string; readonly sql: string }[] {
  const endMs = data.startMs + data.ticks * data.intervalMs
  const since = (ms: number): string =>
    `time >= '${new Date(Math.max(data.startMs, endMs - ms)).toISOString().replace('T', ' ').replace('Z', '')}'`
  const cpu = '"benchmark"."cpu"'
  return [
    {
      name: 'one host, last hour by minute',
      sql: `SELECT bin(time, 1m) AS minute, max(usage_user) AS busiest FROM ${cpu} WHERE hostname = 'host_7' AND ${since(3_600_000)} GROUP BY 1 ORDER BY 1`,
    },
    {
      name: 'all hosts, newest five minutes',
      sql: `SELECT bin(time, 1m) AS minute, max(usage_user) AS busiest FROM ${cpu} WHERE ${since(300_000)} GROUP BY 1 ORDER BY 1 DESC LIMIT 5`,
    },
    { name: 'everything, average by hour', sql: `SELECT bin(time, 1h) AS hour, avg(usage_user) AS load FROM ${cpu} GROUP BY 1 ORDER BY 1` },
  ]
}

async function measureQueries(target: Target, data: CpuData, runs = 15): Promise<readonly number[]> {
  const medians: number[] = []
  for (const { sql } of questions(data)) {
    const times: number[] = []
    for (let run = -3; run < runs; run++) {
      const start = performance.now()
      await queryAll(target, sql)
      if (run >= 0) times.push(performance.now() - start)
    }
    medians.push(quantile(times, 0.5))
  }
  return medians
}

/** Loads the data in `steps` that end at those numbers of rows, and asks after each. */
async function grow(hosts: number, ends: readonly number[]): Promise<readonly Step[]> {
  const ticks = Math.ceil(ends.at(-1)! / hosts)
  const endMs = Math.floor(Date.now() / intervalMs) * intervalMs
  const data = generateCpu({ seed: 123, hosts, ticks, startMs: endMs - ticks * intervalMs })
  const server = await startServer(['--limits', 'pendingWriteRecords=2000000'])
  try {
    await createCpuTable(server.target, Math.ceil((ticks * intervalMs) / 3_600_000) + 24)
    const steps: Step[] = []
    let from = 0
    for (const to of ends) {
      const rowsPerSecond = await loadTarget(server.target, data, from, to)
      const loaded = { ...data, ticks: Math.floor(to / hosts) }
      steps.push({ hosts, rows: to, rowsPerSecond, p50: await measureQueries(server.target, loaded) })
      console.log(`${thousands(hosts)} series, ${thousands(to)} rows: ${thousands(rowsPerSecond)} rows/s`)
      from = to
    }
    return steps
  } finally {
    await server.stop()
  }
}

/** Of a line through the points, both axes logarithmic: 0 is constant, 1 proportional. */
function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)] as const)
  const mean = (pick: 0 | 1): number => logs.reduce((sum, point) => sum + point[pick], 0) / logs.length
  const [meanX, meanY] = [mean(0), mean(1)]
  const covariance = logs.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0)
  return covariance / logs.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0)
}

/**
 * More rows of the same hosts, and as many rows of more hosts. `rows` caps the largest step: 1, 10 and 100 times 100,000 rows with the default.
 */
export async function benchmarkGrowth({ rows = 10_000_000, series = 1_000_000 } = {}): Promise<void> {
  const byRows = await grow(
    100,
    [100, 10, 1].map((divisor) => Math.round(rows / divisor)).filter((count) => count >= 10_000),
  )
  const seriesRows = Math.max(series, Math.round(rows / 10))
  const bySeries: Step[] = []
  for (const hosts of [100, 10_000, 1_000_000].filter((count) => count <= series)) bySeries.push(...(await grow(hosts, [seriesRows])))
  const names = ['ingest, rows/s', ...questions(generateCpu({ seed: 1, hosts: 1, ticks: 1, startMs: 0 })).map(({ name }) => `${name}, ms`)]
  const values = (step: Step): readonly number[] => [step.rowsPerSecond, ...step.p50]
  const report = new Report('growth', 'Growth: ingest and three queries with more rows and more series')
  const part = (title: string, steps: readonly Step[], of: (step: Step) => number): void => {
    report.say(title)
    report.say()
    report.table(
      ['', ...steps.map((step) => thousands(of(step))), 'slope'],
      names.map((name, i) => [
        name,
        ...steps.map((step) => (i === 0 ? thousands(values(step)[0]!) : values(step)[i]!.toFixed(1))),
        slope(steps.map((step) => [of(step), values(step)[i]!])).toFixed(2),
      ]),
    )
    report.say()
  }
  report.say(
    'Medians of 15 calls over HTTP; the slope is that of a line through the points on logarithmic axes: 0 is constant, 1 proportional.',
  )
  report.say()
  part('Rows, 100 series:', byRows, (step) => step.rows)
  part(`Series, ${thousands(seriesRows)} rows:`, bySeries, (step) => step.hosts)
  report.say('![The same as a drawing](growth.svg)')
  report.save('npm run bench -- growth')
  const panel = (title: string, steps: readonly Step[], of: (step: Step) => number) => ({
    title,
    lines: names.slice(1).map((name, i) => ({ name, points: steps.map((step) => [of(step), step.p50[i]!] as const) })),
  })
  writeFileSync(
    new URL('results/growth.svg', import.meta.url),
    drawLines([panel('ms by rows (100 series)', byRows, (step) => step.rows), panel('ms by series', bySeries, (step) => step.hosts)]),
  )
}
