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
import { EngineRows } from './engine-rows.ts'
import { newQueryId } from './query-id.ts'

const dataDirectory = await mkdtemp(join(tmpdir(), 'tidemark-rows-'))
/** Reads far longer than any test waits. */
const longQuery = 'SELECT toNullable(toInt64(sum(cityHash64(number)))) FROM numbers(1000000000000)'
const numbers = (count: number): string =>
  `SELECT toNullable(toInt64(number)), toNullable(toString(number)) FROM numbers(${count}) ORDER BY number`

let engine: Engine
const opened: EngineRows[] = []

function open(text: string, types: readonly t.Type[], bufferBytes = defaultLimits.cursorBufferBytes) {
  const queryId = newQueryId()
  const source = new EngineRows(engine, { text, queryId }, types, bufferBytes)
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
