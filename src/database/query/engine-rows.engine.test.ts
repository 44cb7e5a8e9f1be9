import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../base/clock.ts'
import { ServerError } from '../../base/errors.ts'
import { defaultLimits } from '../../base/limits.ts'
import { silentLog } from '../../base/log.ts'
import { openChdb } from '../../engine/chdb.ts'
import type { Engine } from '../../engine/engine.ts'
import * as t from '../../sql/types/type.ts'
import { Cursor } from './cursor.ts'
import { Cursors } from './cursors.ts'
import { PageText } from './encode/page-text.ts'
import { EngineRows, type EngineRowsOptions } from './engine-rows.ts'
import { newQueryId } from './query-id.ts'
import { ResultFiles } from './result-files.ts'

const dataDirectory = await mkdtemp(join(tmpdir(), 'tidemark-rows-'))
/** Reads far longer than any test waits. */
const longQuery = 'SELECT toNullable(toInt64(sum(cityHash64(number)))) FROM numbers(1000000000000)'
const numbers = (count: number): string =>
  `SELECT toNullable(toInt64(number)), toNullable(toString(number)) FROM numbers(${count}) ORDER BY number`

let engine: Engine
const opened: EngineRows[] = []

function open(text: string, types: readonly t.Type[], bufferBytes = defaultLimits.cursorBufferBytes, options: EngineRowsOptions = {}) {
  const queryId = newQueryId()
  const source = new EngineRows(engine, { text, queryId }, types, bufferBytes, options)
  opened.push(source)
  const columns = types.map((type, index) => ({ name: `_col${index}`, type }))
  return { source, cursor: new Cursor({ queryId, queryString: text, principalName: 'root', columns, source }, defaultLimits) }
}

const take = (cursor: Cursor, page: number, maxRows = 1000, timeoutMs = 20_000) => cursor.page(page, maxRows, timeoutMs, systemClock)

beforeAll(async () => {
  // one place for queries: who holds it keeps the others waiting
  engine = await openChdb({ dataDirectory, log: silentLog, poolThreads: 3 })
})

afterEach(async () => {
  for (const source of opened.splice(0)) await source.close()
})

afterAll(async () => {
  await engine.stop?.()
  await rm(dataDirectory, { recursive: true, force: true })
})

function nextRow(source: EngineRows): string | undefined {
  const page = new PageText()
  return source.next(page) ? page.text() : undefined
}

