import { describe, expect, it } from 'vitest'
import { Rate } from './rate.ts'

describe('a rate', () => {
  it('is that of the last minute, or of the time since the start', () => {
    let nowMs = 5_000_500
    const rate = new Rate({ nowMs: () => 0, nowNs: () => 0n, monotonicMs: () => nowMs })
    rate.add(10)
    expect(rate.perSecond()).toBe(10)
    nowMs += 10_000
    rate.add(10)
    expect(rate.perSecond()).toBe(2)
    nowMs += 55_000
    expect(rate.perSecond()).toBeCloseTo(10 / 60)
    nowMs += 60_000
    expect(rate.perSecond()).toBe(0)
  })
})
