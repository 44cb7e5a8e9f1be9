import type { Engine } from '../../engine/engine.ts'
import type { CompiledStatement, Session } from '../../sql/compile.ts'
import { tableReads, type TableRead } from '../../sql/explain/table-reads.ts'
import type { SchemaCatalog } from '../../storage/schema-catalog.ts'
import { tableArn, type Account } from '../control/arn.ts'
import type { QueryInsights } from '../database.ts'
import { engineReads } from './engine-reads.ts'

/** What can be told about a query before it runs. */
export type ReadInsights = Omit<QueryInsights, 'outputRows' | 'outputBytes' | 'unload'>

export interface InsightOptions {
  readonly engine: Engine
  readonly catalog: Pick<SchemaCatalog, 'snapshot' | 'table'>
  readonly account: Account
  readonly queryId: string
  readonly timeoutMs: number
}

/**
 * How much of its tables a query reads. Time: from the first to the last time that the conditions and the retention leave; without an upper end up to
 * the query's now(). Space: of the granules in the partitions that time leaves, the share that the key (partition key, measure name, series) leaves.
 */
export async function readInsights(
  queryString: string,
  statement: CompiledStatement,
  session: Session,
  options: InsightOptions,
): Promise<ReadInsights> {
  const query = statement.kind === 'unload' ? statement.query : statement
  if (query.kind !== 'query') return { tableCount: 0 }
  const { engine, catalog, account, queryId, timeoutMs } = options
  const reads = tableReads(queryString, catalog.snapshot(), session)
  const arn = ({ database, table }: TableRead): string => tableArn(account, database, table)
  const insights = { tableCount: query.tables.length }
  const widest = greatest(reads, (read) => rangeNs(read, session.nowNs))
  if (!widest) return insights
  const temporal = { valueNs: rangeNs(widest, session.nowNs), tableArn: arn(widest) }
  const { text, settings } = query
  const planned = await engineReads(engine, { text, settings, queryId, timeoutMs })
  const most = greatest(planned, share)
  const table = most && reads.find((read) => read.engineTable === most.table)
  if (!most || !table) return { ...insights, temporal }
  const key = catalog.table(table.database, table.table)?.partitionKey
  const partitionKey = key?.type === 'DIMENSION' && key.name !== undefined ? key.name : 'measure_name'
  return { ...insights, temporal, spatial: { value: share(most), tableArn: arn(table), partitionKey: [partitionKey] } }
}

/** The reading of no granule at all covers nothing. */
const share = ({ granules, granulesInTime }: { readonly granules: number; readonly granulesInTime: number }): number =>
  granulesInTime === 0 ? 0 : granules / granulesInTime

function rangeNs({ fromNs = 0n, toNs }: TableRead, nowNs: bigint): bigint {
  const range = (toNs ?? nowNs) - fromNs
  return range < 0n ? 0n : range
}

function greatest<T>(items: readonly T[], measure: (item: T) => bigint | number): T | undefined {
  let best: T | undefined
  for (const item of items) if (best === undefined || measure(item) > measure(best)) best = item
  return best
}
