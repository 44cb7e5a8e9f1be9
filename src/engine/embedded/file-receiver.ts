import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** An address of this machine that the engine writes one file to, chunk by chunk; it waits for who reads them. */
export interface FileReceiver {
  /** Unguessable; good for one file. */
  readonly url: string
  chunks(): AsyncIterable<Uint8Array>
  /** The engine has done: with nothing sent, the file is empty. Without a failure, `chunks` ends after the last byte; with one, it throws it. */
  finish(failure?: unknown): void
  close(): void
}

/** The embedded engine's own streams make a file of every chunk, and a file on the disk would lie there in the clear. */
export async function openFileReceiver(): Promise<FileReceiver> {
  const path = `/${randomBytes(32).toString('hex')}`
  let arrive: (file: { request: IncomingMessage; response: ServerResponse } | undefined) => void = () => undefined
  const arrived = new Promise<{ request: IncomingMessage; response: ServerResponse } | undefined>((resolve) => (arrive = resolve))
  let finish: (failure: unknown) => void = () => undefined
  const finished = new Promise<unknown>((resolve) => (finish = resolve))
  let isTaken = false
  const server = createServer((request, response) => {
    if (isTaken || request.method !== 'POST' || request.url !== path) {
      response.writeHead(404).end()
      return
    }
    isTaken = true
    arrive({ request, response })
  })
  // the engine may think for long between two chunks
  server.requestTimeout = 0
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  server.unref()
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    async *chunks() {
      const file = await arrived
      let broken: unknown
      try {
        if (file) for await (const chunk of file.request) yield chunk as Buffer
      } catch (error) {
        broken = error
      }
      file?.response.end()
      const failure = (await finished) ?? broken
      if (failure !== undefined) throw failure
    },
    finish: (failure) => {
      arrive(undefined)
      finish(failure)
    },
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
