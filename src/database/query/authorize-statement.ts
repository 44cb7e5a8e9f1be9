import { ServerError } from '../../base/errors.ts'
import type { Catalog, TableSchema } from '../../sql/catalog.ts'
import type { CompiledStatement, TableReference } from '../../sql/compile.ts'
import { authorize, may, type Action } from '../access/authorize.ts'
import type { Caller } from '../caller.ts'
import { anyArn, databaseArn, tableArn, type Account } from '../control/arn.ts'

/** Asks for what a statement needs. Source: developer guide, "How Timestream works with IAM". @throws ServerError ACCESS_DENIED */
export function authorizeStatement(caller: Caller, statement: CompiledStatement, account: Account): void {
  const check = (action: Action, arn: string): void => authorize(caller, action, arn, account)
  switch (statement.kind) {
    case 'explain':
      return authorizeStatement(caller, statement.statement, account)
    case 'unload':
      for (const { database, table } of statement.query.tables) check('timestream:Unload', tableArn(account, database, table))
      return authorizeStatement(caller, statement.query, account)
    case 'delete':
      return check('timestream:DeleteRecords', tableArn(account, statement.database, statement.table))
    case 'query':
      authorizeTables(caller, statement.tables, account)
      if (statement.tables.length === 0) check('timestream:SelectValues', anyArn(account))
      return
    case 'show-databases':
      return check('timestream:ListDatabases', anyArn(account))
    case 'show-tables':
      return check('timestream:ListTables', statement.database === undefined ? anyArn(account) : databaseArn(account, statement.database))
    case 'show-measures':
      return check('timestream:ListMeasures', tableArn(account, statement.database, statement.table))
    case 'describe':
      return check('timestream:DescribeTable', tableArn(account, statement.database, statement.table))
  }
}

/** @throws ServerError ACCESS_DENIED */
export function authorizeTables(caller: Caller, tables: readonly TableReference[], account: Account): void {
  for (const { database, table } of tables) authorize(caller, 'timestream:Select', tableArn(account, database, table), account)
}

/**
 * The catalog as one caller may see it while a text is compiled: what its errors say about a table (which columns there are, how a name is nearly
 * spelt) is only for who may read the table.
 */
export interface CallersCatalog {
  readonly catalog: Catalog
  /** For information_schema. Absent: everything. */
  readonly isVisible?: (database: string, table?: string) => boolean
  /** What to throw instead of an error of the compiler. */
  readonly refusal: (error: unknown) => unknown
}

export function callersCatalog(caller: Caller, catalog: Catalog, account: Account): CallersCatalog {
  if (caller.principal.isRoot) return { catalog, refusal: (error) => error }
  const asked: TableReference[] = []
  return {
    catalog: {
      databaseNames: () => catalog.databaseNames(),
      tableNames: (database) => catalog.tableNames(database),
      table: (database, table): TableSchema | undefined => {
        asked.push({ database, table })
        return catalog.table(database, table)
      },
    },
    isVisible: (database, table) => isVisible(caller, catalog, account, database, table),
    refusal: (error) => {
      if (!(error instanceof ServerError)) return error
      try {
        authorizeTables(caller, asked, account)
        return error
      } catch (denied) {
        return denied
      }
    },
  }
}

/** A table is seen by who may describe or read it, a database by who may describe it, list its tables or see one of them. */
function isVisible(caller: Caller, catalog: Catalog, account: Account, database: string, table: string | undefined): boolean {
  if (table !== undefined) {
    const arn = tableArn(account, database, table)
    return may(caller, 'timestream:DescribeTable', arn, account) || may(caller, 'timestream:Select', arn, account)
  }
  const arn = databaseArn(account, database)
  return (
    may(caller, 'timestream:DescribeDatabase', arn, account) ||
    may(caller, 'timestream:ListTables', arn, account) ||
    (catalog.tableNames(database) ?? []).some((name) => isVisible(caller, catalog, account, database, name))
  )
}
