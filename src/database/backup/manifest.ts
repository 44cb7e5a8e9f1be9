import { createHash } from 'node:crypto'
import { ServerError } from '../../base/errors.ts'
import { currentFormat } from '../../storage/format-version.ts'
import type { BackupDescription } from './backups.ts'

/** `manifest.json` of a backup: written last, so that a backup without it is none. Holds no name of a table unless one was asked for. */
export interface Manifest extends BackupDescription {
  readonly format: number
  /** That of the data directory (storage/format-version): the engine's files are restored as they are. */
  readonly dataFormat: number
  /** SHA-256, in hexadecimal, of the other files that are ours. */
  readonly checksums: { readonly catalog: string; readonly keys: string }
}

export const manifestFormat = 1
/** The files of a backup, beside the engine's folder. */
export const backupFiles = { manifest: 'manifest.json', catalog: 'catalog.sealed', keys: 'keys.json', engine: 'engine' } as const
/** The engine's own list of its files. */
export const engineListing = `${backupFiles.engine}/.backup`

export const checksum = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** @throws ServerError CONFIGURATION */
export function parseManifest(backupId: string, text: string): Manifest {
  let manifest: Partial<Manifest> | null
  try {
    manifest = JSON.parse(text) as Partial<Manifest> | null
  } catch (error) {
    throw damaged(backupId, 'its manifest is not JSON', error)
  }
  if (typeof manifest !== 'object' || manifest === null || manifest.backupId !== backupId)
    throw damaged(backupId, 'its manifest is another one')
  if (manifest.format !== manifestFormat) {
    throw new ServerError(
      'CONFIGURATION',
      `The backup ${backupId} has format ${String(manifest.format)}; this version reads format ${manifestFormat}.`,
    )
  }
  if (manifest.dataFormat !== currentFormat) {
    throw new ServerError(
      'CONFIGURATION',
      `The backup ${backupId} holds data of format ${String(manifest.dataFormat)}; this version reads format ${currentFormat}. Restore it with version ${manifest.productVersion}.`,
    )
  }
  if (typeof manifest.checksums?.catalog !== 'string' || typeof manifest.checksums.keys !== 'string') {
    throw damaged(backupId, 'its manifest lacks checksums')
  }
  return manifest as Manifest
}

export const damaged = (backupId: string, how: string, cause?: unknown): ServerError =>
  new ServerError('CONFIGURATION', `The backup ${backupId} is damaged: ${how}.`, { cause })
