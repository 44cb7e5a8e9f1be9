import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { httpRequest } from './load.ts'
import { type CpuData, metricNames, tagNames } from './tsbs.ts'

/** A peer that takes line protocol over HTTP, started on a free port with an empty directory. */
export interface LinePeer {
  readonly name: string
  readonly endpoint: URL
  readonly pid: number
  readonly directory: string
  request(lines: Buffer): Buffer
  get(path: string): Promise<string>
  /** Everything written is on the disk in its final form, as far as the peer can be asked for it. */
  settle(): Promise<void>
  stop(): Promise<void>
}

export const linePeers = { VictoriaMetrics: startVictoriaMetrics, InfluxDB: startInflux } as const

/** Every answer is computed, and nothing is refused for its size. */
const victoriaSearch = [
  '-search.disableCache',
  '-search.latencyOffset=0s',
  '-search.maxUniqueTimeseries=20000000',
  '-search.maxPointsPerTimeseries=1000000',
]

async function startVictoriaMetrics(): Promise<LinePeer> {
  return start('VictoriaMetrics', async (directory, port) => ({
    command: 'victoria-metrics',
    args: [
      `-storageDataPath=${directory}`,
      `-httpListenAddr=127.0.0.1:${port}`,
      '-retentionPeriod=120',
      '-loggerLevel=ERROR',
      ...victoriaSearch,
    ],
    env: {},
    ready: '/health',
    path: '/write',
    settle: async (get) => {
      await get('/internal/force_flush')
      await get('/internal/force_merge')
    },
  }))
}

async function startInflux(): Promise<LinePeer> {
  const rpcPort = await freePort()
  return start('InfluxDB', async (directory, port) => ({
    command: 'influxd',
    args: ['run', '-config', '/dev/null'],
    env: {
      INFLUXDB_META_DIR: join(directory, 'meta'),
      INFLUXDB_DATA_DIR: join(directory, 'data'),
      INFLUXDB_DATA_WAL_DIR: join(directory, 'wal'),
      INFLUXDB_DATA_INDEX_VERSION: 'tsi1',
      INFLUXDB_DATA_MAX_VALUES_PER_TAG: '0',
      INFLUXDB_DATA_MAX_SERIES_PER_DATABASE: '0',
      INFLUXDB_DATA_CACHE_SNAPSHOT_WRITE_COLD_DURATION: '2s',
      INFLUXDB_DATA_COMPACT_FULL_WRITE_COLD_DURATION: '5s',
      INFLUXDB_HTTP_BIND_ADDRESS: `127.0.0.1:${port}`,
      INFLUXDB_BIND_ADDRESS: `127.0.0.1:${rpcPort}`,
      INFLUXDB_HTTP_LOG_ENABLED: 'false',
      INFLUXDB_LOGGING_LEVEL: 'error',
      INFLUXDB_REPORTING_DISABLED: 'true',
      INFLUXDB_MONITOR_STORE_ENABLED: 'false',
      INFLUXDB_COORDINATOR_WRITE_TIMEOUT: '120s',
    },
    ready: '/ping',
    prepare: '/query?q=CREATE%20DATABASE%20benchmark',
    path: '/write?db=benchmark',
    settle: () => new Promise((resolve) => setTimeout(resolve, 25_000)),
  }))
}

interface Plan {
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly ready: string
  readonly prepare?: string
  readonly path: string
  readonly settle: (get: (path: string) => Promise<string>) => Promise<void>
}

async function start(name: string, plan: (directory: string, port: number) => Promise<Plan>): Promise<LinePeer> {
  const directory = mkdtempSync(join(tmpdir(), `bench-${name.toLowerCase()}-`))
  const port = await freePort()
  const { command, args, env, ready, prepare, path, settle } = await plan(directory, port)
  const child = spawn(command, args, { stdio: 'ignore', env: { ...process.env, ...env } })
  const failed = new Promise<never>((_resolve, reject) => {
    child.once('error', (error) => reject(new Error(`${command} cannot be started: ${error.message}`)))
    child.once('exit', (code) => reject(new Error(`${command} ended with code ${code}`)))
  })
  failed.catch(() => undefined)
  const endpoint = new URL(`http://127.0.0.1:${port}`)
  const get = async (at: string, method = 'GET'): Promise<string> => {
    const response = await fetch(new URL(at, endpoint), { method })
    const text = await response.text()
    if (!response.ok) throw new Error(`${name} ${at}: ${response.status} ${text.slice(0, 200)}`)
    return text
  }
  await Promise.race([failed, until(() => get(ready))])
  if (prepare !== undefined) await get(prepare, 'POST')
  return {
    name,
    endpoint,
    pid: child.pid!,
    directory,
    request: (lines) => httpRequest('POST', path, { host: endpoint.host }, lines),
    get,
    settle: () => settle(get),
    stop: async () => {
      await ended(child)
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

async function until(works: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await works()
      return
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}

function ended(child: ChildProcess): Promise<unknown> {
  const over = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  return over
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}

/** Rows `from` (inclusive) to `to` (exclusive) of the data, ten fields a line. */
export function lineProtocol(data: CpuData, from: number, to: number): Buffer {
  const lines: string[] = []
  for (let row = from; row < to; row++) {
    const host = row % data.hosts
    const timeMs = data.startMs + Math.floor(row / data.hosts) * data.intervalMs
    const tags = tagNames.map((tag, i) => `${tag}=${data.tags[host]![i]!.replaceAll(' ', '\\ ')}`).join(',')
    const fields = metricNames.map((metric, i) => `${metric}=${data.values[row * 10 + i]}`).join(',')
    lines.push(`cpu,${tags} ${fields} ${timeMs}000000\n`)
  }
  return Buffer.from(lines.join(''))
}
