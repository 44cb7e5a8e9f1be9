import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { ProtocolError } from '../protocol/protocol-error.ts'
import { changesBetween, quoteName, type CatalogSnapshot } from './catalog-snapshot.ts'

/** A question in messages of the protocol, of one statement. */
export interface CatalogQuestion {
  /** What the one who asks may see. */
  readonly snapshot: CatalogSnapshot
  readonly databaseName: string
  readonly sql: string
  /** Of a client; they end with Query or Sync. */
  readonly messages: Uint8Array
}

interface Answer {
  readonly id: number
  readonly bytes?: Uint8Array
  readonly relation?: string
  readonly failure?: string
}

/** The version of the PostgreSQL that answers about the catalog; clients choose their questions by it. */
export const catalogVersion = '18.7'

const startMs = 60_000
const answerMs = 15_000
const idleMs = 300_000
const empty: CatalogSnapshot = { databases: new Map() }

/**
 * A real PostgreSQL in a thread (PGlite), with an empty table for each of ours, so that every question about the catalog has PostgreSQL's own answer.
 * Starts with the first question, ends when none has come for a while or when an answer takes too long. Questions are answered one by one.
 */
export class ShadowCatalog {
  readonly #imagePath: string
  #worker: Worker | undefined
  #ready: Promise<Answer> = Promise.resolve({ id: 0 })
  #state = empty
  #turn: Promise<unknown> = Promise.resolve()
  #waiting = new Map<number, (answer: Answer) => void>()
  #lastId = 0
  #idle: NodeJS.Timeout | undefined

  /** `dataDirectory`: where the copy of an empty database is kept. */
  constructor(dataDirectory: string) {
    this.#imagePath = join(dataDirectory, `pgwire-catalog-${catalogVersion}.tar.gz`)
  }

  /** Lets it begin to start, since questions are to be expected. */
  expect(): void {
    if (this.#worker === undefined) this.#worker = this.#start()
    this.#restOnceIdle()
  }

  /** Answers with the messages of a server. @throws ProtocolError when the statement reads tables, whose rows are not there */
  ask(question: CatalogQuestion): Promise<Buffer> {
    const answer = this.#turn.then(() => this.#ask(question))
    this.#turn = answer.catch(() => undefined)
    return answer
  }

  async #ask({ snapshot, databaseName, sql, messages }: CatalogQuestion): Promise<Buffer> {
    clearTimeout(this.#idle)
    const worker = (this.#worker ??= this.#start())
    const searchPath = databaseName === '' ? 'public' : `${quoteName(databaseName)}, public`
    const request = { changes: changesBetween(this.#state, snapshot), databaseName: databaseName || 'postgres', searchPath, sql, messages }
    const started = await this.#within(startMs, this.#ready)
    const answered = started.failure === undefined ? await this.#within(answerMs, this.#post(worker, request)) : started
    const { bytes, relation, failure } = answered
    if (failure !== undefined) {
      this.#end(failure)
      throw new ProtocolError('58000', `the catalog does not answer: ${failure}`)
    }
    this.#state = snapshot
    this.#restOnceIdle()
    if (relation !== undefined) {
      throw new ProtocolError('0A000', `a statement that uses PostgreSQL's own functions or catalog cannot read ${relation}`)
    }
    return Buffer.from(bytes!)
  }

  #post(worker: Worker, request: object): Promise<Answer> {
    const id = ++this.#lastId
    const answered = new Promise<Answer>((resolve) => this.#waiting.set(id, resolve))
    worker.postMessage({ id, request })
    return answered
  }

  async #within(limitMs: number, answer: Promise<Answer>): Promise<Answer> {
    const timer = setTimeout(() => this.#end('it took too long'), limitMs)
    const answered = await answer
    clearTimeout(timer)
    return answered
  }

  #restOnceIdle(): void {
    clearTimeout(this.#idle)
    this.#idle = setTimeout(() => this.#end('idle'), idleMs).unref()
  }

  #start(): Worker {
    this.#state = empty
    this.#ready = new Promise((resolve) => this.#waiting.set(0, resolve))
    const worker = new Worker(new URL('./shadow-worker.mjs', import.meta.url), { execArgv: [], workerData: { imagePath: this.#imagePath } })
    worker.unref()
    worker.on('message', (answer: Answer) => {
      this.#waiting.get(answer.id)?.(answer)
      this.#waiting.delete(answer.id)
    })
    worker.on('error', (error) => {
      if (this.#worker === worker) this.#end(error.message)
    })
    return worker
  }

  #end(why: string): void {
    const worker = this.#worker
    this.#worker = undefined
    clearTimeout(this.#idle)
    for (const [id, answer] of this.#waiting) answer({ id, failure: why })
    this.#waiting.clear()
    void worker?.terminate()
  }

  close(): void {
    this.#end('the server is shutting down')
  }
}
