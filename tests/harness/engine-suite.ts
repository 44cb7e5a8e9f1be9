import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RowBinaryReader } from '../../src/engine/decode.ts'
import type { Engine, EngineQuery, EngineResult, InsertColumn } from '../../src/engine/engine.ts'

export interface EngineBounds {
  readonly sessions?: number
  readonly waitingQueries?: number
}

/** Reads about 400 million rows a second; far longer than any limit in these tests. */
const longQuery = 'SELECT sum(cityHash64(number)) FROM numbers(1000000000000)'

let ids = 0
const nextId = (): string => `SUITE${process.pid}${++ids}`

async function drained(result: EngineResult): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of result.chunks()) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** The one description of what an engine does, run against each implementation. `open` may be called several times on the same data. */
export function describeEngine(name: string, open: (bounds?: EngineBounds) => Promise<Engine>): void {
  describe(`the ${name} engine`, () => {
    let engine: Engine

    beforeAll(async () => {
      engine = await open()
      await engine.execute('DROP DATABASE IF EXISTS suite')
      await engine.execute('CREATE DATABASE suite')
    })

    afterAll(async () => {
      await engine.stop?.()
    })

    const query = (text: string, more: Partial<EngineQuery> = {}): Promise<EngineResult> =>
      engine.query({ text, queryId: nextId(), ...more })
    const failure = async (text: string, more: Partial<EngineQuery> = {}): Promise<unknown> => {
      try {
        await drained(await query(text, more))
      } catch (error) {
        return error
      }
      throw new Error(`no error: ${text}`)
    }

    it('gives rows in RowBinary, each type as it is', async () => {
      const result = await query(
        "SELECT toInt64(-5), toFloat64(1.5), 'häßlich', true, CAST(NULL, 'Nullable(Float64)'), CAST('x', 'Nullable(String)'), [toInt64(1), 2], toUInt8(7), " +
          "toLowCardinality('low'), toUInt64(18446744073709551615)",
      )
      const reader = new RowBinaryReader()
      reader.feed(await drained(result))
      const row: unknown[] = []
      const whole = reader.attempt((r) => {
        row.push(
          r.int64(),
          r.float64(),
          r.string(),
          r.boolean(),
          r.isNull(),
          r.isNull() ? null : r.string(),
          r.array((e) => e.int64()),
        )
        row.push(r.uint8(), r.string(), r.uint64())
      })
      expect(whole).toBe(true)
      reader.end()
      expect(row).toEqual([-5n, 1.5, 'häßlich', true, true, 'x', [1n, 2n], 7, 'low', 18446744073709551615n])
    })

    it('ends at once when there is no row', async () => {
      expect(await drained(await query('SELECT 1 WHERE 0'))).toHaveLength(0)
    })

    it('takes parameters as values, whatever they hold', async () => {
      const nasty = 'x\'), (SELECT 1) -- \\ \n\t {p:String} \0 `" ünï'
      const rows = await engine.rows('SELECT {p:String}, {n:Int64}, {f:Float64}, {b:Bool}', {
        p: nasty,
        n: -9007199254740993n,
        f: 0.1,
        b: true,
      })
      expect(rows).toEqual([[nasty, '-9007199254740993', 0.1, true]])
      const result = await query('SELECT length({p:String})', { parameters: { p: nasty } })
      const reader = new RowBinaryReader()
      reader.feed(await drained(result))
      expect(reader.uint64()).toBe(BigInt(Buffer.byteLength(nasty)))
    })

    it('applies the settings of a query to that query alone', async () => {
      const text = "SELECT toUInt64(getSetting('max_block_size'))"
      const withSetting = new RowBinaryReader()
      withSetting.feed(await drained(await query(text, { settings: { max_block_size: 1234 } })))
      const without = new RowBinaryReader()
      without.feed(await drained(await query(text)))
      expect([withSetting.uint64(), without.uint64() === 1234n]).toEqual([1234n, false])
    })

    it('streams a million rows to a slow reader within bounded memory', async () => {
      const result = await query("SELECT toInt64(number), leftPad(toString(number), 200, 'x') FROM numbers(1000000)")
      await delay(500)
      const before = process.memoryUsage().arrayBuffers
      const reader = new RowBinaryReader()
      let peak = 0
      let rows = 0
      let sum = 0n
      let number = 0n
      const readRow = (r: RowBinaryReader): void => {
        number = r.int64()
        r.bytes()
      }
      for await (const chunk of result.chunks()) {
        reader.feed(chunk)
        while (reader.attempt(readRow)) {
          sum += number
          rows++
        }
        if (rows < 300_000) await delay(1)
        peak = Math.max(peak, process.memoryUsage().arrayBuffers)
      }
      reader.end()
      expect([rows, sum]).toEqual([1_000_000, 499_999_500_000n])
      expect(before).toBeLessThan(150_000_000)
      expect(peak).toBeLessThan(150_000_000)
    })

    it('inserts every kind of column, with NULLs and dictionaries', async () => {
      await engine.execute(
        'CREATE TABLE suite.kinds (i Int64, u UInt64, f Nullable(Float64), ni Nullable(Int64), b Nullable(Bool), s String, ns Nullable(String), ' +
          'd LowCardinality(String), nd LowCardinality(Nullable(String)), e Nullable(Float64) CODEC(ALP, ZSTD(1))) ' +
          'ENGINE = MergeTree ORDER BY i SETTINGS fsync_after_insert = 1, fsync_part_directory = 1',
      )
      const nulls = Uint8Array.of(0, 1, 0)
      const columns: InsertColumn[] = [
        { name: 'i', kind: 'int64', values: BigInt64Array.of(1n, -9223372036854775808n, 0x0a0a0a0a0a0a0a0an) },
        { name: 'u', kind: 'uint64', values: BigUint64Array.of(1n, 18446744073709551615n, 3n) },
        { name: 'f', kind: 'float64', values: Float64Array.of(1.5, 0, -0), nulls },
        { name: 'ni', kind: 'int64', values: BigInt64Array.of(7n, 0n, -7n), nulls },
        { name: 'b', kind: 'boolean', values: Uint8Array.of(1, 0, 0), nulls },
        { name: 's', kind: 'string', values: ['', 'a\n\nb\0c', '𝄞 ü'.repeat(50)] },
        { name: 'ns', kind: 'string', values: ["it's", null, '\\n'], nulls },
        { name: 'd', kind: 'dictionary', codes: Int32Array.of(1, 0, 1), dictionary: ["a'b\\c\n\n", 'ü'] },
        { name: 'nd', kind: 'dictionary', codes: Int32Array.of(0, 0, 1), dictionary: ['', 'x'], nulls },
        { name: 'e', kind: 'float64', values: Float64Array.of(Number.NaN, Number.POSITIVE_INFINITY, 5e-324) },
      ]
      await engine.insert({ database: 'suite', table: 'kinds', rowCount: 3, columns })
      expect(await engine.rows('SELECT i, u, f, ni, b, s, ns, d, nd, toString(e) FROM suite.kinds ORDER BY u')).toEqual([
        ['1', '1', 1.5, '7', true, '', "it's", 'ü', '', 'nan'],
        [String(0x0a0a0a0a0a0a0a0an), '3', -0, '-7', false, '𝄞 ü'.repeat(50), '\\n', 'ü', 'x', '5e-324'],
        ['-9223372036854775808', '18446744073709551615', null, null, null, 'a\n\nb\0c', null, "a'b\\c\n\n", null, 'inf'],
      ])
    })

    it('inserts dictionaries of any size', async () => {
      await engine.execute('CREATE TABLE suite.coded (n Int64, d LowCardinality(String)) ENGINE = MergeTree ORDER BY n')
      const rowCount = 75_000
      const values = BigInt64Array.from({ length: rowCount }, (_, row) => BigInt(row))
      for (const size of [3, 300, 70_000]) {
        const dictionary = Array.from({ length: size }, (_, code) => `value-${code}`)
        const codes = Int32Array.from({ length: rowCount }, (_, row) => row % size)
        await engine.execute('TRUNCATE TABLE suite.coded')
        const columns: InsertColumn[] = [
          { name: 'n', kind: 'int64', values },
          { name: 'd', kind: 'dictionary', codes, dictionary },
        ]
        await engine.insert({ database: 'suite', table: 'coded', rowCount, columns })
        expect(await engine.rows(`SELECT count(), countIf(d = 'value-' || toString(n % ${size})) FROM suite.coded`)).toEqual([
          [`${rowCount}`, `${rowCount}`],
        ])
      }
    })

    it('inserts over more partitions than the engine takes by default, one part in each', async () => {
      await engine.execute('CREATE TABLE suite.many (n Int64) ENGINE = MergeTree PARTITION BY n % 101 ORDER BY n')
      const values = BigInt64Array.from({ length: 1010 }, (_, row) => BigInt(row))
      await engine.insert({ database: 'suite', table: 'many', rowCount: 1010, columns: [{ name: 'n', kind: 'int64', values }] })
      const parts = "SELECT count(), sum(rows) FROM system.parts WHERE database = 'suite' AND table = 'many' AND active AND level = 0"
      expect(await engine.rows(parts)).toEqual([['101', '1010']])
    })

    it('syncs files and directories of an insert before it resolves, where the table asks for it', async () => {
      const synced = async (): Promise<number[]> => {
        const rows = await engine.rows("SELECT value FROM system.events WHERE event IN ('FileSync', 'DirectorySync') ORDER BY event")
        return rows.map(([value]) => Number(value))
      }
      const columns: InsertColumn[] = [
        { name: 'u', kind: 'uint64', values: BigUint64Array.of(9n) },
        { name: 's', kind: 'string', values: ['durable'] },
      ]
      await engine.insert({ database: 'suite', table: 'kinds', rowCount: 1, columns })
      const before = await synced()
      await engine.insert({ database: 'suite', table: 'kinds', rowCount: 1, columns })
      const after = await synced()
      expect(after).toHaveLength(2)
      for (const [index, value] of after.entries()) expect(value).toBeGreaterThan(before[index]!)
    })

    it('refuses an insert of columns that differ in length', async () => {
      const columns: InsertColumn[] = [{ name: 'u', kind: 'uint64', values: BigUint64Array.of(1n, 2n) }]
      await expect(engine.insert({ database: 'suite', table: 'kinds', rowCount: 3, columns })).rejects.toThrow(
        'column u of kinds has 2 values, expected 3',
      )
    })

    it('cancels a running aggregation within a second', async () => {
      const queryId = nextId()
      const running = failure(longQuery, { queryId })
      await delay(200)
      const startedMs = performance.now()
      await engine.cancel(queryId)
      expect(await running).toMatchObject({ code: 'QUERY_CANCELLED', message: 'The query was cancelled' })
      expect(performance.now() - startedMs).toBeLessThan(1000)
      expect(engine.activity()).toMatchObject({ queries: 0, inserts: 0, waiting: 0 })
    })

    it('cancels a query that has hardly begun, and does not mind an unknown id', async () => {
      const queryId = nextId()
      const running = failure(longQuery, { queryId })
      await engine.cancel(queryId)
      expect(await running).toMatchObject({ code: 'QUERY_CANCELLED' })
      await engine.cancel('NOBODY')
    })

    it('tells what a running query has read', async () => {
      const queryId = nextId()
      const text =
        'SELECT number FROM numbers(300000000000) WHERE cityHash64(number) % 1000000000000 = 7 OR number < 10 SETTINGS max_block_size = 8192'
      const result = await query(text, { queryId, settings: { max_threads: 1 } })
      const progress = result.progress()
      for (let tries = 0; tries < 50 && result.progress().rowsRead <= progress.rowsRead; tries++) await delay(100)
      expect(result.progress().rowsRead).toBeGreaterThan(progress.rowsRead)
      expect(result.progress().bytesRead).toBeGreaterThan(progress.bytesRead)
      expect(result.progress().totalRows).toBeGreaterThan(0)
      await result.close()
    })

    it('ends a query at its time limit', async () => {
      const startedMs = performance.now()
      expect(await failure(longQuery, { timeoutMs: 300 })).toMatchObject({ code: 'QUERY_TIMEOUT' })
      expect(performance.now() - startedMs).toBeLessThan(2500)
    })

    it('keeps the event loop free, also while a scalar subquery runs', async () => {
      let ticks = 0
      const timer = setInterval(() => ticks++, 10)
      await drained(await query('SELECT 1 WHERE (SELECT sum(cityHash64(number)) FROM numbers(200000000)) > 0'))
      clearInterval(timer)
      expect(ticks).toBeGreaterThan(2)
    })

    it.each([
      ['SELECT intDiv(1, number) FROM numbers(3)', 'DIVISION_BY_ZERO', 'Division by zero'],
      [
        "SELECT CAST(toString(number) || 'x' AS Int64) FROM numbers(3)",
        'INVALID_CAST_ARGUMENT',
        'A text cannot be cast to the wanted type',
      ],
      ["SELECT toFloat64('abc')", 'INVALID_CAST_ARGUMENT', 'A text cannot be cast to a number'],
      ["SELECT toDateTime64('x', 9)", 'INVALID_CAST_ARGUMENT', 'A text cannot be cast to timestamp'],
      ["SELECT accurateCast(300 + number, 'UInt8') FROM numbers(3)", 'INVALID_CAST_ARGUMENT', 'A value cannot be cast to the wanted type'],
      ["SELECT CAST('maybe' AS Bool)", 'INVALID_CAST_ARGUMENT', 'A text cannot be cast to boolean'],
      ["SELECT match('a', '(')", 'INVALID_FUNCTION_ARGUMENT', 'A regular expression cannot be compiled'],
      ['SELECT (SELECT number FROM numbers(2))', 'SUBQUERY_MULTIPLE_ROWS', 'Scalar sub-query has returned multiple rows'],
      [
        "SELECT throwIf(number = 2, 'TIDEMARK|NUMERIC_VALUE_OUT_OF_RANGE|bigint overflow: 1 + 2 (x)') FROM numbers(5)",
        'NUMERIC_VALUE_OUT_OF_RANGE',
        'bigint overflow: 1 + 2 (x)',
      ],
      ["SELECT throwIf(1 = 1, 'TIDEMARK|INVALID_FUNCTION_ARGUMENT|it''s wrong')", 'INVALID_FUNCTION_ARGUMENT', "it's wrong"],
    ])('answers %j with %s', async (text, code, message) => {
      expect(await failure(text)).toMatchObject({ code, message })
    })

    it('names memory and result limits', async () => {
      const memory = await failure('SELECT groupArray(number) FROM numbers(100000000)', { settings: { max_memory_usage: 20_000_000 } })
      expect(memory).toMatchObject({ code: 'MEMORY_LIMIT', message: 'The query computation exceeds maximum available memory' })
      expect(await failure('SELECT number FROM numbers(1000000)', { settings: { max_result_rows: 10 } })).toMatchObject({
        code: 'RESULT_TOO_LARGE',
      })
    })

    it('tells an error that comes after the first rows, and never ends as if all were well', async () => {
      const text = "SELECT toInt64(number), throwIf(number = 300000, 'TIDEMARK|INVALID_FUNCTION_ARGUMENT|too late') FROM numbers(500000)"
      const result = await query(text, { settings: { max_threads: 1, max_block_size: 1000 } })
      const reader = new RowBinaryReader()
      let rows = 0
      const readRow = (r: RowBinaryReader): void => {
        if (r.int64() !== BigInt(rows) || r.uint8() !== 0) throw new Error(`row ${rows} is damaged`)
      }
      const reading = (async () => {
        for await (const chunk of result.chunks()) {
          reader.feed(chunk)
          while (reader.attempt(readRow)) rows++
        }
      })()
      await expect(reading).rejects.toMatchObject({ code: 'INVALID_FUNCTION_ARGUMENT', message: 'too late' })
      expect(rows).toBeGreaterThan(0)
      expect(rows).toBeLessThanOrEqual(300_000)
    })

    it('masks what it does not know', async () => {
      const error = await failure('SELECT nope FROM suite.kinds')
      expect(error).toMatchObject({ code: 'INTERNAL', definition: { masked: true } })
    })

    it('refuses a broken statement and goes on', async () => {
      await expect(engine.execute('CREATE TABLE suite.broken (')).rejects.toMatchObject({ name: 'ServerError' })
      await expect(engine.rows('SELECT 1')).resolves.toEqual([[1]])
    })

    it('frees what a result holds when it is closed early, as often as one likes', async () => {
      for (let round = 0; round < 5; round++) {
        const result = await query('SELECT number FROM numbers(100000000000)')
        for await (const chunk of result.chunks()) {
          expect(chunk.byteLength).toBeGreaterThan(0)
          break
        }
        await result.close()
        await result.close()
      }
      expect(engine.activity()).toMatchObject({ queries: 0, inserts: 0, waiting: 0 })
    })

    it('lets a bounded number run and wait, and throttles beyond', async () => {
      const small = await open({ sessions: 1, waitingQueries: 1 })
      try {
        const [first, second, third] = [nextId(), nextId(), nextId()]
        const begin = (queryId: string): Promise<unknown> =>
          small.query({ text: longQuery, queryId }).then(drained, (error: unknown) => error)
        const running = begin(first)
        const waiting = begin(second)
        await delay(50)
        expect(small.activity()).toMatchObject({ queries: 1, waiting: 1 })
        expect(await begin(third)).toMatchObject({ code: 'THROTTLING' })
        await small.cancel(second)
        expect(await waiting).toMatchObject({ code: 'QUERY_CANCELLED' })
        await small.cancel(first)
        expect(await running).toMatchObject({ code: 'QUERY_CANCELLED' })
        await expect(small.query({ text: 'SELECT 1', queryId: nextId() }).then(drained)).resolves.toHaveLength(1)
      } finally {
        await small.stop?.()
      }
    })

    it('stops while it is busy: what runs ends with SHUTTING_DOWN, what comes is refused', async () => {
      const other = await open({ sessions: 1 })
      const busy = other.query({ text: longQuery, queryId: nextId() }).then(drained, (error: unknown) => error)
      await delay(100)
      const startedMs = performance.now()
      await other.stop?.()
      expect(await busy).toMatchObject({ code: 'SHUTTING_DOWN' })
      expect(performance.now() - startedMs).toBeLessThan(3000)
      await expect(other.query({ text: 'SELECT 1', queryId: nextId() })).rejects.toMatchObject({ code: 'SHUTTING_DOWN' })
      await other.stop?.()
    })

    it('waits for what runs when it is drained', async () => {
      const other = await open({ sessions: 1 })
      try {
        const running = other.query({ text: 'SELECT sum(number) FROM numbers(300000000)', queryId: nextId() }).then(drained)
        await other.drain?.()
        expect(other.activity().queries).toBe(0)
        await expect(running).resolves.toHaveLength(8)
      } finally {
        await other.stop?.()
      }
    })
  })
}
