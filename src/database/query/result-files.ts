import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { mkdir, open, rm, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'

/** Where results wait whose readers are slower than the engine, so that the engine is free for others. */
export class ResultFiles {
  readonly #directory: string
  readonly #limitBytes: number
  #usedBytes = 0
  #count = 0

  /** @param limitBytes for all results together */
  constructor(directory: string, limitBytes: number) {
    this.#directory = directory
    this.#limitBytes = limitBytes
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  /** Takes away what an earlier process may have left between two system calls. */
  async prepare(): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true })
    await mkdir(this.#directory, { recursive: true, mode: 0o700 })
  }

  create(): ResultFile {
    return new ResultFile(join(this.#directory, String(this.#count++)), (bytes) => {
      if (bytes > 0 && this.#usedBytes + bytes > this.#limitBytes) return false
      this.#usedBytes += bytes
      return true
    })
  }
}

interface Piece {
  readonly offset: number
  readonly bytes: number
}

const tagBytes = 16

/**
 * Chunks of one result, first in first out. The file has no name while it is used, and is encrypted with a key that lives in this process only: when it
 * ends, however it ends, nobody can read what is left.
 */
export class ResultFile {
  readonly #path: string
  readonly #claim: (bytes: number) => boolean
  readonly #key = randomBytes(32)
  readonly #pieces: Piece[] = []
  #file: Promise<FileHandle> | undefined
  #written = 0
  #first = 0
  #closed = false
  #turn: Promise<unknown> = Promise.resolve()

  constructor(path: string, claim: (bytes: number) => boolean) {
    this.#path = path
    this.#claim = claim
  }

  /** Chunks written and not read yet. */
  get unread(): number {
    return this.#pieces.length - this.#first
  }

  /** False when there is no room for it. @throws what the file system says */
  async append(chunk: Uint8Array): Promise<boolean> {
    const bytes = chunk.byteLength + tagBytes
    if (this.#closed || !this.#claim(bytes)) return false
    const offset = this.#written
    this.#written += bytes
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonceOf(offset))
    const sealed = Buffer.concat([cipher.update(chunk), cipher.final(), cipher.getAuthTag()])
    await this.#inTurn(async (file) => {
      await file.write(sealed, 0, bytes, offset)
    })
    this.#pieces.push({ offset, bytes })
    return true
  }

  /** The next chunk; undefined when all are read. */
  async read(): Promise<Uint8Array | undefined> {
    const piece = this.#pieces[this.#first]
    if (piece === undefined) return undefined
    this.#first++
    const sealed = Buffer.alloc(piece.bytes)
    await this.#inTurn(async (file) => {
      await file.read(sealed, 0, piece.bytes, piece.offset)
    })
    const decipher = createDecipheriv('aes-256-gcm', this.#key, nonceOf(piece.offset)).setAuthTag(sealed.subarray(piece.bytes - tagBytes))
    return Buffer.concat([decipher.update(sealed.subarray(0, piece.bytes - tagBytes)), decipher.final()])
  }

  /** Gives the room back. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#claim(-this.#written)
    this.#pieces.length = 0
    this.#first = 0
    await this.#turn.catch(() => undefined)
    await this.#file?.then(
      (file) => file.close(),
      () => undefined,
    )
  }

  async #inTurn(work: (file: FileHandle) => Promise<void>): Promise<void> {
    this.#file ??= this.#open()
    const file = this.#file
    const turn = this.#turn.then(async () => work(await file))
    this.#turn = turn.catch(() => undefined)
    await turn
  }

  async #open(): Promise<FileHandle> {
    const file = await open(this.#path, 'wx+', 0o600)
    await rm(this.#path)
    return file
  }
}

/** No offset is written twice under one key. */
function nonceOf(offset: number): Buffer {
  const nonce = Buffer.alloc(12)
  nonce.writeBigUInt64BE(BigInt(offset), 4)
  return nonce
}
