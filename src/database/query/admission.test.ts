import { describe, expect, it } from 'vitest'
import { ServerError } from '../../base/errors.ts'
import { Admission, railError, type Admitted } from './admission.ts'

const never = new AbortController().signal
const enter = (admission: Admission, who = 'ann', rails = {}, signal = never): Promise<Admitted> => admission.enter(who, rails, signal)
const machine = { processors: 8, memoryBytes: 10 * 2 ** 30 }

describe('admission', () => {
  it('lets as many run as the engine can, the next one waits for a place', async () => {
    const admission = new Admission({ engineSlots: 2, waiting: 1 })
    const [first] = [await enter(admission), await enter(admission)]
    const third = enter(admission)
    expect([admission.running, admission.waiting]).toEqual([2, 1])
    await expect(enter(admission)).rejects.toMatchObject({
      code: 'THROTTLING',
      message: 'The engine is busy: 2 queries run and 1 wait; try again later',
    })
    first.leave()
    first.leave()
    ;(await third).leave()
    expect([admission.running, admission.waiting]).toEqual([1, 0])
  })

  it('lets about 7 queries run for 4 TCU, and says when they are what binds', async () => {
    const admission = new Admission({ engineSlots: 100, waiting: 0 })
    admission.setTcu(4)
    expect(admission.slots).toBe(7)
    for (let i = 0; i < 7; i++) await enter(admission)
    await expect(enter(admission)).rejects.toMatchObject({ message: expect.stringContaining('The 4 TCU of the account are in use') })
    admission.setTcu(8)
    await enter(admission)
    expect(admission.running).toBe(8)
  })

  it('takes the principals in turn', async () => {
    const admission = new Admission({ engineSlots: 1, waiting: 10 })
    const first = await enter(admission, 'ann')
    const order: string[] = []
    const next = (who: string): Promise<void> =>
      enter(admission, who).then(({ leave }) => {
        order.push(who)
        leave()
      })
    const all = [next('ann'), next('ann'), next('ann'), next('bob'), next('cleo')]
    first.leave()
    await Promise.all(all)
    expect(order).toEqual(['ann', 'bob', 'cleo', 'ann', 'ann'])
  })

  it('gives up waiting when it is told to', async () => {
    const admission = new Admission({ engineSlots: 1, waiting: 10 })
    const first = await enter(admission)
    const stop = new AbortController()
    const waiting = enter(admission, 'ann', {}, stop.signal)
    stop.abort(new ServerError('QUERY_CANCELLED', 'no more'))
    await expect(waiting).rejects.toMatchObject({ code: 'QUERY_CANCELLED' })
    first.leave()
    expect([admission.running, admission.waiting]).toEqual([0, 0])
    await enter(admission)
  })

  it('shares the processors among those who run, and bounds memory by the machine and by the compute units', async () => {
    const admission = new Admission({ engineSlots: 10, waiting: 10, machine })
    const settings = []
    for (let i = 0; i < 5; i++) settings.push((await enter(admission)).settings['max_threads'])
    expect(settings).toEqual([8, 4, 2, 2, 1])
    expect((await enter(admission)).settings['max_memory_usage']).toBe(Math.floor(machine.memoryBytes * 0.8))
    const large = new Admission({ engineSlots: 10, waiting: 10, machine: { processors: 64, memoryBytes: 2 ** 40 } })
    large.setTcu(4)
    expect((await enter(large)).settings).toEqual({ max_threads: 16, max_memory_usage: 64 * 2 ** 30 })
  })

  it('keeps a principal to the guard rail of its own', async () => {
    const admission = new Admission({ engineSlots: 1, waiting: 10 })
    const rails = { maxConcurrentQueries: 2, maxBytesScanned: 100 }
    const first = await enter(admission, 'ann', rails)
    expect(first.settings).toEqual({ max_bytes_to_read: 100 })
    const second = enter(admission, 'ann', rails)
    await expect(enter(admission, 'ann', rails)).rejects.toMatchObject({
      code: 'THROTTLING',
      message: 'The guard rail MaxConcurrentQueries of ann allows 2 queries at once',
    })
    const other = enter(admission, 'bob', rails)
    first.leave()
    ;(await second).leave()
    ;(await other).leave()
    ;(await enter(admission, 'ann', rails)).leave()
  })
})

it('a refusal by a guard rail names it', () => {
  const rails = { maxBytesScanned: 10, maxQuerySeconds: 2 }
  const tooMuch = new ServerError('RESULT_TOO_LARGE', 'The query reads or returns more than is allowed')
  expect(railError(tooMuch, 'ann', rails)).toMatchObject({
    code: 'RESULT_TOO_LARGE',
    message: 'The guard rail MaxBytesScanned of ann ended the query: it reads more bytes than 10',
  })
  expect(railError(new ServerError('QUERY_TIMEOUT', 'x'), 'ann', rails)).toMatchObject({
    message: expect.stringContaining('MaxQuerySeconds of ann'),
  })
  expect(railError(tooMuch, 'ann', {})).toBe(tooMuch)
})
