import { ServerError } from '../../base/errors.ts'
import { RowBinaryReader } from '../../engine/decode.ts'
import type { Engine, EngineProgress, EngineQuery, EngineResult } from '../../engine/engine.ts'
import type { Type } from '../../sql/types/type.ts'
import { PageText } from './encode/page-text.ts'
import { rowEncoder, type Encoder } from './encode/row-encoder.ts'
import type { Admitted } from './admission.ts'
import type { ResultFile } from './result-files.ts'
import { leastMeteredBytes, type QueryProgress, type RowSource } from './row-source.ts'
import { Signal } from './signal.ts'

export interface EngineRowsOptions {
  /** What reads a row; the writer of the API's JSON when absent. */
  readonly encodeRow?: Encoder
  /** Waits for leave to run. */
  readonly admit?: (signal: AbortSignal) => Promise<Admitted>
  /** Where the result goes on when its reader does not. */
  readonly openFile?: () => ResultFile
  /** A result of more bytes is ended. */
  readonly resultBytes?: number
  /** What to say instead of an error. */
  readonly explain?: (error: unknown) => unknown
}

/** How long the engine waits for a reader before the rest of the result goes to a file. */
const patienceMs = 1000

/**
 * Rows out of the engine. Reads ahead up to `bufferBytes` of the engine's own (small) form; a row becomes text when it is asked for.
 * While the buffer is full the engine is left waiting, for a moment: then the rest of the result goes to a file, and the engine is free.
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
  #page = new PageText(0)
  readonly #options: EngineRowsOptions
  readonly #stop = new AbortController()
  #file: ResultFile | undefined
  /** The file took no more: from then on the engine waits as before. */
  #isFileFull = false
  #isRefilling = false

  /** Starts the query; what fails comes out of `next`. */
  constructor(engine: Engine, query: EngineQuery, types: readonly Type[], bufferBytes: number, options: EngineRowsOptions = {}) {
    this.#options = options
    this.#engine = engine
    this.#query = query
    this.#encodeRow = options.encodeRow ?? rowEncoder(types)
    this.#bufferBytes = bufferBytes
    void this.#read()
  }

  async #read(): Promise<void> {
    let admitted: Admitted | undefined
    try {
      admitted = await this.#options.admit?.(this.#stop.signal)
      const query = admitted ? { ...this.#query, settings: { ...this.#query.settings, ...admitted.settings } } : this.#query
      const result = await this.#engine.query(query)
      this.#result = result
      if (!this.#closed) {
        for await (const chunk of result.chunks()) {
          if (this.#closed) break
          await this.#take(chunk)
        }
      }
      await this.#release()
    } catch (error) {
      this.#failure = this.#options.explain?.(error) ?? error
      await this.#release().catch(() => undefined)
    }
    admitted?.leave()
    this.#delivered = true
    this.#arrived.notify()
  }

  async #take(chunk: Uint8Array): Promise<void> {
    this.#receivedBytes += chunk.byteLength
    const { resultBytes } = this.#options
    // as the API's JSON a result is larger still
    if (resultBytes !== undefined && this.#receivedBytes > resultBytes) throw new ServerError('RESULT_TOO_LARGE', resultTooLarge)
    if (!(await this.#putAside(chunk))) {
      this.#chunks.push(chunk)
      this.#waitingBytes += chunk.byteLength
    }
    this.#arrived.notify()
    while (this.stalled) {
      await this.#drained.wait(this.#mayOpenFile ? patienceMs : undefined)
      if (this.stalled && this.#mayOpenFile) this.#file = this.#options.openFile?.()
    }
  }

  get #mayOpenFile(): boolean {
    return this.#file === undefined && this.#options.openFile !== undefined && !this.#closed
  }

  /** Into the file, while something is in it or the memory is full; chunks keep their order. */
  async #putAside(chunk: Uint8Array): Promise<boolean> {
    const file = this.#file
    if (file === undefined || this.#isFileFull) return false
    if (file.unread === 0 && !this.#isRefilling && this.#waitingBytes < this.#bufferBytes) return false
    try {
      if (await file.append(chunk)) {
        this.#refill()
        return true
      }
    } catch {
      // said by the stalling that follows
    }
    this.#isFileFull = true
    // what is in the file comes first
    while (!this.#closed && (file.unread > 0 || this.#isRefilling)) await this.#drained.wait()
    return false
  }

  /** Brings back what is in the file while there is room. */
  #refill(): void {
    const file = this.#file
    if (file === undefined || this.#isRefilling || this.#closed || file.unread === 0 || this.#waitingBytes >= this.#bufferBytes) return
    this.#isRefilling = true
    void (async () => {
      try {
        while (!this.#closed && this.#waitingBytes < this.#bufferBytes) {
          const chunk = await file.read()
          if (chunk === undefined) break
          this.#chunks.push(chunk)
          this.#waitingBytes += chunk.byteLength
          this.#arrived.notify()
        }
      } catch (error) {
        this.#failure ??= error
      } finally {
        this.#isRefilling = false
        this.#drained.notify()
        this.#arrived.notify()
      }
    })()
  }

  /** The engine waits for this reader; it holds a place that others may want. */
  get stalled(): boolean {
    const isFull = this.#waitingBytes >= this.#bufferBytes
    return isFull && !this.#closed && !this.#delivered && (this.#file === undefined || this.#isFileFull)
  }

  /** Lets the rest of the result go to a file at once, so that the engine gets free for others; false when there is none to go to. */
  readOnIntoFile(): boolean {
    if (!this.#mayOpenFile) return false
    this.#file = this.#options.openFile?.()
    this.#drained.notify()
    return true
  }

  /** Lets it read `bytes` further ahead into memory. */
  readOn(bytes: number): void {
    this.#bufferBytes = this.#waitingBytes + bytes
    this.#drained.notify()
  }

  get bufferedBytes(): number {
    return this.#waitingBytes + this.#reader.pending
  }

  next(page: PageText): boolean {
    if (this.#failure !== undefined) throw this.#failure
    const start = page.length
    this.#page = page
    for (;;) {
      if (this.#reader.attempt(this.#readRow)) return true
      page.cutTo(start)
      const chunk = this.#chunks.shift()
      if (!chunk) break
      this.#waitingBytes -= chunk.byteLength
      this.#reader.feed(chunk)
      if (this.#waitingBytes >= this.#bufferBytes) continue
      this.#drained.notify()
      this.#refill()
    }
    this.#refill()
    if (this.#delivered && !this.#isInFile) this.#reader.end()
    return false
  }

  readonly #readRow = (reader: RowBinaryReader): void => this.#encodeRow(reader, this.#page)

  get ended(): boolean {
    return this.#delivered && this.#failure === undefined && this.#chunks.length === 0 && this.#reader.pending === 0 && !this.#isInFile
  }

  get #isInFile(): boolean {
    return this.#isRefilling || (this.#file?.unread ?? 0) > 0
  }

  async wait(timeoutMs: number): Promise<void> {
    if ((this.#delivered && !this.#isInFile) || this.#failure !== undefined || this.#chunks.length > 0) return
    await this.#arrived.wait(timeoutMs)
  }

  get progress(): QueryProgress {
    const { rowsRead, totalRows, bytesRead } = this.#engineProgress
    // the engine's figures come at intervals: what it has sent it has read
    const bytesScanned = Math.max(bytesRead, this.#receivedBytes)
    const share = this.#delivered ? 100 : totalRows > 0 ? Math.min(99, (100 * rowsRead) / totalRows) : 0
    return { percentage: share, bytesScanned, bytesMetered: Math.max(leastMeteredBytes, bytesScanned) }
  }

  get rowsRead(): number {
    return this.#engineProgress.rowsRead
  }

  /** Before its first bytes are there, a query has no result to ask. */
  get #engineProgress(): EngineProgress {
    return this.#result?.progress() ?? this.#engine.progress(this.#query.queryId) ?? this.#lastProgress
  }

  async close(): Promise<void> {
    const running = !this.#delivered
    this.#closed = true
    this.#delivered = true
    this.#chunks.length = 0
    this.#waitingBytes = 0
    this.#drained.notify()
    this.#arrived.notify()
    if (running) this.#stop.abort(new ServerError('QUERY_CANCELLED', 'The result was closed'))
    await this.#file?.close()
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

export const resultTooLarge = 'Query aborted as the result exceeds the maximum result size'
