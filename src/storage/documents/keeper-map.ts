import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { ServerError } from '../../base/errors.ts'
import type { Engine, EngineParameters } from '../../engine/engine.ts'
import type { StorageKeys } from '../at-rest/storage-keys.ts'
import type { DocumentKind, DocumentStore, Versioned } from '../document-store.ts'
import { type DocumentSeal, createDocumentSeal, kindByte } from './sealed-document.ts'

export interface KeeperMapOptions {
  readonly engine: Engine
  /** The engine's database that holds the table; it exists. */
  readonly engineDatabase: string
  /** Given when the engine itself spreads statements over the nodes of this cluster. */
  readonly onCluster?: string
  readonly keys: StorageKeys
}

/**
 * Documents as rows of a KeeperMap table, which every node of the cluster sees through its Keeper. Changes are linearizable: a new row is
 * inserted in strict mode, which fails when there is one; a row is replaced only at the Keeper version that it was read at. Removed documents
 * leave a row without content, so that revisions never start again and a late writer cannot mistake a new document for the old one.
 * @throws ServerError CONFIGURATION when the nodes have no Keeper for tables, or the catalog was written with another master key.
 */
export async function openKeeperMapDocuments({ engine, engineDatabase, onCluster, keys }: KeeperMapOptions): Promise<DocumentStore> {
  const table = `${engineDatabase}.${tableName}`
  const where = onCluster === undefined ? '' : ` ON CLUSTER '${onCluster}'`
  try {
    await engine.execute(
      `CREATE TABLE IF NOT EXISTS ${table}${where} (key String, revision UInt64, document String, stamp String) ` +
        `ENGINE = KeeperMap('/tidemark_${engineDatabase}') PRIMARY KEY key`,
      { everyNode: onCluster === undefined },
    )
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ServerError(
      'CONFIGURATION',
      `The catalog of a cluster needs KeeperMap tables: give the ClickHouse nodes a <zookeeper> section and <keeper_map_path_prefix>. (${reason})`,
      { cause: error },
    )
  }
  const documents = new KeeperMapDocuments(engine, table, createDocumentSeal(keys))
  // refuses other keys at once: there is always a document to try them on
  await documents.list('setting')
  await documents.put('setting', 'opened', {}, 0)
  return documents
}

const tableName = 'catalog_documents'

interface Row {
  readonly revision: number
  /** Base64 of the sealed document; empty: removed. */
  readonly document: string
  /** Of the change that wrote the row. */
  readonly stamp: string
}

class KeeperMapDocuments implements DocumentStore {
  readonly name = 'catalog'
  readonly #engine: Engine
  readonly #table: string
  readonly #seal: DocumentSeal

  constructor(engine: Engine, table: string, seal: DocumentSeal) {
    this.#engine = engine
    this.#table = table
    this.#seal = seal
  }

  async get<T>(kind: DocumentKind, key: string): Promise<Versioned<T> | undefined> {
    const storedKey = this.#seal.storedKey(kind, key)
    const row = await this.#read(storedKey)
    return row === undefined || row.document === '' ? undefined : this.#seal.open<T>(storedKey, Buffer.from(row.document, 'base64'))
  }

