import { ServerError } from '../../../base/errors.ts'
import type { Caller } from '../../../database/caller.ts'
import type { Database } from '../../../database/database.ts'

const createDatabase = /^\s*CREATE\s+DATABASE\s+("(?:[^"\\]|\\.)+"|[^\s;"]+)(?:\s+WITH\s+.*)?\s*;?\s*$/i
const showDatabases = /^\s*SHOW\s+DATABASES\s*;?\s*$/i
const pageSize = 20

/**
 * The statements of InfluxQL that clients send before they write: CREATE DATABASE and SHOW DATABASES. Answers the body of the response.
 * @throws ServerError NOT_SUPPORTED for every other statement
 */
export async function runStatement(database: Database, caller: Caller, text: string): Promise<object> {
  const [, name] = createDatabase.exec(text) ?? []
  if (name !== undefined) {
    const databaseName = name.startsWith('"') ? name.slice(1, -1).replace(/\\(.)/g, '$1') : name
    try {
      await database.createDatabase(caller, { databaseName })
    } catch (error) {
      if (!(error instanceof ServerError) || error.code !== 'CONFLICT') throw error
    }
    return { results: [{ statement_id: 0 }] }
  }
  if (showDatabases.test(text)) {
    const series = { name: 'databases', columns: ['name'], values: await databaseNames(database, caller) }
    return { results: [{ statement_id: 0, series: [series] }] }
  }
  throw new ServerError('NOT_SUPPORTED', 'only CREATE DATABASE and SHOW DATABASES are understood here; queries are SQL, sent to the API')
}

async function databaseNames(database: Database, caller: Caller): Promise<readonly (readonly [string])[]> {
  const names: (readonly [string])[] = []
  let nextToken: string | undefined
  do {
    const page = await database.listDatabases(caller, { maxResults: pageSize, ...(nextToken !== undefined && { nextToken }) })
    names.push(...page.items.map(({ databaseName }) => [databaseName] as const))
    ;({ nextToken } = page)
  } while (nextToken !== undefined)
  return names
}
