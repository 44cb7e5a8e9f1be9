import { describe, expect, it } from 'vitest'
import { QuickShapes } from './quick-shapes.ts'

const hour = 'SELECT max(a) FROM t WHERE time >= 100 AND time < 200'
const year = 'SELECT max(a) FROM t WHERE time >= 0 AND time < 999'

describe('quick shapes', () => {
  it('knows a form again that took little time, and bounds what it may read', () => {
    const shapes = new QuickShapes()
    expect(shapes.rowLimit(hour)).toBeUndefined()
    shapes.ran(hour, 4)
    expect(shapes.rowLimit(year)).toBe(655_360)
    expect(shapes.rowLimit('SELECT min(a) FROM t')).toBeUndefined()
  })

  it('does not remember what takes its time', () => {
    const shapes = new QuickShapes()
    shapes.ran(year, 400)
    expect(shapes.rowLimit(year)).toBeUndefined()
  })

  it('gives up a form whose literals make it read little here and much there', () => {
    const shapes = new QuickShapes()
    for (let turn = 0; turn < 3; turn++) {
      shapes.ran(hour, 4)
      expect(shapes.rowLimit(hour)).toBeDefined()
      shapes.readsMuch(year)
    }
    shapes.ran(hour, 4)
    expect(shapes.rowLimit(hour)).toBeUndefined()
  })

  it('forgets the oldest form first when there are too many', () => {
    const shapes = new QuickShapes()
    const text = (index: number): string => `SELECT ${'x'.repeat(index)} FROM t`
    for (let index = 1; index <= 1001; index++) shapes.ran(text(index), 1)
    expect([shapes.rowLimit(text(1)), shapes.rowLimit(text(2)), shapes.rowLimit(text(1001))]).toEqual([undefined, 655_360, 655_360])
  })
})
