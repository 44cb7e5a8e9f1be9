import type { Catalog } from '../catalog.ts'
import type { Column, Expression, Relation } from '../ir.ts'
import type { Identifier } from '../syntax/ast.ts'
import { BIGINT, VARCHAR, typeText } from '../types/type.ts'
import type { Type } from '../types/type.ts'
import type { Analyzer } from './analyzer.ts'
import type { Field } from './scope.ts'

/** Views of the catalog as SQL's standard has them: an extension. Answered from the catalog; the engine gets constants. */
type Cell = string | bigint | null
type IsVisible = (database: string, table?: string) => boolean
interface View {
  readonly columns: Readonly<Record<string, Type>>
  readonly rows: (catalog: Catalog, isVisible: IsVisible) => readonly (readonly Cell[])[]
}

const catalogName = 'tidemark'

const tablesOf = (catalog: Catalog, isVisible: IsVisible): readonly { readonly database: string; readonly table: string }[] =>
  catalog
    .databaseNames()
    .flatMap((database) =>
      (catalog.tableNames(database) ?? []).filter((table) => isVisible(database, table)).map((table) => ({ database, table })),
    )

const views: Readonly<Record<string, View>> = {
  schemata: {
    columns: { catalog_name: VARCHAR, schema_name: VARCHAR },
    rows: (catalog, isVisible) =>
      catalog
        .databaseNames()
        .filter((name) => isVisible(name))
        .map((name) => [catalogName, name]),
  },
  tables: {
    columns: { table_catalog: VARCHAR, table_schema: VARCHAR, table_name: VARCHAR, table_type: VARCHAR },
    rows: (catalog, isVisible) => tablesOf(catalog, isVisible).map(({ database, table }) => [catalogName, database, table, 'BASE TABLE']),
  },
  columns: {
    columns: {
      table_catalog: VARCHAR,
      table_schema: VARCHAR,
      table_name: VARCHAR,
      column_name: VARCHAR,
      ordinal_position: BIGINT,
      column_default: VARCHAR,
      is_nullable: VARCHAR,
      data_type: VARCHAR,
    },
    rows: (catalog, isVisible) =>
      tablesOf(catalog, isVisible).flatMap(({ database, table }) =>
        (catalog.table(database, table)?.columns ?? []).map((column, i): readonly Cell[] => [
          catalogName,
          database,
          table,
          column.name,
          BigInt(i + 1),
          null,
          column.nullable ? 'YES' : 'NO',
          typeText(column.type),
        ]),
      ),
  },
}

const everything = (): boolean => true

/** The view that the name means; undefined when it is none of them (and a stored database may have the name). */
export function analyzeView(
  analyzer: Analyzer,
  database: Identifier,
  table: Identifier,
): { readonly relation: Relation; readonly fields: readonly Field[] } | undefined {
  const key = table.text.toLowerCase()
  if (database.text.toLowerCase() !== 'information_schema' || !Object.hasOwn(views, key)) return undefined
  const view = views[key]!
  const entries = Object.entries(view.columns)
  const columns = entries.map(([, type]): Column => ({ symbol: analyzer.names.fresh('c'), type, nullable: true }))
  const rows = view
    .rows(analyzer.catalog, analyzer.session.isVisible ?? everything)
    .map((row) => row.map((value, i): Expression => ({ kind: 'literal', type: columns[i]!.type, value })))
  const relation: Relation = { kind: 'values', columns, rows }
  const owner = { name: key, database: 'information_schema' }
  return { relation, fields: entries.map(([name], i) => ({ name, column: columns[i]!, relation: owner })) }
}
