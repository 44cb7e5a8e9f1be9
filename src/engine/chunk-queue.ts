/** Chunks on their way from an engine's callbacks to one reader. The producer bounds how many lie here. */
export class ChunkQueue {
  readonly #chunks: Uint8Array[] = []
  #bytes = 0
  #ended = false
  #failure: Error | undefined
  #wake: (() => void) | undefined
  #wakeProducer: (() => void) | undefined
  #unbound = false

  push(chunk: Uint8Array): void {
    if (this.#ended) return
    this.#chunks.push(chunk)
    this.#bytes += chunk.byteLength
    this.#notify()
  }

  /** No chunk follows; with a failure, the reader gets it after the chunks that are there. */
  end(failure?: Error): void {
    if (this.#ended) return
    this.#ended = true
    this.#failure = failure
    this.#notify()
  }

  /** Drops what lies here and what still comes: nobody reads. */
  abandon(): void {
    this.#chunks.length = 0
    this.#bytes = 0
    this.end()
    this.#notifyProducer()
  }

  /** Lets the producer through from now on. */
  unbind(): void {
    this.#unbound = true
    this.#notifyProducer()
  }

  /** Resolves when at most `bytes` lie here, or nobody reads any more. One caller at a time. */
  async room(bytes: number): Promise<void> {
    while (this.#bytes > bytes && !this.#ended && !this.#unbound) await new Promise<void>((resolve) => (this.#wakeProducer = resolve))
  }

  #notifyProducer(): void {
    this.#wakeProducer?.()
    this.#wakeProducer = undefined
  }

  #notify(): void {
    this.#wake?.()
    this.#wake = undefined
  }

  /** Resolves when a chunk or the end is there; throws when the failure came before any chunk. */
  async ready(): Promise<void> {
    while (this.#chunks.length === 0 && !this.#ended) await new Promise<void>((resolve) => (this.#wake = resolve))
    if (this.#chunks.length === 0 && this.#failure) throw this.#failure
  }

  /** The next chunk; undefined at the end. One caller at a time. */
  async next(): Promise<Uint8Array | undefined> {
    await this.ready()
    const chunk = this.#chunks.shift()
    this.#bytes -= chunk?.byteLength ?? 0
    this.#notifyProducer()
    return chunk
  }
}
