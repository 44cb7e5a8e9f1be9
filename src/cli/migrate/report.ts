import type { RowRecord } from '../../csv/model-types.ts'
import type { PlannedSlice } from './checkpoint.ts'
import type { ScheduledQueryOutcome } from './scheduled.ts'
import type { SourceTable } from './slices.ts'
import type { TablePair } from './target-tables.ts'
import type { Difference } from './verify.ts'

const mostRejects = 10_000
const shown = 10

interface TableReport {
  readonly table: string
  readonly target: string
  readonly slices: number
  readonly rows: number
  readonly written: number
  readonly rejected: number
}

/** What came of a migration; as JSON for `--report`, as text for people. */
export class MigrationReport {
  readonly from: string
  readonly to: string
  readonly tables: TableReport[] = []
  readonly differences: Difference[] = []
  readonly rejects: { readonly table: string; readonly reason: string; readonly record: RowRecord }[] = []
  readonly notes: string[] = []
  scheduledQueries: readonly ScheduledQueryOutcome[] = []
  /** In this run. */
  rowsRead = 0
  seconds = 0
  slicesVerified = 0
  /** Slices that are not compared, because their records expire at this time. */
  slicesExpiring = 0

  constructor(from: string, to: string) {
    this.from = from
    this.to = to
  }

  addTable({ source, target }: TablePair, slices: readonly PlannedSlice[]): void {
    const sum = (of: (slice: PlannedSlice) => number): number => slices.reduce((total, slice) => total + of(slice), 0)
    this.tables.push({
      table: `${source.databaseName}.${source.tableName}`,
      target: `${target.databaseName}.${target.tableName}`,
      slices: slices.length,
      rows: sum(({ rows }) => rows),
      written: sum(({ outcome }) => outcome?.written ?? 0),
      rejected: sum(({ outcome }) => outcome?.rejected ?? 0),
    })
  }

  addReject({ databaseName, tableName }: SourceTable, record: RowRecord, reason: string): void {
    if (this.rejects.length < mostRejects) this.rejects.push({ table: `${databaseName}.${tableName}`, reason, record })
  }

  text(): string {
    const rate = Math.round(this.rowsRead / Math.max(0.001, this.seconds))
    const lines = [`${this.rowsRead} records read in this run, ${rate} records/s`]
    for (const { table, target, slices, written, rejected } of this.tables) {
      lines.push(`  ${table}${target === table ? '' : ` → ${target}`}: ${written} written, ${rejected} rejected, ${slices} slices`)
    }
    for (const { name, outcome, state, reason } of this.scheduledQueries) {
      lines.push(
        `  scheduled query ${name}: ${outcome}${state === undefined ? '' : `, ${state}`}${reason === undefined ? '' : `: ${reason}`}`,
      )
    }
    const expiring = this.slicesExpiring === 0 ? '' : `, ${this.slicesExpiring} not compared because their records expire now`
    lines.push(`${this.slicesVerified} slices verified, ${this.differences.length} differences${expiring}`)
    for (const each of this.differences.slice(0, shown)) {
      const counts = each.onlyValues
        ? `${each.sourceRows} records, other values`
        : `${each.sourceRows} records, ${each.targetRows} at the target`
      lines.push(`  ${each.table} ${each.measure} from ${each.from} to ${each.to}: ${counts}`)
    }
    for (const { table, reason, record } of this.rejects.slice(0, shown)) lines.push(`  ${table}: ${reason} ${JSON.stringify(record)}`)
    return [...lines, ...this.notes, ''].join('\n')
  }

  /** undefined: everything arrived. */
  faults(): string | undefined {
    const rejected = this.tables.reduce((sum, table) => sum + table.rejected, 0)
    const failed = this.scheduledQueries.filter(({ outcome }) => outcome === 'failed').length
    const faults = [
      ...(rejected > 0 ? [`${rejected} records were rejected`] : []),
      ...(this.differences.length > 0 ? [`${this.differences.length} measures of slices differ`] : []),
      ...(failed > 0 ? [`${failed} scheduled queries were refused`] : []),
    ]
    return faults.length === 0 ? undefined : faults.join(', ')
  }
}
