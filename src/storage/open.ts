import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../base/clock.ts'
import { ServerError } from '../base/errors.ts'
import type { Limits } from '../base/limits.ts'
import type { Log } from '../base/log.ts'
import type { Service } from '../base/service.ts'
import type { Engine } from '../engine/engine.ts'
import { openEngine } from '../engine/open.ts'
import { querySettings } from '../sql/compile.ts'
import { type MagneticStoreLocation, storagePolicy } from './at-rest/disks.ts'
import { createFileSeal, type FileSeal } from './at-rest/file-seal.ts'
import { writeEngineConfiguration } from './at-rest/engine-configuration.ts'
import { type MasterKey, type MasterKeySource, readMasterKey } from './at-rest/master-key.ts'
import { type StorageKeys, hasStorageKeys, openStorageKeys, sharedStorageKeys, wrappedStorageKeys } from './at-rest/storage-keys.ts'
import { type StorageBackups, createStorageBackups } from './backup/storage-backups.ts'
import { DamagedParts } from './damaged-parts.ts'
import { DataChanges } from './data-changes.ts'
import { lockDataDirectory } from './data-directory.ts'
import type { DocumentStore } from './document-store.ts'
import { openKeeperMapDocuments } from './documents/keeper-map.ts'
import { openLmdbDocuments } from './documents/lmdb.ts'
import { checkFormat } from './format-version.ts'
import type { LayoutOptions } from './layout.ts'
import { removeTemporaries } from './lmdb-file.ts'
import { checkPartsSetAside } from './parts-set-aside.ts'
import { type RecordDeleter, createRecordDeleter } from './record-deleter.ts'
import { remoteLayout } from './remote-layout.ts'
import { checkStoreLocations } from './store-locations.ts'
import { type StoredCatalog, openCatalog } from './stored-catalog.ts'
import { type TableChanges, createTableChanges, finishTableChanges } from './table-changes.ts'
import { type Tables, createTables } from './tables.ts'
import { openLoggedStore } from './write-ahead-log/logged-store.ts'
import { createStoredRecords } from './writer/stored-records.ts'
import { type WriteObserver, type Writer, openWriter } from './writer/writer.ts'

export interface StorageOptions {
  readonly dataDirectory: string
  readonly engine: { readonly kind: 'chdb' } | { readonly kind: 'clickhouse'; readonly urls: readonly URL[]; readonly cluster?: string }
  readonly masterKey: MasterKeySource
  /** Absolute; inside the data directory when absent. For the embedded engine, as the next one. */
  readonly memoryStorePath?: string
  readonly magneticStore?: MagneticStoreLocation
  /** Size of libuv's thread pool in this process, which bounds the queries of the embedded engine at once; 4 when absent. */
  readonly poolThreads?: number
  readonly productVersion: string
  readonly clock: Clock
  readonly limits: Limits
  readonly log: Log
  readonly writeObserver?: WriteObserver
  /** Called for an error of the engine that has no code of ours. */
  readonly onUnmappedEngineError?: (error: ServerError) => void
}

/** Databases, tables and records, durable. What it holds is released by `stop`. */
export interface Storage extends Service {
  readonly engine: Engine
  readonly documents: DocumentStore
  readonly catalog: StoredCatalog
  readonly tables: Tables
  readonly tableChanges: TableChanges
  readonly writer: Writer
  readonly deleter: RecordDeleter
  /** What has changed in the tables in this process: deletions, and what else is told to it. */
  readonly changes: DataChanges
  /** Only of the embedded engine: a ClickHouse cluster is backed up by its own means. */
  readonly backups?: StorageBackups
  /** Absolute, without symbolic links. */
  readonly dataDirectory: string
  readonly engineDatabase: string
  /** For files of other floors in the data directory. */
  readonly fileSeal: FileSeal
  /** Other nodes change the same documents and tables. */
  readonly isShared: boolean
  /** What the operator should know, in sentences. */
  readonly notes: readonly string[]
}

const engineDatabase = 'tidemark'
const logDirectory = 'write-ahead-log'

/**
 * Takes the data directory and opens everything in it; on failure all is released again.
 * @throws ServerError CONFIGURATION: in use, newer format, damaged, wrong master key, engine not reachable …
 */
export async function openStorage(options: StorageOptions): Promise<Storage> {
  /** Last opened, first released. */
  const opened: (() => Promise<void> | undefined)[] = []
  const release = async (): Promise<void> => {
    for (let close = opened.pop(); close !== undefined; close = opened.pop()) await close()
  }
  try {
    return { ...(await open(options, opened)), stop: release }
  } catch (error) {
    await release()
    throw error
  }
}

