import { readdirSync } from 'node:fs'
import { freshTable, measure, signed, type Measured } from './ingest.ts'
import { memoryMb } from './process-usage.ts'
import { Report, thousands } from './report.ts'
import { startServer, type RunningServer } from './server.ts'
import { type CpuData, generateCpu } from './tsbs.ts'
import { call } from './wire.ts'
import { bodyForms, recordsPerCall } from './write-bodies.ts'

const connections = 64

/** Rows `from` to `to` as requests, made before the clock runs; table `t` of so many, in turn. */
function requests(server: RunningServer, data: CpuData, from: number, to: number, tables: number): Buffer[] {
  const { body } = bodyForms[0]!
  return Array.from({ length: (to - from) / recordsPerCall }, (_, i) => {
    const index = from / recordsPerCall + i
    // every table gets all series in turn: a request has the next hundred of them
    const row = Math.floor(index / tables)
    return signed(server.target, { ...body(data, row), TableName: `cpu${index % tables}` })
  })
}

/** Folders of parts on the disk, also of those that were merged and wait to be removed (eight minutes). */
function partFolders(server: RunningServer): number {
  for (;;) {
    try {
      return countPartFolders(server)
    } catch {
      // a folder was removed while it was looked into
    }
  }
}

function countPartFolders(server: RunningServer): number {
  const entries = readdirSync(server.directory, { withFileTypes: true, recursive: true })
  return entries.filter((entry) => entry.isDirectory() && /^-?\d+_\d+_\d+_\d+$/.test(entry.name)).length
}

/** Whether many series and many tables cost what few do. */
export async function benchmarkIngestSpread(): Promise<void> {
  const report = new Report('ingest-spread', 'Ingest into many series and many tables')
  const rows: string[][] = []
  const note = async (label: string, server: RunningServer, measured: Measured): Promise<void> => {
    rows.push([
      label,
      thousands(measured.rowsPerSecond),
      measured.p50Ms.toFixed(0),
      measured.p99Ms.toFixed(0),
      measured.cpuPerRow.toFixed(1),
      memoryMb(server.pid).peak.toFixed(0),
      thousands(partFolders(server)),
    ])
    console.log(rows.at(-1)!.join('  '))
  }
  for (const { series, tables, segments, segmentRows } of [
    { series: 100, tables: 1, segments: 2, segmentRows: 200_000 },
    { series: 10_000, tables: 1, segments: 2, segmentRows: 200_000 },
    { series: 100, tables: 100, segments: 4, segmentRows: 200_000 },
    { series: 1_000_000, tables: 1, segments: 8, segmentRows: 250_000 },
  ]) {
    const ticks = Math.ceil((segments * segmentRows) / tables / series)
    const data = generateCpu({ seed: 123, hosts: series, ticks, startMs: Date.now() - ticks * 10_000 })
    const server = await startServer()
    try {
      for (let table = 0; table < tables; table++) await freshTable(server.target, `cpu${table}`)
      for (let segment = 0; segment < segments; segment++) {
        const sent = requests(server, data, segment * segmentRows, (segment + 1) * segmentRows, tables)
        const measured = await measure('', server.target.endpoint, server.pid, sent, recordsPerCall, connections)
        const isNew = segment * segmentRows < series * tables
        const which = `${thousands(series)} series in ${tables === 1 ? 'one table' : `each of ${tables} tables`}`
        await note(`${which}, rows ${thousands(segment * segmentRows)}…${isNew ? ' (new series)' : ''}`, server, measured)
      }
      await call(server.target, 'Query', { QueryString: `SELECT count(*) FROM "benchmark"."cpu0"` })
    } finally {
      await server.stop()
    }
  }
  report.say(
    `Multi-measure records of ten values, dimensions in each, 100 a request, ${connections} connections, generator on the same machine.`,
  )
  report.say()
  report.table(['what', 'rows/s', 'p50 ms', 'p99 ms', 'server µs/row', 'peak MB', 'folders of parts'], rows)
  report.save('npm run bench -- ingest-spread')
}
