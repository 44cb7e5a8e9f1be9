import { expect, it } from 'vitest'
import { LateAcks } from './late-acks.ts'

it('acknowledgements keep the order of the messages, whatever order they are settled in', () => {
  const sent: number[] = []
  const acks = new LateAcks((messageId) => void sent.push(messageId))
  const [first, second, third] = [acks.begin(7), acks.begin(3), acks.begin(9)]
  second()
  expect(sent).toEqual([])
  first()
  expect(sent).toEqual([7, 3])
  acks.begin(undefined)()
  acks.close()
  third()
  expect(sent).toEqual([7, 3])
})
