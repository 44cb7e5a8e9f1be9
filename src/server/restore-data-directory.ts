import { mkdir, readdir, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../base/clock.ts'
import { ServerError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { Metrics } from '../base/metrics.ts'
import { type BackupTarget, findBackup, readChecked } from '../database/backup/backup-target.ts'
import type { Sizes } from '../database/backup/follow-engine.ts'
import { openBackupTarget } from '../database/backup/open-target.ts'
import { restoreAll } from '../database/backup/restore-all.ts'
import { openObjectStore } from '../object-store/open.ts'
import { besideDataFile } from '../storage/at-rest/master-key.ts'
import { writePrivateFile } from '../storage/at-rest/private-file.ts'
import { storageKeysFile } from '../storage/at-rest/storage-keys.ts'
import { checkFormat } from '../storage/format-version.ts'
import { openStorage } from '../storage/open.ts'
import type { ServerConfig } from './config.ts'
import { storageOptions } from './main.ts'
import { version } from './version.ts'

/** May lie there beforehand, as for every new data directory. */
const bucketsFolder = 'buckets'

export interface RestoredDirectory {
  readonly backupId: string
  readonly tableCount: number
  readonly rows: number
}

/**
 * Makes a data directory out of a backup, for a server that is started on it afterwards. The directory must be empty, but for the master key that the
 * backup was made under, unless that key is given. On failure it is as it was.
 * @throws ServerError CONFIGURATION, VALIDATION, RESOURCE_NOT_FOUND
 */
export async function restoreDataDirectory(
  config: ServerConfig,
  backup: { readonly target: string; readonly backupId?: string },
  clock: Clock,
  log: Log,
  tell: (sizes: Sizes) => void,
): Promise<RestoredDirectory> {
  const objects = await openObjectStore(config.objectStore)
  try {
    const target = await openBackupTarget(backup.target, objects)
    return await restoreFrom(target, backup.backupId, config, clock, log, tell)
  } finally {
    objects.close()
    // made by opening, unless it holds something
    await rmdir(join(config.dataDirectory, bucketsFolder)).catch(() => undefined)
  }
}

async function restoreFrom(
  target: BackupTarget,
  backupId: string | undefined,
  config: ServerConfig,
  clock: Clock,
  log: Log,
  tell: (sizes: Sizes) => void,
): Promise<RestoredDirectory> {
  const { dataDirectory } = config
  const manifest = await findBackup(target, backupId)
  const keys = await readChecked(target, manifest, 'keys')
  await mkdir(dataDirectory, { recursive: true, mode: 0o700 })
  const filesThere = async (): Promise<readonly string[]> =>
    (await readdir(dataDirectory)).filter((name) => name !== besideDataFile && name !== bucketsFolder)
  if ((await filesThere()).length > 0) {
    throw new ServerError('CONFIGURATION', `${dataDirectory} is not empty: a backup is restored into a new folder.`)
  }
  try {
    // first, because it takes a new directory only when nothing is in it
    await checkFormat(dataDirectory, version)
    await writePrivateFile(join(dataDirectory, storageKeysFile), keys.toString())
    const storage = await openStorage(storageOptions(config, clock, log, new Metrics()))
    try {
      if (storage.backups === undefined) throw new ServerError('CONFIGURATION', 'Only the embedded engine restores backups.')
      const rows = await restoreAll({ storage, backups: storage.backups, clock }, target, manifest, tell)
      return { backupId: manifest.backupId, tableCount: manifest.tableCount, rows }
    } finally {
      await storage.stop?.()
    }
  } catch (error) {
    for (const name of await filesThere()) await rm(join(dataDirectory, name), { recursive: true, force: true })
    throw error
  }
}
