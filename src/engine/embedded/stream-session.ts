import { Worker } from 'node:worker_threads'
import type { FromStreamWorker, StreamWorkerData, ToStreamWorker } from './stream-messages.ts'

/** Chunks that may wait in memory for a slow reader; one is a block of the engine, about 64 k rows at most. */
const window = 2

/** Where the chunks of a run go. `end` is called once, last, with the engine's text when the run failed. */
export interface StreamSink {
  chunk(bytes: Uint8Array): void
  end(failure?: string): void
}

/** A chDB session in a thread of its own; runs one stream at a time. */
export class StreamSession {
  readonly #worker: Worker
  #sink: StreamSink | undefined
  #closed: (() => void) | undefined
  #lost = false

  private constructor(worker: Worker) {
    this.#worker = worker
    worker.on('message', (message: FromStreamWorker) => this.#hear(message))
    worker.on('error', (error) => this.#lose(error.message))
    worker.on('exit', () => this.#lose('the thread ended'))
  }

  /** @throws Error with the engine's text when the session cannot be opened. */
  static async open(data: StreamWorkerData): Promise<StreamSession> {
    const worker = new Worker(new URL('./stream-worker.mjs', import.meta.url), { workerData: data, execArgv: [] })
    const session = new StreamSession(worker)
    await new Promise<void>((resolve, reject) => {
      session.#sink = {
        chunk: () => undefined,
        end: (failure) => (failure === undefined ? resolve() : reject(new Error(failure))),
      }
    })
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

  /** Resolves when the native session is gone. */
  async close(): Promise<void> {
    if (this.#lost) return
    const closed = new Promise<void>((resolve) => (this.#closed = resolve))
    this.#say({ kind: 'close' })
    await closed
  }

  #say(message: ToStreamWorker): void {
    this.#worker.postMessage(message)
  }

  #hear(message: FromStreamWorker): void {
    switch (message.kind) {
      case 'chunk':
        this.#sink?.chunk(message.bytes)
        break
      case 'ready':
      case 'end':
        this.#finish()
        break
      case 'failed':
        this.#finish(message.message)
        break
      case 'closed':
        this.#lost = true
        this.#closed?.()
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
    this.#closed?.()
  }
}
