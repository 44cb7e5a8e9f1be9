import { describe, expect, it } from 'vitest'
import { DataChanges } from './data-changes.ts'

const day = 86_400_000_000_000n
const always = { fromNs: undefined, toNs: undefined }
const from = (first: bigint, last?: bigint) => ({ fromNs: first * day, toNs: last === undefined ? undefined : last * day })

describe('changes of a table', () => {
  it('count for the days that they touch, from their moment on', () => {
    const changes = new DataChanges()
    const before = changes.moment
    expect(changes.isUnchanged('t', always, before)).toBe(true)
    changes.touch('t', 5n * day, 6n * day + 1n)
    expect(changes.isUnchanged('t', always, before)).toBe(false)
    expect(changes.isUnchanged('t', from(6n), before)).toBe(false)
    expect(changes.isUnchanged('t', from(7n), before)).toBe(true)
    expect(changes.isUnchanged('t', from(0n, 4n), before)).toBe(true)
    expect(changes.isUnchanged('t', from(0n, 5n), before)).toBe(false)
    expect(changes.isUnchanged('u', always, before)).toBe(true)
    expect(changes.isUnchanged('t', always, changes.moment)).toBe(true)
  })

  it('that may be anywhere count for every day, and those under way until after their end', () => {
    const changes = new DataChanges()
    const before = changes.moment
    const end = changes.begin('t')
    expect(changes.isUnchanged('t', from(1n, 2n), changes.moment)).toBe(false)
    const during = changes.moment
    end()
    end()
    expect(changes.isUnchanged('t', from(1n, 2n), during)).toBe(false)
    expect(changes.isUnchanged('t', from(1n, 2n), before)).toBe(false)
    expect(changes.isUnchanged('t', from(1n, 2n), changes.moment)).toBe(true)
    const later = changes.moment
    changes.touchAll('t')
    expect(changes.isUnchanged('t', from(1n, 2n), later)).toBe(false)
  })

  it('are bounded in number: what is forgotten counts as changed', () => {
    const changes = new DataChanges()
    const before = changes.moment
    for (let d = 0n; d < 5000n; d++) changes.touch('t', d * day, d * day)
    expect(changes.isUnchanged('t', from(6000n), before)).toBe(false)
    const end = changes.begin('held')
    for (let table = 0; table < 10_001; table++) changes.touch(`t${table}`, 0n, 0n)
    expect(changes.isUnchanged('never', always, before)).toBe(false)
    expect(changes.isUnchanged('never', always, changes.moment)).toBe(true)
    expect(changes.isUnchanged('held', always, changes.moment)).toBe(false)
    end()
  })
})
