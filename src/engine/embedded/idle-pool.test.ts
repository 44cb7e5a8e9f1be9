import { expect, test } from 'vitest'
import { IdlePool } from './idle-pool.ts'

function pool(size: number): { readonly sessions: IdlePool<number>; readonly given: number[] } {
  const given: number[] = []
  const sessions = new IdlePool<number>((session) => given.push(session))
  for (let index = 0; index < size; index++) sessions.put(index)
  return { sessions, given }
}

test('a pool keeps what was needed since the last look, and one more', () => {
  const { sessions, given } = pool(5)
  sessions.shrink()
  expect(given).toEqual([])
  const taken = [sessions.take()!, sessions.take()!]
  for (const session of taken) sessions.put(session)
  sessions.shrink()
  expect([given, sessions.size]).toEqual([[0, 1], 3])
})

test('a pool that nobody uses shrinks to one', () => {
  const { sessions, given } = pool(4)
  sessions.shrink()
  sessions.shrink()
  sessions.shrink()
  expect([given, sessions.size]).toEqual([[0, 1, 2], 1])
})

test('the session that was used last is the next one', () => {
  const { sessions } = pool(3)
  expect(sessions.take()).toBe(2)
  expect([sessions.take(), sessions.take(), sessions.take()]).toEqual([1, 0, undefined])
})
