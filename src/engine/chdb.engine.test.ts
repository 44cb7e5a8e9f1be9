import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { describeEngine } from '../../tests/harness/engine-suite.ts'
import { silentLog } from '../base/log.ts'
import { openChdb } from './chdb.ts'
import { RowBinaryReader } from './decode.ts'
import type { Engine } from './engine.ts'

const dataDirectory = await mkdtemp(join(tmpdir(), 'tidemark-chdb-'))

afterAll(async () => {
  await rm(dataDirectory, { recursive: true, force: true })
})

describeEngine('chdb', (bounds = {}) => openChdb({ dataDirectory, log: silentLog, poolThreads: 6, ...bounds }))

describe('openChdb', () => {
  it('refuses a configuration file that is not there', async () => {
    const opening = openChdb({ dataDirectory, configFile: join(dataDirectory, 'nowhere.xml'), log: silentLog })
    await expect(opening).rejects.toMatchObject({ code: 'CONFIGURATION' })
  })
})

describe('a result that may be made whole', () => {
  const rowsOf = async (engine: Engine, text: string, queryId: string): Promise<{ readonly sum: bigint; readonly count: number }> => {
    const result = await engine.query({ text, queryId, wholeBytes: 100_000 })
    const reader = new RowBinaryReader()
    let [sum, count] = [0n, 0]
    const take = (each: RowBinaryReader): void => {
      sum += each.uint64()
      count++
    }
    for await (const chunk of result.chunks()) {
      reader.feed(chunk)
      while (reader.attempt(take));
    }
    reader.end()
    return { sum, count }
  }

  it('comes whole when it is small and as a stream when it is not, and a failed one leaves nothing behind', async () => {
    const engine = await openChdb({ dataDirectory, log: silentLog, poolThreads: 6, querySettings: { max_block_size: 1000 } })
    try {
      expect(await rowsOf(engine, 'SELECT number FROM numbers(100)', 'A1')).toEqual({ sum: 4950n, count: 100 })
      // begun whole, and anew as a stream
      expect(await rowsOf(engine, 'SELECT number FROM numbers(1000000)', 'A2')).toEqual({ sum: 499_999_500_000n, count: 1_000_000 })
      expect(await rowsOf(engine, 'SELECT number FROM numbers(2)', 'A3')).toEqual({ sum: 1n, count: 2 })
      expect(await rowsOf(engine, 'SELECT number + 0 FROM numbers(100)', 'A4')).toEqual({ sum: 4950n, count: 100 })
      const failing = rowsOf(engine, 'SELECT throwIf(number = 9000) + number FROM numbers(10000)', 'A5')
      await expect(failing).rejects.toMatchObject({ name: 'ServerError' })
      expect(await rowsOf(engine, 'SELECT number - 0 FROM numbers(100)', 'A6')).toEqual({ sum: 4950n, count: 100 })
      await expect(engine.rows('SELECT throwIf(number = 9000) + number FROM numbers(10000)')).rejects.toMatchObject({ name: 'ServerError' })
      expect(await engine.rows('SELECT 7')).toEqual([[7]])
    } finally {
      await engine.stop?.()
    }
  })

  it('is stopped as any other', async () => {
    const engine = await openChdb({ dataDirectory, log: silentLog, poolThreads: 6 })
    try {
      const running = rowsOf(engine, 'SELECT sum(cityHash64(number)) FROM numbers(100000000000)', 'B1')
      const ended = running.catch((error: unknown) => error)
      await expect.poll(() => engine.activity().queries).toBe(1)
      await engine.cancel('B1')
      expect(await ended).toMatchObject({ code: 'QUERY_CANCELLED' })
      expect(engine.activity().queries).toBe(0)
    } finally {
      await engine.stop?.()
    }
  })

  it('runs on one thread when its form read little before, but never when it reads much', async () => {
    const engine = await openChdb({ dataDirectory, log: silentLog, poolThreads: 6 })
    const text = (rows: number): string => `SELECT sum(number) AS total, getSetting('max_threads') = 1 AS alone FROM numbers(${rows})`
    const run = async (rows: number, queryId: string): Promise<{ readonly total: bigint; readonly isAlone: boolean }> => {
      const result = await engine.query({ text: text(rows), queryId, wholeBytes: 1000, settings: { max_threads: 2 } })
      const reader = new RowBinaryReader()
      let [total, isAlone] = [0n, false]
      for await (const chunk of result.chunks()) reader.feed(chunk)
      reader.attempt((each) => {
        total = each.uint64()
        isAlone = each.boolean()
      })
      return { total, isAlone }
    }
    /** A form is known once it was quick, which on a busy machine is not always the first time. */
    const untilAlone = async (): Promise<void> => {
      for (let attempt = 0; !(await run(10, `B${attempt}`)).isAlone; attempt++) expect(attempt).toBeLessThan(500)
    }
    try {
      await untilAlone()
      expect(await run(100, 'C1')).toEqual({ total: 4950n, isAlone: true })
      expect(await run(5_000_000, 'C2')).toEqual({ total: 12_499_997_500_000n, isAlone: false })
      expect(await run(10, 'C3')).toEqual({ total: 45n, isAlone: true })
    } finally {
      await engine.stop?.()
    }
  })
})