describe('rows out of the engine', () => {
  it('are written as the API’s datums, every type', async () => {
    const columns: readonly (readonly [t.Type, string, unknown])[] = [
      [t.BOOLEAN, 'toNullable(true)', 'true'],
      [t.INTEGER, 'toNullable(toInt32(-7))', '-7'],
      [t.BIGINT, 'toNullable(toInt64(9007199254740993))', '9007199254740993'],
      [t.DOUBLE, 'toNullable(1e10)', '1.0E10'],
      [t.VARCHAR, "toNullable('it''s \"ü\"')", 'it\'s "ü"'],
      [t.DATE, "toNullable(toInt32(toDate32('1969-12-31')))", '1969-12-31'],
      [
        t.TIMESTAMP,
        "toNullable(toInt64(toUnixTimestamp64Nano(toDateTime64('2022-09-20 12:37:53.5', 9, 'UTC'))))",
        '2022-09-20 12:37:53.500000000',
      ],
      [t.INTERVAL_DAY_TO_SECOND, 'toNullable(toInt64(-1000000000))', '-0 00:00:01.000000000'],
      [t.INTERVAL_YEAR_TO_MONTH, 'toNullable(toInt32(31))', '2-7'],
    ]
    const nested = [
      [t.arrayOf(t.INTEGER), '[[toNullable(toInt32(1)), NULL]]', { ArrayValue: [{ ScalarValue: '1' }, { NullValue: true }] }],
      [t.arrayOf(t.INTEGER), "CAST([], 'Array(Array(Nullable(Int32)))')", { NullValue: true }],
      [t.rowOf({ name: 'a', type: t.VARCHAR }), "[tuple(toNullable('x'))]", { RowValue: { Data: [{ ScalarValue: 'x' }] } }],
      [
        t.timeSeriesOf(t.DOUBLE),
        '[[(toInt64(0), toNullable(1.5))]]',
        { TimeSeriesValue: [{ Time: '1970-01-01 00:00:00.000000000', Value: { ScalarValue: '1.5' } }] },
      ],
      [t.UNKNOWN, "CAST(NULL, 'Nullable(Int8)')", { NullValue: true }],
    ] as const
    const all = [...columns.map(([type, text, scalar]) => [type, text, { ScalarValue: scalar }] as const), ...nested]
    const { cursor } = open(
      `SELECT ${all.map(([, text]) => text).join(', ')}`,
      all.map(([type]) => type),
    )
    expect(JSON.parse((await take(cursor, 0)).rowsJson)).toEqual([{ Data: all.map(([, , datum]) => datum) }])
  })

  it('come whole and in order through many pages and a small buffer', async () => {
    const { cursor, source } = open(numbers(150_000), [t.BIGINT, t.VARCHAR], 1000)
    let next = 0
    let largest = 0
    for (let number = 0; cursor.state === 'open'; number++) {
      const page = await take(cursor, number)
      largest = Math.max(largest, source.bufferedBytes)
      const rows = JSON.parse(page.rowsJson) as { Data: [{ ScalarValue: string }, { ScalarValue: string }] }[]
      expect(rows.every(({ Data: [a, b] }, index) => a.ScalarValue === String(next + index) && b.ScalarValue === a.ScalarValue)).toBe(true)
      next += rows.length
    }
    expect(next).toBe(150_000)
    expect(largest).toBeLessThan(3_000_000)
    expect(engine.activity().queries).toBe(0)
  })

  it('leave an empty page while the query still runs, and can be cancelled', async () => {
    const { cursor } = open(longQuery, [t.BIGINT])
    expect(await take(cursor, 0, 10, 300)).toMatchObject({ rowsJson: '[]', more: true })
    expect(await take(cursor, 1, 10, 600)).toMatchObject({ rowCount: 0, more: true, bytesMetered: expect.any(Number) })
    const reason = new ServerError('QUERY_CANCELLED', 'cancelled')
    const waiting = take(cursor, 2)
    await Promise.all([expect(waiting).rejects.toBe(reason), cursor.abort('cancelled', reason)])
    await expect(take(cursor, 2)).rejects.toBe(reason)
    await expect.poll(() => engine.activity().queries).toBe(0)
  })

  it('end with the engine’s error, also in the middle', async () => {
    const { cursor } = open(
      'SELECT toNullable(toInt64(intDiv(1, 99999 - number))) FROM numbers(200000) SETTINGS max_block_size=1000',
      [t.BIGINT],
      100,
    )
    await expect(
      (async () => {
        for (let number = 0; number < 200; number++) await take(cursor, number)
      })(),
    ).rejects.toMatchObject({ code: 'DIVISION_BY_ZERO' })
    expect(cursor.state).toBe('failed')
    expect(engine.activity().queries).toBe(0)
  })

  it('are read into memory when they would keep another query waiting', async () => {
    const cursors = new Cursors(systemClock, defaultLimits)
    const { cursor, source } = open(numbers(400_000), [t.BIGINT, t.VARCHAR], 1000)
    await take(cursor, 0)
    await cursors.add(cursor)
    await expect.poll(() => source.stalled).toBe(true)
    const other = open('SELECT toNullable(toInt32(1))', [t.INTEGER])
    expect(await take(other.cursor, 0, 10, 200)).toMatchObject({ rowCount: 0, more: true })
    await cursors.yieldPlaces()
    expect(await take(other.cursor, 1)).toMatchObject({ rowCount: 1, more: false })
    expect(await take(cursor, 1)).toMatchObject({ rowCount: 1000, more: true })
    await cursors.close()
  })

  it('are given up when they keep others waiting and memory is full', async () => {
    let nowMs = 0
    const cursors = new Cursors({ ...systemClock, nowMs: () => nowMs }, { ...defaultLimits, cursorBufferBytes: 1000, openCursors: 1 })
    const { cursor, source } = open(numbers(400_000), [t.BIGINT, t.VARCHAR], 1000)
    await take(cursor, 0)
    await cursors.add(cursor)
    await expect.poll(() => source.stalled).toBe(true)
    await cursors.yieldPlaces()
    expect(cursor.state).toBe('open')
    nowMs = 10_001
    await cursors.yieldPlaces()
    await expect(take(cursor, 1)).rejects.toMatchObject({ code: 'QUERY_TIMEOUT' })
    await expect.poll(() => engine.activity().queries).toBe(0)
  })
})

