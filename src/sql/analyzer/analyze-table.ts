import { ServerError } from '../../base/errors.ts'
import type { Catalog, TableSchema } from '../catalog.ts'
import type { Relation, Scan } from '../ir.ts'
import type { Identifier, QualifiedName } from '../syntax/ast.ts'
import { nsPerDay } from '../types/time-text.ts'
import type { Analyzer } from './analyzer.ts'
import { fail } from './analyzer.ts'
import { analyzeView } from './information-schema.ts'
import type { Field } from './scope.ts'
import { suggestion } from './suggest.ts'

/** A stored table as a relation; its columns are reached as `column`, `table.column`, `database.table.column`. */
export function analyzeTable(analyzer: Analyzer, name: QualifiedName): { readonly relation: Relation; readonly fields: readonly Field[] } {
  const view = name.parts.length === 2 ? analyzeView(analyzer, name.parts[0]!, name.parts[1]!) : undefined
  if (view) return view
  const schema = findTable(analyzer.catalog, name, analyzer.session.database)
  analyzer.reads({ database: schema.database, table: schema.table })
  const columns = schema.columns.map((column) => ({
    column: { symbol: analyzer.names.fresh('c'), type: column.type, nullable: column.nullable },
    name: column.name,
    physicalName: column.physicalName,
    role: column.role,
  }))
  const relation: Scan = {
    kind: 'scan',
    database: schema.database,
    table: schema.table,
    physical: schema.physical,
    oldestTimeNs: oldestTime(schema, analyzer.session.expiryNowNs ?? analyzer.session.nowNs),
    columns,
  }
  const owner = { name: schema.table, database: schema.database }
  return { relation, fields: columns.map(({ name: columnName, column }) => ({ name: columnName, column, relation: owner })) }
}

/** Undefined when the retention periods reach back before every time that can be written. */
function oldestTime(schema: TableSchema, nowNs: bigint): bigint | undefined {
  const { memoryStoreHours, magneticStoreDays } = schema.retention
  const oldest = nowNs - BigInt(memoryStoreHours) * (nsPerDay / 24n) - BigInt(magneticStoreDays) * nsPerDay
  return oldest <= 0n ? undefined : oldest
}

/**
 * `defaultDatabase`: of a table that is named alone.
 * @throws ServerError DATABASE_NOT_FOUND, TABLE_NOT_FOUND; the texts are the service's.
 */
export function findTable(catalog: Catalog, name: QualifiedName, defaultDatabase?: string): TableSchema {
  const { database, table, at } = splitTableName(name, defaultDatabase)
  const databaseName = match(database, catalog.databaseNames())
  const place = `for identifier '${database.text}.${table.text}' at line ${at.line}:${at.column}`
  if (databaseName === undefined) {
    const near = suggestion(database.text, catalog.databaseNames())
    throw new ServerError('DATABASE_NOT_FOUND', `Requested database '${database.text}' not found ${place}${near}`)
  }
  const tables = catalog.tableNames(databaseName) ?? []
  const tableName = match(table, tables)
  const schema = tableName === undefined ? undefined : catalog.table(databaseName, tableName)
  if (!schema)
    throw new ServerError('TABLE_NOT_FOUND', `Requested table '${table.text}' not found ${place}${suggestion(table.text, tables)}`)
  return schema
}

/** SHOW TABLES FROM database. @throws ServerError DATABASE_NOT_FOUND */
export function findDatabase(catalog: Catalog, name: QualifiedName): string {
  const [database, extra] = name.parts
  if (extra) fail(name.at, 'NOT_SUPPORTED', `A database name has one part: '${name.parts.map((part) => part.text).join('.')}'`)
  const found = match(database!, catalog.databaseNames())
  if (found !== undefined) return found
  const place = `for identifier '${database!.text}' at line ${name.at.line}:${name.at.column}`
  throw new ServerError(
    'DATABASE_NOT_FOUND',
    `Requested database '${database!.text}' not found ${place}${suggestion(database!.text, catalog.databaseNames())}`,
  )
}

/** The exact name, else for an unquoted one the only name with these letters. */
export function match(identifier: Identifier, names: readonly string[]): string | undefined {
  if (names.includes(identifier.text)) return identifier.text
  if (identifier.quoted) return undefined
  const lower = identifier.text.toLowerCase()
  const found = names.filter((name) => name.toLowerCase() === lower)
  return found.length === 1 ? found[0] : undefined
}

function splitTableName(
  name: QualifiedName,
  defaultDatabase: string | undefined,
): {
  readonly database: Identifier
  readonly table: Identifier
  readonly at: QualifiedName['at']
} {
  const [first, second, third] = name.parts
  if (third)
    fail(name.at, 'NOT_SUPPORTED', `A table name has two parts, database.table: '${name.parts.map((part) => part.text).join('.')}'`)
  if (!second && defaultDatabase !== undefined) {
    return { database: { text: defaultDatabase, quoted: true, at: name.at }, table: first!, at: name.at }
  }
  if (!second) fail(name.at, 'TABLE_NOT_FOUND', `Table '${first!.text}' does not exist: a table is named database.table`)
  return { database: first!, table: second, at: name.at }
}
