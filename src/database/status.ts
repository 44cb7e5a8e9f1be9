import type { Clock } from '../base/clock.ts'
import type { Storage } from '../storage/open.ts'
import type { TableRecord } from '../storage/table-record.ts'
import type { Status, TableStatus } from './database.ts'
import type { Rate } from './rate.ts'

export interface StatusOptions {
  readonly storage: Pick<Storage, 'engine' | 'catalog' | 'tables' | 'writer' | 'isShared'>
  readonly clock: Clock
  readonly productVersion: string
  /** `Clock.monotonicMs` when the server began. */
  readonly startMs: number
  readonly records: Rate
  readonly queries: Rate
}

/** Asks the engine for the size of every table. */
export async function readStatus({ storage, clock, productVersion, startMs, records, queries }: StatusOptions): Promise<Status> {
  const { engine, catalog, writer } = storage
  if (storage.isShared) await catalog.refresh()
  // the sizes are those in the engine; what it refuses is not in them
  await writer.flush().catch(() => undefined)
  const [version] = await engine.rows('SELECT version()')
  const activity = engine.activity()
  return {
    version: productVersion,
    engine: {
      kind: engine.kind,
      version: String(version?.[0]),
      queries: activity.queries,
      inserts: activity.inserts,
      waiting: activity.waiting,
    },
    uptimeMs: Math.round(clock.monotonicMs() - startMs),
    databaseCount: catalog.snapshot().databaseNames().length,
    tables: await tableStatuses(storage),
    recordsPerSecond: records.perSecond(),
    queriesPerSecond: queries.perSecond(),
    pendingWriteRecords: writer.pending().records,
  }
}

async function tableStatuses({ catalog, tables }: StatusOptions['storage']): Promise<readonly TableStatus[]> {
  const snapshot = catalog.snapshot()
  const records = snapshot
    .databaseNames()
    .flatMap((database) => (snapshot.tableNames(database) ?? []).map((table) => catalog.table(database, table)))
    .filter((record): record is TableRecord => record !== undefined)
  const statistics = await tables.statistics(records.map(({ physicalName }) => physicalName))
  return records.flatMap(({ databaseName, tableName, physicalName }) => {
    const found = statistics.get(physicalName)
    return found === undefined ? [] : [{ databaseName, tableName, ...found }]
  })
}
