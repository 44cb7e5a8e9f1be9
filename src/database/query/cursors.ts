import { randomBytes } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import { ServerError } from '../../base/errors.ts'
import type { Limits } from '../../base/limits.ts'
import { invalidToken, type Cursor } from './cursor.ts'
import { EngineRows } from './engine-rows.ts'

interface Entry {
  readonly key: string
  readonly cursor: Cursor
  usedAtMs: number
}

/** An unread result may be given up for a newcomer after this time without a question. */
const idleBeforeEvictionMs = 60_000
/** The same while it keeps the engine from running queries that wait. */
const idleBeforeYieldMs = 10_000
const keyBytes = 16

/**
 * The cursors whose pages are not all fetched yet, and, while there is room, the fetched ones, so that a lost answer can be asked for again.
 * A cursor belongs to this process: its tokens mean nothing elsewhere or after a restart.
 */
export class Cursors {
  readonly #entries = new Map<string, Entry>()
  readonly #clock: Clock
  readonly #limits: Limits

  constructor(clock: Clock, limits: Limits) {
    this.#clock = clock
    this.#limits = limits
  }

  get size(): number {
    return this.#entries.size
  }

  /** Keeps a cursor for its next pages. @throws ServerError THROTTLING; the cursor is closed then. */
  async add(cursor: Cursor): Promise<string> {
    if (this.#entries.size >= this.#limits.openCursors && !(await this.#makeRoom())) {
      const error = new ServerError('THROTTLING', `Too many results are being paged through: ${this.#limits.openCursors}; try again later`)
      await cursor.abort('failed', error)
      throw error
    }
    const key = randomBytes(keyBytes).toString('hex')
    this.#entries.set(key, { key, cursor, usedAtMs: this.#clock.nowMs() })
    return key
  }

  token(key: string, page: number): string {
    const bytes = Buffer.from(key.padEnd(keyBytes * 2 + 8, '0'), 'hex')
    bytes.writeUInt32BE(page, keyBytes)
    return bytes.toString('base64url')
  }

  /** The cursor and page that a token names, for who may use it. @throws ServerError VALIDATION */
  find(
    token: string,
    queryString: string,
    principalName: string,
  ): { readonly key: string; readonly cursor: Cursor; readonly page: number } {
    const bytes = Buffer.from(token, 'base64url')
    const entry = bytes.length === keyBytes + 4 ? this.#entries.get(bytes.toString('hex', 0, keyBytes)) : undefined
    if (!entry || bytes.toString('base64url') !== token || this.#isExpired(entry)) throw invalidToken()
    const { key, cursor } = entry
    if (cursor.origin.queryString !== queryString || cursor.origin.principalName !== principalName) throw invalidToken()
    entry.usedAtMs = this.#clock.nowMs()
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    return { key, cursor, page: bytes.readUInt32BE(keyBytes) }
  }

  byQueryId(queryId: string): Cursor | undefined {
    return [...this.#entries.values()].find(({ cursor }) => cursor.origin.queryId === queryId)?.cursor
  }

  /** Closes what is past its time. */
  async sweep(): Promise<void> {
    for (const entry of this.#entries.values()) if (this.#isExpired(entry)) await this.#remove(entry)
  }

  /**
   * Queries wait for a place in the engine: results that hold one because nobody reads them on are read into files, else into memory while there is
   * any, and then the one that was left alone longest is ended.
   */
  async yieldPlaces(): Promise<void> {
    let freeBytes = this.#limits.cursorBufferBytes * this.#limits.openCursors - this.bufferedBytes
    for (const rows of this.#engineRows()) {
      if (!rows.stalled || rows.readOnIntoFile() || freeBytes <= 0) continue
      rows.readOn(Math.ceil(freeBytes / 2))
      freeBytes = Math.floor(freeBytes / 2)
    }
    const idleSinceMs = this.#clock.nowMs() - idleBeforeYieldMs
    const entry = this.#oldest(
      ({ cursor, usedAtMs }) => usedAtMs < idleSinceMs && cursor.origin.source instanceof EngineRows && cursor.origin.source.stalled,
    )
    await entry?.cursor.abort(
      'failed',
      new ServerError('QUERY_TIMEOUT', 'The query was ended: its result was not read on while other queries waited for its place'),
    )
  }

  /** Bytes of results in memory, in the engine's form. */
  get bufferedBytes(): number {
    return this.#engineRows().reduce((sum, rows) => sum + rows.bufferedBytes, 0)
  }

  #engineRows(): readonly EngineRows[] {
    return [...this.#entries.values()].map(({ cursor }) => cursor.origin.source).filter((source) => source instanceof EngineRows)
  }

  async close(): Promise<void> {
    for (const entry of this.#entries.values()) await this.#remove(entry)
  }

  async #makeRoom(): Promise<boolean> {
    const idleSinceMs = this.#clock.nowMs() - idleBeforeEvictionMs
    const victim = this.#oldest(({ cursor }) => cursor.state !== 'open') ?? this.#oldest(({ usedAtMs }) => usedAtMs < idleSinceMs)
    if (!victim) return false
    await this.#remove(victim)
    return true
  }

  /** Entries are kept in the order of their last use. */
  #oldest(fits: (entry: Entry) => boolean): Entry | undefined {
    return [...this.#entries.values()].find(fits)
  }

  async #remove({ key, cursor }: Entry): Promise<void> {
    this.#entries.delete(key)
    await cursor.close()
  }

  #isExpired({ usedAtMs }: Entry): boolean {
    return this.#clock.nowMs() >= usedAtMs + this.#limits.cursorLifetimeMs
  }
}
