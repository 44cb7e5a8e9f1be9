import { expect, it } from 'vitest'
import { Checkpoints } from './checkpoints.ts'

it('advances only over a beginning without gaps, by partition', () => {
  const seen: string[] = []
  const checkpoints = new Checkpoints<number>((partition, position) => seen.push(`${partition}:${position}`))
  const [a1, a2, a3] = [1, 2, 3].map((position) => checkpoints.begin('a', position))
  const b7 = checkpoints.begin('b', 7)
  a2!()
  expect(seen).toEqual([])
  expect(checkpoints.pending('a')).toBe(3)
  a1!()
  b7()
  a3!()
  expect(seen).toEqual(['a:2', 'b:7', 'a:3'])
  expect(checkpoints.pending('a')).toBe(0)
})

it('hears nothing more of a partition that was taken away, nor of its messages when it comes back', () => {
  const seen: number[] = []
  const checkpoints = new Checkpoints<number>((_partition, position) => seen.push(position))
  const old = checkpoints.begin('a', 1)
  checkpoints.forget('a')
  const again = checkpoints.begin('a', 1)
  old()
  expect(seen).toEqual([])
  again()
  expect(seen).toEqual([1])
})
