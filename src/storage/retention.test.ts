import { describe, expect, it } from 'vitest'
import { ingestionWindow, outsideWindowReason, storeOf } from './retention.ts'

const futureMs = 15 * 60_000
const at = (text: string): bigint => BigInt(Date.parse(text)) * 1_000_000n
const now = at('2023-11-28T19:10:39.648Z')

describe('ingestion window', () => {
  const memoryOnly = ingestionWindow({ memoryStoreHours: 12, magneticStoreDays: 5, magneticStoreWrites: false }, now, futureMs)
  const withMagnetic = ingestionWindow({ memoryStoreHours: 12, magneticStoreDays: 5, magneticStoreWrites: true }, now, futureMs)

  it('is the retention and 40 minutes wide, 15 of them ahead', () => {
    expect(memoryOnly.upperNs - memoryOnly.lowerNs).toBe((12n * 60n + 40n) * 60n * 1_000_000_000n)
    expect(memoryOnly.upperNs).toBe(at('2023-11-28T19:25:39.648Z'))
  })

  it('takes its lower bound and refuses its upper one, to the nanosecond', () => {
    expect(storeOf(memoryOnly, memoryOnly.lowerNs)).toBe('memory')
    expect(storeOf(memoryOnly, memoryOnly.lowerNs - 1n)).toBeUndefined()
    expect(storeOf(memoryOnly, memoryOnly.upperNs - 1n)).toBe('memory')
    expect(storeOf(memoryOnly, memoryOnly.upperNs)).toBeUndefined()
  })

  it('reaches down to the end of the magnetic retention when late data is written there', () => {
    expect(storeOf(withMagnetic, withMagnetic.memoryLowerNs - 1n)).toBe('magnetic')
    expect(storeOf(withMagnetic, withMagnetic.lowerNs)).toBe('magnetic')
    expect(storeOf(withMagnetic, withMagnetic.lowerNs - 1n)).toBeUndefined()
  })

  it('names its bounds in the reject', () => {
    expect(outsideWindowReason(withMagnetic)).toBe(
      'The record timestamp is outside the time range [2023-11-23T06:45:39.648Z, 2023-11-28T19:25:39.648Z) of the data ingestion window.',
    )
    expect(outsideWindowReason(memoryOnly)).toBe(
      'The record timestamp is outside the time range [2023-11-28T06:45:39.648Z, 2023-11-28T19:25:39.648Z) of the memory store.',
    )
  })

  it('can begin before the epoch', () => {
    const window = ingestionWindow({ memoryStoreHours: 8766, magneticStoreDays: 73_000, magneticStoreWrites: true }, now, futureMs)
    expect(storeOf(window, 0n)).toBe('magnetic')
    expect(outsideWindowReason(window)).toContain('[1823-01-16T12:45:39.648Z,')
  })
})
