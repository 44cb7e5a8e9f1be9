import { ServerError } from '../../base/errors.ts'
import type { BackupCatalog } from '../../storage/backup/backup-catalog.ts'
import { schemaColumns } from '../../storage/layout.ts'
import { type DatabaseRecord, type TableRecord, tableKey } from '../../storage/table-record.ts'
import { alreadyExists } from '../control/names.ts'
import { type BackupTarget, basePlace, readChecked } from './backup-target.ts'
import type { RestoreBackupInput } from './backups.ts'
import { followEngine, type Sizes } from './follow-engine.ts'
import type { BackupOptions } from './make-backup.ts'
import { type Manifest, backupFiles, damaged } from './manifest.ts'
import { isSelected } from './selection.ts'

/** A restore that is decided and not begun. */
export interface RestorePlan {
  readonly manifest: Manifest
  readonly catalog: BackupCatalog
  readonly tables: readonly PlannedTable[]
  /** Those of the tables that are not there. */
  readonly databases: readonly DatabaseRecord[]
}

interface PlannedTable {
  readonly from: TableRecord
  readonly to: TableRecord
}

type RestoreOptions = Pick<BackupOptions, 'storage' | 'backups' | 'clock'>

/** Checks all that can be known before anything is changed. @throws ServerError RESOURCE_NOT_FOUND, CONFLICT, CONFIGURATION */
export async function planRestore(
  { storage, backups }: RestoreOptions,
  target: BackupTarget,
  manifest: Manifest,
  input: RestoreBackupInput,
): Promise<RestorePlan> {
  const catalog = backups.unpack(await readChecked(target, manifest, 'catalog'), manifest.backupId)
  const stored = catalog.documents.filter(({ kind }) => kind === 'table').map(({ value }) => value as TableRecord)
  const tables: PlannedTable[] = stored
    .filter((table) => isSelected(table, input))
    .map((from) => ({
      from,
      to: {
        ...from,
        databaseName: input.asDatabaseName ?? from.databaseName,
        tableName: input.asTableName ?? from.tableName,
        physicalName: storage.tables.newPhysicalName(),
      },
    }))
  if (tables.length === 0 && input.databaseName !== undefined) {
    const name = input.tableName === undefined ? input.databaseName : tableKey(input.databaseName, input.tableName)
    throw new ServerError('RESOURCE_NOT_FOUND', `The backup ${manifest.backupId} does not hold ${name}.`)
  }
  for (const { to } of tables) {
    if ((await storage.documents.get('table', tableKey(to.databaseName, to.tableName))) !== undefined)
      throw alreadyExists('table', to.tableName)
  }
  const databases: DatabaseRecord[] = []
  for (const { kind, value } of catalog.documents) {
    const database = value as DatabaseRecord
    if (kind !== 'database' || (input.databaseName !== undefined && database.databaseName !== input.databaseName)) continue
    const restored = { ...database, databaseName: input.asDatabaseName ?? database.databaseName }
    if ((await storage.documents.get('database', restored.databaseName)) === undefined) databases.push(restored)
  }
  return { manifest, catalog, tables, databases }
}

/** Answers how many rows there are now. On failure no table of it is left. */
export async function restoreBackup(
  options: RestoreOptions,
  target: BackupTarget,
  plan: RestorePlan,
  tell: (sizes: Sizes) => void,
): Promise<number> {
  const { storage } = options
  const { tables, databases } = plan
  for (const { to } of tables) await storage.tableChanges.begin(to.physicalName)
  try {
    const rows = await restoreRows(options, target, plan, tell)
    for (const database of databases) await storage.documents.put('database', database.databaseName, database, 0)
    for (const { to } of tables) {
      const isNew = await storage.documents.put('table', tableKey(to.databaseName, to.tableName), to, 0)
      if (!isNew) throw alreadyExists('table', to.tableName)
    }
    return rows
  } catch (error) {
    for (const { to } of tables) await removeUnlessNamed(options, to)
    throw error
  } finally {
    await storage.catalog.refresh()
    for (const { to } of tables) await storage.tableChanges.end(to.physicalName)
  }
}

async function restoreRows(
  { storage, backups, clock }: RestoreOptions,
  target: BackupTarget,
  { manifest, catalog, tables }: RestorePlan,
  tell: (sizes: Sizes) => void,
): Promise<number> {
  if (tables.length === 0) return 0
  const names = tables.map(({ from, to }) => ({ from: from.physicalName, to: to.physicalName }))
  const handle = await backups.engine.restore(
    names,
    target.place(`${manifest.backupId}/${backupFiles.engine}`),
    basePlace(target, manifest),
  )
  await followEngine(backups.engine, clock, handle, `The backup ${manifest.backupId} cannot be restored`, tell)
  let rows = 0
  for (const { from, to } of tables) {
    // the document is younger than the files: it may know columns that they do not have
    await storage.tables.addColumns(to.physicalName, schemaColumns(to.schema))
    const found = await backups.engine.rowCount(to.physicalName)
    const expected = catalog.tableRows[from.physicalName]
    if (expected !== undefined && found !== expected) {
      throw damaged(manifest.backupId, `table ${tableKey(from.databaseName, from.tableName)} has ${found} rows, not ${expected}`)
    }
    if (!(await backups.engine.isSound(to.physicalName))) {
      throw damaged(manifest.backupId, `files of table ${tableKey(from.databaseName, from.tableName)} do not have their checksums`)
    }
    rows += found
  }
  return rows
}

/** A table that got its document before a later one failed is whole, but the restore is not: it goes, document first. */
async function removeUnlessNamed({ storage }: RestoreOptions, table: TableRecord): Promise<void> {
  const key = tableKey(table.databaseName, table.tableName)
  const stored = await storage.documents.get<TableRecord>('table', key)
  if (stored?.value.physicalName === table.physicalName) await storage.documents.remove('table', key, stored.revision)
  await storage.tables.drop(table.physicalName)
}
