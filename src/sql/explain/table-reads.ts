import { analyze } from '../analyzer/analyze.ts'
import { visit, visitRelation } from '../analyzer/visit.ts'
import type { Catalog, PhysicalTable } from '../catalog.ts'
import type { Session, TableReference } from '../compile.ts'
import type { Expression, Relation } from '../ir.ts'
import { conjuncts } from '../optimizer/conjunction.ts'
import { decorrelate } from '../optimizer/decorrelate.ts'
import { pushDown } from '../optimizer/push-down.ts'
import { parse } from '../syntax/parse.ts'
import { narrowed, type TimeRange } from './time-range.ts'

/** One reading of a table: where its rows are in the engine, and which times the conditions and the retention leave. */
export interface TableRead extends TableReference, TimeRange {
  readonly engineTable: string
  readonly physical: PhysicalTable
  /** Rows before it have expired. */
  readonly oldestTimeNs: bigint | undefined
}

/** Every reading of a table in the query, in no order, also of one that is unloaded; none for other statements. @throws ServerError as `compile` does */
export function tableReads(text: string, catalog: Catalog, session: Session): readonly TableRead[] {
  const statement = parse(text, session)
  if (statement.kind !== 'query' && statement.kind !== 'unload') return []
  const { relation, names } = analyze(statement.query, catalog, session)
  return readsOf(pushDown(decorrelate(relation, names)))
}

/** Every reading of a table in the relation and in the subqueries of its expressions. */
export function readsOf(root: Relation): readonly TableRead[] {
  const reads: TableRead[] = []
  collect(root, [], reads)
  visitRelation(root, (expression) => visit(expression, (part) => void ('query' in part && collect(part.query, [], reads))))
  return reads
}

/** `conditions`: of a filter right above the relation. */
function collect(relation: Relation, conditions: readonly Expression[], reads: TableRead[]): void {
  if (relation.kind === 'scan') {
    const { database, table, physical, columns, oldestTimeNs } = relation
    const symbol = columns.find((each) => each.role === 'time')?.column.symbol ?? ''
    const range = narrowed({ fromNs: oldestTimeNs, toNs: undefined }, conditions, symbol)
    reads.push({ database, table, engineTable: `${physical.database}.${physical.table}`, physical, oldestTimeNs, ...range })
  }
  if ('input' in relation) collect(relation.input, relation.kind === 'filter' ? conjuncts(relation.condition) : [], reads)
  const sides = 'left' in relation ? [relation.left, relation.right] : 'base' in relation ? [relation.base, relation.step] : []
  for (const side of sides) collect(side, [], reads)
}
