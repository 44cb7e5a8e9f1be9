import type { BackupPlace } from '../../storage/backup/engine-backup.ts'
import { ServerError } from '../../base/errors.ts'
import type { BackupDescription } from './backups.ts'
import { type Manifest, backupFiles, checksum, damaged, parseManifest } from './manifest.ts'

/** A place that holds backups, each below its id. Paths have slashes. */
export interface BackupTarget {
  /** As it was given. */
  readonly text: string
  /** Where the engine puts or finds its files. */
  place(path: string): BackupPlace
  /** undefined when there is no such file. */
  read(path: string): Promise<Buffer | undefined>
  /** Whole or not at all. */
  write(path: string, body: Buffer): Promise<void>
  /** The first parts of all paths that are in use. */
  names(): Promise<readonly string[]>
  /** All files below a path. */
  remove(path: string): Promise<void>
}

/** The whole backups, oldest first: ids begin with the time. */
export async function listBackups(target: BackupTarget): Promise<readonly Manifest[]> {
  const manifests: Manifest[] = []
  for (const name of [...(await target.names())].sort()) {
    const text = await target.read(`${name}/${backupFiles.manifest}`)
    if (text !== undefined) manifests.push(parseManifest(name, text.toString()))
  }
  return manifests
}

/** @throws ServerError RESOURCE_NOT_FOUND */
export async function findBackup(target: BackupTarget, backupId: string | undefined): Promise<Manifest> {
  const all = await listBackups(target)
  const found = backupId === undefined ? all.at(-1) : all.find((each) => each.backupId === backupId)
  if (found !== undefined) return found
  const have = all.length === 0 ? 'there is none' : `there are ${all.map((each) => each.backupId).join(', ')}`
  throw new ServerError('RESOURCE_NOT_FOUND', `No ${backupId === undefined ? 'backup' : `backup ${backupId}`} in ${target.text}: ${have}.`)
}

/** One of our files of a backup, as it was written. @throws ServerError CONFIGURATION */
export async function readChecked(target: BackupTarget, manifest: Manifest, file: 'catalog' | 'keys'): Promise<Buffer> {
  const bytes = await target.read(`${manifest.backupId}/${backupFiles[file]}`)
  if (bytes === undefined) throw damaged(manifest.backupId, `${backupFiles[file]} is missing`)
  if (checksum(bytes) !== manifest.checksums[file]) throw damaged(manifest.backupId, `the checksum of ${backupFiles[file]} is another one`)
  return bytes
}

/** Where the engine's files of the base are, as the backup's own note of it may be of a folder that was moved. */
export function basePlace(target: BackupTarget, { baseBackupId }: BackupDescription): BackupPlace | undefined {
  return baseBackupId === undefined ? undefined : target.place(`${baseBackupId}/${backupFiles.engine}`)
}
