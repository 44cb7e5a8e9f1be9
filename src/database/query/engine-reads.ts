import { RowBinaryReader } from '../../engine/decode.ts'
import type { Engine, EngineQuery } from '../../engine/engine.ts'

/** One reading of a table, as the engine plans it. */
export interface EngineRead {
  /** `database.table` of the engine. */
  readonly table: string
  /** Granules in the partitions that the conditions on time leave, and of those the ones that the key and the indexes leave. */
  readonly granulesInTime: number
  readonly granules: number
}

/** Asks the engine how it would run the query. Tables on other nodes, and counts that need no reading, are not among the answers. */
export async function engineReads(engine: Engine, query: EngineQuery): Promise<readonly EngineRead[]> {
  const result = await engine.query({ ...query, text: `SELECT explain FROM (EXPLAIN indexes = 1 ${query.text})` })
  const reader = new RowBinaryReader()
  const lines: string[] = []
  try {
    for await (const chunk of result.chunks()) {
      reader.feed(chunk)
      while (reader.attempt((each) => lines.push(each.string())));
    }
  } finally {
    await result.close()
  }
  return readsIn(lines)
}

const timeIndexes = new Set(['Min-Max', 'MinMax', 'Partition'])

/** Below `ReadFromMergeTree (table)` stand the indexes one after the other, each with `Granules: left/of those that the one before left`. */
export function readsIn(lines: readonly string[]): readonly EngineRead[] {
  const reads: { readonly table: string; granulesInTime: number; granules: number }[] = []
  let index = ''
  for (const line of lines) {
    const text = line.replace(/^[\s│├└─]+/, '')
    const table = /^ReadFromMergeTree \(([^)]*)\)/.exec(text)?.[1]
    if (table !== undefined) {
      reads.push({ table, granulesInTime: 0, granules: 0 })
      index = ''
    }
    const name = /^(Min-?Max|Partition|PrimaryKey|Skip)$/.exec(text)?.[1]
    if (name !== undefined) index = name
    const [, left, whole] = /^Granules: (\d+)\/(\d+)/.exec(text) ?? []
    const read = reads.at(-1)
    if (read === undefined || left === undefined || whole === undefined) continue
    if (timeIndexes.has(index)) read.granulesInTime = Number(left)
    else if (read.granulesInTime === 0) read.granulesInTime = Number(whole)
    read.granules = Number(left)
  }
  return reads
}
