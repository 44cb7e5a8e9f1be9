import { ServerError } from '../../base/errors.ts'
import type { Catalog, ColumnRole, Measure, TableSchema } from '../../sql/catalog.ts'
import type { RunnableStatement } from '../../sql/compile.ts'
import { arrayOf, rowOf, typeText, VARCHAR } from '../../sql/types/type.ts'
import type { ResultColumn } from '../database.ts'
import { row, scalar } from './encode/datum-text.ts'
import { namesLike } from './like-pattern.ts'

export type CatalogStatement = Exclude<RunnableStatement, { kind: 'query' }>

export interface CatalogResult {
  readonly columns: readonly ResultColumn[]
  /** As the row encoder writes them. */
  readonly rows: readonly string[]
}

/**
 * Answers SHOW and DESCRIBE. Shapes: developer guide, "Supported SQL language".
 * @throws ServerError DATABASE_NOT_FOUND, TABLE_NOT_FOUND, VALIDATION
 */
export function catalogRows(statement: CatalogStatement, catalog: Catalog): CatalogResult {
  switch (statement.kind) {
    case 'show-databases':
      return listOf('Database', namesLike(sorted(catalog.databaseNames()), statement.like))
    case 'show-tables': {
      const databases = statement.database === undefined ? catalog.databaseNames() : [statement.database]
      const tables = databases.flatMap((database) => tablesOf(catalog, database))
      return listOf('Table', namesLike(sorted(tables), statement.like))
    }
    case 'show-measures':
      return measuresOf(tableOf(catalog, statement.database, statement.table), statement)
    case 'describe':
      return {
        columns: ['Column', 'Type', 'Timestream attribute type'].map(text),
        rows: tableOf(catalog, statement.database, statement.table).columns.map(({ name, type, role }) =>
          row(scalar(name), scalar(typeText(type)), scalar(attributeTypes[role])),
        ),
      }
  }
}

const attributeTypes: Readonly<Record<ColumnRole, string>> = {
  dimension: 'DIMENSION',
  'measure-name': 'MEASURE_NAME',
  time: 'TIMESTAMP',
  'measure-value': 'MEASURE_VALUE',
  attribute: 'MULTI',
}

const dimensionsType = arrayOf(rowOf({ name: 'dimension_name', type: VARCHAR }, { name: 'data_type', type: VARCHAR }))

function measuresOf(table: TableSchema, { like }: Extract<CatalogStatement, { kind: 'show-measures' }>): CatalogResult {
  const wanted = new Set(
    namesLike(
      table.measures.map((measure) => measure.name),
      like,
    ),
  )
  return {
    columns: [text('measure_name'), text('data_type'), { name: 'dimensions', type: dimensionsType }],
    rows: table.measures.filter(({ name }) => wanted.has(name)).map(measureRow),
  }
}

function measureRow({ name, dataType, dimensions }: Measure): string {
  const items = dimensions.map((dimension) => `{"RowValue":${row(scalar(dimension), scalar('varchar'))}}`)
  return row(scalar(name), scalar(dataType), `{"ArrayValue":[${items.join(',')}]}`)
}

const text = (name: string): ResultColumn => ({ name, type: VARCHAR })
const listOf = (name: string, values: readonly string[]): CatalogResult => ({
  columns: [text(name)],
  rows: values.map((value) => row(scalar(value))),
})

const sorted = (names: readonly string[]): readonly string[] => names.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))

function tablesOf(catalog: Catalog, database: string): readonly string[] {
  const tables = catalog.tableNames(database)
  if (!tables) throw new ServerError('DATABASE_NOT_FOUND', `The database ${database} does not exist.`)
  return tables
}

function tableOf(catalog: Catalog, database: string, table: string): TableSchema {
  const schema = tablesOf(catalog, database).includes(table) ? catalog.table(database, table) : undefined
  if (!schema) throw new ServerError('TABLE_NOT_FOUND', `The table ${table} does not exist.`)
  return schema
}
