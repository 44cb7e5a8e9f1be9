import { describe, expect, it } from 'vitest'
import { systemClock, type Clock } from '../../base/clock.ts'
import { defaultLimits } from '../../base/limits.ts'
import { BIGINT } from '../../sql/types/type.ts'
import { Cursor } from './cursor.ts'
import { Cursors } from './cursors.ts'
import { listedRows } from './row-source.ts'

function setUp(openCursors = 2) {
  let nowMs = 1000
  const clock: Clock = { ...systemClock, nowMs: () => nowMs }
  const limits = { ...defaultLimits, openCursors }
  const cursors = new Cursors(clock, limits)
  const open = async (queryId: string) => {
    const columns = [{ name: 'x', type: BIGINT }]
    const cursor = new Cursor(
      { queryId, queryString: 'SELECT 1', principalName: 'ann', columns, source: listedRows(['1', '2', '3']) },
      limits,
    )
    await cursor.page(0, 1, 100, clock)
    const key = await cursors.add(cursor)
    return { cursor, key, token: cursors.token(key, 1) }
  }
  return { cursors, open, advance: (ms: number) => void (nowMs += ms), clock }
}

const invalid = { code: 'VALIDATION', message: 'Invalid pagination token' }

describe('cursors', () => {
  it('are found by their token, with the page it names', async () => {
    const { cursors, open } = setUp()
    const { cursor, key, token } = await open('AEA')
    expect(token).toMatch(/^[A-Za-z0-9_-]{27}$/)
    expect(cursors.find(token, 'SELECT 1', 'ann')).toEqual({ key, cursor, page: 1 })
    expect(cursors.find(cursors.token(key, 70_000), 'SELECT 1', 'ann').page).toBe(70_000)
    expect(cursors.byQueryId('AEA')).toBe(cursor)
    expect(cursors.byQueryId('AEB')).toBeUndefined()
  })

  it('are bound to text and principal', async () => {
    const { cursors, open } = setUp()
    const { token } = await open('AEA')
    expect(() => cursors.find(token, 'SELECT 2', 'ann')).toThrow(expect.objectContaining(invalid))
    expect(() => cursors.find(token, 'SELECT 1', 'bob')).toThrow(expect.objectContaining(invalid))
    for (const forged of ['', 'x', `${token}A`, token.slice(1), ` ${token}`, Buffer.alloc(20).toString('base64url')]) {
      expect(() => cursors.find(forged, 'SELECT 1', 'ann')).toThrow(expect.objectContaining(invalid))
    }
  })

  it('are forgotten after their lifetime without a question', async () => {
    const { cursors, open, advance } = setUp()
    const { cursor, token } = await open('AEA')
    advance(defaultLimits.cursorLifetimeMs - 1)
    cursors.find(token, 'SELECT 1', 'ann')
    advance(defaultLimits.cursorLifetimeMs)
    expect(() => cursors.find(token, 'SELECT 1', 'ann')).toThrow(expect.objectContaining(invalid))
    await cursors.sweep()
    expect(cursors.size).toBe(0)
    expect(cursor.state).toBe('finished')
  })

  it('are bounded: one more is throttled while all are in use', async () => {
    const { cursors, open, advance } = setUp()
    await open('AEA')
    await open('AEB')
    await expect(open('AEC')).rejects.toMatchObject({ code: 'THROTTLING' })
    expect(cursors.size).toBe(2)
    advance(60_001)
    await open('AED')
    expect(cursors.byQueryId('AEA')).toBeUndefined()
    expect(cursors.byQueryId('AEB')).toBeDefined()
  })

  it('make room by giving up results that are fetched to the end', async () => {
    const { cursors, open, clock } = setUp()
    const first = await open('AEA')
    const second = await open('AEB')
    await second.cursor.page(1, 1000, 100, clock)
    expect(second.cursor.state).toBe('finished')
    await open('AEC')
    expect(cursors.byQueryId('AEB')).toBeUndefined()
    expect(cursors.byQueryId('AEA')).toBe(first.cursor)
  })

  it('are all closed at the end', async () => {
    const { cursors, open } = setUp()
    const { cursor } = await open('AEA')
    await cursors.close()
    expect(cursors.size).toBe(0)
    expect(cursor.state).toBe('finished')
  })
})
