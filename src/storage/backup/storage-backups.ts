import type { Engine } from '../../engine/engine.ts'
import type { StorageKeys } from '../at-rest/storage-keys.ts'
import type { DocumentStore } from '../document-store.ts'
import { documentKinds } from '../documents/sealed-document.ts'
import { type BackupCatalog, type BackupDocument, packCatalog, unpackCatalog } from './backup-catalog.ts'
import { type EngineBackups, createEngineBackups, rowsByTable } from './engine-backup.ts'

/** What backups need of the storage: the engine's files, the catalog, the keys. Nothing leaves it in the clear. */
export interface StorageBackups {
  readonly engine: EngineBackups
  /** All documents of the catalog but the marks of changes under way. */
  documents(): Promise<readonly BackupDocument[]>
  pack(catalog: BackupCatalog, backupId: string): Buffer
  /** @throws ServerError CONFIGURATION when it belongs to other keys or another backup, or was changed. */
  unpack(packed: Buffer, backupId: string): BackupCatalog
  /** Rows by physical name, out of the engine's list of a backup's files and the rows of all parts that there were meanwhile. */
  rowsByTable(listing: string, partRows: ReadonlyMap<string, number>): Readonly<Record<string, number>>
  /** The text of `keys.json`: the storage keys, wrapped by the master key. */
  readonly wrappedKeys: string
}

export interface StorageBackupsOptions {
  readonly engine: Engine
  readonly engineDatabase: string
  readonly documents: DocumentStore
  readonly keys: StorageKeys
  readonly wrappedKeys: string
}

export function createStorageBackups({ engine, engineDatabase, documents, keys, wrappedKeys }: StorageBackupsOptions): StorageBackups {
  return {
    engine: createEngineBackups(engine, engineDatabase),
    documents: async () => {
      const all: BackupDocument[] = []
      for (const kind of documentKinds) {
        // what is under way here is not under way where the backup is restored
        if (kind === 'table-change' || kind === 'batch-load') continue
        for (const { key, value } of await documents.list(kind)) all.push({ kind, key, value })
      }
      return all
    },
    pack: (catalog, backupId) => packCatalog(keys, catalog, backupId),
    unpack: (packed, backupId) => unpackCatalog(keys, packed, backupId),
    rowsByTable: (listing, partRows) => rowsByTable(listing, partRows, engineDatabase),
    wrappedKeys,
  }
}
