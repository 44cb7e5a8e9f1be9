import { EventEmitter } from 'node:events'
import { expect, it } from 'vitest'
import { silentLog } from '../base/log.ts'
import type { Service } from '../base/service.ts'
import { startServices, stopOnSignal } from './lifecycle.ts'

function recording() {
  const events: string[] = []
  const service = (name: string, overrides: Partial<Service> = {}): Service => ({
    name,
    start: async () => void events.push(`start ${name}`),
    drain: async () => void events.push(`drain ${name}`),
    stop: async () => void events.push(`stop ${name}`),
    ...overrides,
  })
  return { events, service }
}

function manualClock() {
  let ms = 0
  return { advance: (by: number) => void (ms += by), nowMs: () => ms, nowNs: () => BigInt(ms) * 1_000_000n, monotonicMs: () => ms }
}

it('starts left to right, drains and stops right to left', async () => {
  const { events, service } = recording()
  const running = await startServices([service('a'), service('b')], silentLog, 1000)
  await Promise.all([running.stop(), running.stop()])
  expect(events).toEqual(['start a', 'start b', 'drain b', 'drain a', 'stop b', 'stop a'])
})

it('stops what runs when a later service cannot start', async () => {
  const { events, service } = recording()
  const broken = service('b', { start: () => Promise.reject(new Error('port in use')) })
  await expect(startServices([service('a'), broken, service('c')], silentLog, 1000)).rejects.toThrow('port in use')
  expect(events).toEqual(['start a', 'drain b', 'drain a', 'stop b', 'stop a'])
})

it('bounds the drain and stops the rest although one service fails', async () => {
  const { events, service } = recording()
  const stuck = service('stuck', { drain: () => new Promise(() => undefined), stop: () => Promise.reject(new Error('no')) })
  const running = await startServices([service('a'), stuck], silentLog, 20)
  await running.stop()
  expect(events).toEqual(['start a', 'start stuck', 'drain a', 'stop a'])
})

it('ends with 0 after a signal, counting a quick second one as the same', async () => {
  const { events, service } = recording()
  const running = await startServices([service('a')], silentLog, 1000)
  const source = new EventEmitter()
  const ended = stopOnSignal(source, running, silentLog, manualClock())
  source.emit('SIGINT')
  source.emit('SIGINT')
  expect(await ended).toBe(0)
  expect(events).toContain('stop a')
  expect(source.listenerCount('SIGINT') + source.listenerCount('SIGTERM')).toBe(0)
})

it('ends with 1 at once when a later second signal insists', async () => {
  const { service } = recording()
  const running = await startServices([service('a', { stop: () => new Promise(() => undefined) })], silentLog, 1000)
  const source = new EventEmitter()
  const clock = manualClock()
  const ended = stopOnSignal(source, running, silentLog, clock)
  source.emit('SIGTERM')
  clock.advance(1500)
  source.emit('SIGINT')
  expect(await ended).toBe(1)
})
