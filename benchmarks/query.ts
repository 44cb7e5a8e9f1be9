import { type LinePeer, linePeers } from './line-protocol.ts'
import { createCpuTable, loadLines, loadRaw, loadTarget } from './load-cpu.ts'
import { startDuckdb } from './peers/duckdb.ts'
import { findProgram } from './peers/peer-process.ts'
import { startPostgresql } from './peers/postgresql.ts'
import { askInfluxdb, askVictoriaMetrics } from './peers/range-questions.ts'
import { startSqlite } from './peers/sqlite.ts'
import type { SqlPeer } from './peers/sql-peer.ts'
import { cpuShapes, type Question, type Shape } from './query-shapes.ts'
import { RawChdb } from './raw-chdb.ts'
import { Report, thousands } from './report.ts'
import { type RawAnswer, type RunningServer, startServer } from './server.ts'
import { geometricMean, quantile } from './statistics.ts'
import { type CpuData, generateCpu } from './tsbs.ts'
import { call, queryAll } from './wire.ts'

/** Someone who answers questions. The first is Tidemark; then SQL by hand and what Tidemark made of the question, both inside its process; the engine alone. */
interface Rival {
  readonly name: string
  /** Answers the number of rows, or that and how long it took, where asking takes longer than answering. */
  ask(question: Question): Promise<number | RawAnswer>
}

interface Figures {
  readonly rows: number
  /** Of each question, the first time it was asked. */
  readonly first: number
  readonly p50: number
  readonly p95: number
}

const sqlRival = (peer: SqlPeer, text: 'postgresql' | 'duckdb' | 'sqlite'): Rival => ({
  name: peer.name,
  ask: (question) => peer.query(question[text]),
})

const lineRivals: readonly {
  readonly name: keyof typeof linePeers
  readonly program: string
  readonly ask: (peer: LinePeer, question: Question) => Promise<number>
}[] = [
  {
    name: 'VictoriaMetrics',
    program: 'victoria-metrics',
    ask: (peer, { metricsql }) => askVictoriaMetrics(peer, metricsql),
  },
  {
    name: 'InfluxDB',
    program: 'influxd',
    ask: (peer, { influxql }) => askInfluxdb(peer, influxql),
  },
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
  rivals.push(sqlRival(duckdb, 'duckdb'))
  const sqlite = await startSqlite()
  if (sqlite) {
    stop.push(() => sqlite.stop())
    await sqlite.load(data)
    rivals.push(sqlRival(sqlite, 'sqlite'))
  } else missing('SQLite (python3)')
  return rivals
}

/** Everybody has just been started: a just-in-time compiler is not what is measured. */
async function warmUp(rivals: readonly Rival[], data: CpuData): Promise<void> {
  const [shape] = cpuShapes(data, 25)
  for (let round = 0; round < 8; round++) for (const rival of rivals) for (const question of shape!.questions) await rival.ask(question)
}

async function timed(rival: Rival, question: Question, times: number[]): Promise<number> {
  const start = performance.now()
  const answer = await rival.ask(question)
  if (typeof answer === 'number') {
    times.push(performance.now() - start)
    return answer
  }
  times.push(answer.ms)
  return answer.rows
}

/** All rivals in turn, so that what else the machine does falls on all of them. */
async function measure(shape: Shape, rivals: readonly Rival[], rounds: number): Promise<readonly Figures[]> {
  const first = rivals.map((): number[] => [])
  const warm = rivals.map((): number[] => [])
  const rows = rivals.map(() => 0)
  for (const [i, rival] of rivals.entries()) {
    for (const question of shape.questions) rows[i]! += await timed(rival, question, first[i]!)
  }
  for (let round = 0; round < rounds; round++) {
    for (const [i, rival] of rivals.entries()) for (const question of shape.questions) await timed(rival, question, warm[i]!)
  }
  for (const i of [1, 2, 3]) {
    if (rows[0] !== rows[i]) throw new Error(`${shape.name}: ${rows[0]} rows, but ${rivals[i]!.name} has ${rows[i]}`)
  }
  return rivals.map((_, i) => ({
    rows: rows[i]!,
    first: quantile(first[i]!, 0.5),
    p50: quantile(warm[i]!, 0.5),
    p95: quantile(warm[i]!, 0.95),
  }))
}

