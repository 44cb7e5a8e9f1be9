import { describe, expect, it } from 'vitest'
import { arrayText, binaryArrayItems, numericText } from './array-text.ts'

const shorts = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(2 * values.length)
  values.forEach((value, index) => bytes.writeUInt16BE(value & 0xffff, 2 * index))
  return bytes
}

describe('a binary numeric', () => {
  it('is read as its decimal text', () => {
    // digits to the base of 10,000: count, weight of the first, sign, digits after the point
    expect(numericText(shorts(2, 0, 0, 1, 100, 5000))).toBe('100.5')
    expect(numericText(shorts(3, 1, 0x4000, 2, 12, 3456, 7800))).toBe('-123456.78')
    expect(numericText(shorts(1, -2, 0, 8, 12))).toBe('0.00000012')
    expect(numericText(shorts(1, 2, 0, 0, 5))).toBe('500000000')
    expect(numericText(shorts(0, 0, 0, 0))).toBe('0')
    expect(numericText(shorts(0, 0, 0xc000, 0))).toBe('NaN')
  })

  it('is refused when bytes are missing', () => {
    expect(numericText(shorts(2, 0, 0, 1, 100))).toBeUndefined()
    expect(numericText(Buffer.alloc(3))).toBeUndefined()
  })
})

describe('an array', () => {
  const ints = (...values: number[]): Buffer => {
    const bytes = Buffer.alloc(4 * values.length)
    values.forEach((value, index) => bytes.writeInt32BE(value, 4 * index))
    return bytes
  }

  it('of binary items is read', () => {
    const bytes = Buffer.concat([ints(1, 1, 25, 2, 1, 2), Buffer.from('ab'), ints(-1)])
    expect(binaryArrayItems(bytes, String)).toEqual(['ab', null])
    expect(binaryArrayItems(ints(0, 0, 25), String)).toEqual([])
  })

  it('of more dimensions or fewer bytes than it says is refused', () => {
    expect(binaryArrayItems(ints(2, 0, 23, 1, 1, 1, 1), String)).toBeUndefined()
    expect(binaryArrayItems(ints(1, 0, 23, 5, 1), String)).toBeUndefined()
    expect(binaryArrayItems(ints(1, 0, 25, 1, 1, 100), String)).toBeUndefined()
  })

  it('as text has its items quoted', () => {
    expect(arrayText(['a b', null, '"\\'])).toBe(String.raw`{"a b",NULL,"\"\\"}`)
  })
})
