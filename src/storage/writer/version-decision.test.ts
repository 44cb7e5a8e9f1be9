import { describe, expect, it } from 'vitest'
import { decideVersion } from './version-decision.ts'

const same = (): boolean => true
const other = (): boolean => false

describe('version decision', () => {
  it('inserts when no record exists', () => {
    expect(decideVersion(1n, undefined, other)).toEqual({ kind: 'insert' })
  })

  it('replaces with a higher version, also by the same value', () => {
    expect(decideVersion(2n, 1n, other)).toEqual({ kind: 'replace' })
    expect(decideVersion(2n, 1n, same)).toEqual({ kind: 'replace' })
  })

  it('accepts a repeated write', () => {
    expect(decideVersion(7n, 7n, same)).toEqual({ kind: 'keep' })
  })

  it('rejects another value under the same version', () => {
    expect(decideVersion(1n, 1n, other)).toEqual({
      kind: 'reject',
      reason:
        'A record already exists with the same time, dimensions, measure name, and record version. A higher record version must be specified in order to update the measure value. Specifying record version is supported by the latest SDKs.',
    })
  })

  it('rejects a lower version, whatever the value, and tells the stored one', () => {
    const expected = {
      kind: 'reject',
      reason: 'The record version 2 is lower than the existing version 200. A higher version is required to update the measure value.',
      existingVersion: 200n,
    }
    expect(decideVersion(2n, 200n, other)).toEqual(expected)
    expect(decideVersion(2n, 200n, same)).toEqual(expected)
  })
})
