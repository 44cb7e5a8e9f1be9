/** Room that a value of fixed length and what stands around it take at most. */
const scalarRoom = 128
/** Up to here a loop copies faster than the memory's own means. */
const shortSpan = 24

/** Bytes of rows as they grow: JSON text separated by commas, or another form of an edge. Written byte by byte, so that a cell makes no string. */
export class PageText {
  #bytes: Buffer
  #view: DataView
  #capacity: number
  #length = 0

  constructor(capacity = 4096) {
    this.#bytes = Buffer.allocUnsafe(capacity)
    this.#view = viewOf(this.#bytes)
    this.#capacity = capacity
  }

  /** Bytes that were written. */
  get length(): number {
    return this.#length
  }

  /** Takes back what was written behind `length`. */
  cutTo(length: number): void {
    this.#length = length
  }

  /** The text from `start` on. */
  text(start = 0): string {
    return this.#bytes.toString('utf8', start, this.#length)
  }

  /** A copy of the bytes from `start` on. */
  copy(start = 0): Buffer {
    return Buffer.from(this.#bytes.subarray(start, this.#length))
  }

  byteAt(index: number): number {
    return this.#bytes[index]!
  }

  /** Makes room for `size` bytes; the writers of single bytes rely on it. */
  reserve(size: number = scalarRoom): void {
    if (this.#length + size > this.#capacity) this.#grow(size)
  }

  #grow(size: number): void {
    this.#capacity = Math.max(this.#length + size, this.#capacity * 2)
    const larger = Buffer.allocUnsafe(this.#capacity)
    this.#bytes.copy(larger, 0, 0, this.#length)
    this.#bytes = larger
    this.#view = viewOf(larger)
  }

  /** The comma between two rows. */
  separate(): void {
    this.reserve()
    this.byte(comma)
  }

  /** Of ASCII, after `reserve`. */
  byte(code: number): void {
    this.#bytes[this.#length++] = code
  }

  /** Two bytes, the higher first; after `reserve`. */
  uint16(value: number): void {
    this.#view.setUint16(this.#length, value)
    this.#length += 2
  }

  /** Four bytes, the highest first; after `reserve`. */
  uint32(value: number): void {
    this.#view.setUint32(this.#length, value)
    this.#length += 4
  }

  int64(value: bigint): void {
    this.#view.setBigInt64(this.#length, value)
    this.#length += 8
  }

  float64(value: number): void {
    this.#view.setFloat64(this.#length, value)
    this.#length += 8
  }

  /** Overwrites four bytes that were written before. */
  setUint32(at: number, value: number): void {
    this.#view.setUint32(at, value)
  }

  /** Bytes of any number out of a larger memory. */
  span(source: Uint8Array, start: number, end: number): void {
    this.reserve(end - start + scalarRoom)
    if (end - start > shortSpan) this.#bytes.set(source.subarray(start, end), this.#length)
    else for (let index = start, at = this.#length; index < end; index++) this.#bytes[at++] = source[index]!
    this.#length += end - start
  }

  /** Of ASCII text, after `reserve`. */
  ascii(text: string): void {
    const bytes = this.#bytes
    let at = this.#length
    for (let index = 0; index < text.length; index++) bytes[at++] = text.charCodeAt(index)
    this.#length = at
  }

  /** What every scalar begins with, four bytes at a time; after `reserve`. */
  scalarStart(): void {
    const at = this.#length
    const view = this.#view
    view.setUint32(at, 0x7b22_5363) // {"Sc
    view.setUint32(at + 4, 0x616c_6172) // alar
    view.setUint32(at + 8, 0x5661_6c75) // Valu
    view.setUint32(at + 12, 0x6522_3a22) // e":"
    this.#length = at + 16
  }

  /** What every scalar ends with, after `reserve`. */
  scalarEnd(): void {
    this.#view.setUint16(this.#length, 0x227d) // "}
    this.#length += 2
  }

  /** Bytes that are made once, after `reserve`. */
  bytes(source: Uint8Array): void {
    const bytes = this.#bytes
    let at = this.#length
    for (let index = 0; index < source.length; index++) bytes[at++] = source[index]!
    this.#length = at
  }

  /** Text of any kind and length. */
  utf8(text: string): void {
    this.reserve(text.length * 3)
    this.#length += this.#bytes.write(text, this.#length, 'utf8')
  }

  /** A whole number from 0 to 2^53, after `reserve`. */
  digits(value: number): void {
    if (value < 10) {
      this.#bytes[this.#length++] = zero + value
      return
    }
    let size = 2
    for (let limit = 100; value >= limit; limit *= 10) size++
    const end = this.#length + size
    let rest = value
    for (let at = end - 1; at >= this.#length; at--) {
      const quotient = Math.floor(rest / 10)
      this.#bytes[at] = zero + (rest - quotient * 10)
      rest = quotient
    }
    this.#length = end
  }

  /** A whole number below 2^32 with leading zeros, after `reserve`. */
  padded(value: number, size: number): void {
    const end = this.#length + size
    let rest = value
    for (let at = end - 1; at >= this.#length; at--) {
      const quotient = (rest / 10) >>> 0
      this.#bytes[at] = zero + (rest - quotient * 10)
      rest = quotient
    }
    this.#length = end
  }

  /** Bytes of ASCII text as the content of a JSON string; false, with nothing written, when one of them needs another form. */
  plain(source: Uint8Array, start: number, end: number): boolean {
    this.reserve(end - start + scalarRoom)
    const bytes = this.#bytes
    let at = this.#length
    for (let index = start; index < end; index++) {
      const byte = source[index]!
      if (byte < 0x20 || byte > 0x7e || byte === quote || byte === backslash) return false
      bytes[at++] = byte
    }
    this.#length = at
    return true
  }
}

const viewOf = (bytes: Buffer): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

const comma = 0x2c
const zero = 0x30
const quote = 0x22
const backslash = 0x5c
