import type { Engine } from '../engine/engine.ts'
import { type LayoutOptions, localTable } from './layout.ts'
import { everyNode } from './table-statistics.ts'

/** How far the engine is with rows of a table that are to be deleted, on all of its nodes. */
export interface DeletionProgress {
  /** Deletions that are not over. */
  readonly pending: number
  readonly partsToDo: number
  /** Why the last attempt at one of them failed; the engine tries again. */
  readonly failure?: string
}

/** Physical names. */
export async function readTablesWithDeletions(engine: Pick<Engine, 'rows'>, options: LayoutOptions): Promise<readonly string[]> {
  const rows = await engine.rows(
    `SELECT DISTINCT table FROM ${everyNode('mutations', options)} ` +
      "WHERE database = {database:String} AND NOT is_done AND command LIKE '%DELETE WHERE%'",
    { database: options.engineDatabase },
  )
  const suffix = localTable('', options)
  return rows.map(([table]) => String(table)).map((name) => name.slice(0, name.length - suffix.length))
}

export async function readDeletionProgress(
  engine: Pick<Engine, 'rows'>,
  physicalName: string,
  options: LayoutOptions,
): Promise<DeletionProgress> {
  const [row] = await engine.rows(
    `SELECT toFloat64(count()), toFloat64(sum(parts_to_do)), max(latest_fail_reason) FROM ${everyNode('mutations', options)} ` +
      "WHERE database = {database:String} AND table = {table:String} AND NOT is_done AND command LIKE '%DELETE WHERE%'",
    { database: options.engineDatabase, table: localTable(physicalName, options) },
  )
  const reason = row?.[2]
  const failure = typeof reason === 'string' ? reason : ''
  return { pending: Number(row?.[0] ?? 0), partsToDo: Number(row?.[1] ?? 0), ...(failure !== '' && { failure }) }
}
