import type { ChunkQueue } from '../chunk-queue.ts'
import type { EngineResult } from '../engine.ts'

/** What the result asks of the session that makes it. */
interface StreamControl {
  more(): void
  progress(): ReturnType<EngineResult['progress']>
  close(): Promise<void>
}

/** A result that comes in chunks while the engine works. */
export class StreamedResult implements EngineResult {
  readonly #queue: ChunkQueue
  readonly #control: StreamControl

  constructor(queue: ChunkQueue, control: StreamControl) {
    this.#queue = queue
    this.#control = control
  }

  ready(): Promise<void> {
    return this.#queue.ready()
  }

  async *chunks(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const chunk = await this.#queue.next()
        if (chunk === undefined) return
        this.#control.more()
        yield chunk
      }
    } finally {
      await this.close()
    }
  }

  progress(): ReturnType<EngineResult['progress']> {
    return this.#control.progress()
  }

  async close(): Promise<void> {
    this.#queue.abandon()
    await this.#control.close()
  }
}
