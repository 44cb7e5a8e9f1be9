import { describe, expect, it } from 'vitest'
import { Gate } from './gate.ts'

describe('Gate', () => {
  it('lets the ones who wait in by order of arrival', async () => {
    const gate = new Gate(1, 2, 'queries')
    const leave = await gate.enter()
    const order: string[] = []
    const first = gate.enter().then((leaveFirst) => {
      order.push('first')
      leaveFirst()
    })
    const second = gate.enter().then((leaveSecond) => {
      order.push('second')
      leaveSecond()
    })
    expect([gate.running, gate.waiting]).toEqual([1, 2])
    leave()
    await Promise.all([first, second])
    expect(order).toEqual(['first', 'second'])
    expect([gate.running, gate.waiting]).toEqual([0, 0])
  })

  it('throttles beyond the places to wait', async () => {
    const gate = new Gate(1, 0, 'queries')
    await gate.enter()
    await expect(gate.enter()).rejects.toMatchObject({
      code: 'THROTTLING',
      message: expect.stringContaining('Too many queries at once') as string,
    })
  })

  it('forgets one who gives up waiting', async () => {
    const gate = new Gate(1, 5, 'queries')
    const leave = await gate.enter()
    const abort = new AbortController()
    const waiting = gate.enter(abort.signal)
    abort.abort(new Error('gave up'))
    await expect(waiting).rejects.toThrow('gave up')
    leave()
    leave()
    expect([gate.running, gate.waiting]).toEqual([0, 0])
  })

  it('gives the slot back when the work fails', async () => {
    const gate = new Gate(1, 0, 'queries')
    await expect(gate.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(gate.running).toBe(0)
  })

  it('refuses everybody once closed, also those who wait', async () => {
    const gate = new Gate(1, 5, 'queries')
    await gate.enter()
    const waiting = gate.enter()
    gate.close()
    await expect(waiting).rejects.toMatchObject({ code: 'SHUTTING_DOWN' })
    await expect(gate.enter()).rejects.toMatchObject({ code: 'SHUTTING_DOWN' })
  })
})
