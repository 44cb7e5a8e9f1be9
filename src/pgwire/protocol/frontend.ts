import { violation } from './protocol-error.ts'

/** A message of a client: its type byte as a character, and what follows the length. */
export interface Frame {
  readonly type: string
  readonly body: Buffer
}

/** A start-up packet holds a few settings. Source: PostgreSQL, MAX_STARTUP_PACKET_LENGTH. */
export const startupBytes = 10_000
const known = new Set('BCDEFHPQSXdcfp')

/** Cuts what a client sends into messages. The first one (and those that ask for encryption before it) come without a type. */
export class FrontendReader {
  readonly #maxBytes: number
  #chunks: Buffer[] = []
  #size = 0
  isStarting = true

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  feed(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#size += chunk.length
  }

  /** What was sent and not yet read; what follows belongs to another layer (TLS). */
  rest(): Buffer {
    const rest = this.#joined()
    this.#chunks = []
    this.#size = 0
    return rest
  }

  /** The next whole message. @throws ProtocolError for a length or a type that no client of this protocol sends */
  next(): Frame | undefined {
    const header = this.isStarting ? 4 : 5
    if (this.#size < header) return undefined
    const bytes = this.#joined()
    const type = this.isStarting ? '' : String.fromCharCode(bytes[0]!)
    if (!this.isStarting && !known.has(type)) throw violation(`invalid frontend message type ${bytes[0]}`)
    const length = bytes.readUInt32BE(header - 4)
    const most = this.isStarting ? startupBytes : this.#maxBytes
    if (length < 4 || length > most) throw violation(`invalid message length ${length}: from 4 to ${most} bytes are allowed`)
    const end = header + length - 4
    if (this.#size < end) return undefined
    this.#chunks = end === bytes.length ? [] : [bytes.subarray(end)]
    this.#size -= end
    return { type, body: bytes.subarray(header, end) }
  }

  /** Joined only when a message may be whole, so that a long one is not copied for each of its chunks. */
  #joined(): Buffer {
    const [first] = this.#chunks
    if (first === undefined) return Buffer.alloc(0)
    if (this.#chunks.length === 1) return first
    if (!this.isStarting && first.length >= 5 && this.#size < first.readUInt32BE(1) + 1 && first.readUInt32BE(1) <= this.#maxBytes)
      return first
    const joined = Buffer.concat(this.#chunks)
    this.#chunks = [joined]
    return joined
  }
}

/** The parts of a message's body, in order. */
export class BodyReader {
  readonly #body: Buffer
  #position = 0

  constructor(body: Buffer) {
    this.#body = body
  }

  get left(): number {
    return this.#body.length - this.#position
  }

  #take(size: number): number {
    const at = this.#position
    if (size < 0 || at + size > this.#body.length) throw violation('insufficient data left in message')
    this.#position = at + size
    return at
  }

  byte(): string {
    return String.fromCharCode(this.#body[this.#take(1)]!)
  }

  int16(): number {
    return this.#body.readInt16BE(this.#take(2))
  }

  int32(): number {
    return this.#body.readInt32BE(this.#take(4))
  }

  bytes(size: number): Buffer {
    const at = this.#take(size)
    return this.#body.subarray(at, at + size)
  }

  /** A text that ends with a zero byte. @throws ProtocolError also when it is no UTF-8 */
  text(): string {
    const end = this.#body.indexOf(0, this.#position)
    if (end === -1) throw violation('invalid string in message')
    const bytes = this.#body.subarray(this.#position, end)
    this.#position = end + 1
    return utf8(bytes)
  }

  /** Nothing may follow. */
  end(): void {
    if (this.left > 0) throw violation('invalid message format')
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export function utf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch {
    throw violation('invalid byte sequence for encoding "UTF8"')
  }
}
