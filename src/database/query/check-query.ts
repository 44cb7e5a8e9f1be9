import { ServerError } from '../../base/errors.ts'
import type { Limits } from '../../base/limits.ts'
import type { CompiledStatement, TableReference } from '../../sql/compile.ts'

/** @throws ServerError VALIDATION */
export function checkInput(queryString: string, maxRows: number, limits: Limits): void {
  if (queryString.length > limits.queryTextChars) {
    throw new ServerError('VALIDATION', `The query text has ${queryString.length} characters; ${limits.queryTextChars} are allowed`)
  }
  if (!Number.isInteger(maxRows) || maxRows < 1 || maxRows > limits.pageRows) {
    throw new ServerError('VALIDATION', `MaxRows must be from 1 to ${limits.pageRows}, not ${maxRows}`)
  }
}

/** The statement of a text that must be a query. @throws ServerError VALIDATION */
export function onlyQuery(statement: CompiledStatement): Extract<CompiledStatement, { readonly kind: 'query' }> {
  if (statement.kind === 'query') return statement
  throw new ServerError('VALIDATION', `The statement must be a query, not ${statement.kind.toUpperCase().replace('-', ' ')}`)
}

/** The tables whose records a statement reads, or deletes. */
export function tablesOf(statement: CompiledStatement): readonly TableReference[] {
  switch (statement.kind) {
    case 'query':
      return statement.tables
    case 'explain':
      return tablesOf(statement.statement)
    case 'unload':
      return statement.query.tables
    case 'delete':
      return [statement]
    case 'show-databases':
    case 'show-tables':
    case 'show-measures':
    case 'describe':
      return []
  }
}
