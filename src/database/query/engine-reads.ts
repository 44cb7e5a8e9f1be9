import { RowBinaryReader } from '../../engine/decode.ts'
import type { Engine, EngineQuery } from '../../engine/engine.ts'

/** One reading of a table, as the engine plans it. */
export interface EngineRead {
  /** `database.table` of the engine. */
  readonly table: string
  /** Granules in the partitions that the conditions on time leave, and of those the ones that the key and the indexes leave. */
  readonly granulesInTime: number
  readonly granules: number
  /** Without any index; undefined where the engine does not tell. */
  readonly allGranules: number | undefined
  /** A part has the records of one day, or of a piece of it. */
  readonly parts: number | undefined
  readonly allParts: number | undefined
}

/** Asks the engine how it would run the query. Tables on other nodes, and counts that need no reading, are not among the answers. */
export async function engineReads(engine: Engine, query: EngineQuery): Promise<readonly EngineRead[]> {
  return readsIn(await textsOf(engine, { ...query, text: `SELECT explain FROM (EXPLAIN indexes = 1 ${query.text})` }))
}

/** The rows in the granules that the engine would read; at most so many are read. */
export async function plannedRows(engine: Engine, query: EngineQuery): Promise<number> {
  const [rows] = await textsOf(engine, { ...query, text: `SELECT toString(sum(rows)) FROM (EXPLAIN ESTIMATE ${query.text})` })
  return Number(rows ?? 0)
}

/** A column of texts. */
async function textsOf(engine: Engine, query: EngineQuery): Promise<readonly string[]> {
  const result = await engine.query(query)
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
  return lines
}

const timeIndexes = new Set(['Min-Max', 'MinMax', 'Partition'])

type Reading = { -readonly [Name in keyof EngineRead]: EngineRead[Name] }

/**
 * Below `ReadFromMergeTree (table)` stands what is read (`Parts: 2 | Granules: 3`), and the indexes one after the other, each with
 * `Granules: left/of those that the one before left`.
 */
export function readsIn(lines: readonly string[]): readonly EngineRead[] {
  const reads: Reading[] = []
  let index = ''
  for (const line of lines) {
    const text = line.replace(/^[\s│├└─]+/, '')
    const table = /^ReadFromMergeTree \(([^)]*)\)/.exec(text)?.[1]
    if (table !== undefined) {
      reads.push({ table, granulesInTime: 0, granules: 0, allGranules: undefined, parts: undefined, allParts: undefined })
      index = ''
    }
    const name = /^(Min-?Max|Partition|PrimaryKey|Skip)$/.exec(text)?.[1]
    if (name !== undefined) index = name
    const read = reads.at(-1)
    if (read === undefined) continue
    for (const [, what, left, whole] of text.matchAll(/(Parts|Granules): (\d+)(?:\/(\d+))?/g)) {
      if (what === 'Parts') readParts(read, Number(left), whole)
      else readGranules(read, index, Number(left), whole)
    }
  }
  return reads
}

function readParts(read: Reading, left: number, whole: string | undefined): void {
  read.parts = left
  if (whole !== undefined) read.allParts ??= Number(whole)
}

function readGranules(read: Reading, index: string, left: number, whole: string | undefined): void {
  if (whole === undefined) {
    read.granules = left
    return
  }
  if (timeIndexes.has(index)) read.granulesInTime = left
  else if (read.granulesInTime === 0) read.granulesInTime = Number(whole)
  read.allGranules ??= Number(whole)
  read.granules = left
}