  async list<T>(kind: DocumentKind, prefix = ''): Promise<readonly Versioned<T>[]> {
    const kindPrefix = Buffer.of(kindByte(kind)).toString('hex')
    const rows = await this.#rows(`SELECT key, document FROM ${this.#table} WHERE startsWith(key, {kind:String}) AND document != ''`, {
      kind: kindPrefix,
    })
    return rows
      .map(([key, document]) => this.#seal.open<T>(Buffer.from(String(key), 'hex'), Buffer.from(String(document), 'base64')))
      .filter((document) => document.key.startsWith(prefix))
      .sort((a, b) => (a.key < b.key ? -1 : 1))
  }

  put<T>(kind: DocumentKind, key: string, value: T, ifRevision: number): Promise<boolean> {
    const storedKey = this.#seal.storedKey(kind, key)
    return this.#change(storedKey, ifRevision, (revision) => this.#seal.seal(storedKey, kind, { key, value, revision }).toString('base64'))
  }

  async remove(kind: DocumentKind, key: string, ifRevision: number): Promise<boolean> {
    return ifRevision > 0 && (await this.#change(this.#seal.storedKey(kind, key), ifRevision, () => ''))
  }

  async #change(storedKey: Buffer, ifRevision: number, content: (revision: number) => string): Promise<boolean> {
    const current = await this.#read(storedKey)
    const live = current === undefined || current.document === '' ? 0 : current.revision
    if (live !== ifRevision) return false
    const revision = (current?.revision ?? 0) + 1
    const next: Row = { revision, document: content(revision), stamp: randomUUID() }
    for (let attempt = 1; ; attempt++) {
      try {
        await (current === undefined ? this.#insert(storedKey, next) : this.#replace(storedKey, current.revision, next))
        return true
      } catch (error) {
        const outcome = await this.#outcome(storedKey, next, error)
        if (outcome !== 'not made') return outcome === 'made'
        if (attempt === attempts || !isPassing(error)) throw error
        await pause(attempt)
      }
    }
  }

  /** A change that failed was too late, or was made although its answer was lost, or was not made. */
  async #outcome(storedKey: Buffer, next: Row, error: unknown): Promise<'made' | 'too late' | 'not made'> {
    const now = await this.#read(storedKey)
    if (now?.stamp === next.stamp) return 'made'
    // one change only can have written the next revision; beyond it, the refusal itself must tell
    if (now !== undefined && (now.revision === next.revision || isRefusal(error))) return 'too late'
    if (now !== undefined && now.revision > next.revision) throw error
    return 'not made'
  }

  async #insert(storedKey: Buffer, { revision, document, stamp }: Row): Promise<void> {
    await this.#engine.execute(
      `INSERT INTO ${this.#table} SETTINGS keeper_map_strict_mode = 1 SELECT {key:String}, {revision:UInt64}, {document:String}, {stamp:String}`,
      { parameters: { key: storedKey.toString('hex'), revision, document, stamp } },
    )
  }

  /** Fails when the row is not at `expected` any more. */
  async #replace(storedKey: Buffer, expected: number, { revision, document, stamp }: Row): Promise<void> {
    await this.#engine.execute(
      `ALTER TABLE ${this.#table} UPDATE revision = if(throwIf(revision != {expected:UInt64}, 'TIDEMARK|CONFLICT|changed meanwhile') = 0, {revision:UInt64}, 0), ` +
        'document = {document:String}, stamp = {stamp:String} WHERE key = {key:String} SETTINGS keeper_map_strict_mode = 1',
      { parameters: { key: storedKey.toString('hex'), expected, revision, document, stamp } },
    )
  }

  async #read(storedKey: Buffer): Promise<Row | undefined> {
    const [row] = await this.#rows(`SELECT revision, document, stamp FROM ${this.#table} WHERE key = {key:String}`, {
      key: storedKey.toString('hex'),
    })
    return row && { revision: Number(row[0]), document: String(row[1]), stamp: String(row[2]) }
  }

  async #rows(text: string, parameters: EngineParameters): Promise<readonly (readonly unknown[])[]> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#engine.rows(text, parameters)
      } catch (error) {
        if (attempt === attempts || !isPassing(error)) throw error
        await pause(attempt)
      }
    }
  }
}

/** Somebody else was first, says the engine: our own check, or the Keeper's words for it. */
const isRefusal = (error: unknown): boolean =>
  error instanceof ServerError && (error.code === 'CONFLICT' || /Node exists|Bad version/i.test(String(error.cause)))

/** A Keeper that elects a leader or a session that is made anew is back after a moment. */
const isPassing = (error: unknown): boolean => error instanceof ServerError && error.code === 'ENGINE_UNAVAILABLE'
const attempts = 6
const pause = (attempt: number): Promise<void> => delay(25 * 2 ** attempt)
