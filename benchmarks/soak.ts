import { parseArgs } from 'node:util'
import { BodyTemplate } from './body-templates.ts'
import { freshTable } from './ingest.ts'
import { Connection, runLoad } from './load.ts'
import { memoryMb } from './process-usage.ts'
import { Report, thousands } from './report.ts'
import { startServer } from './server.ts'
import { generateCpu, metricNames, tagNames } from './tsbs.ts'
import { call, queryAll, Signer, type Target } from './wire.ts'

/**
 * Twice as many records as the server can take, for a long time: memory must stay where it is, what is accepted must be answered in bounded time,
 * and everything that was accepted must be there at the end. usage: npm run test:soak -- --minutes 30
 */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    connections: { type: 'string', default: '512' },
  },
})
const minutes = Number(values.minutes)
const mostConnections = Number(values.connections)
const series = 1000
const recordsPerRequest = 100
/** Distinct value patterns. */
const templates = 20

/** What may grow between the first fifth of the time and the last. */
const mostGrowthMb = 150
const p99BoundMs = 5000

function makeTemplates(): readonly BodyTemplate[] {
  const data = generateCpu({
    seed: 7,
    hosts: series,
    ticks: (templates * recordsPerRequest) / series,
    startMs: 0,
  })
  return Array.from({ length: templates }, (_, t) => {
    const rows = Array.from({ length: recordsPerRequest }, (_, i) => t * recordsPerRequest + i)
    return new BodyTemplate({
      DatabaseName: 'benchmark',
      TableName: 'cpu',
      Records: rows.map((row) => ({
        Dimensions: tagNames.map((Name, i) => ({ Name, Value: data.tags[row % series]![i]! })),
        MeasureName: 'cpu',
        MeasureValueType: 'MULTI',
        Time: BodyTemplate.time,
        MeasureValues: metricNames.map((Name, i) => ({
          Name,
          Value: String(data.values[row * 10 + i]),
          Type: 'DOUBLE',
        })),
      })),
    })
  })
}

/** Requests with times that never come twice; ten series in a request share a template of ten rounds. */
function requests(target: Target): () => Buffer {
  const signer = new Signer(target)
  const bodies = makeTemplates()
  const firstMs = Date.now() - 3600_000
  let count = 0
  return () => {
    const round = Math.floor(count / bodies.length)
    const body = bodies[count++ % bodies.length]!
    // two templates have the same series
    const timeMs = firstMs + 2 * round
    return body.request(signer, () => timeMs + (Math.floor((count - 1) % bodies.length) >= series / recordsPerRequest ? 1 : 0))
  }
}

interface Slice {
  readonly latencies: number[]
  readonly statuses: Map<number, number>
  offered: number
  noConnection: number
}
const newSlice = (): Slice => ({ latencies: [], statuses: new Map(), offered: 0, noConnection: 0 })

