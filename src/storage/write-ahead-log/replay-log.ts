import type { Log } from '../../base/log.ts'
import type { StoredCatalog } from '../stored-catalog.ts'
import type { TableRecord } from '../table-record.ts'
import { resolveVersions } from '../writer/resolve-versions.ts'
import type { StoredRecords } from '../writer/stored-records.ts'
import { Watermarks } from '../writer/watermarks.ts'
import { decodeEntry } from './entry-format.ts'
import { PendingBlock } from './pending-block.ts'
import type { LogCheckpoints } from './log-checkpoints.ts'
import type { PendingTables } from './pending-tables.ts'
import type { WriteAheadLog } from './write-ahead-log.ts'

export interface ReplayOptions {
  readonly source: Pick<WriteAheadLog, 'entries'>
  /** What is below the checkpoint of its table is left out. */
  readonly checkpoints: Pick<LogCheckpoints, 'of'>
  readonly pending: Pick<PendingTables, 'add' | 'flush'>
  /** What is pending or in the engine. */
  readonly stored: StoredRecords
  readonly catalog: Pick<StoredCatalog, 'table' | 'markDuplicates'>
  readonly engineDatabase: string
  readonly log: Log
  /** When what the engine has of a table cannot be read; answers whether it can now. */
  readonly onUnreadable?: (table: TableRecord, failure: unknown) => Promise<boolean>
}

/** Rows decided about together; one question to the engine costs far more than a row. */
const roundRows = 100_000

interface Round {
  readonly table: TableRecord
  readonly rows: PendingBlock
  readonly segment: number
}

/**
 * Decides about all rows of the log once more, in their order, as if they were just written: those that the engine has already (or in a
 * higher version) fall away, so replaying any part of a log any number of times comes to the same. Tables that are gone are left out.
 */
export async function replayLog(options: ReplayOptions): Promise<void> {
  const { source, catalog, checkpoints, log } = options
  const watermarks = new Watermarks(2 ** 18)
  const rounds = new Map<string, Round>()
  let rows = 0
  let missing = 0
  for await (const { segment, entry } of source.entries()) {
    const { databaseName, tableName, insert } = decodeEntry(entry)
    const table = catalog.table(databaseName, tableName)
    rows += insert.rowCount
    if (table?.physicalName !== insert.table) {
      missing += insert.rowCount
      continue
    }
    if (segment < checkpoints.of(insert.table)) continue
    let round = rounds.get(insert.table)
    if (round === undefined) rounds.set(insert.table, (round = { table, rows: new PendingBlock(insert.table), segment }))
    round.rows.append(insert)
    if (round.rows.rowCount < roundRows) continue
    rounds.delete(insert.table)
    await replayRound(round, watermarks, options)
  }
  for (const round of rounds.values()) await replayRound(round, watermarks, options)
  if (rows > 0) log.info('write-ahead log replayed', { records: rows, ofDeletedTables: missing })
}

async function replayRound(
  { table, rows, segment }: Round,
  watermarks: Watermarks,
  { pending, stored, catalog, engineDatabase, log, onUnreadable }: ReplayOptions,
): Promise<void> {
  const { kept, replaces } = await resolveVersions(table, rows, watermarks, stored).catch(async (error: unknown) => {
    if ((await onUnreadable?.(table, error)) !== true) throw error
    return resolveVersions(table, rows, watermarks, stored)
  })
  if (replaces) await catalog.markDuplicates(table.databaseName, table.tableName)
  if (kept?.length === 0) return
  pending.add(table, rows.toInsert(engineDatabase), segment, kept)
  // a log may hold more than is good to have in memory; what the engine refuses stays pending
  await pending.flush(table).catch((error: unknown) => log.warn('replayed rows wait', { table: table.physicalName, error: String(error) }))
}
