import { describe, expect, it } from 'vitest'
import { XorChunk } from './xor-chunk.ts'

/** Reads a chunk again, by the description of the format and not by the code under test. */
function decode(bytes: Buffer): { readonly timesMs: readonly number[]; readonly values: readonly number[] } {
  let at = 0
  const bit = (): bigint => {
    const value = (bytes[at >>> 3]! >>> (7 - (at & 7))) & 1
    at++
    return BigInt(value)
  }
  const bits = (count: number): bigint => {
    let value = 0n
    for (let i = 0; i < count; i++) value = (value << 1n) | bit()
    return value
  }
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = bits(8)
      value |= (byte & 0x7fn) << shift
      if (byte < 0x80n) return value
    }
  }
  const float = (raw: bigint): number => new DataView(BigUint64Array.of(raw).buffer).getFloat64(0, true)
  const count = Number(bits(16))
  const zigzag = varint()
  let time = zigzag >> 1n
  let raw = bits(64)
  const timesMs = [Number(time)]
  const values = [float(raw)]
  let delta = 0n
  let leading = 0
  let trailing = 0
  for (let i = 1; i < count; i++) {
    if (i === 1) delta = varint()
    else {
      const sizes = [0, 14, 17, 20, 64]
      let prefix = 0
      while (prefix < 4 && bit() === 1n) prefix++
      const size = sizes[prefix]!
      const value = bits(size)
      // 2^(size - 1) itself is positive
      delta += size > 0 && value > 1n << BigInt(size - 1) ? value - (1n << BigInt(size)) : value
    }
    time += delta
    if (bit() === 1n) {
      if (bit() === 1n) {
        leading = Number(bits(5))
        trailing = 64 - leading - (Number(bits(6)) || 64)
      }
      raw ^= bits(64 - leading - trailing) << BigInt(trailing)
    }
    timesMs.push(Number(time))
    values.push(float(raw))
  }
  return { timesMs, values }
}

function roundTrip(timesMs: readonly number[], values: readonly number[]): void {
  const bytes = new XorChunk().encode(Float64Array.from(timesMs), Float64Array.from(values), 0, timesMs.length)
  expect(decode(bytes)).toEqual({ timesMs, values })
}

describe('an XOR chunk', () => {
  it('holds regular samples in about two bytes each', () => {
    const timesMs = Array.from({ length: 120 }, (_, i) => 1_700_000_000_000 + i * 15_000)
    const values = timesMs.map(() => 42)
    roundTrip(timesMs, values)
    expect(new XorChunk().encode(Float64Array.from(timesMs), Float64Array.from(values), 0, 120).length).toBeLessThan(60)
  })

  it('holds every kind of value and every size of step', () => {
    roundTrip([0], [-0])
    roundTrip([1, 2, 3, 4], [Number.MAX_VALUE, Number.MIN_VALUE, -1, 1])
    const steps = [1, 8192, 8193, -8191, -8192, 65_536, 65_537, -65_536, 524_288, 524_289, -524_288, 5_000_000_000, 0, 1, 1]
    let timeMs = 9_000_000_000_000 - 100_000_000_000
    let delta = 10_000_000
    const timesMs = steps.map((step) => {
      delta = Math.max(delta + step, 1)
      timeMs += delta
      return timeMs
    })
    roundTrip(
      timesMs,
      timesMs.map((_, i) => Math.sin(i) * 10 ** (i - 7)),
    )
  })

  it('holds random walks', () => {
    let seed = 7
    const random = (): number => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647
    for (let round = 0; round < 50; round++) {
      let timeMs = Math.floor(random() * 1e12)
      const timesMs = Array.from({ length: 120 }, () => (timeMs += 1 + Math.floor(random() * 10 ** Math.floor(random() * 8))))
      roundTrip(
        timesMs,
        timesMs.map(() => (random() < 0.3 ? 1 : random() * 1e6)),
      )
    }
  })
})
