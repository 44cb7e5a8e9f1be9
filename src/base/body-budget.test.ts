import { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { BodyBudget } from './body-budget.ts'

const request = (headers: IncomingMessage['headers']) => ({ headers }) as IncomingMessage
const response = () => new EventEmitter() as ServerResponse

describe('the bodies of requests', () => {
  const budget = new BodyBudget({ requestBodyBytes: 100, requestBodiesBytes: 250 }, { monotonicMs: () => 0 })

  it('are refused beyond the bound, and taken again when others are answered or gone', () => {
    const answers = [response(), response()]
    budget.reserve(request({ 'content-length': '100' }), answers[0]!)
    budget.reserve(request({ 'transfer-encoding': 'chunked' }), answers[1]!)
    expect(budget.bytes).toBe(200)
    const next = () => budget.reserve(request({ 'content-length': '51' }), response())
    expect(next).toThrow(
      expect.objectContaining({ code: 'THROTTLING', message: expect.stringMatching(/^Request rate exceeded/) as string }),
    )
    answers[0]!.emit('close')
    expect(budget.bytes).toBe(100)
    next()
    answers[1]!.emit('close')
    expect(budget.bytes).toBe(51)
  })

  it('count nothing when there is none or it is refused for its length', () => {
    const before = budget.bytes
    budget.reserve(request({}), response())
    budget.reserve(request({ 'content-length': '0' }), response())
    budget.reserve(request({ 'content-length': '101' }), response())
    expect(budget.bytes).toBe(before)
  })

  it('are taken up to a burst, and beyond it as many as are answered within two seconds, up to the bound', () => {
    let nowMs = 0
    const megabyte = 1024 * 1024
    const measured = new BodyBudget({ requestBodyBytes: megabyte, requestBodiesBytes: 256 * megabyte }, { monotonicMs: () => nowMs })
    const waiting: ServerResponse[] = []
    const take = (): void => {
      const answer = response()
      measured.reserve(request({ 'content-length': String(megabyte) }), answer)
      waiting.push(answer)
    }
    const takeAll = (): number => {
      for (;;) {
        try {
          take()
        } catch {
          return waiting.length
        }
      }
    }
    const answerPerSecond = (megabytes: number): void => {
      for (let second = 0; second < 10; second++) {
        nowMs += 1000
        for (let i = 0; i < megabytes; i++) {
          waiting.shift()?.emit('close')
          takeAll()
        }
      }
    }
    expect(takeAll()).toBe(64)
    answerPerSecond(40)
    expect(takeAll()).toBeGreaterThan(72)
    expect(takeAll()).toBeLessThan(85)
    answerPerSecond(200)
    expect(takeAll()).toBe(256)
    answerPerSecond(1)
    while (waiting.length > 0) waiting.shift()?.emit('close')
    expect(takeAll()).toBe(32)
    // with time to spare
    while (waiting.length > 1) waiting.shift()?.emit('close')
    for (let second = 0; second < 10; second++) {
      nowMs += 1000
      waiting.shift()?.emit('close')
      take()
    }
    expect(takeAll()).toBeGreaterThan(64)
  })
})
