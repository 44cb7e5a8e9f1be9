import type { Position } from '../base/errors.ts'
import { findTable } from './analyzer/analyze-table.ts'
import { analyze } from './analyzer/analyze.ts'
import { fail } from './analyzer/analyzer.ts'
import { visit } from './analyzer/visit.ts'
import type { Catalog, PhysicalTable } from './catalog.ts'
import { lower } from './clickhouse/lower.ts'
import { print, printNode } from './clickhouse/print.ts'
import type { Session } from './compile.ts'
import type { Expression, Relation, Scan } from './ir.ts'
import { isVolatile, pushDown } from './optimizer/push-down.ts'
import type * as ast from './syntax/ast.ts'

/** Removes the records that a condition on what identifies them selects. */
export interface DeleteStatement {
  readonly kind: 'delete'
  readonly database: string
  readonly table: string
  readonly physical: PhysicalTable
  /** ClickHouse's, over the columns of its table; of every stored row, also of replaced and expired ones. */
  readonly condition: string
  /** One row, one text: how many records are selected that a query sees. */
  readonly countText: string
  /** Count only: EXPLAIN DELETE. */
  readonly dryRun: boolean
}

type Filter = Extract<Relation, { kind: 'filter' }>

/**
 * Only dimensions, measure_name and time may be in the condition: they are the same in every stored version of a record, so that none of them is left.
 * @throws ServerError with the position of what is wrong
 */
export function compileDelete(
  { table, condition, at }: Extract<ast.Statement, { kind: 'delete' }>,
  catalog: Catalog,
  session: Session,
  dryRun: boolean,
): DeleteStatement {
  const { database, table: name, physical } = findTable(catalog, table, session.database)
  refuseQueries(condition)
  const { relation, names } = analyze(rowsQuery(table, condition, at), catalog, session)
  const filter = filterIn(relation)
  const scan = filter.input as Scan
  checkCondition(filter.condition, scan, condition.at)
  const fields = [{ name: 'time', column: scan.columns.find(({ role }) => role === 'time')!.column }]
  const everyRow: Relation = { ...filter, input: { ...scan, physical: { ...physical, final: false }, oldestTimeNs: undefined } }
  const select = lower({ relation: pushDown(everyRow), fields }, names, session)
  const seen = print(lower({ relation: pushDown(filter), fields }, names, session))
  if (select.kind !== 'select' || select.where === undefined) throw new Error('the condition of a DELETE is not one of its rows')
  return {
    kind: 'delete',
    database,
    table: name,
    physical,
    condition: `ifNull(${printNode(select.where)}, 0)`,
    countText: `SELECT toString(count()) FROM (${seen})`,
    dryRun,
  }
}

/** `SELECT 1 FROM table WHERE condition`: whatever holds for conditions of queries holds for this one. */
function rowsQuery(name: ast.QualifiedName, where: ast.Expression, at: Position): ast.Query {
  const item: ast.SelectItem = { kind: 'select-expression', expression: { kind: 'integer', text: '1', at }, at }
  const from: ast.Relation = { kind: 'table-reference', name, at: name.at }
  return { body: { kind: 'select', distinct: false, items: [item], from, where, windows: [], at }, orderBy: [], at }
}

function filterIn(relation: Relation): Filter {
  if (relation.kind === 'filter') return relation
  if (!('input' in relation)) throw new Error(`no condition in ${relation.kind}`)
  return filterIn(relation.input)
}

const allowed = 'DELETE selects records by dimensions, measure_name and time'

function checkCondition(condition: Expression, scan: Scan, at: Position): void {
  const roles = new Map(scan.columns.map(({ column, role }) => [column.symbol, role]))
  let columns = 0
  visit(condition, (part) => {
    if (part.kind === 'call' && isVolatile(part)) fail(part.at, 'SEMANTIC_ERROR', `${allowed}, not by chance: ${part.definition.name}()`)
    if (part.kind !== 'column') return
    columns++
    const role = roles.get(part.symbol)
    if (role === 'measure-value' || role === 'attribute') fail(part.at, 'SEMANTIC_ERROR', `${allowed}, not by the measure '${part.name}'`)
  })
  if (columns === 0) fail(at, 'SEMANTIC_ERROR', `${allowed}: the condition names none of them`)
}

const queries: ReadonlySet<unknown> = new Set(['in-query', 'exists', 'scalar-query', 'quantified'])

function refuseQueries(node: object): void {
  if ('kind' in node && queries.has(node.kind)) fail((node as ast.Expression).at, 'SEMANTIC_ERROR', `${allowed}, not by another query`)
  for (const child of Object.values(node) as unknown[]) if (typeof child === 'object' && child !== null) refuseQueries(child)
}
