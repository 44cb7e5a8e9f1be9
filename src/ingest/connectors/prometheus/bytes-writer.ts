/** Bytes that grow; the few forms that answers to reads are made of. */
export class BytesWriter {
  #bytes = Buffer.allocUnsafe(64 * 1024)
  length = 0

  /** What is written so far, good until the next write. */
  view(): Buffer {
    return this.#bytes.subarray(0, this.length)
  }

  clear(): void {
    this.length = 0
  }

  byte(value: number): void {
    this.#room(1)
    this.#bytes[this.length++] = value
  }

  /** Up to 2^53. */
  varint(value: number): void {
    this.#room(10)
    let rest = value
    while (rest >= 128) {
      this.#bytes[this.length++] = (rest % 128) | 0x80
      rest = Math.floor(rest / 128)
    }
    this.#bytes[this.length++] = rest
  }

  double(value: number): void {
    this.#room(8)
    this.length = this.#bytes.writeDoubleLE(value, this.length)
  }

  uint32BigEndian(value: number): void {
    this.#room(4)
    this.length = this.#bytes.writeUInt32BE(value, this.length)
  }

  bytes(value: Uint8Array): void {
    this.#room(value.length)
    this.#bytes.set(value, this.length)
    this.length += value.length
  }

  /** A field with bytes or a message: its tag, its length, its content. */
  field(tag: number, content: Uint8Array): void {
    this.byte(tag)
    this.varint(content.length)
    this.bytes(content)
  }

  #room(count: number): void {
    if (this.length + count <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.length + count))
    this.#bytes.copy(larger, 0, 0, this.length)
    this.#bytes = larger
  }
}

/** Bytes that a varint of the number takes. */
export function varintBytes(value: number): number {
  let count = 1
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) count++
  return count
}
