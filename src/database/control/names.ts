import { ServerError } from '../../base/errors.ts'
import type { Limits } from '../../base/limits.ts'

const shortest = 3
const pattern = /^[a-zA-Z0-9_.-]+$/

/**
 * Checks the name of a database or table that is to be made. Calls that only look for one take any text.
 * Source: API reference, CreateDatabase and CreateTable. @throws ServerError VALIDATION
 */
export function checkNewName(member: 'databaseName' | 'tableName', name: string, { resourceNameBytes }: Limits): void {
  const constraint = brokenConstraint(name, resourceNameBytes)
  if (constraint === undefined) return
  throw new ServerError(
    'VALIDATION',
    `1 validation error detected: Value '${name.slice(0, 300)}' at '${member}' failed to satisfy constraint: ${constraint}`,
  )
}

function brokenConstraint(name: string, longest: number): string | undefined {
  if (!pattern.test(name)) return 'Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+'
  if (name.length < shortest) return `Member must have length greater than or equal to ${shortest}`
  if (name.length > longest) return `Member must have length less than or equal to ${longest}`
  return undefined
}

export const databaseNotFound = (databaseName: string): ServerError =>
  new ServerError('RESOURCE_NOT_FOUND', `The database ${databaseName} does not exist.`)

export const tableNotFound = (tableName: string): ServerError =>
  new ServerError('RESOURCE_NOT_FOUND', `The table ${tableName} does not exist.`)

export const alreadyExists = (kind: 'database' | 'table', name: string): ServerError =>
  new ServerError('CONFLICT', `The ${kind} ${name} already exists.`)
