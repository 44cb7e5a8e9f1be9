// A PostgreSQL of its own thread, whose catalog is kept in step with ours: it answers what tools ask about databases, tables, columns and types.
import { readFile, rename, writeFile } from 'node:fs/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { PGlite } from '@electric-sql/pglite'

const catalogs = new Set(['pg_catalog', 'information_schema', 'pg_toast'])
/** To begin from a copy of an empty database takes a second; to make one, several. */
async function open() {
  const image = await readFile(workerData.imagePath).catch(() => undefined)
  if (image) return PGlite.create({ loadDataDir: new Blob([image]) })
  const made = await PGlite.create()
  const copy = new Uint8Array(await (await made.dumpDataDir('gzip')).arrayBuffer())
  const whole = `${workerData.imagePath}.${process.pid}`
  await writeFile(whole, copy)
    .then(() => rename(whole, workerData.imagePath))
    .catch(() => undefined) // the next start takes as long as this one
  return made
}

const database = await open()
let name = 'postgres'

/** The relations of other schemas that a plan reads: their rows are not here. */
function foreignRelation(plan) {
  if (plan['Relation Name'] !== undefined && plan.Schema !== undefined && !catalogs.has(plan.Schema))
    return `${plan.Schema}.${plan['Relation Name']}`
  for (const child of plan.Plans ?? []) {
    const found = foreignRelation(child)
    if (found !== undefined) return found
  }
  return undefined
}

async function answer({ changes, databaseName, searchPath, sql, messages }) {
  if (changes !== '') await database.exec(changes)
  if (databaseName !== name) {
    await database.query('UPDATE pg_database SET datname = $1 WHERE datname = current_database()', [databaseName])
    name = databaseName
  }
  await database.exec(`BEGIN READ ONLY; SET LOCAL search_path = ${searchPath}`)
  try {
    if (/^\s*(?:select|with|values|table)\b/i.test(sql)) {
      await database.exec('SAVEPOINT asked')
      let planned
      try {
        planned = await database.query(`EXPLAIN (GENERIC_PLAN, VERBOSE, FORMAT JSON) ${sql}`)
      } catch {
        await database.exec('ROLLBACK TO SAVEPOINT asked') // the statement itself says what is wrong
      }
      const relation = planned && foreignRelation(planned.rows[0]['QUERY PLAN'][0].Plan)
      if (relation !== undefined) return { relation }
    }
    return { bytes: await database.execProtocolRaw(messages, { throwOnError: false }) }
  } finally {
    await database.exec('ROLLBACK')
    await database.exec('DISCARD ALL')
  }
}

parentPort.on('message', ({ id, request }) => {
  answer(request).then(
    (answered) => parentPort.postMessage({ id, ...answered }),
    (error) => parentPort.postMessage({ id, failure: error instanceof Error ? error.message : String(error) }),
  )
})
parentPort.postMessage({ id: 0 })
