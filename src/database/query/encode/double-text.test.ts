import { describe, expect, it } from 'vitest'
import { doubleText } from './double-text.ts'

describe('doubleText', () => {
  it.each([
    [0, '0.0'],
    [-0, '-0.0'],
    [1, '1.0'],
    [-2.5, '-2.5'],
    [100, '100.0'],
    [13.5, '13.5'],
    [0.001, '0.001'],
    [0.0009999, '9.999E-4'],
    [1e-7, '1.0E-7'],
    [-1.5e-10, '-1.5E-10'],
    [9_999_999, '9999999.0'],
    [9_999_999.999, '9999999.999'],
    [10_000_000, '1.0E7'],
    [-12_345_678, '-1.2345678E7'],
    [1e10, '1.0E10'],
    [1_655_487_883.7710001, '1.6554878837710001E9'],
    [0.1 + 0.2, '0.30000000000000004'],
    [1e21, '1.0E21'],
    [Number.MAX_VALUE, '1.7976931348623157E308'],
    [Number.MIN_VALUE, '4.9E-324'],
    [-1e-323, '-9.9E-324'],
    [2e-323, '2.0E-323'],
    [1.5e-323, '1.5E-323'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    [Number.NEGATIVE_INFINITY, '-Infinity'],
  ])('writes %d as %s', (value, text) => {
    expect(doubleText(value)).toBe(text)
  })
})
