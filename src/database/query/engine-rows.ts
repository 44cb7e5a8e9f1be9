import { RowBinaryReader } from '../../engine/decode.ts'
import type { Engine, EngineProgress, EngineQuery, EngineResult } from '../../engine/engine.ts'
import type { Type } from '../../sql/types/type.ts'
import { rowEncoder, type Encoder } from './encode/row-encoder.ts'
import { leastMeteredBytes, type QueryProgress, type RowSource } from './row-source.ts'
import { Signal } from './signal.ts'

/**
 * Rows out of the engine. Reads ahead up to `bufferBytes` of the engine's own (small) form; a row becomes text when it is asked for.
 * While the buffer is full the engine is left waiting.
 */
export class EngineRows implements RowSource {
  readonly #engine: Engine
  readonly #query: EngineQuery
  readonly #encodeRow: Encoder
  #bufferBytes: number
  readonly #reader = new RowBinaryReader()
  readonly #chunks: Uint8Array[] = []
  readonly #arrived = new Signal()
  readonly #drained = new Signal()
  #waitingBytes = 0
  #receivedBytes = 0
  #result: EngineResult | undefined
  #lastProgress: EngineProgress = { rowsRead: 0, bytesRead: 0, totalRows: 0 }
  #delivered = false
  #failure: unknown
  #closed = false
  #row = ''

  /** Starts the query; what fails comes out of `next`. */
  constructor(engine: Engine, query: EngineQuery, types: readonly Type[], bufferBytes: number) {
    this.#engine = engine
    this.#query = query
    this.#encodeRow = rowEncoder(types)
    this.#bufferBytes = bufferBytes
    void this.#read()
  }

  async #read(): Promise<void> {
    try {
      const result = await this.#engine.query(this.#query)
      this.#result = result
      if (!this.#closed) {
        for await (const chunk of result.chunks()) {
          if (this.#closed) break
          this.#chunks.push(chunk)
          this.#waitingBytes += chunk.byteLength
          this.#receivedBytes += chunk.byteLength
          this.#arrived.notify()
          while (this.stalled) await this.#drained.wait()
        }
      }
      await this.#release()
    } catch (error) {
      this.#failure = error
    }
    this.#delivered = true
    this.#arrived.notify()
  }

  /** The engine waits for this reader; it holds a place that others may want. */
  get stalled(): boolean {
    return !this.#closed && !this.#delivered && this.#waitingBytes >= this.#bufferBytes
  }

  /** Lets it read `bytes` further ahead, so that the engine gets free for others. */
  readOn(bytes: number): void {
    this.#bufferBytes = this.#waitingBytes + bytes
    this.#drained.notify()
  }

  get bufferedBytes(): number {
    return this.#waitingBytes + this.#reader.pending
  }

  next(): string | undefined {
    if (this.#failure !== undefined) throw this.#failure
    for (;;) {
      if (this.#reader.attempt(this.#readRow)) return this.#row
      const chunk = this.#chunks.shift()
      if (!chunk) break
      this.#waitingBytes -= chunk.byteLength
      this.#reader.feed(chunk)
      if (this.#waitingBytes < this.#bufferBytes) this.#drained.notify()
    }
    if (this.#delivered) this.#reader.end()
    return undefined
  }

  readonly #readRow = (reader: RowBinaryReader): void => {
    this.#row = this.#encodeRow(reader)
  }

  get ended(): boolean {
    return this.#delivered && this.#failure === undefined && this.#chunks.length === 0 && this.#reader.pending === 0
  }

  async wait(timeoutMs: number): Promise<void> {
    if (this.#delivered || this.#chunks.length > 0) return
    await this.#arrived.wait(timeoutMs)
  }

  get progress(): QueryProgress {
    const { rowsRead, totalRows, bytesRead } = this.#result?.progress() ?? this.#lastProgress
    // the engine's figures come at intervals: what it has sent it has read
    const bytesScanned = Math.max(bytesRead, this.#receivedBytes)
    const share = this.#delivered ? 100 : totalRows > 0 ? Math.min(99, (100 * rowsRead) / totalRows) : 0
    return { percentage: share, bytesScanned, bytesMetered: Math.max(leastMeteredBytes, bytesScanned) }
  }

  get rowsRead(): number {
    return (this.#result?.progress() ?? this.#lastProgress).rowsRead
  }

  async close(): Promise<void> {
    const running = !this.#delivered
    this.#closed = true
    this.#delivered = true
    this.#chunks.length = 0
    this.#waitingBytes = 0
    this.#drained.notify()
    this.#arrived.notify()
    // before its first bytes there is no result to close, but a query to stop
    if (running && !this.#result) await this.#engine.cancel(this.#query.queryId)
    await this.#release()
  }

  async #release(): Promise<void> {
    const result = this.#result
    if (!result) return
    this.#lastProgress = result.progress()
    this.#result = undefined
    await result.close()
  }
}
