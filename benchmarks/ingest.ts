import { linePeers, lineProtocol } from './line-protocol.ts'
import { httpRequest, runLoad } from './load.ts'
import { cpuSeconds } from './process-usage.ts'
import { jsonLines, RawChdb } from './raw-chdb.ts'
import { Report, median, spread, thousands } from './report.ts'
import { startServer } from './server.ts'
import { type CpuData, generateCpu } from './tsbs.ts'
import { call, prepare, type Target } from './wire.ts'
import { bodyForms, oneRecordBody, recordsPerCall } from './write-bodies.ts'

const repeats = 3
/** Requests of another table before each measurement: code that has just been started is not what is measured. */
const warmUpCalls = 2000

export interface Measured {
  readonly label: string
  readonly connections: number
  readonly rowsPerSecond: number
  readonly requestsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** Of the server, CPU microseconds. */
  readonly cpuPerRow: number
  readonly generatorCpuPerRow: number
}

export const signed = (target: Target, body: object): Buffer => {
  const { headers, body: bytes } = prepare(target, 'WriteRecords', body)
  const { 'content-length': _, ...rest } = headers
  return httpRequest('POST', '/', rest, bytes)
}

export async function freshTable(target: Target, name = 'cpu'): Promise<void> {
  await call(target, 'CreateDatabase', { DatabaseName: 'benchmark' }).catch(() => undefined)
  await call(target, 'DeleteTable', { DatabaseName: 'benchmark', TableName: name }).catch(() => undefined)
  await call(target, 'CreateTable', {
    DatabaseName: 'benchmark',
    TableName: name,
    RetentionProperties: { MemoryStoreRetentionPeriodInHours: 48, MagneticStoreRetentionPeriodInDays: 365 },
  })
}

/** All requests over so many connections, each with one under way. */
export async function measure(
  label: string,
  endpoint: URL,
  pid: number,
  requests: readonly Buffer[],
  rowsPerRequest: number,
  connections: number,
): Promise<Measured> {
  let next = 0
  const before = cpuSeconds(pid)
  const load = await runLoad(endpoint, () => requests[next++], { connections })
  const rows = requests.length * rowsPerRequest
  return {
    label,
    connections,
    rowsPerSecond: rows / load.seconds,
    requestsPerSecond: requests.length / load.seconds,
    p50Ms: load.p50Ms,
    p99Ms: load.p99Ms,
    cpuPerRow: ((cpuSeconds(pid) - before) / rows) * 1e6,
    generatorCpuPerRow: (load.cpuSeconds / rows) * 1e6,
  }
}

async function measureTidemark(data: CpuData, rows: number): Promise<Measured[]> {
  const server = await startServer()
  const { target, pid } = server
  try {
    await freshTable(target, 'warm')
    const measured: Measured[] = []
    for (const { label, body } of bodyForms) {
      const warm = Array.from({ length: warmUpCalls }, (_, i) => signed(target, { ...body(data, i), TableName: 'warm' }))
      await measure(label, target.endpoint, pid, warm, recordsPerCall, 64)
      for (const connections of [64, 1]) {
        await freshTable(target)
        const calls = rows / recordsPerCall / (connections === 1 ? 3 : 1)
        const requests = Array.from({ length: calls }, (_, i) => signed(target, body(data, i)))
        measured.push(await measure(label, target.endpoint, pid, requests, recordsPerCall, connections))
      }
    }
    await freshTable(target)
    const single = Array.from({ length: 3000 }, (_, i) => signed(target, oneRecordBody(data, i)))
    measured.push(await measure('1 multi-measure record × 10 a request', target.endpoint, pid, single, 1, 1))
    return measured
  } finally {
    await server.stop()
  }
}

