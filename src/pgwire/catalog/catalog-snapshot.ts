import type { Caller } from '../../database/caller.ts'
import type { Database } from '../../database/database.ts'

/** The databases and tables that one principal sees, as statements can make them in PostgreSQL. */
export interface CatalogSnapshot {
  /** By name of the database: the definitions by name of the table. */
  readonly databases: ReadonlyMap<string, ReadonlyMap<string, string>>
}

const typeNames: Readonly<Record<string, string>> = {
  boolean: 'boolean',
  bigint: 'bigint',
  integer: 'integer',
  double: 'double precision',
  varchar: 'text',
  timestamp: 'timestamp with time zone',
  date: 'date',
  time: 'time',
}
const question =
  'SELECT s.schema_name, c.table_name, c.column_name, c.data_type, c.is_nullable FROM information_schema.schemata s ' +
  'LEFT JOIN information_schema.columns c ON c.table_schema = s.schema_name ORDER BY s.schema_name, c.table_name, c.ordinal_position'

interface Datum {
  readonly ScalarValue?: string
}

/** Reads them as the caller may see them. */
export async function readSnapshot(database: Database, caller: Caller): Promise<CatalogSnapshot> {
  const databases = new Map<string, Map<string, string[]>>()
  let nextToken: string | undefined
  do {
    const page = await database.query(caller, { queryString: question, ...(nextToken !== undefined && { nextToken }) })
    for (const { Data } of JSON.parse(page.rowsJson) as readonly { readonly Data: readonly Datum[] }[]) {
      const [schema = '', table, column = '', type = '', isNullable] = Data.map((datum) => datum.ScalarValue)
      const tables = databases.get(schema) ?? new Map<string, string[]>()
      databases.set(schema, tables)
      if (table === undefined) continue
      const columns = tables.get(table) ?? []
      columns.push(`${quoteName(column)} ${typeNames[type] ?? 'text'}${isNullable === 'NO' ? ' NOT NULL' : ''}`)
      tables.set(table, columns)
    }
    nextToken = page.nextToken
  } while (nextToken !== undefined)
  return {
    databases: new Map(
      [...databases].map(([name, tables]) => [name, new Map([...tables].map(([table, columns]) => [table, columns.join(', ')]))]),
    ),
  }
}

export const quoteName = (name: string): string => `"${name.replaceAll('"', '""').replaceAll('\0', '')}"`

/** Statements that turn what is into what shall be. */
export function changesBetween(is: CatalogSnapshot, shall: CatalogSnapshot): string {
  const statements: string[] = []
  for (const [name, tables] of is.databases) {
    const wanted = shall.databases.get(name)
    if (!wanted) statements.push(`DROP SCHEMA ${quoteName(name)} CASCADE`)
    else
      for (const [table, definition] of tables)
        if (wanted.get(table) !== definition) statements.push(`DROP TABLE ${quoteName(name)}.${quoteName(table)}`)
  }
  for (const [name, tables] of shall.databases) {
    const known = is.databases.get(name)
    if (!known) statements.push(`CREATE SCHEMA ${quoteName(name)}`)
    for (const [table, definition] of tables)
      if (known?.get(table) !== definition) statements.push(`CREATE TABLE ${quoteName(name)}.${quoteName(table)} (${definition})`)
  }
  return statements.join(';\n')
}
