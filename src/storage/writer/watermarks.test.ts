import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Watermarks } from './watermarks.ts'

describe('watermarks', () => {
  it('know nothing at first, then the newest time that was learned', () => {
    const marks = new Watermarks(64)
    expect(marks.get(1, 2)).toBeUndefined()
    expect(marks.raise(1, 2, 9n)).toBe(false)
    marks.learn(1, 2, 5n)
    marks.learn(1, 2, 3n)
    expect(marks.get(1, 2)).toBe(5n)
    expect(marks.raise(1, 2, 8n)).toBe(true)
    expect(marks.get(1, 2)).toBe(8n)
    expect(marks.get(2, 1)).toBeUndefined()
  })

  it('hold 16 bytes a series', () => {
    expect(new Watermarks(1024).bytes).toBe(16 * 1024)
  })

  it('forget series beyond their capacity, and never answer a time older than the newest', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.bigInt(0n, 1000n)), { maxLength: 300 }), (steps) => {
        const marks = new Watermarks(16)
        const newest = new Map<number, bigint>()
        for (const [series, timeNs] of steps) {
          marks.learn(series, series * 7, newest.get(series) ?? 0n)
          marks.raise(series, series * 7, timeNs)
          const known = newest.get(series) ?? 0n
          newest.set(series, known > timeNs ? known : timeNs)
          const answer = marks.get(series, series * 7)
          expect(answer).toBe(newest.get(series)! > 0n ? newest.get(series) : 1n)
        }
        for (const [series, timeNs] of newest) {
          const answer = marks.get(series, series * 7)
          if (answer !== undefined) expect(answer >= timeNs).toBe(true)
        }
      }),
    )
  })
})
