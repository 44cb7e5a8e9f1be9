import type { ApiCall, UnauthenticatedCall } from '../api/api.ts'
import type { ServerError } from '../base/errors.ts'
import type { Metrics, Reading } from '../base/metrics.ts'
import type { ConnectorState } from '../database/connectors/connectors.ts'
import type { QueryLoad } from '../database/query/admission.ts'
import type { AuditLog } from '../database/access/audit-log.ts'
import { engineCode } from '../engine/errors.ts'
import type { Scheduler } from '../scheduler/scheduler.ts'
import type { Storage } from '../storage/open.ts'
import type { TableTiers, TierStatistics } from '../storage/table-statistics.ts'
import type { WriteObserver } from '../storage/writer/writer.ts'
import { sleepMetrics } from './sleep/asleep-answers.ts'

/** Batches as the writer reports them. */
export function writeObserver(metrics: Metrics): WriteObserver {
  return {
    batchWritten: ({ records, lookUpMs, insertMs }) => metrics.countBatch(records, (lookUpMs + insertMs) / 1000),
    batchFailed: () => metrics.countBatchFailure(),
    blockFlushed: ({ records, durationMs }) => metrics.countFlush(records, durationMs / 1000),
    flushFailed: () => metrics.countFlushFailure(),
  }
}

/** Calls as the API reports them. */
export function callObserver(metrics: Metrics): (call: ApiCall) => void {
  return ({ operation, status, durationMs, errorCode }) => {
    metrics.countRequest(operation, status, durationMs / 1000)
    if (operation === 'Query') {
      metrics.countQueryCall(errorCode === undefined ? 'succeeded' : errorCode === 'QUERY_CANCELLED' ? 'cancelled' : 'failed')
    }
  }
}

/** Requests that prove nobody, into the audit log. */
export function refusalObserver(audit: AuditLog): (attempt: UnauthenticatedCall) => void {
  return (attempt) => audit.write({ ...attempt, outcome: 'denied', decisions: [] })
}

export function unmappedErrorObserver(metrics: Metrics): (error: ServerError) => void {
  return (error) => metrics.countUnmappedEngineError(String(engineCode(error.message) ?? 'none'))
}

/** Tables that have metrics of their own: those with the most bytes. */
const tablesWatched = 200

/** What is read when somebody scrapes. */
export function watchStorage(metrics: Metrics, storage: Pick<Storage, 'engine' | 'tables' | 'writer' | 'catalog'>): void {
  const { engine, tables, writer } = storage
  watchTiers(metrics, storage)
  const help = 'of all tables in each tier, replaced versions included until they are merged away'
  metrics.watch('tidemark_tier_rows', `Rows ${help}`, ['tier'], async () => {
    const { memory, magnetic } = await tables.tierSizes()
    return [
      { labels: { tier: 'memory' }, value: memory.rows },
      { labels: { tier: 'magnetic' }, value: magnetic.rows },
    ]
  })
  metrics.watch('tidemark_tier_bytes', `Bytes on disk ${help}`, ['tier'], async () => {
    const { memory, magnetic } = await tables.tierSizes()
    return [
      { labels: { tier: 'memory' }, value: memory.bytesOnDisk },
      { labels: { tier: 'magnetic' }, value: magnetic.bytesOnDisk },
    ]
  })
  metrics.watch('tidemark_pending_write_records', 'Records that wait to become durable', [], () => [{ value: writer.pending().records }])
  metrics.watch('tidemark_pending_write_bytes', 'Bytes of the records that wait to become durable', [], () => [
    { value: writer.pending().bytes },
  ])
  metrics.watch('tidemark_log_records', 'Records in the write-ahead log that the engine does not have yet', [], () => [
    { value: writer.backlog().records },
  ])
  metrics.watch('tidemark_log_bytes', 'Size of the write-ahead log', [], () => [{ value: writer.backlog().logBytes }])
  metrics.watch('tidemark_log_segments', 'Files of the write-ahead log', [], () => [{ value: writer.backlog().logSegments }])
  metrics.watch('tidemark_engine_activity', 'What the engine does at this moment', ['kind'], () => {
    const { queries, inserts, waiting } = engine.activity()
    return [
      { labels: { kind: 'queries' }, value: queries },
      { labels: { kind: 'inserts' }, value: inserts },
      { labels: { kind: 'waiting' }, value: waiting },
    ]
  })
  metrics.watch('tidemark_engine_sessions', 'Sessions of the engine in this process; they come and go with the load', ['state'], () => {
    const { sessions } = engine.activity()
    if (sessions === undefined) return []
    return [
      { labels: { state: 'busy' }, value: sessions.open - sessions.idle },
      { labels: { state: 'idle' }, value: sessions.idle },
    ]
  })
  metrics.watch('tidemark_engine_query_slots', 'Queries that the engine runs at once', [], () => [{ value: engine.querySlots }])
}

interface LabelledTiers {
  readonly labels: { readonly database: string; readonly table: string }
  readonly tiers: TableTiers
}

