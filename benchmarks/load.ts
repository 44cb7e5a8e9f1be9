import { connect, type Socket } from 'node:net'

/**
 * A load generator that costs little: requests are bytes that were made (and signed) before, connections are sockets, and of an answer only
 * the status and the length are read. The same one feeds Tidemark and its peers.
 */
export interface LoadResult {
  readonly seconds: number
  /** From the first byte written to the last byte read, over all requests. */
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  /** Requests by the status of their answer. */
  readonly statuses: ReadonlyMap<number, number>
  /** CPU seconds of the generator itself. */
  readonly cpuSeconds: number
}

export interface LoadOptions {
  readonly connections: number
  /** Called with what is not 2xx; throws by default. */
  readonly onRefused?: (status: number, answer: string) => void
  /** No request is begun after it. */
  readonly deadlineMs?: number
}

/** The bytes of an HTTP/1.1 request. */
export function httpRequest(method: string, path: string, headers: Readonly<Record<string, string>>, body: Buffer): Buffer {
  const lines = Object.entries({ ...headers, 'content-length': String(body.length) }).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`), body])
}

/** Sends the requests in order over so many connections, each with one request under way; `next` answers undefined when there is no more. */
export async function runLoad(endpoint: URL, next: () => Buffer | undefined, options: LoadOptions): Promise<LoadResult> {
  const latencies: number[] = []
  const statuses = new Map<number, number>()
  const refuse =
    options.onRefused ??
    ((status: number, answer: string) => {
      throw new Error(`${status}: ${answer.slice(0, 500)}`)
    })
  const connections = await Promise.all(Array.from({ length: options.connections }, () => Connection.open(endpoint)))
  const cpu = process.cpuUsage()
  const startMs = performance.now()
  const end = options.deadlineMs === undefined ? Number.POSITIVE_INFINITY : startMs + options.deadlineMs
  await Promise.all(
    connections.map(async (connection) => {
      for (;;) {
        const sentMs = performance.now()
        const request = sentMs < end ? next() : undefined
        if (request === undefined) return connection.close()
        const { status, text } = await connection.send(request)
        latencies.push(performance.now() - sentMs)
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
        if (status < 200 || status > 299) refuse(status, text())
      }
    }),
  )
  const seconds = (performance.now() - startMs) / 1000
  const { user, system } = process.cpuUsage(cpu)
  latencies.sort((a, b) => a - b)
  const at = (share: number): number => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0
  return {
    seconds,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    maxMs: at(1),
    statuses,
    cpuSeconds: (user + system) / 1e6,
  }
}

export interface RawAnswer {
  readonly status: number
  readonly text: () => string
}

/** A connection that is kept, with one request under way at most. */
export class Connection {
  readonly #socket: Socket
  #isClosed = false
  #waiting: { readonly resolve: (answer: RawAnswer) => void; readonly reject: (error: Error) => void } | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    const answer = new AnswerReader((status, text) => {
      const waiting = this.#waiting
      this.#waiting = undefined
      waiting?.resolve({ status, text })
    })
    socket.on('data', (chunk: Buffer) => answer.push(chunk))
    socket.on('error', (error) => this.#waiting?.reject(error))
    socket.on('close', () => {
      this.#isClosed = true
      this.#waiting?.reject(new Error('the server closed a connection'))
    })
  }

  /** The server closes a connection that has been idle for a while. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  static open(endpoint: URL): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: endpoint.hostname, port: Number(endpoint.port), noDelay: true }, () => resolve(new Connection(socket)))
      socket.once('error', reject)
    })
  }

  send(request: Buffer): Promise<RawAnswer> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
      this.#socket.write(request)
    })
  }

  close(): void {
    this.#socket.destroy()
  }
}

const headEnd = Buffer.from('\r\n\r\n')

/** Answers with a Content-Length, without a body, or in chunks. */
class AnswerReader {
  readonly #done: (status: number, text: () => string) => void
  #held: Buffer = Buffer.alloc(0)

  constructor(done: (status: number, text: () => string) => void) {
    this.#done = done
  }

  push(chunk: Buffer): void {
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk])
    const end = answerEnd(bytes)
    if (end === undefined) {
      this.#held = bytes
      return
    }
    this.#held = Buffer.alloc(0)
    this.#done(Number(bytes.toString('latin1', 9, 12)), () => bytes.toString('utf8', 0, end))
  }
}

function answerEnd(bytes: Buffer): number | undefined {
  const head = bytes.indexOf(headEnd)
  if (head < 0) return undefined
  const text = bytes.toString('latin1', 0, head + 2)
  const body = head + headEnd.length
  const length = /\r\ncontent-length: *(\d+)\r\n/i.exec(text)
  if (length !== null) {
    const end = body + Number(length[1])
    return bytes.length >= end ? end : undefined
  }
  if (!/\r\ntransfer-encoding: *chunked\r\n/i.test(text)) return body
  return bytes.length >= body + 5 && bytes.subarray(-5).equals(Buffer.from('0\r\n\r\n')) ? bytes.length : undefined
}