async function measurePeer(name: keyof typeof linePeers, data: CpuData, rows: number): Promise<Measured[]> {
  const peer = await linePeers[name]()
  try {
    const lines = (from: number, count: number): Buffer[] =>
      Array.from({ length: count }, (_, i) =>
        peer.request(lineProtocol(data, (from + i) * recordsPerCall, (from + i + 1) * recordsPerCall)),
      )
    const label = `${name}, line protocol, 100 rows × 10 fields`
    const measured = [await measure(label, peer.endpoint, peer.pid, lines(0, rows / recordsPerCall), recordsPerCall, 64)]
    measured.push(await measure(label, peer.endpoint, peer.pid, lines(0, rows / recordsPerCall / 3), recordsPerCall, 1))
    return measured
  } finally {
    await peer.stop()
  }
}

async function measureRaw(data: CpuData, rows: number): Promise<number> {
  const raw = new RawChdb()
  try {
    await raw.create()
    const batches = Array.from({ length: rows / 10_000 }, (_, i) => jsonLines(data, i * 10_000, (i + 1) * 10_000))
    const start = performance.now()
    for (const batch of batches) await raw.insert(batch)
    return rows / ((performance.now() - start) / 1000)
  } finally {
    await raw.close()
  }
}

export async function benchmarkIngest(rows = 300_000): Promise<void> {
  const report = new Report('ingest', 'Ingest: WriteRecords over HTTP, and line protocol into peers')
  const ticks = rows / 100
  const data = generateCpu({ seed: 123, hosts: 100, ticks, startMs: Date.now() - ticks * 10_000 })
  const runs = new Map<string, Measured[]>()
  const rawRates: number[] = []
  for (let i = 0; i < repeats; i++) {
    const measured = [
      ...(await measureTidemark(data, rows)),
      ...(await measurePeer('VictoriaMetrics', data, rows)),
      ...(await measurePeer('InfluxDB', data, rows)),
    ]
    for (const one of measured) {
      const key = `${one.label}/${one.connections}`
      runs.set(key, [...(runs.get(key) ?? []), one])
    }
    rawRates.push(await measureRaw(data, Math.min(rows, 100_000)))
  }
  const peerRates = [...runs]
    .filter(([key]) => key.includes('line protocol') && key.endsWith('/64'))
    .map(([, of]) => median(of.map((m) => m.rowsPerSecond)))
  const fasterPeer = Math.max(...peerRates)
  const raw = median(rawRates)
  report.say(
    `Every figure is the median of ${repeats} runs; the generator shares the machine with the server. Bodies are made and signed before. ` +
      'Tidemark acknowledges after fsync and checks signatures; VictoriaMetrics acknowledges from memory; InfluxDB flushes its log.',
  )
  report.say()
  report.say(`Raw chDB, the same rows as JSONEachRow in inserts of 10,000, in the process: ${thousands(raw)} rows/s (${spread(rawRates)}).`)
  report.say()
  report.table(
    [
      'what',
      'conns',
      'rows/s',
      'of the runs',
      'requests/s',
      'p50 ms',
      'p99 ms',
      'server µs/row',
      'generator µs/row',
      '÷ faster peer',
      '÷ raw',
    ],
    [...runs.values()].map((of) => {
      const middle = (value: (m: Measured) => number): number => median(of.map(value))
      const rate = middle((m) => m.rowsPerSecond)
      const { label, connections } = of[0]!
      const rowsOfPeer = label.includes('single-measure') ? rate / 10 : rate
      return [
        label,
        String(connections),
        thousands(rate),
        spread(of.map((m) => m.rowsPerSecond)),
        thousands(middle((m) => m.requestsPerSecond)),
        middle((m) => m.p50Ms).toFixed(1),
        middle((m) => m.p99Ms).toFixed(1),
        middle((m) => m.cpuPerRow).toFixed(1),
        middle((m) => m.generatorCpuPerRow).toFixed(2),
        (rowsOfPeer / fasterPeer).toFixed(2),
        (rowsOfPeer / raw).toFixed(2),
      ]
    }),
  )
  report.say()
  report.say('Rows of single-measure records are counted as records; in the ratios ten of them are one row.')
  report.save('npm run bench -- ingest')
}
