import { describe, expect, it } from 'vitest'
import { mayWait } from './admission.ts'

/** Lets tables that always want more take turns until none may; answers what each has. */
function fill(tables: number, bound: number): number[] {
  const own = Array.from({ length: tables }, () => 0)
  for (let grew = true; grew;) {
    grew = false
    for (const i of own.keys()) {
      const all = own.reduce((a, b) => a + b)
      if (!mayWait(own[i]!, all, 1, bound)) continue
      own[i]!++
      grew = true
    }
  }
  return own
}

describe('what may wait', () => {
  it('is four fifths for one table, and less the more tables there are', () => {
    expect(fill(1, 1000)).toEqual([800])
    expect(fill(2, 1000)).toEqual([445, 444])
    expect(fill(10, 1000).every((own) => own >= 97 && own <= 98)).toBe(true)
  })

  it('leaves room for a table that has nothing waiting, however many others are at their bound', () => {
    for (const tables of [1, 2, 10, 100]) {
      const all = fill(tables, 10_000).reduce((a, b) => a + b)
      expect(mayWait(0, all, 20, 10_000)).toBe(true)
    }
  })

  it('never exceeds the bound', () => {
    expect(mayWait(0, 990, 11, 1000)).toBe(false)
    expect(mayWait(0, 1000, 0, 1000)).toBe(false)
    expect(mayWait(0, 2000, 0, 1000)).toBe(false)
  })
})
