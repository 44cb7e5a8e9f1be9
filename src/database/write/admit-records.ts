import type { Clock } from '../../base/clock.ts'
import { ServerError } from '../../base/errors.ts'
import type { Limits } from '../../base/limits.ts'
import { ingestionWindow, outsideWindowReason, storeOf } from '../../storage/retention.ts'
import type { StoredCatalog } from '../../storage/stored-catalog.ts'
import type { TableRecord } from '../../storage/table-record.ts'
import type { WriteRecord } from '../../storage/writer/write-record.ts'
import type { WriteInput } from '../database.ts'
import { quotaReason } from './quotas.ts'
import type { ReadRecord } from './read-record.ts'
import type { RejectedRecord } from './record.ts'
import { growSchema } from './schema-growth.ts'
import { isLastWriterWins } from './versioning.ts'

/** What records are admitted by, whoever wrote them. */
export interface AdmissionOptions {
  readonly catalog: Pick<StoredCatalog, 'table' | 'refresh' | 'snapshot' | 'extendSchema'>
  readonly clock: Clock
  readonly limits: Limits
}

export const isLate = ({ store }: WriteRecord): boolean => store === 'magnetic'
export const timeOf = ({ timeNs }: WriteRecord): bigint => timeNs

/** Another node may have made the table: the document is read before it is said to be missing. */
export async function findTable(
  catalog: AdmissionOptions['catalog'],
  { databaseName, tableName }: Pick<WriteInput, 'databaseName' | 'tableName'>,
): Promise<TableRecord> {
  const known = catalog.table(databaseName, tableName)
  if (known !== undefined) return known
  await catalog.refresh(databaseName)
  if (catalog.snapshot().tableNames(databaseName) === undefined) {
    throw new ServerError('RESOURCE_NOT_FOUND', `The database ${databaseName} does not exist.`)
  }
  await catalog.refresh(databaseName, tableName)
  const table = catalog.table(databaseName, tableName)
  if (table === undefined) throw new ServerError('RESOURCE_NOT_FOUND', `The table ${tableName} does not exist.`)
  return table
}

/** The records inside the table's window and quotas; the others are put into `rejected`. */
export function screen(
  records: readonly ReadRecord[],
  table: TableRecord,
  { clock, limits }: AdmissionOptions,
  rejected: Map<number, RejectedRecord>,
): readonly WriteRecord[] {
  const window = ingestionWindow(table, clock.nowNs(), limits.futureIngestionMs)
  const accepted: WriteRecord[] = []
  const isReplacing = isLastWriterWins(table.tags)
  // microseconds; the writer raises it above what is stored where it must
  let ownVersion = clock.nowNs() / 1000n
  for (const record of records) {
    const { index, timeNs, version, measureName, dimensions, value } = record
    const store = storeOf(window, timeNs)
    if (store === undefined) {
      rejected.set(index, { RecordIndex: index, Reason: outsideWindowReason(window) })
      continue
    }
    const reason = quotaReason(record, table.partitionKey, limits)
    if (reason !== undefined) rejected.set(index, { RecordIndex: index, Reason: reason })
    else if (version !== 0n) accepted.push({ index, timeNs, version, store, measureName, dimensions, value })
    else if (!isReplacing) accepted.push({ index, timeNs, version: 1n, store, measureName, dimensions, value })
    else accepted.push({ index, timeNs, version: ownVersion++, isLastWord: true, store, measureName, dimensions, value })
  }
  return accepted
}

/** Adds the columns that are missing; records that do not fit the columns there are go into `rejected`. */
export async function grow(
  records: readonly WriteRecord[],
  table: TableRecord,
  { catalog, limits }: AdmissionOptions,
  rejected: Map<number, RejectedRecord>,
): Promise<{ readonly table: TableRecord; readonly records: readonly WriteRecord[] }> {
  let growth = growSchema(table.schema, records, table.partitionKey, limits)
  let grown = table
  if (growth.schema !== undefined) {
    grown = await catalog.extendSchema(table.databaseName, table.tableName, (current) => {
      growth = growSchema(current, records, table.partitionKey, limits)
      return growth.schema
    })
  }
  if (growth.rejected.size === 0) return { table: grown, records }
  for (const [index, reason] of growth.rejected) rejected.set(index, { RecordIndex: index, Reason: reason })
  return { table: grown, records: records.filter((record) => !growth.rejected.has(record.index)) }
}
