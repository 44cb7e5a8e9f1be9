import { expect, test } from 'vitest'
import { generateCpu } from './tsbs.ts'

const data = generateCpu({ seed: 123, hosts: 100, ticks: 2000, startMs: 0 })

test('the same seed gives the same data, another seed other data', () => {
  const again = generateCpu({ seed: 123, hosts: 100, ticks: 2000, startMs: 0 })
  expect(Buffer.compare(again.values, data.values)).toBe(0)
  expect(again.tags).toEqual(data.tags)
  expect(generateCpu({ seed: 124, hosts: 100, ticks: 2, startMs: 0 }).values.slice(0, 2000)).not.toEqual(data.values.slice(0, 2000))
})

test('the distribution of steps is the one measured on the standard data set', () => {
  const stride = data.hosts * 10
  const counts = new Map<number, number>()
  for (let i = stride; i < data.values.length; i++) {
    const step = Math.abs(data.values[i]! - data.values[i - stride]!)
    counts.set(step, (counts.get(step) ?? 0) + 1)
  }
  const share = (step: number) => (counts.get(step) ?? 0) / (data.values.length - stride)
  expect(share(0)).toBeCloseTo(0.376, 1)
  expect(share(1)).toBeCloseTo(0.478, 1)
  expect(share(2)).toBeCloseTo(0.131, 1)
  expect(share(4)).toBeLessThan(0.01)
})
