import { expect, it } from 'vitest'
import { LargeShapes } from './large-shapes.ts'

it('knows a query again by its form, whatever its literals', () => {
  const shapes = new LargeShapes()
  shapes.add("SELECT a FROM t WHERE x = 'one\\'s' AND y < 17")
  expect(shapes.has("SELECT a FROM t WHERE x = 'two' AND y < 4711")).toBe(true)
  expect(shapes.has("SELECT b FROM t WHERE x = 'one' AND y < 17")).toBe(false)
})

it('forgets the oldest form first when there are too many', () => {
  const shapes = new LargeShapes()
  const text = (index: number): string => `SELECT ${'x'.repeat(index)} FROM t`
  for (let index = 1; index <= 1001; index++) shapes.add(text(index))
  expect([shapes.has(text(1)), shapes.has(text(2)), shapes.has(text(1001))]).toEqual([false, true, true])
})
