import { expect, it } from 'vitest'
import { isHeld, type Part } from './parts-set-aside.ts'

const part = (firstBlock: number, lastBlock: number, table = 't', partitionId = '1'): Part => ({
  table,
  name: `${partitionId}_${firstBlock}_${lastBlock}_0`,
  partitionId,
  firstBlock,
  lastBlock,
})

it.each([
  [[part(1, 3)], true],
  [[part(0, 9)], true],
  [[part(3, 3), part(1, 1), part(2, 2)], true],
  [[part(1, 2), part(2, 5)], true],
  [[part(1, 2)], false],
  [[part(2, 3)], false],
  [[part(1, 1), part(3, 3)], false],
  [[part(1, 3, 'another')], false],
  [[part(1, 3, 't', '2')], false],
  [[], false],
])('a part of blocks 1 to 3 is held by %j: %s', (others, held) => {
  expect(isHeld(part(1, 3), others)).toBe(held)
})
