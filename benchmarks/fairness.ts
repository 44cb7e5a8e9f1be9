import { createCpuTable, loadTarget } from './load-cpu.ts'
import { Report } from './report.ts'
import { startServer } from './server.ts'
import { quantile } from './statistics.ts'
import { generateCpu } from './tsbs.ts'
import { call, inParallel, prepare, queryAll, send, type Target } from './wire.ts'

const clients = 20
const queriesPerClient = 30
const small = (host: number): string =>
  `SELECT bin(time, 1m) AS minute, max(usage_user) AS value FROM benchmark.cpu WHERE hostname = 'host_${host}' AND time > ago(1h) GROUP BY 1 ORDER BY 1`
/** Takes all processors for as long as it is let. */
const rows = (name: string): string => `(SELECT ${name} FROM UNNEST(sequence(1, 10000)) AS s(${name}))`
const heavy = `SELECT count(*) FROM ${rows('a')} CROSS JOIN ${rows('b')} CROSS JOIN ${rows('c')} WHERE a * b + c < 0`

/** Times of the small queries of 20 clients, each asking one after the other, in milliseconds. */
async function smallQueries(target: Target): Promise<readonly number[]> {
  const times: number[] = []
  await inParallel(clients * queriesPerClient, clients, async (index) => {
    const prepared = prepare(target, 'Query', { QueryString: small(index % 100) })
    const start = performance.now()
    await send(target, prepared)
    times.push(performance.now() - start)
  })
  return times
}

/** Keeps `count` heavy queries running while `work` goes on. */
async function besideHeavy<T>(target: Target, count: number, work: () => Promise<T>): Promise<T> {
  const started = Promise.all(
    Array.from({ length: count }, () => call<{ readonly QueryId: string }>(target, 'Query', { QueryString: heavy, MaxRows: 1 })),
  )
  // The first answer of a heavy query is an empty page after half a minute: its id is not waited for.
  await new Promise((resolve) => setTimeout(resolve, 1000))
  const result = await work()
  for (const { QueryId } of await started) await call(target, 'CancelQuery', { QueryId })
  return result
}

/** What 20 small queries at once wait, alone and beside heavy ones. */
export async function benchmarkFairness(): Promise<void> {
  const report = new Report('fairness', 'Small queries beside heavy ones')
  const server = await startServer(['--limits', 'queryCallMs=20000'])
  try {
    const data = generateCpu({ seed: 1, hosts: 100, ticks: 360, startMs: Date.now() - 3_600_000 })
    await createCpuTable(server.target, 24)
    await loadTarget(server.target, data, 0, data.hosts * data.ticks)
    await queryAll(server.target, small(1))
    await smallQueries(server.target)
    report.say(
      `${clients} clients, each with ${queriesPerClient} queries one after the other (one host, one hour, by minute); a heavy query is a join without end that takes all processors.`,
    )
    report.say()
    const alone = await smallQueries(server.target)
    const table = [['none', alone], ...(await measured(server.target))] as readonly (readonly [string, readonly number[]])[]
    report.table(
      ['heavy queries', 'p50 ms', 'p95 ms', 'max ms', 'p95 ÷ alone'],
      table.map(([name, times]) => [
        name,
        quantile(times, 0.5).toFixed(1),
        quantile(times, 0.95).toFixed(1),
        Math.max(...times).toFixed(1),
        (quantile(times, 0.95) / quantile(alone, 0.95)).toFixed(2),
      ]),
    )
    report.save('npm run bench -- fairness')
  } finally {
    await server.stop()
  }
}

async function measured(target: Target): Promise<readonly (readonly [string, readonly number[]])[]> {
  const one = await besideHeavy(target, 1, () => smallQueries(target))
  const four = await besideHeavy(target, 4, () => smallQueries(target))
  return [
    ['one', one],
    ['four', four],
  ]
}
