import { describe, expect, it } from 'vitest'
import type { QueryPage } from '../database.ts'
import { ClientTokens } from './client-tokens.ts'

const minuteMs = 60_000

function counted(bytes = 10) {
  let runs = 0
  const run = async (): Promise<QueryPage> => ({
    queryId: `AE${++runs}`,
    columns: [],
    rowsJson: ' '.repeat(bytes),
    rowCount: 0,
    progressPercentage: 100,
    cumulativeBytesScanned: 0,
    cumulativeBytesMetered: 0,
  })
  return { run, runs: () => runs }
}

describe('client tokens', () => {
  it('make a repeated call the same execution for five minutes, also while the first runs', async () => {
    const tokens = new ClientTokens()
    const { run, runs } = counted()
    const [first, meanwhile] = await Promise.all([tokens.answer('a', 'SELECT 1', 0, run), tokens.answer('a', 'SELECT 1', 1, run)])
    expect(meanwhile).toBe(first)
    expect(await tokens.answer('a', 'SELECT 1', 5 * minuteMs - 1, run)).toBe(first)
    expect(runs()).toBe(1)
    await tokens.answer('b', 'SELECT 1', 0, run)
    expect(runs()).toBe(2)
  })

  it('refuse other parameters and a late repetition, and are new after four hours', async () => {
    const tokens = new ClientTokens()
    const { run, runs } = counted()
    await tokens.answer('a', 'SELECT 1', 0, run)
    await expect(tokens.answer('a', 'SELECT 2', 1, run)).rejects.toMatchObject({ code: 'CONFLICT' })
    await expect(tokens.answer('a', 'SELECT 1', 5 * minuteMs, run)).rejects.toMatchObject({ code: 'CONFLICT' })
    await tokens.answer('a', 'SELECT 2', 240 * minuteMs, run)
    expect(runs()).toBe(2)
  })

  it('stay unused when the call failed', async () => {
    const tokens = new ClientTokens()
    const { run } = counted()
    await expect(tokens.answer('a', 'SELECT 1', 0, async () => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
    expect(await tokens.answer('a', 'SELECT 2', 1, run)).toMatchObject({ queryId: 'AE1' })
  })

  it('are bounded in answers and in entries', async () => {
    const tokens = new ClientTokens(3, 10_000)
    const { run, runs } = counted(4000)
    for (const token of ['a', 'b', 'c']) await tokens.answer(token, 'SELECT 1', 0, run)
    expect(tokens.keptBytes).toBeLessThanOrEqual(10_000)
    await tokens.answer('c', 'SELECT 1', 1, run)
    expect(runs()).toBe(3)
    await tokens.answer('a', 'SELECT 1', 1, run)
    expect(runs()).toBe(4)
    await tokens.answer('d', 'SELECT 1', 1, run)
    await tokens.answer('b', 'SELECT 2', 1, run)
    expect(runs()).toBe(6)
  })

  it('let go of everything in time', async () => {
    const tokens = new ClientTokens()
    const { run } = counted()
    await tokens.answer('a', 'SELECT 1', 0, run)
    tokens.sweep(5 * minuteMs)
    expect(tokens.keptBytes).toBe(0)
    await expect(tokens.answer('a', 'SELECT 2', 6 * minuteMs, run)).rejects.toMatchObject({ code: 'CONFLICT' })
    tokens.sweep(240 * minuteMs)
    await tokens.answer('a', 'SELECT 2', 1, run)
  })
})
