import type { ApiCall, UnauthenticatedCall } from '../api/api.ts'
import type { ServerError } from '../base/errors.ts'
import type { Metrics } from '../base/metrics.ts'
import type { AuditLog } from '../database/access/audit-log.ts'
import { engineCode } from '../engine/errors.ts'
import type { Storage } from '../storage/open.ts'
import type { WriteObserver } from '../storage/writer/writer.ts'

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

/** What is read when somebody scrapes. */
export function watchStorage(metrics: Metrics, { engine, tables, writer }: Pick<Storage, 'engine' | 'tables' | 'writer'>): void {
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
}
