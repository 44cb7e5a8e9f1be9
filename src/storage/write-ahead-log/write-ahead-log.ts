import { type FileHandle, mkdir, open, readdir, rm, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { ServerError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { syncFolder } from '../at-rest/private-file.ts'
import { type StorageKey, type StorageKeys, currentKey } from '../at-rest/storage-keys.ts'
import { readSegment } from './read-segment.ts'
import { encodeFrame, encodeHeader, headerBytes, newSegmentHeader, segmentKey } from './segment-format.ts'

export interface WriteAheadLogOptions {
  /** Made when it is missing. */
  readonly directory: string
  readonly keys: StorageKeys
  readonly log: Log
  /** A segment that has reached it is followed by a new one. Default 16 MiB. */
  readonly segmentBytes?: number
  /** Segments get numbers from here on, or after those that are there. */
  readonly firstSegment?: number
}

export interface LogSize {
  readonly bytes: number
  readonly segments: number
}

const defaultSegmentBytes = 16 * 1024 * 1024
/** What waits beyond it goes into the next frame. */
const frameBytes = 32 * 1024 * 1024
/** A segment of which nothing is needed any more is kept in use up to this size: making a new one costs more than reading it again. */
const idleSegmentBytes = 1024 * 1024
const segmentName = /^(\d{16})\.log$/

interface Waiting {
  /** Absent: the segment in use ends here. */
  readonly entry?: Uint8Array
  readonly durable: (segment: number) => void
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

interface OpenSegment {
  readonly file: FileHandle
  readonly path: string
  readonly number: number
  readonly key: Uint8Array
  /** Where the next frame goes: the end of what is durable. */
  offset: number
  /** Bytes of a frame that failed may lie behind `offset`. */
  isTorn: boolean
}

/** Entries in the order in which they came, durable when `append` resolves; those that are not needed any more are removed by segments. */
export class WriteAheadLog {
  readonly #directory: string
  readonly #key: StorageKey
  readonly #keys: StorageKeys
  readonly #log: Log
  readonly #segmentBytes: number
  /** Segments that are written no more, by number, ascending. */
  readonly #closed = new Map<number, number>()
  #next: number
  #current: OpenSegment | undefined
  #waiting: Waiting[] = []
  #writing: Promise<void> | undefined
  #removing: Promise<void> = Promise.resolve()
  #isClosed = false

  private constructor({ directory, keys, log, segmentBytes, firstSegment = 1 }: WriteAheadLogOptions, numbers: readonly number[]) {
    this.#directory = directory
    this.#keys = keys
    this.#key = currentKey(keys)
    this.#log = log
    this.#segmentBytes = segmentBytes ?? defaultSegmentBytes
    this.#next = Math.max(firstSegment, (numbers.at(-1) ?? 0) + 1)
    for (const number of numbers) this.#closed.set(number, 0)
  }

  static async open(options: WriteAheadLogOptions): Promise<WriteAheadLog> {
    const { directory } = options
    await mkdir(directory, { recursive: true, mode: 0o700 })
    // segments that were removed do not come back after this
    await syncFolder(directory)
    const numbers = (await readdir(directory)).flatMap((name) => segmentName.exec(name)?.slice(1).map(Number) ?? [])
    return new WriteAheadLog(
      options,
      numbers.sort((a, b) => a - b),
    )
  }

  /**
   * The entries of all segments there were at opening, once, before the first `append`; cuts off what a crash left of the last write.
   * @throws ServerError CONFIGURATION for a damaged segment.
   */
  async *entries(): AsyncGenerator<{ readonly segment: number; readonly entry: Buffer }> {
    const numbers = [...this.#closed.keys()]
    for (const number of numbers) {
      const path = this.#path(number)
      const { entries, validBytes, bytes } = await readSegment(path, number, this.#keys, number === numbers.at(-1))
      if (validBytes < bytes || validBytes === 0) {
        this.#log.warn('cutting off what a crash left of the last write', { file: path, offset: validBytes, bytes: bytes - validBytes })
        if (validBytes === 0) await rm(path)
        else await truncate(path, validBytes)
        await syncFolder(this.#directory)
      }
      if (validBytes === 0) this.#closed.delete(number)
      else this.#closed.set(number, validBytes)
      for (const entry of entries) yield { segment: number, entry }
    }
  }

  /**
   * Resolves when the entry is on the disk, together with all others that waited. `durable` is called just before, in the order of the
   * entries, with the segment that must not be released while the entry is needed.
   * @throws ServerError ENGINE_UNAVAILABLE, SHUTTING_DOWN: the entry is not in the log.
   */
  append(entry: Uint8Array, durable: (segment: number) => void): Promise<void> {
    if (this.#isClosed) return Promise.reject(new ServerError('SHUTTING_DOWN', 'The server is shutting down.'))
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entry, durable, resolve, reject })
      this.#writing ??= this.#write()
    })
  }

  /**
   * Entries that are appended after the call are in segments from the answered number on, all earlier ones below it.
   * @throws ServerError ENGINE_UNAVAILABLE, SHUTTING_DOWN
   */
  seal(): Promise<number> {
    if (this.#isClosed) return Promise.reject(new ServerError('SHUTTING_DOWN', 'The server is shutting down.'))
    return new Promise((resolve, reject) => {
      let next = 0
      const durable = (segment: number): void => void (next = segment)
      this.#waiting.push({ durable, resolve: () => resolve(next), reject })
      this.#writing ??= this.#write()
    })
  }

  /** Removes the segments below; the one in use too, when it has grown and `below` says that nothing is needed. */
  release(below: number | 'all'): void {
    const current = this.#current
    if (below === 'all' && this.#writing === undefined && current !== undefined && current.offset > idleSegmentBytes) this.#closeCurrent()
    this.#removeBelow(below === 'all' ? Number.POSITIVE_INFINITY : below)
  }

  get size(): LogSize {
    const current = this.#current
    let bytes = current?.offset ?? 0
    for (const size of this.#closed.values()) bytes += size
    return { bytes, segments: this.#closed.size + (current === undefined ? 0 : 1) }
  }

  /** The oldest that there is; the number of the next one when there is none. */
  get oldestSegment(): number {
    const [oldest] = this.#closed.keys()
    return oldest ?? this.#current?.number ?? this.#next
  }

  /** Waits for what is being written. `isEmptied` is asked then: nothing in it is needed any more, so all of it is removed. */
  async close(isEmptied: () => boolean): Promise<void> {
    this.#isClosed = true
    await this.#writing
    const current = this.#current
    if (current?.isTorn === true) await this.#mend(current).catch(() => undefined)
    this.#closeCurrent()
    if (isEmptied()) this.#removeBelow(Number.POSITIVE_INFINITY)
    await this.#removing
  }

  async #write(): Promise<void> {
    // the requests of one turn of the event loop share a frame
    await new Promise((resolve) => setImmediate(resolve))
    while (this.#waiting.length > 0) {
      const group = this.#takeGroup()
      try {
        const entries = group.flatMap(({ entry }) => entry ?? [])
        const segment = entries.length > 0 ? await this.#writeFrame(entries) : await this.#end()
        for (const { durable } of group) durable(segment)
        for (const { resolve } of group) resolve()
      } catch (error) {
        const shown = unwritable(this.#directory, error)
        for (const { reject } of group) reject(shown)
      }
    }
    this.#writing = undefined
  }

  #takeGroup(): readonly Waiting[] {
    let bytes = 0
    let count = 0
    for (const { entry } of this.#waiting) {
      if (entry === undefined || (count > 0 && bytes >= frameBytes)) break
      bytes += entry.length
      count++
    }
    return this.#waiting.splice(0, Math.max(1, count))
  }

  /** Answers the number of the next segment. */
  async #end(): Promise<number> {
    if (this.#current?.isTorn === true) await this.#mend(this.#current)
    this.#closeCurrent()
    return this.#next
  }

  async #writeFrame(entries: readonly Uint8Array[]): Promise<number> {
    if (this.#current?.isTorn === true) await this.#mend(this.#current)
    if (this.#current !== undefined && this.#current.offset >= this.#segmentBytes) this.#closeCurrent()
    const segment = (this.#current ??= await this.#newSegment())
    const frame = encodeFrame(segment.key, segment.number, segment.offset, entries)
    segment.isTorn = true
    await writeAll(segment.file, frame, segment.offset)
    await segment.file.datasync()
    segment.isTorn = false
    segment.offset += frame.length
    return segment.number
  }

  async #newSegment(): Promise<OpenSegment> {
    const number = this.#next++
    const path = this.#path(number)
    const header = newSegmentHeader(number, this.#key)
    const file = await open(path, 'wx', 0o600)
    try {
      await writeAll(file, encodeHeader(header), 0)
      await file.datasync()
      await syncFolder(this.#directory)
    } catch (error) {
      await file.close().catch(() => undefined)
      await rm(path, { force: true })
      throw error
    }
    return { file, path, number, key: segmentKey(this.#key, header), offset: headerBytes, isTorn: false }
  }

  /** Takes away what a failed write left, so that the next frame follows the last one that is whole. */
  async #mend(segment: OpenSegment): Promise<void> {
    await segment.file.truncate(segment.offset)
    await segment.file.datasync()
    segment.isTorn = false
  }

  #closeCurrent(): void {
    const current = this.#current
    if (current === undefined) return
    this.#current = undefined
    this.#closed.set(current.number, current.offset)
    this.#later(() => current.file.close())
  }

  /** Oldest first, so that what is left after a crash is the newest part of the log. */
  #removeBelow(below: number): void {
    for (const number of this.#closed.keys()) {
      if (number >= below) return
      this.#closed.delete(number)
      this.#later(() => rm(this.#path(number), { force: true }))
    }
  }

  #later(work: () => Promise<void>): void {
    this.#removing = this.#removing.then(work).catch((error: unknown) => {
      this.#log.warn('write-ahead log not tidied', { error: String(error) })
    })
  }

  #path(number: number): string {
    return join(this.#directory, `${String(number).padStart(16, '0')}.log`)
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array, offset: number): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += (await file.write(bytes, written, bytes.length - written, offset + written)).bytesWritten
  }
}

function unwritable(directory: string, error: unknown): ServerError {
  const { code, message } = error as NodeJS.ErrnoException
  const isFull = code === 'ENOSPC' || code === 'EDQUOT'
  const reason = isFull ? 'no space is left on its disk' : (code ?? message)
  return new ServerError(isFull ? 'NO_SPACE' : 'ENGINE_UNAVAILABLE', `The write-ahead log in ${directory} cannot be written: ${reason}.`, {
    cause: error,
  })
}