async function main(): Promise<void> {
  const report = new Report('soak', `Soak: twice the sustainable rate for ${minutes} minutes`)
  const server = await startServer()
  const { target, pid } = server
  let isOver = false
  try {
    await freshTable(target)
    const next = requests(target)
    await runLoad(target.endpoint, next, { connections: 64, deadlineMs: 10_000 })
    let accepted = 0
    const count = (): Buffer => {
      accepted += recordsPerRequest
      return next()
    }
    const calm = await runLoad(target.endpoint, count, { connections: 64, deadlineMs: 20_000 })
    const sustainable = accepted / calm.seconds
    report.say(
      `Sustainable (64 connections that wait for their answers): ${thousands(sustainable)} records/s, p99 ${calm.p99Ms.toFixed(0)} ms.`,
    )
    report.say()

    const free: Connection[] = []
    let opened = 0
    let slice = newSlice()
    let stored = (calm.statuses.get(200) ?? 0) * recordsPerRequest
    const send = async (connection: Connection): Promise<void> => {
      const sentMs = performance.now()
      const { status } = await connection.send(next())
      if (status === 200) slice.latencies.push(performance.now() - sentMs)
      slice.statuses.set(status, (slice.statuses.get(status) ?? 0) + 1)
      if (status === 200) stored += recordsPerRequest
      free.push(connection)
    }
    const failures: unknown[] = []
    const startMs = performance.now()
    const offer = async (): Promise<void> => {
      let offered = 0
      while (!isOver) {
        const due = ((performance.now() - startMs) / 1000) * ((2 * sustainable) / recordsPerRequest)
        for (; offered < due; offered++) {
          slice.offered++
          let connection = free.pop()
          for (; connection?.isClosed === true; connection = free.pop()) opened--
          if (connection === undefined && opened < mostConnections) {
            opened++
            connection = await Connection.open(target.endpoint)
          }
          if (connection === undefined) slice.noConnection++
          else void send(connection).catch((error: unknown) => failures.push(error))
        }
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    }
    const offering = offer()
    const rows: string[][] = []
    const memory: number[] = []
    const p99s: number[] = []
    const sliceSeconds = Math.max(5, (minutes * 60) / 20)
    for (let at = sliceSeconds; at <= minutes * 60 + 1; at += sliceSeconds) {
      await new Promise((resolve) => setTimeout(resolve, startMs + at * 1000 - performance.now()))
      const done = slice
      slice = newSlice()
      const { latencies, statuses } = done
      latencies.sort((a, b) => a - b)
      const { now, peak } = memoryMb(pid)
      memory.push(now)
      p99s.push(latencies[Math.floor(latencies.length * 0.99)] ?? 0)
      rows.push([
        at.toFixed(0),
        thousands((done.offered * recordsPerRequest) / sliceSeconds),
        thousands(((statuses.get(200) ?? 0) * recordsPerRequest) / sliceSeconds),
        thousands(((statuses.get(429) ?? 0) * recordsPerRequest) / sliceSeconds),
        (latencies[latencies.length >> 1] ?? 0).toFixed(0),
        p99s.at(-1)!.toFixed(0),
        (latencies.at(-1) ?? 0).toFixed(0),
        now.toFixed(0),
        peak.toFixed(0),
      ])
      console.log(rows.at(-1)!.join('  '))
    }
    isOver = true
    await offering
    while (free.length < opened && failures.length === 0) await new Promise((resolve) => setTimeout(resolve, 50))
    if (failures.length > 0) throw failures[0]
    report.table(['s', 'offered/s', 'accepted/s', 'throttled/s', 'p50 ms', 'p99 ms', 'max ms', 'RSS MB', 'peak MB'], rows)
    report.say()

    const answer = await call<{ Rows: { Data: { ScalarValue: string }[] }[] }>(target, 'Query', {
      QueryString: 'SELECT count(*) FROM "benchmark"."cpu"',
    })
    const found = Number(answer.Rows[0]!.Data[0]!.ScalarValue)
    await queryAll(target, 'SELECT hostname, max(time) FROM "benchmark"."cpu" GROUP BY hostname')
    const fifth = Math.ceil(memory.length / 5)
    const average = (of: readonly number[]): number => of.reduce((a, b) => a + b, 0) / of.length
    const growth = average(memory.slice(-fifth)) - average(memory.slice(0, fifth))
    const verdicts = [
      [`memory of the last fifth less the first: ${growth.toFixed(0)} MB (at most ${mostGrowthMb})`, growth <= mostGrowthMb],
      [`p99 of any twentieth: at most ${Math.max(...p99s).toFixed(0)} ms (bound ${p99BoundMs})`, Math.max(...p99s) <= p99BoundMs],
      [`records stored at the end: ${thousands(found)}, accepted: at least ${thousands(stored)}`, found >= stored],
    ] as const
    for (const [text, isGood] of verdicts) report.say(`- ${isGood ? 'ok' : 'FAILED'}: ${text}`)
    report.save(`npm run test:soak -- --minutes ${minutes}`)
    if (!verdicts.every(([, isGood]) => isGood)) process.exitCode = 1
  } finally {
    isOver = true
    await server.stop()
  }
}

await main()
process.exit(process.exitCode ?? 0)
