import { type LinePeer, linePeers } from './line-protocol.ts'
import { createCpuTable, loadLines, loadRaw, loadTarget } from './load-cpu.ts'
import { startDuckdb } from './peers/duckdb.ts'
import { findProgram } from './peers/peer-process.ts'
import { startPostgresql } from './peers/postgresql.ts'
import { askInfluxdb, askVictoriaMetrics } from './peers/range-questions.ts'
import type { SqlPeer } from './peers/sql-peer.ts'
import { cpuShapes, type Question, type Shape } from './query-shapes.ts'
import { RawChdb } from './raw-chdb.ts'
import { Report, thousands } from './report.ts'
import { startServer } from './server.ts'
import { geometricMean, quantile } from './statistics.ts'
import { type CpuData, generateCpu } from './tsbs.ts'
import { queryAll } from './wire.ts'

/** Someone who answers questions; the first is Tidemark, the second the engine alone. */
interface Rival {
  readonly name: string
  ask(question: Question): Promise<number>
}

interface Figures {
  readonly rows: number
  /** Of each question, the first time it was asked. */
  readonly cold: number
  readonly p50: number
  readonly p95: number
}

const sqlRival = (peer: SqlPeer, text: 'postgresql' | 'duckdb'): Rival => ({
  name: peer.name,
  ask: (question) => peer.query(question[text]),
})

const lineRivals: readonly {
  readonly name: keyof typeof linePeers
  readonly program: string
  readonly ask: (peer: LinePeer, question: Question) => Promise<number>
}[] = [
  { name: 'VictoriaMetrics', program: 'victoria-metrics', ask: (peer, { metricsql }) => askVictoriaMetrics(peer, metricsql) },
  { name: 'InfluxDB', program: 'influxd', ask: (peer, { influxql }) => askInfluxdb(peer, influxql) },
]

/** Starts what is installed and gives it the data; `stop` collects how each is ended. */
async function startPeers(data: CpuData, stop: (() => Promise<void>)[]): Promise<readonly Rival[]> {
  const rivals: Rival[] = []
  const missing = (name: string): void => console.log(`${name} is not installed here: left out`)
  for (const { name, program, ask } of lineRivals) {
    if (findProgram(program) === undefined) {
      missing(name)
      continue
    }
    const peer = await linePeers[name]()
    stop.push(() => peer.stop())
    await loadLines(peer, data)
    rivals.push({ name, ask: (question) => ask(peer, question) })
  }
  const postgresql = await startPostgresql()
  if (postgresql) {
    stop.push(() => postgresql.stop())
    await postgresql.load(data)
    rivals.push(sqlRival(postgresql, 'postgresql'))
  } else missing('PostgreSQL')
  const duckdb = await startDuckdb()
  stop.push(() => duckdb.stop())
  await duckdb.load(data)
  return [...rivals, sqlRival(duckdb, 'duckdb')]
}

/** Everybody has just been started: a just-in-time compiler is not what is measured. */
async function warmUp(rivals: readonly Rival[], data: CpuData): Promise<void> {
  const [shape] = cpuShapes(data, 25)
  for (let round = 0; round < 8; round++) for (const rival of rivals) for (const question of shape!.questions) await rival.ask(question)
}

async function timed(rival: Rival, question: Question, times: number[]): Promise<number> {
  const start = performance.now()
  const rows = await rival.ask(question)
  times.push(performance.now() - start)
  return rows
}

/** All rivals in turn, so that what else the machine does falls on all of them. */
async function measure(shape: Shape, rivals: readonly Rival[], rounds: number): Promise<readonly Figures[]> {
  const cold = rivals.map((): number[] => [])
  const warm = rivals.map((): number[] => [])
  const rows = rivals.map(() => 0)
  for (const [i, rival] of rivals.entries()) {
    for (const question of shape.questions) rows[i]! += await timed(rival, question, cold[i]!)
  }
  for (let round = 0; round < rounds; round++) {
    for (const [i, rival] of rivals.entries()) for (const question of shape.questions) await timed(rival, question, warm[i]!)
  }
  if (rows[0] !== rows[1]) throw new Error(`${shape.name}: ${rows[0]} rows, the engine alone has ${rows[1]}`)
  return rivals.map((_, i) => ({
    rows: rows[i]!,
    cold: quantile(cold[i]!, 0.5),
    p50: quantile(warm[i]!, 0.5),
    p95: quantile(warm[i]!, 0.95),
  }))
}

