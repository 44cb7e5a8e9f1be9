import type { Clock } from '../../base/clock.ts'
import { ServerError } from '../../base/errors.ts'
import type { BackupDocument } from '../../storage/backup/backup-catalog.ts'
import type { StorageBackups } from '../../storage/backup/storage-backups.ts'
import { currentFormat } from '../../storage/format-version.ts'
import type { Storage } from '../../storage/open.ts'
import type { TableRecord } from '../../storage/table-record.ts'
import type { CreateBackupInput } from './backups.ts'
import { type BackupTarget, basePlace, listBackups } from './backup-target.ts'
import { followEngine, type Sizes } from './follow-engine.ts'
import { type Manifest, backupFiles, checksum, engineListing, manifestFormat } from './manifest.ts'
import { isSelected } from './selection.ts'

export interface BackupOptions {
  readonly storage: Pick<Storage, 'documents' | 'catalog' | 'tables' | 'tableChanges' | 'writer'>
  readonly backups: StorageBackups
  readonly clock: Clock
  readonly productVersion: string
}

/** A backup that is decided and not begun. */
export interface BackupPlan {
  readonly backupId: string
  readonly input: CreateBackupInput
  readonly base: Manifest | undefined
  readonly tables: readonly TableRecord[]
}

/** @throws ServerError RESOURCE_NOT_FOUND, VALIDATION when there is nothing to build an incremental backup on */
export async function planBackup(options: BackupOptions, target: BackupTarget, input: CreateBackupInput): Promise<BackupPlan> {
  const { storage, clock } = options
  const tables = (await storage.documents.list<TableRecord>('table')).map(({ value }) => value).filter((table) => isSelected(table, input))
  if (input.databaseName !== undefined && tables.length === 0) {
    const what = input.tableName === undefined ? `database ${input.databaseName} has no tables` : `table ${input.tableName} does not exist`
    throw new ServerError('RESOURCE_NOT_FOUND', `There is nothing to back up: the ${what}.`)
  }
  const base = input.isIncremental === true ? (await listBackups(target)).findLast((each) => each.kind === 'full') : undefined
  if (input.isIncremental === true && base === undefined) {
    throw new ServerError('VALIDATION', `There is no full backup in ${target.text} that an incremental one could build on.`)
  }
  const time = new Date(clock.nowMs())
    .toISOString()
    .replaceAll(/[-:]/g, '')
    .replace(/\.(\d+)Z$/, '$1Z')
  return { backupId: `${time}-${base === undefined ? 'full' : 'incremental'}`, input, base, tables }
}

/** Makes it; on failure nothing of it is left. */
export async function makeBackup(
  options: BackupOptions,
  target: BackupTarget,
  plan: BackupPlan,
  tell: (sizes: Sizes) => void,
): Promise<Manifest> {
  try {
    return await make(options, target, plan, tell)
  } catch (error) {
    await target.remove(plan.backupId).catch(() => undefined)
    throw error
  }
}

async function make(options: BackupOptions, target: BackupTarget, plan: BackupPlan, tell: (sizes: Sizes) => void): Promise<Manifest> {
  const { storage, backups, clock, productVersion } = options
  const { backupId, input, base, tables } = plan
  const names = tables.map(({ physicalName }) => physicalName)
  // what is acknowledged now is in the engine after this
  for (const table of tables) await storage.writer.flush(table)
  const partRows = new Map(await backups.engine.partRows(names))
  const observe = async (): Promise<void> => {
    for (const [part, rows] of await backups.engine.partRows(names)) partRows.set(part, rows)
  }
  let sizes: Sizes = { bytesDone: 0, bytesTotal: 0 }
  let tableRows: Readonly<Record<string, number>> = {}
  if (names.length > 0) {
    const place = target.place(`${backupId}/${backupFiles.engine}`)
    const handle = await backups.engine.begin(names, place, base && basePlace(target, { ...base, baseBackupId: base.backupId }))
    await observe()
    sizes = await followEngine(backups.engine, clock, handle, 'The backup failed', tell, observe)
    await observe()
    const listing = await target.read(`${backupId}/${engineListing}`)
    if (listing === undefined) throw new ServerError('INTERNAL', 'The engine left no list of the files of the backup.')
    tableRows = backups.rowsByTable(listing.toString(), partRows)
  }
  const catalog = backups.pack({ documents: selectDocuments(await backups.documents(), names, input), tableRows }, backupId)
  const keys = Buffer.from(backups.wrappedKeys)
  await target.write(`${backupId}/${backupFiles.catalog}`, catalog)
  await target.write(`${backupId}/${backupFiles.keys}`, keys)
  const manifest: Manifest = {
    format: manifestFormat,
    dataFormat: currentFormat,
    backupId,
    kind: base === undefined ? 'full' : 'incremental',
    ...(base === undefined ? {} : { baseBackupId: base.backupId }),
    createdAtMs: clock.nowMs(),
    productVersion,
    ...(input.databaseName === undefined ? {} : { databaseName: input.databaseName }),
    ...(input.tableName === undefined ? {} : { tableName: input.tableName }),
    tableCount: names.length,
    rows: Object.values(tableRows).reduce((sum, rows) => sum + rows, 0),
    bytes: sizes.bytesTotal,
    checksums: { catalog: checksum(catalog), keys: checksum(keys) },
  }
  await target.write(`${backupId}/${backupFiles.manifest}`, Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`))
  return manifest
}

/**
 * The documents that go with the tables: read after the engine's files, so that they know every column in them. A table that was made meanwhile
 * has no files and is left out; of a part of the catalog, only the databases and tables of it.
 */
function selectDocuments(
  all: readonly BackupDocument[],
  physicalNames: readonly string[],
  input: CreateBackupInput,
): readonly BackupDocument[] {
  const backedUp = new Set(physicalNames)
  return all.filter(({ kind, key, value }) => {
    if (kind === 'table') return backedUp.has((value as TableRecord).physicalName)
    return input.databaseName === undefined || (kind === 'database' && key === input.databaseName)
  })
}
