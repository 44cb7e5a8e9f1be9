import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../../src/base/clock.ts'
import { type Limits, defaultLimits } from '../../src/base/limits.ts'
import { silentLog } from '../../src/base/log.ts'
import type { Permissions } from '../../src/database/access/permissions.ts'
import type { Caller } from '../../src/database/caller.ts'
import { type WriteService, createWriteService } from '../../src/database/write/write-service.ts'
import { openChdb } from '../../src/engine/chdb.ts'
import type { Engine } from '../../src/engine/engine.ts'
import { storagePolicy } from '../../src/storage/at-rest/disks.ts'
import { writeEngineConfiguration } from '../../src/storage/at-rest/engine-configuration.ts'
import type { StorageKeys } from '../../src/storage/at-rest/storage-keys.ts'
import type { DocumentStore } from '../../src/storage/document-store.ts'
import { openLmdbDocuments } from '../../src/storage/documents/lmdb.ts'
import type { LayoutOptions } from '../../src/storage/layout.ts'
import { type StoredCatalog, openCatalog } from '../../src/storage/stored-catalog.ts'
import { type TableRecord, emptySchema, tableKey } from '../../src/storage/table-record.ts'
import { type Tables, createTables } from '../../src/storage/tables.ts'
import { type BatchReport, type Writer, type WriterOptions, openWriter } from '../../src/storage/writer/writer.ts'

const keys: StorageKeys = {
  keys: [{ id: 1, bytes: Buffer.alloc(32, 7) }],
  currentKeyId: 1,
  rootSecret: Buffer.alloc(32, 7),
}

export interface OpenStorage {
  readonly engine: Engine
  readonly documents: DocumentStore
  readonly tables: Tables
  readonly catalog: StoredCatalog
  readonly writer: Writer
  readonly service: WriteService
  readonly reports: BatchReport[]
  /** Makes database and table; answers the table's record. */
  createTable(databaseName: string, tableName: string, over?: Partial<TableRecord>): Promise<TableRecord>
  /** Rows of the table in the engine; `columns` are physical. */
  select(table: TableRecord, columns: string, rest?: string): Promise<readonly (readonly unknown[])[]>
  close(): Promise<void>
}

export interface StorageOptions {
  readonly directory: string
  readonly clock: Clock
  readonly limits?: Partial<Limits>
  readonly writer?: Partial<WriterOptions>
}

/** Permissions of a user who may do everything that policies can allow. */
export const everything: Permissions = {
  decide: () => ({ outcome: 'allowed', because: [], isSteady: true, kind: 'identity-based' }),
  guardRails: () => ({}),
}

export const caller: Caller = { principal: { name: 'root', accessKeyId: 'key', isRoot: true }, requestId: 'request' }

/** Everything below the database, on the embedded engine with both tiers encrypted. */
export async function openStorage(options: StorageOptions): Promise<OpenStorage> {
  const { directory, clock } = options
  const limits = { ...defaultLimits, ...options.limits }
  const layout: LayoutOptions = { engineDatabase: 'tidemark', storagePolicy }
  const folder = (name: string): string => {
    mkdirSync(join(directory, name), { recursive: true })
    return join(directory, name)
  }
  const configuration = await writeEngineConfiguration({
    engineDirectory: folder('engine'),
    memoryStorePath: folder('memory'),
    magneticStore: { kind: 'directory', path: folder('magnetic') },
    magneticCacheBytes: 1 << 20,
    keys,
  })
  const engine = await openChdb({ dataDirectory: folder('engine'), configFile: configuration.path, log: silentLog })
  await configuration.remove()
  const documents = await openLmdbDocuments(folder('documents'), keys)
  const tables = createTables({ engine, options: layout })
  await tables.prepare()
  const catalog = await openCatalog({ documents, tables, engineDatabase: layout.engineDatabase })
  const reports: BatchReport[] = []
  const writer = openWriter({
    engine,
    catalog,
    clock,
    limits,
    log: silentLog,
    engineDatabase: layout.engineDatabase,
    observer: { batchWritten: (report) => reports.push(report), batchFailed: () => undefined },
    ...options.writer,
  })
  return {
    engine,
    documents,
    tables,
    catalog,
    writer,
    service: createWriteService({ writer, catalog, clock, limits, log: silentLog }),
    reports,
    async createTable(databaseName, tableName, over = {}) {
      const table: TableRecord = {
        databaseName,
        tableName,
        physicalName: tables.newPhysicalName(),
        creationTimeMs: clock.nowMs(),
        lastUpdatedTimeMs: clock.nowMs(),
        memoryStoreHours: 6,
        magneticStoreDays: 30,
        magneticStoreWrites: true,
        partitionKey: { type: 'MEASURE' },
        schema: emptySchema,
        ...over,
      }
      await documents.put('database', databaseName, { databaseName, kmsKeyId: 'key', creationTimeMs: 0, lastUpdatedTimeMs: 0 }, 0)
      await tables.create(table)
      await documents.put('table', tableKey(databaseName, tableName), table, 0)
      await catalog.refresh(databaseName)
      await catalog.refresh(databaseName, tableName)
      return table
    },
    select: (table, columns, rest = 'ORDER BY time') => engine.rows(`SELECT ${columns} FROM tidemark.${table.physicalName} FINAL ${rest}`),
    async close() {
      await writer.drain?.()
      await engine.drain?.()
      await engine.stop?.()
      await documents.stop?.()
    },
  }
}
