import { join } from 'node:path'
import { type RootDatabase, open } from 'lmdb'
import { ServerError } from '../../base/errors.ts'
import type { StorageKeys } from '../at-rest/storage-keys.ts'
import { checkLmdbFile, makeLmdbDirectory } from '../lmdb-file.ts'
import type { DocumentKind, DocumentStore, Versioned } from '../document-store.ts'
import { type DocumentSeal, createDocumentSeal, kindByte } from './sealed-document.ts'

/**
 * Documents in an LMDB environment in `directory`. A change is on disk when its promise resolves.
 * @throws ServerError CONFIGURATION when the store cannot be opened or was written with other keys.
 */
export async function openLmdbDocuments(directory: string, keys: StorageKeys): Promise<DocumentStore> {
  const seal = createDocumentSeal(keys)
  let store: RootDatabase<Buffer, Buffer>
  try {
    await makeLmdbDirectory(directory)
    checkLmdbFile(join(directory, 'data.mdb'), 'Put the folder back from a copy, or restore a backup into a new data directory.')
    // without overlapping, a write resolves after the flush
    store = open<Buffer, Buffer>({ path: directory, noSubdir: false, encoding: 'binary', keyEncoding: 'binary', overlappingSync: false })
  } catch (error) {
    if (error instanceof ServerError) throw error
    throw new ServerError('CONFIGURATION', `The catalog in ${directory} cannot be opened: ${String(error)}`, { cause: error })
  }
  const documents = new LmdbDocuments(store, seal)
  try {
    await documents.list('setting')
  } catch (error) {
    await store.close()
    throw error
  }
  return documents
}

class LmdbDocuments implements DocumentStore {
  readonly name = 'catalog'
  readonly #store: RootDatabase<Buffer, Buffer>
  readonly #seal: DocumentSeal

  constructor(store: RootDatabase<Buffer, Buffer>, seal: DocumentSeal) {
    this.#store = store
    this.#seal = seal
  }

  async get<T>(kind: DocumentKind, key: string): Promise<Versioned<T> | undefined> {
    return this.#read<T>(this.#seal.storedKey(kind, key))
  }

  async list<T>(kind: DocumentKind, prefix = ''): Promise<readonly Versioned<T>[]> {
    const documents: Versioned<T>[] = []
    const range = { start: Buffer.of(kindByte(kind)), end: Buffer.of(kindByte(kind) + 1) }
    for (const { key, value } of this.#store.getRange(range)) {
      const document = this.#seal.open<T>(key, value)
      if (document.key.startsWith(prefix)) documents.push(document)
    }
    return documents.sort((a, b) => (a.key < b.key ? -1 : 1))
  }

  put<T>(kind: DocumentKind, key: string, value: T, ifRevision: number): Promise<boolean> {
    const storedKey = this.#seal.storedKey(kind, key)
    const sealed = this.#seal.seal(storedKey, kind, { key, value, revision: ifRevision + 1 })
    return this.#change(storedKey, ifRevision, () => void this.#store.put(storedKey, sealed))
  }

  remove(kind: DocumentKind, key: string, ifRevision: number): Promise<boolean> {
    const storedKey = this.#seal.storedKey(kind, key)
    return this.#change(storedKey, ifRevision, () => void this.#store.remove(storedKey))
  }

  async stop(): Promise<void> {
    await this.#store.close()
  }

  #read<T>(storedKey: Buffer): Versioned<T> | undefined {
    const sealed = this.#store.get(storedKey)
    return sealed && this.#seal.open<T>(storedKey, sealed)
  }

  #change(storedKey: Buffer, ifRevision: number, change: () => void): Promise<boolean> {
    return this.#store.transaction(() => {
      if ((this.#read(storedKey)?.revision ?? 0) !== ifRevision) return false
      change()
      return true
    })
  }
}
