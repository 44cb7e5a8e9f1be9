import type { Engine } from '../../../src/engine/engine.ts'
import type { Catalog, TableColumn } from '../../../src/sql/catalog.ts'

const values: Readonly<Record<string, readonly string[]>> = {
  timestamp: ['1705320000000000000', '1705320060000000000', '1705323600123456789'],
  double: ['1.5', 'NULL', '-95.25'],
  bigint: ['NULL', '7', '9223372036854775807'],
  varchar: ["'host_1'", "'host_2'", 'NULL'],
}
const engineTypes: Readonly<Record<string, string>> = { timestamp: 'Int64', double: 'Float64', bigint: 'Int64', varchar: 'String' }

/** Makes every table of the catalog in the engine, with three rows each that hold NULLs. */
export async function createSampleTables(engine: Engine, catalog: Catalog): Promise<void> {
  await engine.execute('CREATE DATABASE tidemark')
  for (const database of catalog.databaseNames()) {
    for (const name of catalog.tableNames(database) ?? []) {
      const { physical, columns } = catalog.table(database, name)!
      const definitions = columns.map((column) => `${column.physicalName} ${columnType(column)}`)
      await engine.execute(
        `CREATE TABLE ${physical.database}.${physical.table} (${definitions.join(', ')}) ENGINE = MergeTree ORDER BY time`,
      )
      const rows = [0, 1, 2].map((row) => `(${columns.map((column) => value(column, row)).join(', ')})`)
      await engine.execute(`INSERT INTO ${physical.database}.${physical.table} VALUES ${rows.join(', ')}`)
    }
  }
}

const scalarName = (column: TableColumn): string => (column.type.kind === 'scalar' ? column.type.name : '')
const columnType = (column: TableColumn): string => {
  const type = engineTypes[scalarName(column)]!
  return column.nullable ? `Nullable(${type})` : type
}
const value = (column: TableColumn, row: number): string => (column.role === 'measure-name' ? "'cpu'" : values[scalarName(column)]![row]!)
