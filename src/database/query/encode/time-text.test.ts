import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dateText, daySecondText, timestampText, timeText, yearMonthText } from './time-text.ts'

const lowOf = (ns: bigint): number => Number(BigInt.asUintN(32, ns))
const highOf = (ns: bigint): number => Number(BigInt.asIntN(32, ns >> 32n))
const timestamp = (ns: bigint): string => timestampText(lowOf(ns), highOf(ns))
const interval = (ns: bigint): string => daySecondText(lowOf(ns), highOf(ns))
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const nsPerSecond = 1_000_000_000n

describe('timestampText', () => {
  it.each([
    [0n, '1970-01-01 00:00:00.000000000'],
    [-1n, '1969-12-31 23:59:59.999999999'],
    [1_663_677_473_000_000_000n, '2022-09-20 12:37:53.000000000'],
    [951_782_400_123_456_789n, '2000-02-29 00:00:00.123456789'],
    [-(2n ** 63n), '1677-09-21 00:12:43.145224192'],
    [2n ** 63n - 1n, '2262-04-11 23:47:16.854775807'],
  ])('writes %d ns as %s', (ns, text) => {
    expect(timestamp(ns)).toBe(text)
  })

  it('is what exact integer arithmetic gives, for every Int64', () => {
    fc.assert(
      fc.property(int64, (ns) => {
        const below = ((ns % nsPerSecond) + nsPerSecond) % nsPerSecond
        const milliseconds = Number((ns - below) / 1_000_000n)
        const expected = `${new Date(milliseconds).toISOString().slice(0, 19).replace('T', ' ')}.${String(below).padStart(9, '0')}`
        expect(timestamp(ns)).toBe(expected)
      }),
    )
  })
})

describe('daySecondText', () => {
  it.each([
    [0n, '0 00:00:00.000000000'],
    [42_800_000n, '0 00:00:00.042800000'],
    [45n * 3600n * nsPerSecond, '1 21:00:00.000000000'],
    [-1n, '-0 00:00:00.000000001'],
    [-nsPerSecond, '-0 00:00:01.000000000'],
    [-90_061n * nsPerSecond - 5n, '-1 01:01:01.000000005'],
    [2n ** 63n - 1n, '106751 23:47:16.854775807'],
    [-(2n ** 63n), '-106751 23:47:16.854775808'],
  ])('writes %d ns as %s', (ns, text) => {
    expect(interval(ns)).toBe(text)
  })

  it('differs from its negative by the sign alone', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }), (ns) => {
        expect(interval(-ns)).toBe(`-${interval(ns)}`)
      }),
    )
  })
})

it.each([
  [31, '2-7'],
  [8, '0-8'],
  [12, '1-0'],
  [0, '0-0'],
  [-31, '-2-7'],
  [-8, '-0-8'],
])('yearMonthText writes %d months as %s', (months, text) => {
  expect(yearMonthText(months)).toBe(text)
})

it('timeText writes the nanoseconds of a day', () => {
  const ns = 86_399_999_999_999n
  expect(timeText(lowOf(ns), highOf(ns))).toBe('23:59:59.999999999')
  expect(timeText(0, 0)).toBe('00:00:00.000000000')
})

describe('dateText', () => {
  it.each([
    [0, '1970-01-01'],
    [-1, '1969-12-31'],
    [18_482, '2020-08-08'],
    [-719_468, '0000-03-01'],
    [-719_529, '-0001-12-31'],
    [2_932_897, '10000-01-01'],
  ])('writes day %d as %s', (days, text) => {
    expect(dateText(days)).toBe(text)
  })

  it('agrees with the calendar of JavaScript on four-digit years', () => {
    fc.assert(
      fc.property(fc.integer({ min: -719_162, max: 2_932_896 }), (days) => {
        expect(dateText(days)).toBe(new Date(days * 86_400_000).toISOString().slice(0, 10))
      }),
    )
  })
})
