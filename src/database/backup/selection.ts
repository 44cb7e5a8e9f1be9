import { ServerError } from '../../base/errors.ts'

/** Everything, one database, or one table of it. */
export interface Selection {
  readonly databaseName?: string
  readonly tableName?: string
}

export function isSelected(table: Required<Selection>, { databaseName, tableName }: Selection): boolean {
  return (databaseName === undefined || table.databaseName === databaseName) && (tableName === undefined || table.tableName === tableName)
}

/** @throws ServerError VALIDATION */
export function checkSelection({ databaseName, tableName }: Selection): void {
  if (tableName !== undefined && databaseName === undefined) {
    throw new ServerError('VALIDATION', 'TableName: a table is named together with its database.')
  }
}
