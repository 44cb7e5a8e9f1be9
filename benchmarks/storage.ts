import { join } from 'node:path'
import { freshTable } from './ingest.ts'
import { linePeers } from './line-protocol.ts'
import { httpRequest, runLoad } from './load.ts'
import { bytesBelow } from './peers/peer-process.ts'
import { Report } from './report.ts'
import { type RunningServer, startServer } from './server.ts'
import { generateCpu, metricNames, random, tagNames } from './tsbs.ts'
import { call, prepare } from './wire.ts'

const hosts = 100
/** A day. */
const cpuTicks = 8640
const walkTicks = 2880
const metrics = metricNames.length
const rowsPerRequest = 100

/** Rows of ten values, time-major; what one value is as text. */
interface DataSet {
  readonly label: string
  readonly ticks: number
  /** Shannon entropy of the steps of the walk, in bytes a value: what no compression goes below, and what it can reach for whole steps. */
  readonly floor?: number
  text(row: number, metric: number): string
}

function normal(next: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
}

/** Ten walks a host with steps N(0, 1). */
function walks(seed: number): Float64Array {
  const next = random(seed)
  const values = new Float64Array(hosts * walkTicks * metrics)
  const width = hosts * metrics
  for (let i = 0; i < values.length; i++) {
    const before = i < width ? 50 + 10 * normal(next) : values[i - width]!
    values[i] = before + normal(next)
  }
  return values
}

function entropyOfSteps(values: Float64Array, decimals: number): number {
  const width = hosts * metrics
  const scale = 10 ** decimals
  const counts = new Map<number, number>()
  for (let i = width; i < values.length; i++) {
    const step = Math.round(values[i]! * scale) - Math.round(values[i - width]! * scale)
    counts.set(step, (counts.get(step) ?? 0) + 1)
  }
  let bits = 0
  for (const count of counts.values()) bits -= (count / (values.length - width)) * Math.log2(count / (values.length - width))
  return bits / 8
}

function dataSets(): readonly DataSet[] {
  const cpu = generateCpu({ seed: 123, hosts, ticks: cpuTicks, startMs: 0 })
  const walk = walks(5)
  const rounded = (decimals: number): DataSet => ({
    ticks: walkTicks,
    label: `random walk, ${decimals} decimal${decimals === 1 ? '' : 's'}`,
    floor: entropyOfSteps(walk, decimals),
    // without the negative zero, which only a double can hold
    text: (row, metric) => String(Number(walk[row * metrics + metric]!.toFixed(decimals)) + 0),
  })
  return [
    {
      ticks: cpuTicks,
      label: 'cpu (integers sent as DOUBLE)',
      floor: entropyOfSteps(Float64Array.from(cpu.values), 0),
      text: (row, metric) => String(cpu.values[row * metrics + metric]),
    },
    rounded(0),
    rounded(1),
    rounded(2),
    { label: 'random walk, all digits', ticks: walkTicks, text: (row, metric) => String(walk[row * metrics + metric]) },
  ]
}

const tags = generateCpu({ seed: 123, hosts, ticks: 1, startMs: 0 }).tags
const startMs = Date.now() - cpuTicks * 10_000
const timeOf = (row: number): number => startMs + Math.floor(row / hosts) * 10_000
function batches<T>({ ticks }: DataSet, make: (rows: readonly number[]) => T): T[] {
  return Array.from({ length: (hosts * ticks) / rowsPerRequest }, (_, i) =>
    make(Array.from({ length: rowsPerRequest }, (_row, k) => i * rowsPerRequest + k)),
  )
}

interface Held {
  readonly bytes: number
  /** Whether every value comes back as it was sent. */
  readonly isExact: string
}

async function holdInTidemark(set: DataSet): Promise<Held> {
  const server = await startServer()
  try {
    await freshTable(server.target)
    const dimensions = tags.map((of) => tagNames.map((Name, i) => ({ Name, Value: of[i]! })))
    const requests = batches(set, (of) => {
      const { headers, body } = prepare(server.target, 'WriteRecords', {
        DatabaseName: 'benchmark',
        TableName: 'cpu',
        Records: of.map((row) => ({
          Dimensions: dimensions[row % hosts],
          MeasureName: 'cpu',
          MeasureValueType: 'MULTI',
          Time: String(timeOf(row)),
          MeasureValues: metricNames.map((Name, i) => ({ Name, Value: set.text(row, i), Type: 'DOUBLE' })),
        })),
      })
      const { 'content-length': _, ...rest } = headers
      return httpRequest('POST', '/', rest, body)
    })
    const empty = await baseline(
      requests,
      () => tidemarkBytes(server),
      (next) => runLoad(server.target.endpoint, next, { connections: 1 }),
    )
    await runLoad(server.target.endpoint, () => requests.shift(), { connections: 64 })
    const isExact = await isExactInTidemark(set, server.target)
    // merges come by themselves; the parts of the last minutes are merged when more of them come
    const bytes = (await settled(() => tidemarkBytes(server))) - empty
    return { bytes, isExact: isExact ? 'yes' : 'NO' }
  } finally {
    await server.stop()
  }
}

