// @ts-check
// A thread with one chDB session that streams one result at a time. Starting a stream parses, plans and runs scalar
// subqueries on the calling thread, which therefore must not be the server's. Plain JavaScript, because a worker starts
// from a file as it is, also under the tools that run TypeScript sources.
import { parentPort, workerData } from 'node:worker_threads'
import { drainPending, Session } from 'chdb'

/** @import { FromStreamWorker, StreamWorkerData, ToStreamWorker } from './stream-messages.ts' */

/** @type {import('node:worker_threads').MessagePort} */
const port = /** @type {any} */ (parentPort)
/** @type {StreamWorkerData} */
const data = workerData
/** Chunks that may still be sent. */
let credit = 0
let cancelled = false
/** @type {(() => void) | undefined} */
let wake

/** @param {FromStreamWorker} message @param {ArrayBuffer[]} [transfer] */
const say = (message, transfer) => port.postMessage(message, transfer)

/** @param {unknown} error */
const sayFailed = (error) => say({ kind: 'failed', message: error instanceof Error ? error.message : String(error) })

/** @type {Session | undefined} */
let session
try {
  session = new Session(data.dataDirectory, { connectionArgs: data.connectionArgs })
  say({ kind: 'ready' })
} catch (error) {
  sayFailed(error)
}

port.on('message', (/** @type {ToStreamWorker} */ message) => {
  switch (message.kind) {
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
  await drainPending()
  say({ kind: 'closed' })
  port.close()
}
