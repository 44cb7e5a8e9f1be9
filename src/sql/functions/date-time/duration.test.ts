import { describe, expect, it } from 'vitest'
import { parseDuration } from './duration.ts'

describe('parseDuration', () => {
  it.each([
    ['42.8ms', 42_800_000n],
    ['1day', 86_400_000_000_000n],
    ['1234 us', 1_234_000n],
    ['1234.567us', 1_234_567n],
    ['1234.567 h', 4_444_441_200_000_000n],
    ['0ns', 0n],
    [' 5s ', 5_000_000_000n],
    ['0.5ns', 1n],
    ['0.4ns', 0n],
    ['106751d', 9_223_286_400_000_000_000n],
  ])('reads %s', (text, ns) => {
    expect(parseDuration(text)).toBe(ns)
  })

  it.each(['', '5', 's', '5 weeks', '-5s', '5S', '1,5s', '.5s', '5 s s', '106752d', '1e3s'])('refuses %j', (text) => {
    expect(parseDuration(text)).toBeUndefined()
  })
})
