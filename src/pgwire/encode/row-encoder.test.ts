import { describe, expect, test } from 'vitest'
import { RowBinaryReader } from '../../engine/decode.ts'
import { PageText } from '../../database/query/encode/page-text.ts'
import {
  arrayOf,
  BIGINT,
  BOOLEAN,
  DATE,
  DOUBLE,
  INTEGER,
  INTERVAL_DAY_TO_SECOND,
  INTERVAL_YEAR_TO_MONTH,
  rowOf,
  TIME,
  TIMESTAMP,
  timeSeriesOf,
  VARCHAR,
  type Type,
} from '../../sql/types/type.ts'
import { dataRowEncoder } from './row-encoder.ts'
import { daySecondText, doubleText, yearMonthText } from './scalar-text.ts'

const present = 0
const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(value)
  return bytes
}
const int64 = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64LE(value)
  return bytes
}
const float64 = (value: number): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleLE(value)
  return bytes
}
const string = (text: string): Buffer => Buffer.concat([Buffer.from([Buffer.byteLength(text)]), Buffer.from(text)])
const cell = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from([present]), bytes])
const absent = Buffer.from([1])
const list = (...items: readonly Buffer[]): Buffer => Buffer.concat([Buffer.from([items.length]), ...items])

/** The cells of the message that one value becomes. */
function encoded(type: Type, value: Buffer, format: number): Buffer | null {
  const reader = new RowBinaryReader()
  reader.feed(value)
  const page = new PageText(16)
  expect(reader.attempt((row) => dataRowEncoder([type], [format])(row, page))).toBe(true)
  expect(reader.pending).toBe(0)
  const message = page.copy()
  expect([String.fromCharCode(message[0]!), message.readUInt32BE(1), message.readUInt16BE(5)]).toEqual(['D', message.length - 1, 1])
  const size = message.readInt32BE(7)
  if (size === -1) return null
  expect(message.length).toBe(11 + size)
  return message.subarray(11)
}

const time = 1_767_323_045_123_456_789n // 2026-01-02T03:04:05.123456789Z

describe('a cell', () => {
  test.each<[string, Type, Buffer, string, string]>([
    ['boolean', BOOLEAN, cell(Buffer.from([1])), 't', '01'],
    ['integer', INTEGER, cell(int32(-7)), '-7', 'fffffff9'],
    ['bigint', BIGINT, cell(int64(-9007199254740993n)), '-9007199254740993', 'ffdfffffffffffff'],
    ['double', DOUBLE, cell(float64(0.1)), '0.1', '3fb999999999999a'],
    ['whole double', DOUBLE, cell(float64(-3)), '-3', 'c008000000000000'],
    ['varchar', VARCHAR, cell(string('é"')), 'é"', 'c3a922'],
    ['long varchar', VARCHAR, cell(string('x'.repeat(100))), 'x'.repeat(100), '78'.repeat(100)],
    ['date', DATE, cell(int32(18_321)), '2020-02-29', '00001cc4'],
    ['time', TIME, cell(int64(3_723_004_000_000n)), '01:02:03.004', '00000000dde88860'],
    ['timestamp', TIMESTAMP, cell(int64(time)), '2026-01-02 03:04:05.123456+00', '0002ea5dbb16f580'],
    ['timestamp of a whole second', TIMESTAMP, cell(int64(0n)), '1970-01-01 00:00:00+00', 'fffca2fec4c82000'],
    ['interval of time', INTERVAL_DAY_TO_SECOND, cell(int64(93_784_500_000_000n)), '1 day 02:03:04.5', '00000001b82687200000000100000000'],
    ['interval of months', INTERVAL_YEAR_TO_MONTH, cell(int32(31)), '2 years 7 mons', '0000000000000000000000000000001f'],
    [
      'array',
      arrayOf(BIGINT),
      list(list(cell(int64(1n)), absent)),
      '{1,NULL}',
      '0000000100000001000000140000000200000001000000080000000000000001ffffffff',
    ],
    ['empty array', arrayOf(BIGINT), list(list()), '{}', '000000000000000000000014'],
    [
      'array of texts',
      arrayOf(VARCHAR),
      list(list(cell(string('a b')), cell(string('null')), cell(string('"')), cell(string('')))),
      String.raw`{"a b","null","\"",""}`,
      '',
    ],
    [
      'row',
      rowOf({ name: 'a', type: BIGINT }, { type: VARCHAR }),
      list(Buffer.concat([cell(int64(1n)), absent])),
      '{"a":1,"f2":null}',
      Buffer.from('{"a":1,"f2":null}').toString('hex'),
    ],
    [
      'timeseries',
      timeSeriesOf(DOUBLE),
      list(list(Buffer.concat([int64(time), cell(float64(0.5))]))),
      '[{"time":"2026-01-02 03:04:05.123456+00","value":0.5}]',
      '',
    ],
  ])('of %s', (_, type, bytes, text, binary) => {
    expect(encoded(type, bytes, 0)?.toString()).toBe(text)
    if (binary !== '') expect(encoded(type, bytes, 1)?.toString('hex')).toBe(binary)
  })

  test.each<[string, Type, Buffer]>([
    ['scalar', DOUBLE, absent],
    ['array', arrayOf(BIGINT), list()],
    ['row', rowOf({ type: BIGINT }), list()],
    ['timeseries', timeSeriesOf(DOUBLE), list()],
  ])('of a NULL %s has no bytes', (_, type, bytes) => {
    expect([encoded(type, bytes, 0), encoded(type, bytes, 1)]).toEqual([null, null])
  })
})

test.each([
  [1e15, '1e+15'],
  [123_456_789_012_345, '123456789012345'],
  [1e-4, '0.0001'],
  [0.00001, '1e-05'],
  [1.5e300, '1.5e+300'],
  [-0, '-0'],
  [Number.NaN, 'NaN'],
  [Number.NEGATIVE_INFINITY, '-Infinity'],
])('the double %d is %s', (value, text) => {
  expect(doubleText(value)).toBe(text)
})

test('intervals that go back say so in each of their parts', () => {
  expect([
    daySecondText(-93_784_500_000_000n),
    daySecondText(-1_000_000_000n),
    daySecondText(0n),
    daySecondText(172_800_000_000_000n),
  ]).toEqual(['-1 days -02:03:04.5', '-00:00:01', '00:00:00', '2 days'])
  expect([yearMonthText(-13), yearMonthText(0), yearMonthText(12)]).toEqual(['-1 years -1 mons', '00:00:00', '1 year'])
})