it('the progress of a query moves while it runs', async () => {
  const { source } = open('SELECT toNullable(toInt64(sum(cityHash64(number)))) FROM numbers(4000000000)', [t.BIGINT])
  const seen = [source.progress]
  for (const end = Date.now() + 15_000; !source.ended && Date.now() < end;) {
    await source.wait(100)
    while (nextRow(source) !== undefined);
    seen.push(source.progress)
  }
  const percentages = seen.map(({ percentage }) => percentage)
  expect(percentages).toEqual(percentages.toSorted((a, b) => a - b))
  expect(new Set(percentages.filter((each) => each > 0 && each < 100)).size).toBeGreaterThanOrEqual(2)
  expect(percentages.at(-1)).toBe(100)
  expect(seen.at(-1)!.bytesScanned).toBeGreaterThan(seen.find(({ bytesScanned }) => bytesScanned > 0)!.bytesScanned)
  expect(seen.at(-1)!.bytesMetered).toBe(seen.at(-1)!.bytesScanned)
})

describe('a result whose reader is slow', () => {
  const files = new ResultFiles(join(dataDirectory, 'results'), 100_000_000)
  const types = [t.BIGINT, t.VARCHAR]
  const firstOf = (row: string): string => (JSON.parse(row) as { Data: { ScalarValue: string }[] }).Data[0]!.ScalarValue

  it('goes to a file, so that the engine is free for others, and is read from there in order', async () => {
    await files.prepare()
    const { source } = open(numbers(2_000_000), types, 100_000, { openFile: () => files.create() })
    // The one place of the engine gets free although nobody reads.
    await expect.poll(() => engine.activity().queries, { timeout: 20_000 }).toBe(0)
    expect(files.usedBytes).toBeGreaterThan(10_000_000)
    expect(source.bufferedBytes).toBeLessThan(3_000_000)
    let count = 0
    let inOrder = true
    for (;;) {
      for (let row = nextRow(source); row !== undefined; row = nextRow(source)) {
        if (count % 10_007 === 0) inOrder &&= firstOf(row) === String(count)
        count++
      }
      if (source.ended) break
      await source.wait(5000)
    }
    expect({ count, inOrder }).toEqual({ count: 2_000_000, inOrder: true })
    await source.close()
    expect(files.usedBytes).toBe(0)
  })

  it('waits in the engine when the files are full, and still comes whole', async () => {
    const small = new ResultFiles(join(dataDirectory, 'small-results'), 3_000_000)
    await small.prepare()
    const { source } = open(numbers(1_000_000), types, 100_000, { openFile: () => small.create() })
    await expect.poll(() => source.stalled, { timeout: 10_000 }).toBe(true)
    await expect.poll(() => small.usedBytes, { timeout: 10_000 }).toBeGreaterThan(1_000_000)
    let last = ''
    let count = 0
    for (;;) {
      for (let row = nextRow(source); row !== undefined; row = nextRow(source)) {
        last = row
        count++
      }
      if (source.ended) break
      await source.wait(5000)
    }
    expect([count, firstOf(last)]).toEqual([1_000_000, '999999'])
  })

  it('is ended at the greatest size of a result, before anybody reads that far', async () => {
    const { source } = open(numbers(10_000_000), types, 100_000, { openFile: () => files.create(), resultBytes: 5_000_000 })
    await expect.poll(() => engine.activity().queries, { timeout: 20_000 }).toBe(0)
    expect(() => nextRow(source)).toThrow('Query aborted as the result exceeds the maximum result size')
  })
})
