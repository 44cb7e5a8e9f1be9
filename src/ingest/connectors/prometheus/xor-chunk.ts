export const samplesPerChunk = 120

const float = new DataView(new ArrayBuffer(8))
/** No window of meaningful bits is known yet. */
const unknown = 0xff

/**
 * Samples in Prometheus' XOR encoding: times as differences of differences, values as the bits in which they differ from the one before.
 * Source: prometheus/tsdb/chunkenc/xor.go; "Gorilla: A Fast, Scalable, In-Memory Time Series Database", 4.1.
 */
export class XorChunk {
  /** A sample takes at most 17 bytes and a few bits. */
  readonly #bytes = Buffer.alloc(32 + samplesPerChunk * 20)
  #bits = 0
  #high = 0
  #low = 0
  #leading = unknown
  #trailing = 0

  /** Samples `from` (inclusive) to `to` (exclusive). */
  encode(timesMs: Float64Array, values: Float64Array, from: number, to: number): Buffer {
    const count = to - from
    this.#write(count, 16)
    let lastDelta = 0
    for (let i = from; i < to; i++) {
      const timeMs = timesMs[i]!
      if (i === from) {
        this.#varint(timeMs * 2)
        this.#first(values[i]!)
        continue
      }
      const delta = timeMs - timesMs[i - 1]!
      if (i === from + 1) this.#varint(delta)
      else this.#differenceOfDeltas(delta - lastDelta)
      lastDelta = delta
      this.#value(values[i]!)
    }
    return this.#bytes.subarray(0, Math.ceil(this.#bits / 8))
  }

  #first(value: number): void {
    float.setFloat64(0, value)
    this.#high = float.getUint32(0)
    this.#low = float.getUint32(4)
    this.#write(this.#high, 32)
    this.#write(this.#low, 32)
  }

  #value(value: number): void {
    float.setFloat64(0, value)
    const high = float.getUint32(0)
    const low = float.getUint32(4)
    const xorHigh = (high ^ this.#high) >>> 0
    const xorLow = (low ^ this.#low) >>> 0
    this.#high = high
    this.#low = low
    if (xorHigh === 0 && xorLow === 0) return this.#write(0, 1)
    this.#write(1, 1)
    const leading = Math.min(xorHigh === 0 ? 32 + Math.clz32(xorLow) : Math.clz32(xorHigh), 31)
    const trailing = xorLow === 0 ? 32 + trailingZeros(xorHigh) : trailingZeros(xorLow)
    if (this.#leading !== unknown && leading >= this.#leading && trailing >= this.#trailing) {
      this.#write(0, 1)
    } else {
      this.#leading = leading
      this.#trailing = trailing
      this.#write(1, 1)
      this.#write(leading, 5)
      // 64 does not fit and is written as 0
      this.#write((64 - leading - trailing) & 63, 6)
    }
    this.#writeWindow(xorHigh, xorLow)
  }

  /** The bits between the leading and the trailing zeros. */
  #writeWindow(high: number, low: number): void {
    const shift = this.#trailing
    const count = 64 - this.#leading - shift
    const shiftedLow = shift === 0 ? low : shift < 32 ? ((low >>> shift) | (high << (32 - shift))) >>> 0 : high >>> (shift - 32)
    const shiftedHigh = shift === 0 ? high : shift < 32 ? high >>> shift : 0
    if (count > 32) this.#write(shiftedHigh, count - 32)
    this.#write(shiftedLow, Math.min(count, 32))
  }

  #differenceOfDeltas(difference: number): void {
    if (difference === 0) return this.#write(0, 1)
    if (fits(difference, 14)) {
      this.#write(0b10, 2)
      this.#write(difference, 14)
    } else if (fits(difference, 17)) {
      this.#write(0b110, 3)
      this.#write(difference, 17)
    } else if (fits(difference, 20)) {
      this.#write(0b1110, 4)
      this.#write(difference, 20)
    } else {
      this.#write(0b1111, 4)
      this.#write(Math.floor(difference / 4_294_967_296), 32)
      this.#write(difference, 32)
    }
  }

  #varint(value: number): void {
    let rest = value
    while (rest >= 128) {
      this.#write((rest % 128) | 0x80, 8)
      rest = Math.floor(rest / 128)
    }
    this.#write(rest, 8)
  }

  /** The lowest `count` bits of the number, highest first. */
  #write(value: number, count: number): void {
    // numbers beyond 32 bits are cut to their lowest ones
    const bits = value | 0 || Number(BigInt.asUintN(32, BigInt(value)))
    for (let left = count; left > 0;) {
      const offset = this.#bits & 7
      const taken = Math.min(8 - offset, left)
      const piece = (bits >>> (left - taken)) & ((1 << taken) - 1)
      this.#bytes[this.#bits >>> 3]! |= piece << (8 - offset - taken)
      this.#bits += taken
      left -= taken
    }
  }
}

/** The range of so many bits is one greater above than below, as Prometheus has it. */
const fits = (value: number, bits: number): boolean => value >= -(2 ** (bits - 1) - 1) && value <= 2 ** (bits - 1)
const trailingZeros = (value: number): number => 31 - Math.clz32(value & -value)
