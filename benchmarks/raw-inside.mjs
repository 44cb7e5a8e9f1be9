// @ts-check
// Loaded into the server's process (node --import) by the benchmark of queries: SQL that comes as a message goes straight to the engine, on a
// session of its own beside the server's.
import process from 'node:process'
import { drainPending, Session } from 'chdb'

const newline = 10
/** @type {Session | undefined} */
let session

/** Runs to the last byte. @param {string} text */
async function run(text) {
  if (!session) throw new Error('no session is open')
  const start = performance.now()
  const result = await session.queryAsync(text, { format: 'JSONCompactEachRow' })
  const bytes = Buffer.from(result.bytes())
  let rows = 0
  for (let at = bytes.indexOf(newline); at >= 0; at = bytes.indexOf(newline, at + 1)) rows++
  return {
    rows,
    ms: performance.now() - start,
    ...(bytes.length < 10_000 && { text: bytes.toString() }),
  }
}

/** @param {{ open?: { directory: string, args: string[] }, text?: string, close?: boolean }} message */
async function answer({ open, text, close }) {
  if (open) session = new Session(open.directory, { connectionArgs: open.args })
  if (close) {
    await drainPending()
    session?.close()
    session = undefined
  }
  return text === undefined ? { rows: 0, ms: 0 } : run(text)
}

process.on('message', (/** @type {Parameters<typeof answer>[0]} */ message) => {
  void answer(message)
    .catch((/** @type {unknown} */ error) => ({ failure: String(error) }))
    .then((said) => process.send?.(said))
})
// the server may end while the benchmark holds on to it
process.channel?.unref()
