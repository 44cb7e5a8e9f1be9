import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../../base/clock.ts'
import { ServerError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { Caller } from '../../database/caller.ts'
import type { NewDeadLetter } from '../../database/connectors/dead-letter.ts'
import type { SourceMessage } from '../connector.ts'
import { PartlyDecoded } from '../partly-decoded.ts'
import type { Creation, RecordSink, TableRecords } from '../record-sink.ts'
import { Batch } from './batch.ts'

export interface PipelineOptions {
  readonly decode: (message: SourceMessage) => readonly TableRecords[]
  readonly sink: RecordSink
  readonly creation: Creation
  readonly owner: () => Caller
  /** Durable when it resolves. */
  readonly bury: (letters: readonly NewDeadLetter[]) => Promise<void>
  readonly clock: Clock
  readonly log: Log
  readonly bounds?: Partial<PipelineBounds>
  readonly observer?: PipelineObserver
}

export interface PipelineBounds {
  /** Payload bytes that are on their way; beyond it, `push` waits. */
  readonly bytesInFlight: number
  readonly batchRecords: number
  readonly batchBytes: number
  /** How long the first message of a batch waits for others. */
  readonly lingerMs: number
  readonly batchesAtOnce: number
}

export interface PipelineObserver {
  settled(messages: number, bytes: number): void
  buried(messages: number): void
  /** Writing is tried again because of this; undefined: it went well again. */
  problem(reason: string | undefined): void
}

const defaultBounds: PipelineBounds = {
  bytesInFlight: 32 * 1024 * 1024,
  batchRecords: 5000,
  batchBytes: 4 * 1024 * 1024,
  lingerMs: 20,
  batchesAtOnce: 2,
}
const firstPauseMs = 50
const longestPauseMs = 5000

/**
 * The way of a consumer's messages: decoded, gathered, written, and only then settled. What cannot be decoded or is refused becomes a dead
 * letter; what fails for other reasons (throttling, missing permission, a full disk) is tried again until it goes or the pipeline closes, for
 * the source keeps what is not settled.
 */
export class Pipeline {
  readonly #options: PipelineOptions
  readonly #bounds: PipelineBounds
  readonly #closing = new AbortController()
  readonly #underWay = new Set<Promise<void>>()
  #batch: Batch
  #bytes = 0
  #timer: NodeJS.Timeout | undefined
  #roomWanted: (() => void)[] = []

  constructor(options: PipelineOptions) {
    this.#options = options
    this.#bounds = { ...defaultBounds, ...options.bounds }
    this.#batch = new Batch()
  }

  /** Payload bytes that are not settled. */
  get pendingBytes(): number {
    return this.#bytes
  }

  /**
   * Takes a message. Resolves when there is room for the next one, which is the back-pressure a source must keep to.
   * @param settled called once, when the message's records are durable, or it is a dead letter: then the source may be told
   */
  async push(message: SourceMessage, settled: () => void): Promise<void> {
    this.#closing.signal.throwIfAborted()
    this.#bytes += message.payload.length
    this.#take(message, settled)
    if (this.#batch.records >= this.#bounds.batchRecords || this.#batch.bytes >= this.#bounds.batchBytes) this.#send()
    else this.#timer ??= setTimeout(() => this.#send(), this.#bounds.lingerMs)
    while (this.#bytes > this.#bounds.bytesInFlight || this.#underWay.size > this.#bounds.batchesAtOnce) await this.#room()
  }

  /** Resolves when all that was pushed is settled, or the pipeline closed. */
  async flush(): Promise<void> {
    while (!this.#closing.signal.aborted && (this.#batch.messages.length > 0 || this.#underWay.size > 0)) {
      this.#send()
      await Promise.race([Promise.all(this.#underWay), this.#room()])
    }
  }

  /** What is not settled stays so: the source brings it again. */
  close(): void {
    clearTimeout(this.#timer)
    this.#closing.abort(new ServerError('SHUTTING_DOWN', 'The connector is being stopped.'))
    this.#makeRoom()
  }

  #take(message: SourceMessage, settled: () => void): void {
    try {
      this.#batch.add(message, settled, this.#options.decode(message))
    } catch (error) {
      if (!(error instanceof ServerError)) throw error
      this.#batch.add(message, settled, error instanceof PartlyDecoded ? error.tables : [], error.message)
    }
  }

  #send(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const batch = this.#batch
    if (batch.messages.length === 0) return
    this.#batch = new Batch()
    const work = this.#complete(batch)
      .catch((error: unknown) => this.#options.log.debug('connector.batch.left', { error: String(error) }))
      .finally(() => {
        this.#underWay.delete(work)
        this.#makeRoom()
      })
    this.#underWay.add(work)
  }

  async #complete(batch: Batch): Promise<void> {
    await this.#persistently(() => this.#write(batch))
    const letters = batch.letters(this.#options.clock.nowMs())
    if (letters.length > 0) await this.#persistently(() => this.#options.bury(letters))
    this.#bytes -= batch.bytes
    this.#options.observer?.buried(letters.length)
    this.#options.observer?.settled(batch.messages.length - letters.length, batch.bytes)
    for (const { settled } of batch.messages) settled()
  }

  /** @throws ServerError while tables are left that may be written later */
  async #write(batch: Batch): Promise<void> {
    const tables = batch.unwritten()
    if (tables.length === 0) return
    const outcomes = await this.#options.sink.write(this.#options.owner(), tables, this.#options.creation)
    let failure: ServerError | undefined
    for (const [i, { error, rejected }] of outcomes.entries()) {
      const table = tables[i]!
      if (error === undefined) batch.written(table, rejected)
      else if (error.code === 'VALIDATION') batch.refused(table, error.message)
      else failure ??= error
    }
    if (failure !== undefined) throw failure
  }

  async #persistently(work: () => Promise<void>): Promise<void> {
    const { signal } = this.#closing
    let hadProblem = false
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      signal.throwIfAborted()
      try {
        await work()
        if (hadProblem) this.#options.observer?.problem(undefined)
        return
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        if (!hadProblem) this.#options.log.warn('connector.write.retried', { reason })
        hadProblem = true
        this.#options.observer?.problem(reason)
        await delay(pauseMs, undefined, { signal, ref: false })
      }
    }
  }

  #room(): Promise<void> {
    return this.#closing.signal.aborted
      ? Promise.reject(this.#closing.signal.reason as Error)
      : new Promise((resolve, reject) =>
          this.#roomWanted.push(() => (this.#closing.signal.aborted ? reject(this.#closing.signal.reason as Error) : resolve())),
        )
  }

  #makeRoom(): void {
    const wanted = this.#roomWanted
    this.#roomWanted = []
    for (const resolve of wanted) resolve()
  }
}
