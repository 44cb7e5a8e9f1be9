import { ServerError } from '../../base/errors.ts'
import type { QueryPage } from '../database.ts'

interface Entry {
  readonly parameters: string
  readonly startedAtMs: number
  answer: Promise<QueryPage> | undefined
  bytes: number
}

/** Source of both: API reference, Query, ClientToken. */
const sameAnswerMs = 5 * 60_000
const forgottenAfterMs = 4 * 3_600_000

/**
 * Makes a call with the same client token the same execution: within five minutes the answer of the first is given again. Bounded in entries and
 * in kept bytes; what falls out is treated as new, which for a query only costs running it again.
 */
export class ClientTokens {
  readonly #entries = new Map<string, Entry>()
  readonly #capacity: number
  readonly #answerBytes: number
  #bytes = 0

  constructor(capacity = 10_000, answerBytes = 16 * 1024 * 1024) {
    this.#capacity = capacity
    this.#answerBytes = answerBytes
  }

  /**
   * @param token with its principal
   * @param parameters all that must be the same
   * @throws ServerError CONFLICT, or what `run` throws (then the token stays unused)
   */
  async answer(token: string, parameters: string, nowMs: number, run: () => Promise<QueryPage>): Promise<QueryPage> {
    const known = this.#entries.get(token)
    if (known && nowMs < known.startedAtMs + forgottenAfterMs) {
      if (known.parameters !== parameters) throw new ServerError('CONFLICT', 'The ClientToken was used before with other parameters')
      if (nowMs >= known.startedAtMs + sameAnswerMs)
        throw new ServerError('CONFLICT', 'The ClientToken was used before, more than five minutes ago')
      if (known.answer) return known.answer
    }
    const entry: Entry = { parameters, startedAtMs: nowMs, answer: run(), bytes: 0 }
    this.#forget(token)
    this.#entries.set(token, entry)
    if (this.#entries.size > this.#capacity) this.#forget(this.#entries.keys().next().value!)
    try {
      const page = await entry.answer!
      this.#keep(token, entry, page)
      return page
    } catch (error) {
      if (this.#entries.get(token) === entry) this.#forget(token)
      throw error
    }
  }

  #keep(token: string, entry: Entry, page: QueryPage): void {
    if (this.#entries.get(token) !== entry) return
    entry.bytes = page.rowsJson.length + 1000
    this.#bytes += entry.bytes
    for (const old of this.#entries.values()) {
      if (this.#bytes <= this.#answerBytes) return
      if (old.bytes > 0) this.#drop(old)
    }
  }

  #forget(token: string): void {
    const entry = this.#entries.get(token)
    if (entry) this.#drop(entry)
    this.#entries.delete(token)
  }

  #drop(entry: Entry): void {
    this.#bytes -= entry.bytes
    entry.bytes = 0
    entry.answer = undefined
  }

  /** Lets go of answers past their time. */
  sweep(nowMs: number): void {
    for (const [token, entry] of this.#entries) {
      if (nowMs >= entry.startedAtMs + forgottenAfterMs) this.#forget(token)
      else if (nowMs >= entry.startedAtMs + sameAnswerMs && entry.bytes > 0) this.#drop(entry)
    }
  }

  get keptBytes(): number {
    return this.#bytes
  }
}