/**
 * The parts in use as the engine counts them, and everything else in the directory. Parts that were merged into others stay on the disk for
 * eight minutes, and are no part of what the data take.
 */
async function tidemarkBytes({ target, directory }: RunningServer): Promise<number> {
  const metrics = await (await fetch(new URL('/metrics', target.endpoint))).text()
  const tiers = [...metrics.matchAll(/^tidemark_tier_bytes\{.*\} (\d+)/gm)].map(([, bytes]) => Number(bytes))
  const elsewhere = ['catalog', 'write-ahead-log', 'engine'].map((name) => bytesBelow(join(directory, name)))
  return [...tiers, ...elsewhere].reduce((a, b) => a + b, 0)
}

async function isExactInTidemark(set: DataSet, target: Parameters<typeof call>[0]): Promise<boolean> {
  interface Page {
    readonly Rows: readonly { readonly Data: readonly { readonly ScalarValue: string }[] }[]
    readonly NextToken?: string
  }
  const host = 17
  let tick = 0
  let token: string | undefined
  do {
    const page: Page = await call(target, 'Query', {
      QueryString: `SELECT ${metricNames.join(', ')} FROM "benchmark"."cpu" WHERE hostname = 'host_${host}' ORDER BY time`,
      ...(token === undefined ? {} : { NextToken: token }),
    })
    for (const { Data } of page.Rows) {
      const row = tick++ * hosts + host
      if (Data.some(({ ScalarValue }, i) => !Object.is(Number(ScalarValue), Number(set.text(row, i))))) return false
    }
    token = page.NextToken
  } while (token !== undefined)
  return tick === set.ticks
}

/** The size with the first rows: files that are made at their full length once are not what is measured. */
async function baseline(
  requests: Buffer[],
  size: () => Promise<number>,
  send: (next: () => Buffer | undefined) => Promise<unknown>,
): Promise<number> {
  const first = requests.splice(0, 1)
  await send(() => first.shift())
  await new Promise((resolve) => setTimeout(resolve, 5000))
  return size()
}

/** The smallest size seen until it has been the same for ten seconds. */
async function settled(size: () => Promise<number>): Promise<number> {
  let last = await size()
  for (let calm = 0; calm < 10;) {
    await new Promise((resolve) => setTimeout(resolve, 1000))
    const now = await size()
    calm = Math.abs(now - last) < 10_000 ? calm + 1 : 0
    last = now
  }
  return last
}

async function holdInPeer(name: keyof typeof linePeers, set: DataSet): Promise<Held> {
  const peer = await linePeers[name]()
  try {
    const lines = tags.map((of) => `cpu,${tagNames.map((tag, i) => `${tag}=${of[i]!}`).join(',')}`)
    const requests = batches(set, (of) =>
      peer.request(
        Buffer.from(
          of
            .map(
              (row) =>
                `${lines[row % hosts]!} ${metricNames.map((metric, i) => `${metric}=${set.text(row, i)}`).join(',')} ${timeOf(row)}000000\n`,
            )
            .join(''),
        ),
      ),
    )
    const empty = await baseline(
      requests,
      async () => bytesBelow(peer.directory),
      (next) => runLoad(peer.endpoint, next, { connections: 1 }),
    )
    await runLoad(peer.endpoint, () => requests.shift(), { connections: 4 })
    await peer.settle()
    return {
      bytes: (await settled(async () => bytesBelow(peer.directory))) - empty,
      isExact: name === 'VictoriaMetrics' ? 'to about 15 digits' : 'yes',
    }
  } finally {
    await peer.stop()
  }
}

export async function benchmarkStorage(): Promise<void> {
  const report = new Report('storage', 'Storage: bytes per value on the disk')
  report.say(
    `${hosts} hosts, ten values a row, ten dimensions; cpu: ${cpuTicks} rows a host (a day), walks: ${walkTicks}. Everything in the data directory beyond what it holds after the first request ` +
      '(columns, keys, marks, index, catalog, log, encryption), when it has settled. Entropy: of the steps between neighbours, for data of fixed decimals.',
  )
  report.say()
  const table: string[][] = []
  for (const set of dataSets()) {
    const held = {
      Tidemark: await holdInTidemark(set),
      VictoriaMetrics: await holdInPeer('VictoriaMetrics', set),
      InfluxDB: await holdInPeer('InfluxDB', set),
    }
    const perValue = (of: Held): string => (of.bytes / (hosts * set.ticks * metrics)).toFixed(3)
    table.push([
      set.label,
      perValue(held.Tidemark),
      perValue(held.VictoriaMetrics),
      perValue(held.InfluxDB),
      set.floor?.toFixed(3) ?? '',
      (held.Tidemark.bytes / Math.min(held.VictoriaMetrics.bytes, held.InfluxDB.bytes)).toFixed(2),
      held.Tidemark.isExact,
    ])
    console.log(table.at(-1)!.join('  '))
  }
  report.table(['data', 'Tidemark', 'VictoriaMetrics', 'InfluxDB', 'entropy', '÷ smaller peer', 'exact (Tidemark)'], table)
  report.say()
  report.say('VictoriaMetrics keeps decimal numbers of about 15 digits: of doubles with all digits it loses the last ones.')
  report.save('npm run bench -- storage')
}