async function open(options: StorageOptions, opened: (() => Promise<void> | undefined)[]): Promise<Omit<Storage, 'stop'>> {
  const { log, limits, clock } = options
  const lock = await lockDataDirectory(options.dataDirectory)
  opened.push(() => lock.release())
  const dataDirectory = lock.directory
  await checkFormat(dataDirectory, options.productVersion)
  await removeTemporaries(dataDirectory)
  const cluster = options.engine.kind === 'clickhouse' ? options.engine.cluster : undefined
  const masterKey = await readMasterKey(options.masterKey, dataDirectory, await hasStorageKeys(dataDirectory))
  const keys = await openStorageKeys(dataDirectory, masterKey)

  const engine = await openStorageEngine(options, dataDirectory, keys)
  opened.push(() => engine.stop?.())
  const remote = options.engine.kind === 'clickhouse' ? await remoteLayout(engine, engineDatabase, cluster) : undefined
  const layout: LayoutOptions = remote?.layout ?? { engineDatabase, storagePolicy }
  const tables = createTables({ engine, options: layout })
  await tables.prepare()

  const documents = await openDocuments(engine, layout, dataDirectory, masterKey, keys)
  opened.push(() => documents.stop?.())
  const isShared = cluster !== undefined
  const changing = { documents, tables, clock, log }
  await finishTableChanges(changing, isShared)
  const isEmbedded = options.engine.kind === 'chdb'
  const catalog = await openCatalog({ documents, tables, engineDatabase, sharedWriters: isShared, holdsWholeNumbers: isEmbedded })
  const setAside = isEmbedded ? await checkPartsSetAside({ engine, engineDatabase, documents, log }) : undefined
  if (isShared) opened.push(refreshRegularly(catalog, log))
  const { writeObserver: observer } = options
  const writing = { engine, catalog, clock, limits, log, engineDatabase, ...(observer === undefined ? {} : { observer }) }
  // an engine elsewhere has what it acknowledged; for the one in this process a log is quicker
  const stored = createStoredRecords(engine, engineDatabase)
  const damaged = new DamagedParts(engine, engineDatabase, log)
  const logged = { ...writing, documents, stored, keys, directory: join(dataDirectory, logDirectory) }
  const store = isEmbedded
    ? await openLoggedStore({ ...logged, onUnreadable: (table, failure) => damaged.setAside(table, failure) })
    : undefined
  const writer = openWriter({ ...writing, ...(store === undefined ? {} : { store }) })
  opened.push(() => writer.stop?.())
  const changes = new DataChanges()
  const deleter = createRecordDeleter({ writer, tables, changes, clock, log })
  if (isEmbedded) await deleter.resume()
  const backups = isEmbedded
    ? createStorageBackups({ engine, engineDatabase, documents, keys, wrappedKeys: await wrappedStorageKeys(dataDirectory) })
    : undefined
  return {
    name: 'storage',
    engine,
    documents,
    catalog,
    tables,
    tableChanges: createTableChanges(changing),
    writer,
    deleter,
    changes,
    ...(backups === undefined ? {} : { backups }),
    dataDirectory,
    engineDatabase,
    fileSeal: createFileSeal(keys, 'files'),
    isShared,
    notes: [masterKey.note, remote?.note, setAside, damaged.note].filter((note) => note !== undefined),
    drain: async () => writer.drain?.(),
  }
}

async function openStorageEngine(options: StorageOptions, dataDirectory: string, keys: StorageKeys): Promise<Engine> {
  const { engine, log } = options
  const onUnmapped = options.onUnmappedEngineError === undefined ? {} : { onUnmapped: options.onUnmappedEngineError }
  if (engine.kind === 'clickhouse') {
    const { urls, cluster } = engine
    return openEngine({ kind: 'clickhouse', endpoints: urls, ...(cluster === undefined ? {} : { cluster }), log, ...onUnmapped })
  }
  const engineDirectory = join(dataDirectory, 'engine')
  const memoryStorePath = options.memoryStorePath ?? join(dataDirectory, 'memory-store')
  const magneticStore = options.magneticStore ?? { kind: 'directory', path: join(dataDirectory, 'magnetic-store') }
  if (magneticStore.kind === 'directory' && magneticStore.path === memoryStorePath) {
    throw new ServerError('CONFIGURATION', `The memory store and the magnetic store cannot be in one folder (${memoryStorePath}).`)
  }
  for (const path of [engineDirectory, memoryStorePath, ...(magneticStore.kind === 'directory' ? [magneticStore.path] : [])]) {
    await makeFolder(path)
  }
  await checkStoreLocations(dataDirectory, { memoryStorePath, magneticStore }, keys)
  const configuration = await writeEngineConfiguration({
    engineDirectory,
    memoryStorePath,
    magneticStore,
    magneticCacheBytes: options.limits.magneticCacheBytes,
    keys,
  })
  try {
    return await openEngine({
      kind: 'chdb',
      dataDirectory: engineDirectory,
      configFile: configuration.path,
      querySettings,
      ...(options.poolThreads === undefined ? {} : { poolThreads: options.poolThreads }),
      log,
      ...onUnmapped,
    })
  } finally {
    await configuration.remove()
  }
}

/** How often the tables that other nodes make, change and remove are read. */
const sharedRefreshMs = 5000

/** One node keeps its catalog in its directory; the nodes of a cluster share one, under keys that follow from the master key they share. */
function openDocuments(
  engine: Engine,
  layout: LayoutOptions,
  dataDirectory: string,
  masterKey: MasterKey,
  keys: StorageKeys,
): Promise<DocumentStore> {
  if (layout.cluster === undefined) return openLmdbDocuments(join(dataDirectory, 'catalog'), keys)
  return openKeeperMapDocuments({
    engine,
    engineDatabase,
    ...(layout.cluster.replication === 'engine' ? { onCluster: layout.cluster.name } : {}),
    keys: sharedStorageKeys(masterKey),
  })
}

/** Answers the way to stop. */
function refreshRegularly(catalog: StoredCatalog, log: Log): () => undefined {
  const timer = setInterval(() => {
    catalog.refresh().catch((error: unknown) => log.warn('catalog not read', { error: String(error) }))
  }, sharedRefreshMs).unref()
  return () => {
    clearInterval(timer)
  }
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error)
    throw new ServerError('CONFIGURATION', `The folder ${path} cannot be made (${reason}).`, { cause: error })
  }
}
