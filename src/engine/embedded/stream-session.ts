import { Worker } from 'node:worker_threads'
import type { FromStreamWorker, ToStreamWorker } from './stream-messages.ts'

/** Chunks that may wait in memory for a slow reader; one is a block of the engine, about 64 k rows at most. */
const window = 2

/** Where the chunks of a run go. `end` is called once, last, with the engine's text when the run failed. */
export interface StreamSink {
  chunk(bytes: Uint8Array): void
  end(failure?: string): void
}

/**
 * Threads whose session was closed, for the next one. A thread must not end while the process uses the engine anywhere:
 * chDB's cleanup at the end of a thread destroys the connections of all threads.
 */
const spareThreads: Worker[] = []

/** A chDB session in a thread of its own; runs one stream at a time. */
export class StreamSession {
  readonly #worker: Worker
  readonly #listeners: readonly [(message: FromStreamWorker) => void, (error: Error) => void, () => void]
  #sink: StreamSink | undefined
  #lost = false

  private constructor(worker: Worker) {
    this.#worker = worker
    this.#listeners = [(message) => this.#hear(message), (error) => this.#lose(error.message), () => this.#lose('the thread ended')]
    const [message, error, exit] = this.#listeners
    worker.on('message', message).on('error', error).on('exit', exit)
  }

  /** @throws Error with the engine's text when the session cannot be opened. */
  static async open(dataDirectory: string, connectionArgs: readonly string[]): Promise<StreamSession> {
    const worker = spareThreads.pop() ?? new Worker(new URL('./stream-worker.mjs', import.meta.url), { execArgv: [] })
    worker.ref()
    const session = new StreamSession(worker)
    await session.#ask({ kind: 'open', dataDirectory, connectionArgs })
    return session
  }

  /** False once the thread is gone: not to be used again. */
  get usable(): boolean {
    return !this.#lost
  }

  run(text: string, sink: StreamSink): void {
    this.#sink = sink
    this.#say({ kind: 'run', text, window })
  }

  /** A chunk was read: one further may come. */
  more(): void {
    this.#say({ kind: 'more' })
  }

  /** Ends the run early; the sink's `end` still follows. */
  cancel(): void {
    this.#say({ kind: 'cancel' })
  }

  /** Resolves when the native session is gone. Nothing may run. */
  async close(): Promise<void> {
    if (this.#lost) return
    await this.#ask({ kind: 'close' })
    if (this.#lost) return
    this.#lost = true
    const [message, error, exit] = this.#listeners
    this.#worker.off('message', message).off('error', error).off('exit', exit).unref()
    spareThreads.push(this.#worker)
  }

  async #ask(message: ToStreamWorker): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#sink = {
        chunk: () => undefined,
        end: (failure) => (failure === undefined ? resolve() : reject(new Error(failure))),
      }
      this.#say(message)
    })
  }

  #say(message: ToStreamWorker): void {
    this.#worker.postMessage(message)
  }

  #hear(message: FromStreamWorker): void {
    switch (message.kind) {
      case 'chunk':
        this.#sink?.chunk(message.bytes)
        break
      case 'failed':
        this.#finish(message.message)
        break
      case 'opened':
      case 'end':
      case 'closed':
        this.#finish()
        break
    }
  }

  #finish(failure?: string): void {
    const sink = this.#sink
    this.#sink = undefined
    sink?.end(failure)
  }

  #lose(why: string): void {
    if (this.#lost) return
    this.#lost = true
    // code 236 is the engine's own ABORTED
    this.#finish(`Code: 236. DB::Exception: ${why}`)
  }
}
