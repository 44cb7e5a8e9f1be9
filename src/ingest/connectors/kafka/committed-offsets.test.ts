import { expect, it } from 'vitest'
import { CommittedOffsets } from './committed-offsets.ts'

it('only offsets with nothing unsettled before them are committed, each once', () => {
  const offsets = new CommittedOffsets()
  const first = offsets.begin('a/b', 0, 5n)
  const second = offsets.begin('a/b', 0, 6n)
  const other = offsets.begin('c', 3, 0n)
  second()
  expect(offsets.take()).toEqual([])
  first()
  other()
  expect(offsets.take()).toEqual([
    { topic: 'a/b', partition: 0, offset: '7' },
    { topic: 'c', partition: 3, offset: '1' },
  ])
  expect(offsets.take()).toEqual([])
})
