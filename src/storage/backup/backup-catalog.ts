import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { ServerError } from '../../base/errors.ts'
import { deriveKey, seal, unseal } from '../at-rest/sealed.ts'
import { type StorageKeys, currentKey } from '../at-rest/storage-keys.ts'
import type { DocumentKind } from '../document-store.ts'

/** What a backup holds besides the engine's files. */
export interface BackupCatalog {
  readonly documents: readonly BackupDocument[]
  /** By physical name; a table is missing whose rows the engine could not tell. */
  readonly tableRows: Readonly<Record<string, number>>
}

/** A document of the catalog, without the revision that it had. */
export interface BackupDocument {
  readonly kind: DocumentKind
  readonly key: string
  readonly value: unknown
}

const form = 1
const headerBytes = 5

/** Seals the catalog under the current storage key. `backupId` must be the same when it is opened. */
export function packCatalog(keys: StorageKeys, catalog: BackupCatalog, backupId: string): Buffer {
  const { id, bytes } = currentKey(keys)
  const header = Buffer.alloc(headerBytes)
  header.writeUInt8(form)
  header.writeUInt32BE(id, 1)
  const plain = deflateRawSync(Buffer.from(JSON.stringify(catalog)))
  return Buffer.concat([header, seal(deriveKey(bytes, 'backup catalog'), plain, Buffer.from(backupId))])
}

/** @throws ServerError CONFIGURATION when it was sealed with another key, belongs to another backup or was changed. */
export function unpackCatalog(keys: StorageKeys, packed: Buffer, backupId: string): BackupCatalog {
  if (packed.length < headerBytes || packed.readUInt8() !== form) throw unreadable('it has an unknown form')
  const id = packed.readUInt32BE(1)
  const key = keys.keys.find((each) => each.id === id)
  if (key === undefined) throw unreadable(`it was written with storage key ${id}, which this installation does not have`)
  const plain = unseal(deriveKey(key.bytes, 'backup catalog'), packed.subarray(headerBytes), Buffer.from(backupId))
  if (plain === undefined) throw unreadable('it was written by an installation with other keys, or was changed')
  return JSON.parse(inflateRawSync(plain).toString()) as BackupCatalog
}

const unreadable = (reason: string): ServerError => new ServerError('CONFIGURATION', `The catalog in the backup cannot be read: ${reason}.`)
