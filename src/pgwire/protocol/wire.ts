import type { Socket } from 'node:net'
import { FrontendReader, type Frame } from './frontend.ts'
import { ProtocolError } from './protocol-error.ts'

/** A client that takes nothing for so long is given up. */
const patienceMs = 120_000
/** So much may be read ahead of what is worked on; then the client has to wait. */
const readAheadBytes = 4 * 1024 * 1024

/** One connection's bytes as messages, both ways, with bounds on what waits in memory. */
export class Wire {
  #socket: Socket
  readonly #reader: FrontendReader
  readonly #onClosed: () => void
  #unread = 0
  #wake: () => void = () => undefined
  #isClosed = false

  constructor(socket: Socket, maxMessageBytes: number, onClosed: () => void) {
    this.#socket = socket
    this.#reader = new FrontendReader(maxMessageBytes)
    this.#onClosed = onClosed
    this.attach(socket)
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Goes on over `socket`, which carries the same connection encrypted. */
  attach(socket: Socket): void {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => {
      this.#reader.feed(chunk)
      this.#unread += chunk.length
      if (this.#unread > readAheadBytes) socket.pause()
      this.#wake()
    })
    const closed = (): void => {
      if (this.#isClosed || socket !== this.#socket) return
      this.#isClosed = true
      this.#wake()
      this.#onClosed()
    }
    socket.on('end', closed)
    socket.on('error', closed)
    socket.on('close', closed)
  }

  /** Leaves the socket to another layer. Answers it. */
  detach(): Socket {
    const socket = this.#socket
    socket.removeAllListeners('data')
    socket.removeAllListeners('end')
    socket.removeAllListeners('error')
    socket.removeAllListeners('close')
    socket.pause()
    return socket
  }

  /** Bytes that came behind the last message. */
  get hasMore(): boolean {
    return this.#reader.rest().length > 0
  }

  started(): void {
    this.#reader.isStarting = false
  }

  /** The next message; undefined when the connection is over. @throws ProtocolError */
  async read(timeoutMs?: number): Promise<Frame | undefined> {
    for (;;) {
      const frame = this.#reader.next()
      if (frame) {
        this.#unread = Math.max(0, this.#unread - frame.body.length - 5)
        if (this.#unread <= readAheadBytes && this.#socket.isPaused()) this.#socket.resume()
        return frame
      }
      if (this.#isClosed) return undefined
      if (this.#socket.isPaused()) this.#socket.resume()
      await this.#arrival(timeoutMs)
    }
  }

  #arrival(timeoutMs: number | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer =
        timeoutMs === undefined ? undefined : setTimeout(() => reject(new ProtocolError('08006', 'nothing came in time', true)), timeoutMs)
      this.#wake = () => {
        clearTimeout(timer)
        this.#wake = () => undefined
        resolve()
      }
    })
  }

  /** Resolves when the client has room for more. @throws ProtocolError when it takes nothing for long */
  async write(...messages: readonly Uint8Array[]): Promise<void> {
    if (this.#isClosed) return
    const isTaken = this.#socket.write(messages.length === 1 ? messages[0]! : Buffer.concat(messages))
    if (!isTaken) await this.#drained()
  }

  #drained(): Promise<void> {
    const socket = this.#socket
    return new Promise((resolve, reject) => {
      const finish = (error?: Error): void => {
        clearTimeout(timer)
        socket.off('drain', done)
        socket.off('close', done)
        if (error) reject(error)
        else resolve()
      }
      const done = (): void => finish()
      const timer = setTimeout(() => finish(new ProtocolError('57014', 'the client does not read its result', true)), patienceMs)
      socket.on('drain', done)
      socket.on('close', done)
    })
  }

  end(...messages: readonly Uint8Array[]): void {
    if (!this.#isClosed) this.#socket.end(Buffer.concat(messages))
    setTimeout(() => this.#socket.destroy(), 1000).unref()
  }
}
