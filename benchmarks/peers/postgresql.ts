import { execFileSync } from 'node:child_process'
import { chownSync } from 'node:fs'
import pg from 'pg'
import { metricNames, tagNames, type CpuData } from '../tsbs.ts'
import { bytesBelow, findProgram, freePort, scratchDirectory, startPeer } from './peer-process.ts'
import type { SqlPeer } from './sql-peer.ts'

const folders = [17, 16, 15, 14].map((version) => `/usr/lib/postgresql/${version}/bin`)

/** PostgreSQL with the standard benchmark's indexes, (hostname, time) and (time); undefined when it is not installed. */
export async function startPostgresql(): Promise<SqlPeer | undefined> {
  const [program, initdb] = [findProgram('postgres', folders), findProgram('initdb', folders)]
  const user = serverUser()
  if (program === undefined || initdb === undefined || user === undefined) return undefined
  const directory = scratchDirectory('postgresql')
  if (user.uid !== process.getuid?.()) chownSync(directory, user.uid, user.gid)
  const data = `${directory}/data`
  const initialise = ['-D', data, '-U', 'benchmark', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-instructions']
  execFileSync(initdb, initialise, { stdio: 'ignore', cwd: directory, ...user })
  const port = await freePort()
  const connection = { host: '127.0.0.1', port, user: 'benchmark', database: 'postgres' }
  const settings = [
    'shared_buffers=1GB',
    'jit=off',
    'max_wal_size=8GB',
    'timezone=UTC',
    'listen_addresses=127.0.0.1',
    'log_min_messages=fatal',
  ]
  const started = await startPeer({
    program,
    directory,
    args: ['-D', data, '-p', String(port), '-k', directory, ...settings.flatMap((setting) => ['-c', setting])],
    user,
    // what still runs is ended, not waited for
    signal: 'SIGINT',
    isReady: async () => {
      const client = new pg.Client(connection)
      await client.connect()
      await client.end()
      return true
    },
  })
  const client = new pg.Client(connection)
  await client.connect()
  client.on('error', () => undefined)
  const columns = [...tagNames.map((tag) => `${tag} text`), ...metricNames.map((metric) => `${metric} double precision`)]
  await client.query(`CREATE TABLE cpu (time timestamptz NOT NULL, ${columns.join(', ')})`)
  return {
    name: 'PostgreSQL',
    load: async (cpu) => {
      for (let from = 0; from < cpu.hosts * cpu.ticks; from += 1000) await client.query(...insertRows(cpu, from))
      await client.query('CREATE INDEX ON cpu (hostname, time DESC)')
      await client.query('CREATE INDEX ON cpu (time DESC)')
      await client.query('VACUUM ANALYZE cpu')
    },
    query: async (text) => (await client.query({ text, rowMode: 'array' })).rows.length,
    bytesOnDisk: () => bytesBelow(`${data}/base`),
    stop: async () => {
      await client.end()
      await started.stop()
    },
  }
}

/** The server refuses to run as root: then as the user that its package made. */
function serverUser(): { readonly uid: number; readonly gid: number } | undefined {
  const [uid, gid] = [process.getuid?.(), process.getgid?.()]
  if (uid === undefined || gid === undefined) return undefined
  if (uid !== 0) return { uid, gid }
  try {
    const id = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { stdio: ['ignore', 'pipe', 'ignore'] }).toString())
    return { uid: id('-u'), gid: id('-g') }
  } catch {
    return undefined
  }
}

/** One statement with the rows as one array a column: the quickest that the protocol of the client allows. */
function insertRows(data: CpuData, from: number): [text: string, values: unknown[]] {
  const to = Math.min(data.hosts * data.ticks, from + 1000)
  const values: unknown[][] = Array.from({ length: 21 }, () => [])
  for (let row = from; row < to; row++) {
    values[0]!.push(new Date(data.startMs + Math.floor(row / data.hosts) * data.intervalMs))
    for (let i = 0; i < 10; i++) values[1 + i]!.push(data.tags[row % data.hosts]![i])
    for (let i = 0; i < 10; i++) values[11 + i]!.push(data.values[row * 10 + i])
  }
  const arrays = values.map((_, i) => `$${i + 1}::${i === 0 ? 'timestamptz' : i <= 10 ? 'text' : 'double precision'}[]`)
  return [`INSERT INTO cpu SELECT * FROM unnest(${arrays.join(', ')})`, values]
}
