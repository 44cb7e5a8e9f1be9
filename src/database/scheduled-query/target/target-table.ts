import { ServerError } from '../../../base/errors.ts'
import type { Limits } from '../../../base/limits.ts'
import type { TableRecord } from '../../../storage/table-record.ts'
import { quotaReason } from '../../write/quotas.ts'
import { type ReadRecord, RecordReader } from '../../write/read-record.ts'
import { growSchema } from '../../write/schema-growth.ts'
import { Shapes } from '../../write/shapes.ts'
import { mapRow } from './map-row.ts'
import type { AttributeValueType } from './target-configuration.ts'
import type { TargetPlan } from './target-plan.ts'

/** One value of each type, for trying a mapping out. */
const sample: Readonly<Record<AttributeValueType, string>> = { BIGINT: '0', BOOLEAN: 'true', DOUBLE: '0', VARCHAR: 'x', TIMESTAMP: '0' }

/**
 * Whether the table takes what the mapping makes: tried with a record that has every dimension and measure. Nothing is written.
 * @throws ServerError VALIDATION with the reason for which such a record would be rejected
 */
export function checkTargetTable(plan: TargetPlan, table: TableRecord, limits: Limits): void {
  const rejected = tryRecords(plan, table, limits)
  if (rejected === undefined) return
  throw new ServerError(
    'VALIDATION',
    `TargetConfiguration is not valid: the table ${table.databaseName}.${table.tableName} would reject its records. ${rejected}`,
  )
}

function tryRecords(plan: TargetPlan, table: TableRecord, limits: Limits): string | undefined {
  const records: ReadRecord[] = []
  const reader = new RecordReader({}, limits, new Shapes(limits))
  for (const [index, measure] of plan.measures.entries()) {
    const row: string[] = []
    row[plan.time] = '0'
    for (const { column } of plan.dimensions) row[column] = 'x'
    if (plan.measureName !== undefined) row[plan.measureName] = measure.when ?? table.schema.measures[0]?.name ?? 'x'
    const cells = measure.kind === 'single' ? [measure] : measure.attributes
    for (const { type, column } of cells) row[column] = sample[type]
    const [record] = mapRow({ ...plan, measures: [measure] }, row, 1)
    if (record === undefined || typeof record === 'string') continue
    const read = reader.read(record, index)
    const reason = quotaReason(read, table.partitionKey, limits)
    if (reason !== undefined) return reason
    records.push(read)
  }
  return [...growSchema(table.schema, records, table.partitionKey, limits).rejected.values()][0]
}
