import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { drainPending, Session } from 'chdb'
import { type CpuData, metricNames, tagNames } from './tsbs.ts'

const newline = 10

/** The cache of uncompressed blocks, which Tidemark's engine has as well. */
export const cacheArgs = [
  '--uncompressed_cache_size=1073741824',
  '--use_uncompressed_cache=1',
  '--merge_tree_max_rows_to_use_cache=1000000000',
  '--merge_tree_max_bytes_to_use_cache=1000000000000',
]

/** The rival: the same engine with a table written by hand for this data, fed and asked directly in the process. */
export class RawChdb {
  readonly #directory = mkdtempSync(join(tmpdir(), 'raw-chdb-'))
  #session = new Session(this.#directory, { connectionArgs: cacheArgs })

  async create(): Promise<void> {
    await this.#session.queryAsync('CREATE DATABASE bench')
    const tags = tagNames.map((tag) => `${tag} LowCardinality(String)`)
    const metrics = metricNames.map((metric) => `${metric} Float64 CODEC(Gorilla, ZSTD(1))`)
    await this.#session.queryAsync(
      `CREATE TABLE bench.cpu (time DateTime64(9, 'UTC') CODEC(DoubleDelta, ZSTD(1)), ${[...tags, ...metrics].join(', ')}) ` +
        'ENGINE = MergeTree PARTITION BY toDate(time) ORDER BY (hostname, time) SETTINGS fsync_after_insert = 1, fsync_part_directory = 1',
    )
  }

  /** One JSONEachRow insert; `lines` from `jsonLines`. */
  async insert(lines: Buffer): Promise<void> {
    await this.#session.insert({ table: 'bench.cpu', values: lines, format: 'JSONEachRow' })
  }

  /** Runs to the last byte; answers the number of rows. */
  async query(text: string): Promise<number> {
    const result = await this.#session.queryAsync(text, { format: 'JSONCompactEachRow' })
    const bytes = Buffer.from(result.bytes())
    let rows = 0
    for (let at = bytes.indexOf(newline); at >= 0; at = bytes.indexOf(newline, at + 1)) rows++
    return rows
  }

  /** Without what its caches held. */
  async restart(): Promise<void> {
    await drainPending()
    this.#session.close()
    await drainPending()
    this.#session = new Session(this.#directory, { connectionArgs: cacheArgs })
  }

  async close(): Promise<void> {
    await drainPending()
    this.#session.close()
    rmSync(this.#directory, { recursive: true, force: true })
  }
}

/** Rows `from` (inclusive) to `to` (exclusive) of the data as JSON lines. */
export function jsonLines(data: CpuData, from: number, to: number): Buffer {
  const lines: string[] = []
  for (let row = from; row < to; row++) {
    const host = row % data.hosts
    const timeMs = data.startMs + Math.floor(row / data.hosts) * data.intervalMs
    const tags = tagNames.map((tag, i) => `"${tag}":"${data.tags[host]![i]}"`)
    const metrics = metricNames.map((metric, i) => `"${metric}":${data.values[row * 10 + i]}`)
    lines.push(`{"time":"${new Date(timeMs).toISOString().replace('T', ' ').replace('Z', '')}",${tags.join(',')},${metrics.join(',')}}\n`)
  }
  return Buffer.from(lines.join(''))
}
