/**
 * A process for tests to kill: makes and removes tables without end in the data directory that it is given. It writes `+name` when a table was
 * made, `-name` before one is removed and `=name` when it was.
 */
import { writeSync } from 'node:fs'
import { openTestDatabase } from './test-database.ts'

const [directory = '', round = ''] = process.argv.slice(2)
const { database, caller } = await openTestDatabase(directory)
await database.createDatabase(caller, { databaseName: 'crash' }).catch(() => undefined)
writeSync(1, '.\n')
for (let number = 0; ; number++) {
  const tableName = `table-${round}-${number}`
  await database.createTable(caller, { databaseName: 'crash', tableName })
  writeSync(1, `+${tableName}\n`)
  if (number % 2 === 0) continue
  writeSync(1, `-${tableName}\n`)
  await database.deleteTable(caller, 'crash', tableName)
  writeSync(1, `=${tableName}\n`)
}
