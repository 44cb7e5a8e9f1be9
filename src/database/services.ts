import { availableParallelism, totalmem } from 'node:os'
import { join } from 'node:path'
import { ServerError } from '../base/errors.ts'
import { DirectoryStore } from '../object-store/directory-store.ts'
import type { ObjectStore } from '../object-store/object-store.ts'
import type { Storage } from '../storage/open.ts'
import type { TableName } from '../storage/writer/batch-store.ts'
import { BackupService } from './backup/backup-service.ts'
import { openBackupTarget } from './backup/open-target.ts'
import { BatchLoadService } from './batch-load/batch-load-service.ts'
import type { Caller } from './caller.ts'
import { AccountSettingsControl } from './control/account-settings.ts'
import { Databases } from './control/databases.ts'
import { ResourceTags } from './control/resource-tags.ts'
import { TableControl } from './control/tables.ts'
import type { WriteInput, WriteResult } from './database.ts'
import type { DatabaseOptions } from './database-options.ts'
import { flushForReading } from './query/flush-for-reading.ts'
import { type QueryService, createQueryService } from './query/query-service.ts'
import { ResultCache } from './query/result-cache.ts'
import { ResultFiles } from './query/result-files.ts'
import type { ScheduledQueryControl } from './scheduled-query/control.ts'
import { openScheduledQueries, type ScheduledQueryOptions } from './scheduled-query/open.ts'
import { ActivePartitions } from './write/active-partitions.ts'
import { createIngestService, type IngestService } from './write/ingest-service.ts'
import { MagneticRejects } from './write/magnetic-rejects.ts'
import { type WriteService, type WriteServiceOptions, createWriteService } from './write/write-service.ts'

/** Records in one request of the product's own writers. */
const bulkRecords = 1000

/** What the services ask of the database that they are part of. */
export interface ServiceHooks {
  readonly principalOf: ScheduledQueryOptions['principalOf']
  /** Authorises, then writes. */
  readonly writeTable: (caller: Caller, input: WriteInput, writes: WriteService) => Promise<WriteResult>
  readonly onWritten: (accepted: number, rejected: number) => void
}

/** The areas of the product, each on the open storage. */
export interface Services {
  readonly objectStore: ObjectStore
  readonly databases: Databases
  readonly tables: TableControl
  readonly tags: ResourceTags
  readonly accountSettings: AccountSettingsControl
  readonly backups: BackupService
  readonly batchLoads: BatchLoadService
  readonly scheduledQueries: ScheduledQueryControl
  readonly lateRejects: MagneticRejects
  readonly writes: WriteService
  readonly ingests: IngestService
  readonly queries: QueryService
}

export function openServices(options: DatabaseOptions, hooks: ServiceHooks): Services {
  const { storage, account, clock, limits, log, metrics } = options
  const objectStore = options.objectStore ?? new DirectoryStore(join(storage.dataDirectory, 'buckets'))
  const databases = new Databases({ storage, account, clock, limits })
  const tables = new TableControl({ storage, account, clock, limits }, databases)
  const accountSettings = new AccountSettingsControl(storage.documents, clock)
  const backups = new BackupService({
    storage,
    backups: storage.backups,
    openTarget: (text) => openBackupTarget(text, objectStore),
    account,
    clock,
    limits,
    log,
    productVersion: options.productVersion,
  })
  const lateRejects = new MagneticRejects({
    ...(options.objectStore && { objectStore: options.objectStore }),
    clock,
    log,
    maxBytes: limits.rejectReportBytes,
    onOutcome: (outcome, count) => metrics.countLateRejects(outcome, count),
  })
  const writing = {
    writer: storage.writer,
    catalog: storage.catalog,
    partitions: new ActivePartitions(clock, limits.activeMagneticPartitions),
    clock,
    limits,
    log,
    onMagneticRejects: (table, rejects) => lateRejects.add(table, rejects),
    onWritten: hooks.onWritten,
  } satisfies WriteServiceOptions
  const writes = createWriteService(writing)
  const ingests = createIngestService(writing)
  const bulkWrites = createWriteService({ ...writing, limits: { ...limits, recordsPerWrite: bulkRecords } })
  const batchLoads = new BatchLoadService({
    documents: storage.documents,
    isShared: storage.isShared,
    store: objectStore,
    catalog: storage.catalog,
    account,
    clock,
    limits,
    log,
    write: (caller, input) => knowingChanges(storage, () => writes.write(caller, input)),
  })
  const resultCache = openResultCache(options)
  const queries = createQueryService({
    engine: storage.engine,
    catalog: storage.catalog,
    clock,
    limits,
    log,
    account,
    objectStore,
    deleter: storage.deleter,
    onDeleted: (records) => metrics.countDeletedRecords(records),
    resultFiles: new ResultFiles(join(storage.dataDirectory, 'results'), limits.resultFileBytes),
    ...(storage.engine.kind === 'chdb' && { machine: { processors: availableParallelism(), memoryBytes: totalmem() } }),
    ...(resultCache && { resultCache }),
    flushTable: (table) => flushForReading(storage.writer, table, () => touchAll(storage, table)),
  })
  const scheduledQueries = openScheduledQueries({
    ...options,
    documents: storage.documents,
    catalog: storage.catalog,
    isShared: storage.isShared,
    queries,
    buckets: objectStore,
    notifier: options.notifier ?? { send: () => undefined },
    principalOf: hooks.principalOf,
    write: (caller, input) => hooks.writeTable(caller, input, bulkWrites),
    onRun: (summary) => metrics.countScheduledRun(summary),
  })
  const tags = new ResourceTags(databases, tables, scheduledQueries, account, limits)
  return {
    objectStore,
    databases,
    tables,
    tags,
    accountSettings,
    backups,
    batchLoads,
    scheduledQueries,
    lateRejects,
    writes,
    ingests,
    queries,
  }
}

/** Undefined where results are not kept. */
function openResultCache({ storage, metrics, resultCacheBytes: maxBytes = 0 }: DatabaseOptions): ResultCache | undefined {
  if (maxBytes === 0 || storage.engine.kind !== 'chdb') return undefined
  const { changes, writer } = storage
  writer.onDurableBatch(({ table, insert }) => {
    const times = insert.columns.find(({ name }) => name === 'time')
    if (times?.kind !== 'int64' || times.values.length === 0) return changes.touchAll(table.physicalName)
    let [least, greatest] = [times.values[0]!, times.values[0]!]
    for (const time of times.values) {
      if (time < least) least = time
      if (time > greatest) greatest = time
    }
    changes.touch(table.physicalName, least, greatest)
  })
  const cache = new ResultCache({ maxBytes, changes })
  metrics.watchResultCache(() => cache.figures)
  return cache
}

/** Some acknowledged records are not among those that are read. */
function touchAll({ catalog, changes }: Storage, { databaseName, tableName }: TableName): void {
  const table = catalog.table(databaseName, tableName)
  if (table !== undefined) changes.touchAll(table.physicalName)
}

/** Another node may have removed or made again what this one still knows as it was: then once more, after reading the catalog. */
export async function knowingChanges<T>({ isShared, catalog }: Pick<Storage, 'isShared' | 'catalog'>, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!isShared || !(error instanceof ServerError) || error.code !== 'INTERNAL') throw error
    await catalog.refresh()
    return work()
  }
}
