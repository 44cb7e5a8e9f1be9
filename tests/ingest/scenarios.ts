import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ConformanceRun, readingsOf } from './conformance-run.ts'
import type { Reading, Subject } from './subject.ts'

const setUpMs = 60_000
const kills = 3

/** The runs that every connector makes; `npm run test:ingest` prints connector × scenario. */
export function describeConnector(subject: Subject): void {
  describe(subject.name, () => {
    const run = new ConformanceRun(subject)
    beforeAll(() => run.start(), setUpMs)
    afterAll(() => run.stop(), setUpMs)

    test('malformed input', async () => {
      await run.expectRefusal(await subject.malformed(run.served))
      await run.expectStored(await run.send('after-malformed', 5))
    })

    test('oversize input', async () => {
      await run.expectRefusal(await subject.oversize(run.served))
      await run.expectStored(await run.send('after-oversize', 5))
    })

    test('duplicate delivery', async () => {
      const readings = readingsOf('duplicate', 50)
      await subject.send(run.served, readings)
      await subject.send(run.served, readings)
      await subject.send(run.served, readings.slice(10, 30))
      await run.expectStored(readings)
    })

    test.runIf(subject.restartBroker !== undefined)('broker restart', async () => {
      const before = await run.send('before-restart', 50)
      await subject.restartBroker?.()
      const after = await run.sendStubbornly(readingsOf('after-restart', 50))
      await run.expectStored([...before, ...after])
    })

    test('kill -9 of the server', async () => {
      const sent: Reading[] = []
      let isOver = false
      const sending = (async () => {
        for (let batch = 0; !isOver; batch++) sent.push(...(await run.sendStubbornly(readingsOf(`kill-${batch}`, 20))))
      })()
      for (let kill = 0; kill < kills; kill++) {
        await delay(200 + kill * 130)
        await run.killAndStart()
      }
      await delay(300)
      isOver = true
      await sending
      expect(sent.length).toBeGreaterThan(20)
      await run.expectStored(sent)
    })
  })
}
