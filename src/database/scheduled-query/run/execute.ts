import type { Clock } from '../../../base/clock.ts'
import { ServerError, type ErrorCode } from '../../../base/errors.ts'
import type { Limits } from '../../../base/limits.ts'
import { TIMESTAMP } from '../../../sql/types/type.ts'
import type { Caller, Principal } from '../../caller.ts'
import type { WriteInput, WriteResult } from '../../database.ts'
import type { QueryService } from '../../query/query-service.ts'
import type { RowStream } from '../../query/row-stream.ts'
import type { ExecutionStats, RunInsights } from '../scheduled-queries.ts'
import type { Definition } from '../stored/definition.ts'
import type { Claim } from '../stored/run-state.ts'
import { mapRow, type RowTexts } from '../target/map-row.ts'
import { rowReader } from '../target/read-row.ts'
import { planTarget } from '../target/target-plan.ts'
import { ErrorReport } from './error-report.ts'
import { RecordWriter } from './write-records.ts'

export interface ExecuteOptions {
  readonly queries: Pick<QueryService, 'stream'>
  readonly write: (caller: Caller, input: WriteInput) => Promise<WriteResult>
  /** As whom a run reads and writes: whoever made the query, with the rights of now. */
  readonly principalOf: (owner: Definition['owner']) => Principal
  readonly clock: Clock
  readonly limits: Limits
}

export interface Execution {
  readonly stats: ExecutionStats
  readonly insights?: RunInsights
  readonly report: ErrorReport
  /** What ended it before its end. */
  readonly failure?: unknown
}

/** The parameter that a scheduled query may name: the time for which it runs. */
export const scheduledRuntime = (invocationMs: number) => ({
  scheduled_runtime: { type: TIMESTAMP, value: BigInt(invocationMs) * 1_000_000n },
})

/**
 * Runs the query and writes its rows as they come: memory does not grow with the result. What single rows and records are refused for is in the
 * report, what ends the whole of it in `failure`.
 */
export async function execute(
  definition: Definition,
  claim: Claim,
  version: number,
  options: ExecuteOptions,
  signal: AbortSignal,
): Promise<Execution> {
  const { queries, clock, limits } = options
  const caller: Caller = { principal: options.principalOf(definition.owner), requestId: claim.runId }
  const startMs = clock.monotonicMs()
  const report = new ErrorReport(limits.scheduledReportErrors)
  const writer = new RecordWriter(targetWriter(definition, caller, options), report, signal)
  let stream: RowStream<RowTexts> | undefined
  let failure: unknown
  let rows = 0
  try {
    const parameters = scheduledRuntime(claim.invocationMs)
    stream = await queries.stream(caller, { queryString: definition.queryString, parameters, insights: claim.insights, rowReader })
    const plan = definition.target && planTarget(definition.target, stream.columns, limits)
    for await (const row of stream.rows(signal)) {
      rows++
      if (plan === undefined) continue
      const records = mapRow(plan, row, version)
      if (typeof records === 'string') report.addRow(records, row)
      else await writer.add(records)
    }
    await writer.end()
  } catch (error) {
    failure = error
    await writer.settled()
  } finally {
    await stream?.close()
  }
  const { bytesMetered = 0, bytesScanned = 0 } = stream?.progress ?? {}
  return {
    stats: {
      executionTimeMs: Math.round(clock.monotonicMs() - startMs),
      dataWrites: Math.ceil(writer.bytes / 1024) * 1024,
      bytesMetered,
      cumulativeBytesScanned: bytesScanned,
      recordsIngested: writer.ingested,
      queryResultRows: rows,
    },
    ...(stream?.insights && { insights: runInsights(stream.insights, rows, writer.bytes) }),
    report,
    ...(failure !== undefined && { failure }),
  }
}

function targetWriter({ target }: Definition, caller: Caller, { write }: ExecuteOptions) {
  const { databaseName = '', tableName = '' } = target ?? {}
  return { write: (records: WriteInput['records']) => write(caller, { databaseName, tableName, records }) }
}

function runInsights(read: NonNullable<RowStream<RowTexts>['insights']>, outputRows: number, outputBytes: number): RunInsights {
  const { temporal, ...rest } = read
  return { ...rest, ...(temporal && { temporal: { ...temporal, valueNs: String(temporal.valueNs) } }), outputRows, outputBytes }
}

/** Faults that pass by themselves, or that say nothing about the query: another run may well succeed. */
const passing: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'THROTTLING',
  'ENGINE_UNAVAILABLE',
  'INTERNAL',
  'MEMORY_LIMIT',
  'QUERY_TIMEOUT',
  'SHUTTING_DOWN',
])

/** Whether running it again may help. What the client is to blame for does not go away: the query is disabled. */
export const isPassing = (failure: unknown): boolean => !(failure instanceof ServerError) || passing.has(failure.code)
