import { memoryMb } from './process-usage.ts'
import { Report, thousands } from './report.ts'
import { startServer, type RunningServer } from './server.ts'
import { quantile } from './statistics.ts'
import { call, prepare, send, Signer, type Target } from './wire.ts'

const calmMs = 10_000
const burstMs = 20_000
const windowMs = 1000
/** A window counts as settled when its p95 is at most so many times that of the second half of its phase. */
const settledFactor = 1.5

interface Sample {
  readonly atMs: number
  readonly ms: number
  readonly outcome: 'ok' | 'throttled' | 'failed'
}

interface Phase {
  readonly name: string
  readonly writers: number
  readonly readers: number
  readonly durationMs: number
}

const phases: readonly Phase[] = [
  { name: 'calm', writers: 1, readers: 1, durationMs: calmMs },
  { name: 'burst', writers: 64, readers: 32, durationMs: burstMs },
  { name: 'calm again', writers: 1, readers: 1, durationMs: calmMs },
]

const record = (series: number, n: number): object => ({
  Dimensions: [{ Name: 'host', Value: `host_${series}` }],
  Time: String(Date.now() - n),
})

/** One request after the other until the phase is over. */
async function client(untilMs: number, samples: Sample[], request: (n: number) => Promise<unknown>): Promise<void> {
  for (let n = 0; performance.now() < untilMs; n++) {
    const startMs = performance.now()
    let outcome: Sample['outcome'] = 'ok'
    try {
      await request(n)
    } catch (error) {
      outcome = String(error).includes('429') ? 'throttled' : 'failed'
    }
    samples.push({ atMs: startMs, ms: performance.now() - startMs, outcome })
    // what the SDKs do
    if (outcome === 'throttled') await new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * 100))
  }
}

const writeOf = (target: Target, signer: Signer, series: number) => (n: number) => {
  const Records = Array.from({ length: 100 }, (_, i) => record(series * 100 + i, n % 1000))
  const CommonAttributes = {
    MeasureName: 'cpu',
    MeasureValueType: 'MULTI',
    MeasureValues: [{ Name: 'usage', Value: String((n % 1000) / 10), Type: 'DOUBLE' }],
    Version: Date.now() * 1000 + n,
  }
  const input = { DatabaseName: 'burst', TableName: 'cpu', CommonAttributes, Records }
  return send(target, prepare(target, 'WriteRecords', input, signer))
}

const queryOf = (target: Target, signer: Signer, series: number) => (n: number) => {
  const host = `host_${(series * 7 + n) % 6400}`
  const QueryString = `SELECT bin(time, 1m) AS minute, max(usage) AS usage FROM burst.cpu WHERE host = '${host}' AND time > ago(10m) GROUP BY 1 ORDER BY 1`
  return send(target, prepare(target, 'Query', { QueryString }, signer))
}

interface Measured {
  readonly phase: Phase
  readonly startMs: number
  readonly writes: readonly Sample[]
  readonly queries: readonly Sample[]
  readonly residentMb: number
  readonly sessions: string
}

async function run(server: RunningServer, phase: Phase): Promise<Measured> {
  const { target } = server
  const signer = new Signer(target)
  const [writes, queries]: [Sample[], Sample[]] = [[], []]
  const startMs = performance.now()
  const untilMs = startMs + phase.durationMs
  const clients = [
    ...Array.from({ length: phase.writers }, (_, i) => client(untilMs, writes, writeOf(target, signer, i))),
    ...Array.from({ length: phase.readers }, (_, i) => client(untilMs, queries, queryOf(target, signer, i))),
  ]
  await Promise.all(clients)
  return { phase, startMs, writes, queries, residentMb: memoryMb(server.pid).now, sessions: await sessionsOf(target) }
}

async function sessionsOf(target: Target): Promise<string> {
  const text = await (await fetch(new URL('/metrics', target.endpoint))).text()
  const read = (state: string): string => new RegExp(`^tidemark_engine_sessions\\{state="${state}"\\} (\\d+)`, 'm').exec(text)?.[1] ?? '?'
  return `${Number(read('busy')) + Number(read('idle'))}`
}

/** Seconds from the start of the phase until the first window from which on all are settled. */
function settledAfter({ startMs, phase }: Measured, samples: readonly Sample[]): number {
  const windows = Array.from({ length: phase.durationMs / windowMs }, (_, i) => {
    const from = startMs + i * windowMs
    return quantile(
      samples.filter(({ atMs }) => atMs >= from && atMs < from + windowMs).map(({ ms }) => ms),
      0.95,
    )
  })
  const half = windows.slice(windows.length / 2).filter((value) => !Number.isNaN(value))
  const steady = quantile(half, 0.5)
  const last = windows.findLastIndex((value, i) => i < windows.length / 2 && value > steady * settledFactor)
  return ((last + 1) * windowMs) / 1000
}

/** From one writer and one reader to 64 and 32, and back: what clients see, and what the server holds. */
export async function benchmarkBurst(): Promise<void> {
  const report = new Report('burst', 'A burst of clients')
  const server = await startServer()
  try {
    await call(server.target, 'CreateDatabase', { DatabaseName: 'burst' })
    await call(server.target, 'CreateTable', { DatabaseName: 'burst', TableName: 'cpu' })
    await send(
      server.target,
      prepare(server.target, 'WriteRecords', {
        DatabaseName: 'burst',
        TableName: 'cpu',
        CommonAttributes: { MeasureName: 'cpu', MeasureValueType: 'MULTI', MeasureValues: [{ Name: 'usage', Value: '1', Type: 'DOUBLE' }] },
        Records: [record(0, 0)],
      }),
    )
    const measured: Measured[] = []
    for (const phase of phases) measured.push(await run(server, phase))
    report.say(
      'Writers send 100 records a request, readers ask for ten minutes of one host; each client one request after the other. Nothing is configured and nobody intervenes.',
    )
    report.say('Settled: from then on, second by second, p95 is at most 1.5 times its usual value in the second half of the phase.')
    report.say()
    report.table(
      [
        'phase',
        'kind',
        'clients',
        'answered/s',
        'p50 ms',
        'p99 ms',
        'throttled',
        'errors',
        'settled after s',
        'resident MB',
        'engine sessions',
      ],
      measured.flatMap((one) =>
        (['writes', 'queries'] as const).map((kind) => {
          const samples = one[kind]
          const ok = samples.filter(({ outcome }) => outcome === 'ok').map(({ ms }) => ms)
          const count = (outcome: Sample['outcome']): string => String(samples.filter((sample) => sample.outcome === outcome).length)
          return [
            one.phase.name,
            kind,
            String(kind === 'writes' ? one.phase.writers : one.phase.readers),
            thousands(ok.length / (one.phase.durationMs / 1000)),
            quantile(ok, 0.5).toFixed(1),
            quantile(ok, 0.99).toFixed(1),
            count('throttled'),
            count('failed'),
            settledAfter(one, samples).toFixed(0),
            one.residentMb.toFixed(0),
            one.sessions,
          ]
        }),
      ),
    )
    report.save('npm run bench -- burst')
  } finally {
    await server.stop()
  }
}
