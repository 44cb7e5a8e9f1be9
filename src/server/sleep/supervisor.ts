import type { ChildProcess } from 'node:child_process'
import { createServer, type Server, type Socket } from 'node:net'
import type { Clock } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import type { ServerConfig } from '../config.ts'
import { formatHost, listening } from '../http.ts'
import { type DirectoryLock, lockDataDirectory } from '../../storage/data-directory.ts'
import type { ServerFacts } from '../main.ts'
import { answerAsleep, unavailable } from './asleep-answers.ts'
import type { ToServer, ToSupervisor } from './messages.ts'

export interface SupervisorOptions {
  readonly config: Pick<ServerConfig, 'listen' | 'tls' | 'dataDirectory'>
  /** Starts the process that serves, with a channel to it. */
  readonly fork: () => ChildProcess
  readonly clock: Clock
  readonly log: Log
}

interface Waiting {
  readonly socket: Socket
  readonly head?: string
}

/** Enough for the first line of a request. */
const longestHead = 256

/**
 * Holds the address, and a server process while it is needed. Each connection is handed to that process whole, so nothing passes through here.
 * While it sleeps there is only this process; a connection starts the other one and waits for it.
 */
export class Supervisor {
  readonly #options: SupervisorOptions
  readonly #listener: Server
  #state: 'waking' | 'awake' | 'falling asleep' | 'asleep' | 'stopped' = 'waking'
  #child: ChildProcess | undefined
  #waiting: Waiting[] = []
  #looked = new Set<Socket>()
  #timer: NodeJS.Timeout | undefined
  #wakeAtMs: number | undefined
  #sinceMs = 0
  #wakes = 0
  /** The data directory stays this server's while it sleeps. */
  #lock: Promise<DirectoryLock | undefined> | undefined
  #onServing: ((facts: ServerFacts) => void) | undefined
  #onEnd: (code: number) => void = () => undefined
  /** Resolves with the exit code: 0 when all was finished in order. */
  readonly ended = new Promise<number>((resolve) => (this.#onEnd = resolve))

  constructor(options: SupervisorOptions) {
    this.#options = options
    // what is not read here is there for the other process to read
    this.#listener = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => this.#accept(socket))
  }

  /** Resolves when the server serves for the first time. @throws ServerError CONFIGURATION */
  async start(): Promise<ServerFacts> {
    await listening(this.#listener, this.#options.config.listen)
    return new Promise((resolve) => {
      this.#onServing = resolve
      this.#start()
    })
  }

  /** Passes a signal on. */
  stop(signal: 'SIGINT' | 'SIGTERM'): void {
    const isAsleep = this.#state === 'asleep'
    this.#state = 'stopped'
    clearTimeout(this.#timer)
    this.#listener.close()
    for (const { socket } of this.#waiting) socket.destroy()
    for (const socket of this.#looked) socket.destroy()
    if (this.#child !== undefined) this.#child.kill(signal)
    else if (isAsleep) void this.#unlock().then(() => this.#onEnd(0))
  }

  #endpoint(): string {
    const { listen, tls } = this.#options.config
    const bound = this.#listener.address()
    const port = typeof bound === 'object' && bound !== null ? bound.port : listen.port
    return `${tls === undefined ? 'http' : 'https'}://${formatHost(listen.host)}:${port}`
  }

  #start(): void {
    this.#state = 'waking'
    clearTimeout(this.#timer)
    const child = this.#options.fork()
    this.#child = child
    child.on('message', (message: ToSupervisor) => this.#hear(message))
    child.once('exit', (code, signal) => this.#ended(code ?? (signal === null ? 0 : 1)))
    this.#send({ kind: 'open', endpoint: this.#endpoint(), wakes: this.#wakes })
  }

  #send(message: ToServer, socket?: Socket): void {
    this.#child?.send(message, socket, { keepOpen: false }, (error) => {
      if (error === null) return
      this.#options.log.warn('supervisor.send-failed', { error })
      socket?.destroy()
    })
  }

  #hear(message: ToSupervisor): void {
    switch (message.kind) {
      case 'serving':
        this.#onServing?.(message.facts)
        this.#onServing = undefined
        return this.#awake()
      case 'idle':
        if (this.#state !== 'awake') return
        this.#state = 'falling asleep'
        this.#wakeAtMs = message.wakeAtMs
        this.#sinceMs = this.#options.clock.nowMs()
        return this.#send({ kind: 'sleep' })
      case 'busy':
        return this.#awake()
    }
  }

  #awake(): void {
    if (this.#state === 'stopped') return
    this.#state = 'awake'
    const waiting = this.#waiting
    this.#waiting = []
    for (const { socket, head } of waiting) this.#send({ kind: 'connection', ...(head !== undefined && { head }) }, socket)
  }

  #ended(code: number): void {
    const { log, clock } = this.#options
    this.#child = undefined
    if (this.#state === 'falling asleep' && code === 0) {
      this.#state = 'asleep'
      this.#keepLock()
      log.info('asleep', { residentBytes: process.memoryUsage.rss() })
      const inMs = (this.#wakeAtMs ?? Number.POSITIVE_INFINITY) - clock.nowMs()
      if (Number.isFinite(inMs)) this.#timer = setTimeout(() => this.#wake(), Math.max(0, inMs))
      if (this.#waiting.length > 0) this.#wake()
    } else if (this.#state === 'waking' && this.#onServing === undefined) {
      // it was up before: what hinders it now may pass
      log.error('wake.failed', { code, waiting: this.#waiting.length })
      this.#state = 'asleep'
      this.#keepLock()
      for (const { socket } of this.#waiting) socket.end(unavailable)
      this.#waiting = []
    } else {
      if (this.#state !== 'stopped') log.error('the server has ended', { code, state: this.#state })
      this.#listener.close()
      this.#onEnd(code)
    }
  }

  #wake(): void {
    if (this.#state !== 'asleep') return
    this.#wakes++
    this.#state = 'waking'
    this.#options.log.info('waking', { asleepMs: this.#options.clock.nowMs() - this.#sinceMs })
    void this.#unlock().then(() => (this.#state === 'stopped' ? this.#onEnd(0) : this.#start()))
  }

  #keepLock(): void {
    this.#lock = lockDataDirectory(this.#options.config.dataDirectory).catch((error: unknown) => {
      this.#options.log.warn('asleep.not-locked', { error })
      return undefined
    })
  }

  async #unlock(): Promise<void> {
    const lock = await this.#lock
    this.#lock = undefined
    await lock?.release()
  }

  #accept(socket: Socket): void {
    if (this.#state === 'awake') return this.#send({ kind: 'connection' }, socket)
    // one that goes away while it waits is no failure
    socket.on('error', () => socket.destroy())
    if (this.#options.config.tls === undefined) this.#lookAt(socket)
    else this.#wait({ socket })
  }

  #wait(waiting: Waiting): void {
    if (this.#state === 'awake')
      return this.#send({ kind: 'connection', ...(waiting.head !== undefined && { head: waiting.head }) }, waiting.socket)
    this.#waiting.push(waiting)
    this.#wake()
  }

  /** Reads the beginning of a request, and answers those that only look. */
  #lookAt(socket: Socket): void {
    this.#looked.add(socket)
    socket.once('close', () => this.#looked.delete(socket))
    socket.once('data', (first: Buffer) => {
      stopReading(socket)
      this.#looked.delete(socket)
      const facts = { sinceMs: this.#sinceMs, wakeAtMs: this.#wakeAtMs, wakes: this.#wakes, residentBytes: process.memoryUsage.rss() }
      const answer =
        this.#state === 'asleep' || this.#state === 'falling asleep'
          ? answerAsleep(first.toString('latin1', 0, longestHead), facts)
          : undefined
      if (answer === undefined) this.#wait({ socket, head: first.toString('base64') })
      else socket.end(answer)
    })
    socket.resume()
  }
}

/** At once: what the stream would read ahead would be missing in the other process. */
function stopReading(socket: Socket): void {
  socket.pause()
  ;(socket as unknown as { readonly _handle?: { readStop(): void } })._handle?.readStop()
}
