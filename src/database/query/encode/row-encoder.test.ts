import { describe, expect, it } from 'vitest'
import { RowBinaryReader } from '../../../engine/decode.ts'
import * as t from '../../../sql/types/type.ts'
import { PageText } from './page-text.ts'
import { rowEncoder } from './row-encoder.ts'

const bytes = (...parts: (number | Buffer)[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.from([part]) : part)))
const i32 = (value: number): Buffer => {
  const buffer = Buffer.alloc(4)
  buffer.writeInt32LE(value)
  return buffer
}
const i64 = (value: bigint): Buffer => {
  const buffer = Buffer.alloc(8)
  buffer.writeBigInt64LE(value)
  return buffer
}
const f64 = (value: number): Buffer => {
  const buffer = Buffer.alloc(8)
  buffer.writeDoubleLE(value)
  return buffer
}
const text = (value: string): Buffer => bytes(Buffer.byteLength(value), Buffer.from(value))

/** Before a value that may be NULL. */
const present = 0
const missing = 1

function encode(types: readonly t.Type[], data: Buffer): string[] {
  const reader = new RowBinaryReader()
  const encodeRow = rowEncoder(types)
  const rows: string[] = []
  // byte by byte: no row may depend on how the chunks are cut
  for (const byte of data) {
    reader.feed(Uint8Array.of(byte))
    for (;;) {
      const page = new PageText(1)
      if (!reader.attempt((source) => encodeRow(source, page))) break
      rows.push(page.text())
    }
  }
  reader.end()
  return rows
}

const datum = (type: t.Type, data: Buffer): unknown => (JSON.parse(encode([type], data)[0]!) as { Data: unknown[] }).Data[0]

describe('rowEncoder', () => {
  it.each([
    ['boolean', t.BOOLEAN, bytes(1), 'true'],
    ['integer', t.INTEGER, i32(-2147483648), '-2147483648'],
    ['bigint', t.BIGINT, i64(-9223372036854775808n), '-9223372036854775808'],
    ['bigint', t.BIGINT, i64(9007199254740993n), '9007199254740993'],
    ['double', t.DOUBLE, f64(1e10), '1.0E10'],
    ['varchar', t.VARCHAR, text('a "quoted" \\ line\nü😀\u0001'), 'a "quoted" \\ line\nü😀\u0001'],
    ['varbinary', t.VARBINARY, text('\u00ff'), 'w78='],
    ['date', t.DATE, i32(-1), '1969-12-31'],
    ['time', t.TIME, i64(3_600_000_000_000n), '01:00:00.000000000'],
    ['timestamp', t.TIMESTAMP, i64(-1n), '1969-12-31 23:59:59.999999999'],
    ['interval day to second', t.INTERVAL_DAY_TO_SECOND, i64(162_000_000_000_000n), '1 21:00:00.000000000'],
    ['interval year to month', t.INTERVAL_YEAR_TO_MONTH, i32(31), '2-7'],
  ])('writes a %s as text, and NULL as NULL', (_name, type, value, expected) => {
    expect(datum(type, bytes(present, value))).toEqual({ ScalarValue: expected })
    expect(datum(type, bytes(missing))).toEqual({ NullValue: true })
  })

  it('writes the type unknown as NULL', () => {
    expect(encode([t.UNKNOWN], bytes(missing))).toEqual(['{"Data":[{"NullValue":true}]}'])
  })

  it('writes arrays, their missing elements, empty and missing ones', () => {
    const type = t.arrayOf(t.INTEGER)
    expect(datum(type, bytes(1, 2, present, i32(7), missing))).toEqual({ ArrayValue: [{ ScalarValue: '7' }, { NullValue: true }] })
    expect(datum(type, bytes(1, 0))).toEqual({ ArrayValue: [] })
    expect(datum(type, bytes(0))).toEqual({ NullValue: true })
    expect(datum(t.arrayOf(type), bytes(1, 2, 0, 1, 1, present, i32(1)))).toEqual({
      ArrayValue: [{ NullValue: true }, { ArrayValue: [{ ScalarValue: '1' }] }],
    })
  })

  it('writes rows and rows within rows', () => {
    const type = t.rowOf({ name: 'a', type: t.VARCHAR }, { type: t.rowOf({ type: t.BIGINT }) })
    expect(datum(type, bytes(1, present, text('x'), 1, present, i64(5n)))).toEqual({
      RowValue: { Data: [{ ScalarValue: 'x' }, { RowValue: { Data: [{ ScalarValue: '5' }] } }] },
    })
    expect(datum(type, bytes(0))).toEqual({ NullValue: true })
  })

  it('writes timeseries: every point has a time and a value', () => {
    const type = t.timeSeriesOf(t.DOUBLE)
    expect(datum(type, bytes(1, 2, i64(0n), present, f64(1), i64(1n), missing))).toEqual({
      TimeSeriesValue: [
        { Time: '1970-01-01 00:00:00.000000000', Value: { ScalarValue: '1.0' } },
        { Time: '1970-01-01 00:00:00.000000001', Value: { NullValue: true } },
      ],
    })
    expect(datum(type, bytes(1, 0))).toEqual({ TimeSeriesValue: [] })
    expect(datum(type, bytes(0))).toEqual({ NullValue: true })
  })

  it('writes maps as arrays of rows of key and value', () => {
    expect(datum(t.mapOf(t.VARCHAR, t.INTEGER), bytes(1, 1, present, text('k'), present, i32(1)))).toEqual({
      ArrayValue: [{ RowValue: { Data: [{ ScalarValue: 'k' }, { ScalarValue: '1' }] } }],
    })
  })

  it('writes several columns and rows in order', () => {
    const data = bytes(present, i32(1), present, text('a'), missing, present, text('b'))
    expect(encode([t.INTEGER, t.VARCHAR], data)).toEqual([
      '{"Data":[{"ScalarValue":"1"},{"ScalarValue":"a"}]}',
      '{"Data":[{"NullValue":true},{"ScalarValue":"b"}]}',
    ])
  })
})