/** The name of Tidemark's table in the engine: there is but one. */
async function ownTable(server: RunningServer): Promise<string> {
  const { text = '' } = await server.ask("SELECT name FROM system.tables WHERE database = 'tidemark' AND startsWith(name, 't_')")
  return `tidemark.${(JSON.parse(text.split('\n', 1)[0]!) as [string])[0]}`
}

const compiledTexts = new Map<string, string>()

/** What Tidemark asks the engine, as EXPLAIN says. */
async function compiled({ target }: RunningServer, question: string): Promise<string> {
  const known = compiledTexts.get(question)
  if (known !== undefined) return known
  const { Rows } = await call<{ readonly Rows: readonly { readonly Data: readonly { readonly ScalarValue: string }[] }[] }>(
    target,
    'Query',
    {
      QueryString: `EXPLAIN ${question}`,
    },
  )
  const lines = Rows.map(({ Data }) => Data[0]!.ScalarValue)
  const settings = lines.slice(lines.indexOf('Settings') + 1).map((line) => line.replace(/ = ([a-z]\w*)$/, " = '$1'"))
  const text = `${lines.slice(lines.indexOf('ClickHouse SQL') + 1, lines.indexOf('Settings')).join('\n')} SETTINGS ${settings.join(', ')}`
  compiledTexts.set(question, text)
  return text
}

/** The first question of a shape right after a start: nothing is in a cache of the engine; the files are in that of the system. */
async function measureCold(shapes: readonly Shape[], server: RunningServer, raw: RawChdb): Promise<readonly (readonly [number, number])[]> {
  const times: [number, number][] = []
  let running = server
  try {
    for (const { questions } of shapes) {
      const question = questions[0]!
      running = await running.restart()
      // signing, connecting and compiling have been met before; the table has not
      await queryAll(running.target, 'SELECT 1')
      const [ours, theirs]: [number[], number[]] = [[], []]
      await timed({ name: '', ask: ({ timestream }) => queryAll(running.target, timestream) }, question, ours)
      await raw.restart()
      await raw.query('SELECT 1')
      await timed({ name: '', ask: ({ clickhouse }) => raw.query(clickhouse) }, question, theirs)
      times.push([ours[0]!, theirs[0]!])
    }
  } finally {
    Object.assign(server, running)
  }
  return times
}

const ms = (value: number): string => value.toFixed(value < 10 ? 2 : 1)

