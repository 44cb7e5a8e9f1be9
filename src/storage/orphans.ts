import type { Log } from '../base/log.ts'
import type { Engine } from '../engine/engine.ts'
import type { DocumentStore } from './document-store.ts'
import type { LayoutOptions } from './layout.ts'
import type { TableRecord } from './table-record.ts'
import type { Tables } from './tables.ts'

export interface OrphanOptions {
  readonly engine: Engine
  readonly documents: DocumentStore
  readonly tables: Pick<Tables, 'drop'>
  readonly layout: LayoutOptions
  readonly log: Log
}

/** On a cluster another node may be between making a table and naming it in the catalog. */
const undisturbedSeconds = 3600

/** Removes the engine's tables that no document names: what a crash left of a creation or a removal. */
export async function removeOrphans({ engine, documents, tables, layout, log }: OrphanOptions): Promise<void> {
  const { cluster, engineDatabase } = layout
  const source = cluster === undefined ? 'system.tables' : `clusterAllReplicas('${cluster.name}', system.tables)`
  const age = cluster === undefined ? '' : ` AND metadata_modification_time < now() - ${undisturbedSeconds}`
  // the engine is asked first: a table that is named in between is not taken for an orphan
  const rows = await engine.rows(
    `SELECT DISTINCT name FROM ${source} WHERE database = {database:String} AND match(name, '^t_[a-z0-9]+(_local)?$')${age}`,
    { database: engineDatabase },
  )
  const named = new Set((await documents.list<TableRecord>('table')).map(({ value }) => value.physicalName))
  const orphans = new Set(rows.map(([name]) => String(name).replace(/_local$/, '')).filter((name) => !named.has(name)))
  for (const name of orphans) {
    log.warn('removing a table that the catalog does not name', { table: name })
    await tables.drop(name)
  }
}