function watchTiers(metrics: Metrics, { tables, catalog }: Pick<Storage, 'tables' | 'catalog'>): void {
  let reading: Promise<readonly LabelledTiers[]> | undefined
  const read = async (): Promise<readonly LabelledTiers[]> => {
    const found = await tables.tiers(tablesWatched)
    const snapshot = catalog.snapshot()
    return snapshot.databaseNames().flatMap((database) =>
      (snapshot.tableNames(database) ?? []).flatMap((table) => {
        const tiers = found.get(catalog.table(database, table)?.physicalName ?? '')
        return tiers === undefined ? [] : [{ labels: { database, table }, tiers }]
      }),
    )
  }
  // the gauges of one scrape are read at the same time
  const shared = (): Promise<readonly LabelledTiers[]> =>
    (reading ??= read().finally(() => {
      reading = undefined
    }))
  const watchTier = (name: `tidemark_table_${string}`, help: string, value: (tier: TierStatistics) => number | undefined): void => {
    metrics.watch(name, `${help}; of the ${tablesWatched} largest tables`, ['database', 'table', 'tier'], async () =>
      (await shared()).flatMap(({ labels, tiers }) =>
        (['memory', 'magnetic'] as const).flatMap((tier) => {
          const read = value(tiers[`${tier}Store`])
          return read === undefined ? [] : [{ labels: { ...labels, tier }, value: read }]
        }),
      ),
    )
  }
  const seconds = (timeNs: string | undefined): number | undefined => (timeNs === undefined ? undefined : Number(timeNs) / 1e9)
  watchTier('tidemark_table_tier_rows', 'Rows of a table in each tier', ({ rows }) => rows)
  watchTier('tidemark_table_tier_bytes', 'Bytes on disk of a table in each tier', ({ bytesOnDisk }) => bytesOnDisk)
  watchTier('tidemark_table_tier_oldest_seconds', 'Oldest time of a table in each tier, Unix time', (t) => seconds(t.oldestTimeNs))
  watchTier('tidemark_table_tier_newest_seconds', 'Newest time of a table in each tier, Unix time', (t) => seconds(t.newestTimeNs))
  const sum = async (of: (tiers: TableTiers) => number): Promise<Reading> => [
    { value: (await shared()).reduce((total, { tiers }) => total + of(tiers), 0) },
  ]
  metrics.watch('tidemark_tier_moves', 'Parts on their way from the memory store to the magnetic store at this moment', [], () =>
    sum(({ moves }) => moves),
  )
  metrics.watch('tidemark_merges', 'Merges of parts under way', [], () => sum(({ merges }) => merges))
}

/** What queries may take by the account's compute units and the machine, and do. */
export function watchQueries(metrics: Metrics, load: () => QueryLoad): void {
  metrics.watch('tidemark_query_admission', 'Queries that may run at once (slots), run and wait', ['kind'], () => {
    const { slots, running, waiting } = load()
    return Object.entries({ slots, running, waiting }).map(([kind, value]) => ({ labels: { kind }, value }))
  })
  const watch = (name: `tidemark_query_${string}`, help: string, value: (load: QueryLoad) => number | undefined): void =>
    metrics.watch(name, help, [], () => {
      const read = value(load())
      return read === undefined ? [] : [{ value: read }]
    })
  watch('tidemark_query_threads', 'Threads that all queries together may take of the engine in this process', ({ threads }) => threads)
  watch('tidemark_query_memory_bytes', 'Memory that a query may take of the engine in this process', ({ memoryBytes }) => memoryBytes)
}

/** Runs of scheduled queries that are due or under way, read when somebody scrapes. */
export function watchScheduler(metrics: Metrics, scheduler: Pick<Scheduler, 'lagMs' | 'underWay'>): void {
  const lag = 'How long the run of a scheduled query that waits longest has been due'
  metrics.watch('tidemark_scheduled_lag_seconds', lag, [], () => [{ value: scheduler.lagMs() / 1000 }])
  metrics.watch('tidemark_scheduled_runs_active', 'Runs of scheduled queries under way', [], () => [{ value: scheduler.underWay }])
}

type ConnectorStates = () => readonly { readonly name: string; readonly state: ConnectorState }[]

/** Connectors that are to run, read when somebody scrapes. */
export function watchConnectors(metrics: Metrics, states: ConnectorStates): void {
  const watch = (name: `tidemark_connector_${string}`, help: string, value: (state: ConnectorState) => number): void =>
    metrics.watch(name, help, ['connector'], () =>
      states().map(({ name: connector, state }) => ({ labels: { connector }, value: value(state) })),
    )
  watch('tidemark_connector_up', 'Whether a connector works at this moment', ({ status }) => (status === 'running' ? 1 : 0))
  watch('tidemark_connector_pending_bytes', 'Bytes of messages that a connector has not settled', ({ pendingBytes }) => pendingBytes)
}

/** A server that answers is awake; while it sleeps its supervisor answers. */
export function watchSleep(metrics: Metrics, wakes: number): void {
  metrics.watch(sleepMetrics.asleep.name, sleepMetrics.asleep.help, [], () => [{ value: 0 }])
  metrics.watch(sleepMetrics.wakes.name, sleepMetrics.wakes.help, [], () => [{ value: wakes }])
}