export async function benchmarkQuery({ hosts = 100, hours = 12, variants = 6, rounds = 8 } = {}): Promise<void> {
  const ticks = hours * 360
  const endMs = Math.floor(Date.now() / 10_000) * 10_000
  const data = generateCpu({ seed: 123, hosts, ticks, startMs: endMs - ticks * 10_000 })
  const server = { ...(await startServer([], { isOpen: true })) }
  const raw = new RawChdb()
  const stop: (() => Promise<void>)[] = [() => raw.close(), () => server.stop()]
  try {
    await loadRaw(raw, data)
    await createCpuTable(server.target, hours + 24)
    await loadTarget(server.target, data, 0, hosts * ticks)
    const table = await ownTable(server)
    const rivals: readonly Rival[] = [
      { name: 'Tidemark', ask: ({ timestream }) => queryAll(server.target, timestream) },
      { name: 'by hand', ask: ({ own }) => server.ask(own.replace('{table}', table)) },
      { name: 'compiled', ask: async ({ timestream }) => server.ask(await compiled(server, timestream)) },
      { name: 'raw chDB', ask: ({ clickhouse }) => raw.query(clickhouse) },
      ...(await startPeers(data, stop)),
    ]
    await warmUp(rivals, data)
    const results: { readonly shape: Shape; readonly figures: readonly Figures[] }[] = []
    const shapes = cpuShapes(data, variants)
    for (const shape of shapes) {
      const figures = await measure(shape, rivals, shape.isLong ? Math.ceil(rounds / 4) : rounds)
      console.log(shape.name.padEnd(26), figures.map(({ p50 }) => ms(p50).padStart(9)).join(''))
      results.push({ shape, figures })
    }
    const text = 'SELECT time, hostname, usage_user FROM'
    const paging = await pagingRates(
      () => queryAll(server.target, `${text} "benchmark"."cpu"`),
      () => raw.query(`${text} bench.cpu`),
    )
    const cold = await measureCold(shapes, server, raw)
    writeReport(`${hosts} hosts, ${hours} h, ${thousands(hosts * ticks)} rows of 10 metrics`, rivals, results, paging, cold)
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

function writeReport(
  subject: string,
  rivals: readonly Rival[],
  results: Results,
  [ours, theirs]: readonly [number, number],
  cold: readonly (readonly [number, number])[],
): void {
  const report = new Report('query', `Queries: ${subject}`)
  const others = rivals.slice(1).map(({ name }) => name)
  const ratios = results.map(({ figures }) => figures.slice(1).map(({ p50 }) => figures[0]!.p50 / p50))
  const means = others.map((_, i) => geometricMean(ratios.map((row) => row[i]!)).toFixed(2))
  report.say(
    'Tidemark, VictoriaMetrics, InfluxDB and PostgreSQL answer over TCP on loopback, SQLite over a pipe; raw chDB (a table made for these questions,',
  )
  report.say(
    "the same cache) and DuckDB answer inside the process that asks; SQL by hand is for Tidemark's own table, asked and timed inside the server's process",
  )
  report.say(
    'on a session of its own, and has no duty but the answer; so is what Tidemark compiled the question to. Whole calls; below 1 Tidemark is faster.',
  )
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
    results.map(({ shape, figures }) => [shape.name, ...figures.map(({ first }) => ms(first))]),
  )
  report.say()
  report.say('One question right after a start, when no cache of the engine holds anything; the files are in that of the system:')
  report.say()
  report.table(
    ['cold, ms', 'Tidemark', 'raw chDB', 'ratio'],
    results.map(({ shape }, i) => [shape.name, ms(cold[i]![0]), ms(cold[i]![1]), (cold[i]![0] / cold[i]![1]).toFixed(2)]),
  )
  report.say()
  writeShares(report, results)
  report.say(
    `All rows × 3 columns: through Tidemark's pages ${thousands(ours)} rows/s, raw chDB as JSONCompactEachRow ${thousands(theirs)} rows/s.`,
  )
  report.save('npm run bench -- query')
}

/** What the goals are about: the engine's share with Tidemark's duties, and everything outside the engine. */
function writeShares(report: Report, results: Results): void {
  const ratios = results.map(({ figures }) => figures[0]!.p50 / figures[1]!.p50)
  const inEngine = results.map(({ figures }) => figures[2]!.p50 / figures[1]!.p50)
  report.say(
    'Where the time goes, p50 in ms. Duties of the statement: NULLs, doubles of whole numbers, negative times, retention; nothing is read twice',
  )
  report.say(
    'for versions here, since no record was replaced. Outside: HTTP, signature, compiling, pages of JSON, and the two processes taking turns.',
  )
  report.say()
  report.table(
    ['', 'by hand', 'duties', 'outside', 'compiled ÷ by hand', 'whole ÷ by hand'],
    results.map(({ shape, figures: [whole, byHand, inside] }, i) => [
      shape.name,
      ms(byHand!.p50),
      (inside!.p50 - byHand!.p50).toFixed(2),
      (whole!.p50 - inside!.p50).toFixed(2),
      inEngine[i]!.toFixed(2),
      ratios[i]!.toFixed(2),
    ]),
  )
  report.say()
  report.say(
    `Geometric means: compiled ÷ by hand ${geometricMean(inEngine).toFixed(2)}, whole ÷ by hand ${geometricMean(ratios).toFixed(2)} ` +
      `(goal 1.15, none above 1.5: ${ratios.filter((ratio) => ratio > 1.5).length} of ${ratios.length} are).`,
  )
  report.say()
}