const ms = (value: number): string => value.toFixed(value < 10 ? 2 : 1)

export async function benchmarkQuery({ hosts = 100, hours = 12, variants = 6, rounds = 8 } = {}): Promise<void> {
  const ticks = hours * 360
  const endMs = Math.floor(Date.now() / 10_000) * 10_000
  const data = generateCpu({ seed: 123, hosts, ticks, startMs: endMs - ticks * 10_000 })
  const server = await startServer()
  const raw = new RawChdb()
  const stop: (() => Promise<void>)[] = [() => raw.close(), () => server.stop()]
  try {
    await loadRaw(raw, data)
    await createCpuTable(server.target, hours + 24)
    await loadTarget(server.target, data, 0, hosts * ticks)
    const rivals: readonly Rival[] = [
      { name: 'Tidemark', ask: ({ timestream }) => queryAll(server.target, timestream) },
      { name: 'raw chDB', ask: ({ clickhouse }) => raw.query(clickhouse) },
      ...(await startPeers(data, stop)),
    ]
    await warmUp(rivals, data)
    const results: { readonly shape: Shape; readonly figures: readonly Figures[] }[] = []
    for (const shape of cpuShapes(data, variants)) {
      const figures = await measure(shape, rivals, shape.isLong ? Math.ceil(rounds / 4) : rounds)
      console.log(shape.name.padEnd(26), figures.map(({ p50 }) => ms(p50).padStart(9)).join(''))
      results.push({ shape, figures })
    }
    const text = 'SELECT time, hostname, usage_user FROM'
    const paging = await pagingRates(
      () => queryAll(server.target, `${text} "benchmark"."cpu"`),
      () => raw.query(`${text} bench.cpu`),
    )
    writeReport(`${hosts} hosts, ${hours} h, ${thousands(hosts * ticks)} rows of 10 metrics`, rivals, results, paging)
  } finally {
    for (const end of stop.toReversed()) await end()
  }
}

async function pagingRates(ours: () => Promise<number>, theirs: () => Promise<number>): Promise<readonly [number, number]> {
  const rate = async (work: () => Promise<number>): Promise<number> => {
    const rates: number[] = []
    for (let i = 0; i < 4; i++) {
      const start = performance.now()
      const rows = await work()
      rates.push(rows / ((performance.now() - start) / 1000))
    }
    return quantile(rates.slice(1), 0.5)
  }
  return [await rate(ours), await rate(theirs)]
}

type Results = readonly { readonly shape: Shape; readonly figures: readonly Figures[] }[]

function writeReport(subject: string, rivals: readonly Rival[], results: Results, [ours, theirs]: readonly [number, number]): void {
  const report = new Report('query', `Queries: ${subject}`)
  const others = rivals.slice(1).map(({ name }) => name)
  const ratios = results.map(({ figures }) => figures.slice(1).map(({ p50 }) => figures[0]!.p50 / p50))
  const means = others.map((_, i) => geometricMean(ratios.map((row) => row[i]!)).toFixed(2))
  report.say(
    'Tidemark, VictoriaMetrics, InfluxDB and PostgreSQL answer over TCP on loopback; raw chDB (a table written by hand for these questions,',
  )
  report.say('the same cache) and DuckDB answer inside the process that asks. Whole calls; below 1 Tidemark is faster.')
  report.say()
  report.table(
    ['p50 of Tidemark ÷ p50 of', ...others],
    [...results.map(({ shape }, i) => [shape.name, ...ratios[i]!.map((ratio) => ratio.toFixed(2))]), ['geometric mean', ...means]],
  )
  report.say()
  report.table(
    ['warm p50 (p95), ms', 'rows', ...rivals.map(({ name }) => name)],
    results.map(({ shape, figures }) => [
      shape.name,
      String(Math.round(figures[0]!.rows / shape.questions.length)),
      ...figures.map(({ p50, p95 }) => `${ms(p50)} (${ms(p95)})`),
    ]),
  )
  report.say()
  report.table(
    ['first asked, p50, ms', ...rivals.map(({ name }) => name)],
    results.map(({ shape, figures }) => [shape.name, ...figures.map(({ cold }) => ms(cold))]),
  )
  report.say()
  report.say(
    `All rows × 3 columns: through Tidemark's pages ${thousands(ours)} rows/s, raw chDB as JSONCompactEachRow ${thousands(theirs)} rows/s.`,
  )
  report.save('npm run bench -- query')
}
