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
// clients list the databases that can be connected to
await database.exec("UPDATE pg_database SET datallowconn = false WHERE datname = 'template1'")
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

const run = (messages) => database.execProtocolRaw(messages, { throwOnError: false })

/** Whether the messages of an answer have an ErrorResponse. */
function saysError(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at < bytes.length; at += 1 + view.getInt32(at + 1)) if (bytes[at] === 69) return true
  return false
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
        // by the simple protocol, in which a plan may leave parameters open
        planned = (await database.exec(`EXPLAIN (GENERIC_PLAN, VERBOSE, FORMAT JSON) ${sql}`))[0]
      } catch {
        await database.exec('ROLLBACK TO SAVEPOINT asked') // the statement itself says what is wrong
      }
      const relation = planned && foreignRelation(planned.rows[0]['QUERY PLAN'][0].Plan)
      if (relation !== undefined) return { relation }
      // what cannot be planned must fail: else nobody has looked at what it reads
      const bytes = await run(messages)
      return planned || saysError(bytes) ? { bytes } : { relation: 'tables that are not known before it runs' }
    }
    return { bytes: await run(messages) }
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
