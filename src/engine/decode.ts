/**
 * Reads RowBinary out of chunks that end at any byte. The caller knows the types and reads the cells of a row in order;
 * a row is taken only when it is whole:
 *
 *     reader.feed(chunk)
 *     while (reader.attempt(readRow)) …      // readRow calls reader.int64(), reader.string(), …
 *     reader.end()                           // after the last chunk: refuses a result that stops inside a row
 *
 * `readRow` must do nothing irreversible before its last read: an incomplete row is rolled back and read again later.
 */
export class RowBinaryReader {
  #buffer: Buffer = Buffer.alloc(0)
  #view = new DataView(this.#buffer.buffer, 0, 0)
  #position = 0
  #length = 0
  /** Bytes from `#position` on that the unfinished row is known to need. */
  #needed = 0
  #spanEnd = 0
  /** `#buffer` is ours and may be appended to. */
  #owned = false

  /** Hands over the next bytes; they must stay unchanged until they are read. */
  feed(chunk: Uint8Array): void {
    const rest = this.#length - this.#position
    if (rest === 0) {
      this.#adopt(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength), chunk.byteLength, false)
      return
    }
    if (this.#owned && this.#length + chunk.byteLength <= this.#buffer.byteLength) {
      this.#buffer.set(chunk, this.#length)
      this.#length += chunk.byteLength
      return
    }
    const joined = Buffer.allocUnsafe(Math.max(rest + chunk.byteLength, rest * 2))
    joined.set(this.#buffer.subarray(this.#position, this.#length), 0)
    joined.set(chunk, rest)
    this.#adopt(joined, rest + chunk.byteLength, true)
  }

  #adopt(buffer: Buffer, length: number, owned: boolean): void {
    this.#buffer = buffer
    this.#view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength)
    this.#position = 0
    this.#length = length
    this.#owned = owned
  }

  /** Bytes fed and not yet read. */
  get pending(): number {
    return this.#length - this.#position
  }

  /** Reads one row; false, with nothing consumed, when no bytes or only a part of the row are there. */
  attempt(readRow: (reader: RowBinaryReader) => void): boolean {
    const start = this.#position
    const available = this.#length - start
    if (available === 0 || available < this.#needed) return false
    try {
      readRow(this)
    } catch (error) {
      if (error !== incomplete) throw error
      this.#needed = this.#position - start
      this.#position = start
      return false
    }
    this.#needed = 0
    return true
  }

  /** After the last chunk: throws when bytes of an unfinished row are left. */
  end(): void {
    if (this.pending > 0) throw new Error(`the result ends inside a row: ${this.pending} bytes are left`)
  }

  /** Moves over `size` bytes and returns where they start. */
  #take(size: number): number {
    const at = this.#position
    this.#position = at + size
    if (this.#position > this.#length) throw incomplete
    return at
  }

  /** LEB128, up to 2^53. */
  varint(): number {
    let value = 0
    let scale = 1
    for (;;) {
      const byte = this.#view.getUint8(this.#takeByte())
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
      scale *= 128
    }
  }

  #takeByte(): number {
    if (this.#position >= this.#length) {
      this.#position = this.#length + 1
      throw incomplete
    }
    return this.#position++
  }

  /** The byte before every Nullable value: true = NULL, and no value follows. */
  isNull(): boolean {
    return this.#buffer[this.#takeByte()] === 1
  }

  boolean(): boolean {
    return this.#buffer[this.#takeByte()] !== 0
  }

  uint8(): number {
    return this.#view.getUint8(this.#takeByte())
  }

  int8(): number {
    return this.#view.getInt8(this.#takeByte())
  }

  uint16(): number {
    return this.#view.getUint16(this.#take(2), true)
  }

  int16(): number {
    return this.#view.getInt16(this.#take(2), true)
  }

  uint32(): number {
    return this.#view.getUint32(this.#take(4), true)
  }

  int32(): number {
    return this.#view.getInt32(this.#take(4), true)
  }

  uint64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true)
  }

  int64(): bigint {
    return this.#view.getBigInt64(this.#take(8), true)
  }

  /** An Int64 as decimal text: cheaper than through a bigint for values below 2^53. */
  int64Text(): string {
    const at = this.#take(8)
    const high = this.#view.getInt32(at + 4, true)
    if (high < 0x20_0000 && high >= -0x20_0000) return String(high * 0x1_0000_0000 + this.#view.getUint32(at, true))
    return this.#view.getBigInt64(at, true).toString()
  }

  int128(): bigint {
    const at = this.#take(16)
    return (this.#view.getBigInt64(at + 8, true) << 64n) | this.#view.getBigUint64(at, true)
  }

  float32(): number {
    return this.#view.getFloat32(this.#take(4), true)
  }

  float64(): number {
    return this.#view.getFloat64(this.#take(8), true)
  }

  string(): string {
    const size = this.varint()
    const at = this.#take(size)
    if (size > shortString) return this.#buffer.toString('utf8', at, at + size)
    let text = ''
    for (let index = at; index < at + size; index++) {
      const byte = this.#view.getUint8(index)
      if (byte > 0x7f) return this.#buffer.toString('utf8', at, at + size)
      text += asciiCharacters[byte]!
    }
    return text
  }

  /** Where the bytes of a String begin in `memory`; they end at `spanEnd`. Both are good until the next call. */
  span(): number {
    const size = this.varint()
    const at = this.#take(size)
    this.#spanEnd = at + size
    return at
  }

  get spanEnd(): number {
    return this.#spanEnd
  }

  get memory(): Buffer {
    return this.#buffer
  }

  /** A String's bytes, as a view into the chunk: copy what must outlive the next `feed`. */
  bytes(): Uint8Array {
    const size = this.varint()
    const at = this.#take(size)
    return this.#buffer.subarray(at, at + size)
  }

  /** Elements of an Array (or entries of a Map) that follow; each takes a byte or more. */
  arrayLength(): number {
    const count = this.varint()
    if (this.#position + count > this.#length) {
      this.#position += count
      throw incomplete
    }
    return count
  }

  /** `length` values read by `element`, which is called once for each. */
  array<T>(element: (reader: RowBinaryReader) => T): T[] {
    const count = this.arrayLength()
    const values: T[] = []
    for (let index = 0; index < count; index++) values.push(element(this))
    return values
  }
}

/** Thrown inside a row whose bytes are not all there; without a stack, because it ends nearly every chunk. */
const incomplete: unique symbol = Symbol('incomplete row')
const shortString = 12
const asciiCharacters: readonly string[] = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code))
