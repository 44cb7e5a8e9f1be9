import { describe, expect, it } from 'vitest'
import { RowBinaryReader } from './decode.ts'

/** Row: Int64, Nullable(Float64), String, Array(Int32), Bool. */
function encodeRow(row: readonly [bigint, number | null, string, readonly number[], boolean]): Buffer {
  const [int64, float64, text, array, flag] = row
  const utf8 = Buffer.from(text)
  const parts: Buffer[] = []
  const fixed = Buffer.alloc(8)
  fixed.writeBigInt64LE(int64)
  parts.push(fixed, Buffer.from([float64 === null ? 1 : 0]))
  if (float64 !== null) {
    const double = Buffer.alloc(8)
    double.writeDoubleLE(float64)
    parts.push(double)
  }
  parts.push(varint(utf8.length), utf8, varint(array.length))
  for (const value of array) {
    const word = Buffer.alloc(4)
    word.writeInt32LE(value)
    parts.push(word)
  }
  parts.push(Buffer.from([flag ? 1 : 0]))
  return Buffer.concat(parts)
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  while (value > 127) {
    bytes.push((value & 127) | 128)
    value >>>= 7
  }
  return Buffer.from([...bytes, value])
}

type Row = [bigint, number | null, string, number[], boolean]

function readAll(chunks: Iterable<Uint8Array>): Row[] {
  const reader = new RowBinaryReader()
  const rows: Row[] = []
  let row: Row | undefined
  const readRow = (): void => {
    row = [reader.int64(), reader.isNull() ? null : reader.float64(), reader.string(), reader.array((r) => r.int32()), reader.boolean()]
  }
  for (const chunk of chunks) {
    reader.feed(chunk)
    while (reader.attempt(readRow)) rows.push(row!)
  }
  reader.end()
  return rows
}

const samples: Row[] = [
  [0n, null, '', [], false],
  [-1n, 1.5, 'host-1', [1, -2, 3], true],
  [9223372036854775807n, -0, 'ünïcødé and 𝄞', [], true],
  [-9223372036854775808n, Number.NaN, 'x'.repeat(300), Array.from({ length: 200 }, (_, index) => index), false],
]

describe('RowBinaryReader', () => {
  it('reads the same rows whatever the size of the chunks', () => {
    const bytes = Buffer.concat(samples.map(encodeRow))
    for (const size of [1, 2, 3, 7, 64, 1000, bytes.length]) {
      const chunks: Uint8Array[] = []
      for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size))
      expect(readAll(chunks)).toEqual(samples)
    }
  })

  it('keeps what is left of a chunk intact when the next one is fed', () => {
    const one = encodeRow(samples[1]!)
    expect(readAll([Buffer.concat([one, one.subarray(0, 5)]), one.subarray(5), one])).toEqual([samples[1], samples[1], samples[1]])
  })

  it('refuses a result that stops inside a row', () => {
    const bytes = encodeRow(samples[1]!)
    expect(() => readAll([bytes.subarray(0, bytes.length - 1)])).toThrow('the result ends inside a row')
  })

  it('reads the narrow numbers and the wide ones', () => {
    const buffer = Buffer.alloc(2 + 4 + 8 + 4 + 16 + 16)
    buffer.writeInt8(-5, 0)
    buffer.writeUInt8(250, 1)
    buffer.writeInt16LE(-300, 2)
    buffer.writeUInt16LE(65000, 4)
    buffer.writeUInt32LE(4_000_000_000, 6)
    buffer.writeInt32LE(-70_000, 10)
    buffer.writeFloatLE(0.5, 14)
    buffer.writeBigUInt64LE(2n ** 64n - 1n, 18)
    buffer.writeBigInt64LE(-12345n, 26)
    buffer.writeBigUInt64LE(7n, 34)
    buffer.writeBigInt64LE(-1n, 42)
    const reader = new RowBinaryReader()
    reader.feed(buffer)
    const narrow = [reader.int8(), reader.uint8(), reader.int16(), reader.uint16(), reader.uint32(), reader.int32(), reader.float32()]
    expect(narrow).toEqual([-5, 250, -300, 65000, 4_000_000_000, -70_000, 0.5])
    expect(reader.uint64()).toBe(2n ** 64n - 1n)
    expect(reader.int64()).toBe(-12345n)
    expect(reader.int128()).toBe(7n - 2n ** 64n)
    expect(reader.pending).toBe(0)
  })

  it.each([0n, 1n, -1n, 2n ** 53n - 1n, -(2n ** 53n), 2n ** 53n, 2n ** 63n - 1n, -(2n ** 63n)])('writes the Int64 %s as text', (value) => {
    const buffer = Buffer.alloc(8)
    buffer.writeBigInt64LE(value)
    const reader = new RowBinaryReader()
    reader.feed(buffer)
    expect(reader.int64Text()).toBe(value.toString())
  })
})
