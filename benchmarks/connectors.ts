import { type TestSeries, writeRequest } from '../tests/ingest/prometheus-messages.ts'
import { type Measured, freshTable, measure } from './ingest.ts'
import { linePeers, lineProtocol } from './line-protocol.ts'
import { httpRequest } from './load.ts'
import { Report, median, spread, thousands } from './report.ts'
import { startServer } from './server.ts'
import { type CpuData, generateCpu, metricNames, tagNames } from './tsbs.ts'

const repeats = 3
const connections = 16
/** Lines in one request: as small writers send them, and as Telegraf does. */
const lineBatches = [100, 5000]
const samplesPerRequest = 2000

interface Stream {
  readonly label: string
  readonly unit: 'row' | 'sample'
  readonly perRequest: number
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly bodies: readonly Buffer[]
}

/** The same bytes for every system; only the address differs. */
function streams(data: CpuData, rows: number): readonly Stream[] {
  const lines = lineBatches.map((count): Stream => ({
    label: `line protocol, ${count} rows × 10 fields`,
    unit: 'row',
    perRequest: count,
    path: '/write?db=benchmark',
    headers: {},
    bodies: Array.from({ length: rows / count }, (_, i) => lineProtocol(data, i * count, (i + 1) * count)),
  }))
  const rowsPerRequest = samplesPerRequest / metricNames.length
  const samples: Stream = {
    label: `remote_write, ${samplesPerRequest} samples`,
    unit: 'sample',
    perRequest: samplesPerRequest,
    path: '/api/v1/write',
    headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy', 'x-prometheus-remote-write-version': '0.1.0' },
    bodies: Array.from({ length: rows / rowsPerRequest }, (_, i) =>
      writeRequest(...seriesOf(data, i * rowsPerRequest, (i + 1) * rowsPerRequest)),
    ),
  }
  return [...lines, samples]
}

/** A series for each metric of a host, one sample a row. */
function seriesOf(data: CpuData, from: number, to: number): readonly TestSeries[] {
  const series: TestSeries[] = []
  for (let row = from; row < to; row++) {
    const host = row % data.hosts
    const timeMs = data.startMs + Math.floor(row / data.hosts) * data.intervalMs
    const tags = Object.fromEntries(tagNames.map((tag, i) => [tag, data.tags[host]![i]!]))
    metricNames.forEach((metric, i) =>
      series.push({ labels: { __name__: `cpu_${metric}`, ...tags }, samples: [[timeMs, data.values[row * 10 + i]!]] }),
    )
  }
  return series
}

async function measureTidemark(all: readonly Stream[]): Promise<readonly Measured[]> {
  const server = await startServer()
  const { target, pid } = server
  try {
    await freshTable(target)
    const authorization = `Basic ${Buffer.from(`${target.accessKeyId}:${target.secretAccessKey}`).toString('base64')}`
    const request = ({ path, headers }: Stream, body: Buffer): Buffer =>
      httpRequest('POST', path, { host: target.endpoint.host, authorization, ...headers }, body)
    const measured: Measured[] = []
    for (const stream of all) {
      // code that has just been started is not what is measured
      const warm = stream.unit === 'row' ? { ...stream, path: '/write?db=warm' } : { ...stream, path: '/api/v1/write?database=warm' }
      await freshTable(target)
      await fetch(new URL('/query', target.endpoint), {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/x-www-form-urlencoded' },
        body: 'q=CREATE DATABASE warm',
      })
      await measure(
        'warm',
        target.endpoint,
        pid,
        warm.bodies.slice(0, Math.ceil(50_000 / stream.perRequest)).map((body) => request(warm, body)),
        1,
        connections,
      )
      const requests = stream.bodies.map((body) => request(stream, body))
      measured.push(await measure(`Tidemark, ${stream.label}`, target.endpoint, pid, requests, stream.perRequest, connections))
    }
    return measured
  } finally {
    await server.stop()
  }
}

async function measurePeer(name: keyof typeof linePeers, all: readonly Stream[]): Promise<readonly Measured[]> {
  const measured: Measured[] = []
  for (const stream of all) {
    // InfluxDB of Debian takes samples in a form of its own only
    if (name === 'InfluxDB' && stream.unit === 'sample') continue
    const peer = await linePeers[name]()
    try {
      const requests = stream.bodies.map((body) => httpRequest('POST', stream.path, { host: peer.endpoint.host, ...stream.headers }, body))
      measured.push(await measure(`${name}, ${stream.label}`, peer.endpoint, peer.pid, requests, stream.perRequest, connections))
    } finally {
      await peer.stop()
    }
  }
  return measured
}

export async function benchmarkConnectors(rows = 100_000): Promise<void> {
  const report = new Report('connectors', 'Connectors: line protocol and remote_write')
  const ticks = rows / 100
  const data = generateCpu({ seed: 123, hosts: 100, ticks, startMs: Date.now() - ticks * 10_000 })
  const all = streams(data, rows)
  const runs = new Map<string, Measured[]>()
  for (let i = 0; i < repeats; i++) {
    for (const one of [
      ...(await measureTidemark(all)),
      ...(await measurePeer('VictoriaMetrics', all)),
      ...(await measurePeer('InfluxDB', all)),
    ]) {
      runs.set(one.label, [...(runs.get(one.label) ?? []), one])
    }
  }
  const rate = (label: string): number => median(runs.get(label)!.map((m) => m.rowsPerSecond))
  report.say(
    `The same bytes to every system, ${connections} connections; every figure is the median of ${repeats} runs. The generator shares the machine with the server. Tidemark acknowledges after fsync and ` +
      'encrypts; VictoriaMetrics acknowledges from memory; InfluxDB flushes its log.',
  )
  report.say()
  report.table(
    ['what', 'per second', 'of the runs', 'p50 ms', 'p99 ms', 'server µs each', 'Tidemark ÷'],
    [...runs].map(([label, of]) => {
      const middle = (value: (m: Measured) => number): number => median(of.map(value))
      const stream = all.find((each) => label.endsWith(each.label))!
      return [
        label,
        thousands(rate(label)),
        spread(of.map((m) => m.rowsPerSecond)),
        middle((m) => m.p50Ms).toFixed(1),
        middle((m) => m.p99Ms).toFixed(1),
        middle((m) => m.cpuPerRow).toFixed(2),
        (rate(`Tidemark, ${stream.label}`) / rate(label)).toFixed(2),
      ]
    }),
  )
  report.say()
  report.say('Rows of line protocol have ten fields and ten tags; a sample has ten labels and its name.')
  report.save('npm run bench -- connectors')
}
