// @ts-check
// A thread with one chDB session that streams one result at a time. Starting a stream parses, plans and runs scalar
// subqueries on the calling thread, which therefore must not be the server's. Plain JavaScript, because a worker starts
// from a file as it is, also under the tools that run TypeScript sources.
import { parentPort } from 'node:worker_threads'
import { drainPending, Session } from 'chdb'

/** @import { FromStreamWorker, ToStreamWorker } from './stream-messages.ts' */

/** @type {import('node:worker_threads').MessagePort} */
const port = /** @type {any} */ (parentPort)
/** @type {Session | undefined} */
let session
/** Chunks that may still be sent. */
let credit = 0
let cancelled = false
/** @type {(() => void) | undefined} */
let wake

/** @param {FromStreamWorker} message @param {ArrayBuffer[]} [transfer] */
const say = (message, transfer) => port.postMessage(message, transfer)

/** @param {unknown} error */
const sayFailed = (error) => say({ kind: 'failed', message: error instanceof Error ? error.message : String(error) })

port.on('message', (/** @type {ToStreamWorker} */ message) => {
  switch (message.kind) {
    case 'open':
      open(message.dataDirectory, message.connectionArgs)
      break
    case 'run':
      void run(message.text, message.window)
      break
    case 'more':
      credit++
      wake?.()
      break
    case 'cancel':
      cancelled = true
      wake?.()
      break
    case 'close':
      void close()
      break
  }
})

/** @param {string} dataDirectory @param {readonly string[]} connectionArgs */
function open(dataDirectory, connectionArgs) {
  try {
    session = new Session(dataDirectory, { connectionArgs })
    say({ kind: 'opened' })
  } catch (error) {
    sayFailed(error)
  }
}

/** @param {string} text @param {number} window */
async function run(text, window) {
  credit = window
  cancelled = false
  try {
    if (!session) throw new Error('the session is not open')
    for await (const chunk of session.queryStream(text)) {
      while (credit === 0 && !cancelled) await new Promise((resolve) => (wake = () => resolve(undefined)))
      if (cancelled) break
      let bytes = chunk.raw()
      if (bytes.byteLength !== bytes.buffer.byteLength) bytes = new Uint8Array(bytes)
      credit--
      say({ kind: 'chunk', bytes }, [/** @type {ArrayBuffer} */ (bytes.buffer)])
    }
    // a stream that was left early is freed behind its fetch
    if (cancelled) await drainPending()
    say({ kind: 'end' })
  } catch (error) {
    sayFailed(error)
  }
}

async function close() {
  await drainPending()
  session?.close()
  session = undefined
  await drainPending()
  say({ kind: 'closed' })
}
