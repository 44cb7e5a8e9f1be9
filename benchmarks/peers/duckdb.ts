import { rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { DuckDBInstance, timestampValue } from '@duckdb/node-api'
import { metricNames, tagNames } from '../tsbs.ts'
import { bytesBelow, scratchDirectory } from './peer-process.ts'
import type { SqlPeer } from './sql-peer.ts'

/** DuckDB in this process, its rows in the order of their arrival. */
export async function startDuckdb(): Promise<SqlPeer> {
  const directory = scratchDirectory('duckdb')
  const instance = await DuckDBInstance.create(`${directory}/cpu.duckdb`, { threads: String(availableParallelism()) })
  const connection = await instance.connect()
  const columns = [...tagNames.map((tag) => `${tag} VARCHAR`), ...metricNames.map((metric) => `${metric} DOUBLE`)]
  await connection.run(`CREATE TABLE cpu (time TIMESTAMP, ${columns.join(', ')})`)
  return {
    name: 'DuckDB',
    load: async (data) => {
      const appender = await connection.createAppender('cpu')
      for (let row = 0; row < data.hosts * data.ticks; row++) {
        appender.appendTimestamp(timestampValue(BigInt(data.startMs + Math.floor(row / data.hosts) * data.intervalMs) * 1000n))
        for (let i = 0; i < 10; i++) appender.appendVarchar(data.tags[row % data.hosts]![i]!)
        for (let i = 0; i < 10; i++) appender.appendDouble(data.values[row * 10 + i]!)
        appender.endRow()
      }
      appender.closeSync()
      await connection.run('CHECKPOINT')
    },
    query: async (text) => (await connection.runAndReadAll(text)).getRowsJS().length,
    bytesOnDisk: () => bytesBelow(directory),
    stop: async () => {
      connection.closeSync()
      instance.closeSync()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
