import type { Log } from '../base/log.ts'
import type { Engine } from '../engine/engine.ts'
import type { DocumentStore } from './document-store.ts'
import type { TableRecord } from './table-record.ts'

/** Rows that lie in files of their own, as the engine keeps them: the blocks of a table from one number to another. */
export interface Part {
  readonly table: string
  readonly name: string
  readonly partitionId: string
  readonly firstBlock: number
  readonly lastBlock: number
}

/**
 * When it opens, the engine sets aside every part whose files are not whole, which is what a loss of power leaves of parts that were being merged
 * or rewritten; it then uses those that they were made of. Parts that are held otherwise are removed here. Answers a sentence about what is not
 * held otherwise, naming where it lies; undefined when there is no such part.
 */
export async function checkPartsSetAside(options: {
  readonly engine: Engine
  readonly engineDatabase: string
  readonly documents: DocumentStore
  readonly log: Log
}): Promise<string | undefined> {
  const { engine, engineDatabase, documents, log } = options
  const parameters = { database: engineDatabase }
  const found = await engine.rows(
    `SELECT table, name, partition_id, toFloat64(min_block_number), toFloat64(max_block_number), path
     FROM system.detached_parts WHERE database = {database:String} AND startsWith(reason, 'broken')`,
    parameters,
  )
  if (found.length === 0) return undefined
  const active = (
    await engine.rows(
      `SELECT table, name, partition_id, toFloat64(min_block_number), toFloat64(max_block_number)
       FROM system.parts WHERE database = {database:String} AND active`,
      parameters,
    )
  ).map(partOf)
  const lost: string[] = []
  let removed = 0
  for (const row of found) {
    const part = partOf(row)
    if (isHeld(part, active)) {
      await engine.execute(
        `ALTER TABLE ${engineDatabase}.${part.table} DROP DETACHED PART {part:String} SETTINGS allow_drop_detached = 1`,
        { parameters: { part: part.name } },
      )
      removed++
    } else {
      const table = (await documents.list<TableRecord>('table')).find(({ value }) => value.physicalName === part.table)
      lost.push(`${table?.key ?? part.table} (${String(row[5])})`)
    }
  }
  log.info('parts that were not whole', { removed, setAside: lost.length })
  if (lost.length === 0) return undefined
  const named = lost.slice(0, 5).join(', ')
  return `Files of stored rows were damaged and set aside, ${lost.length} in all: ${named}. Restore the tables from a backup if the rows matter, then remove these folders.`
}

/** Whether every block of a part is in others. */
export function isHeld(part: Part, others: readonly Part[]): boolean {
  const same = others
    .filter(({ table, partitionId }) => table === part.table && partitionId === part.partitionId)
    .sort((a, b) => a.firstBlock - b.firstBlock)
  let next = part.firstBlock
  for (const { firstBlock, lastBlock } of same) {
    if (firstBlock > next) break
    next = Math.max(next, lastBlock + 1)
  }
  return next > part.lastBlock
}

function partOf([table, name, partitionId, firstBlock, lastBlock]: readonly unknown[]): Part {
  return {
    table: String(table),
    name: String(name),
    partitionId: String(partitionId),
    firstBlock: Number(firstBlock),
    lastBlock: Number(lastBlock),
  }
}
