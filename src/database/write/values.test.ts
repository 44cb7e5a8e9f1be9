import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Cell } from '../../storage/writer/write-record.ts'
import { cellError, parseCell, parseTime } from './values.ts'

const parse = (type: Parameters<typeof parseCell>[0], text: string): Cell => {
  const cell = parseCell(type, text, 'MILLISECONDS', 2048)
  if (cell === undefined) throw cellError(type, text, 'MILLISECONDS', 2048, 'Records[0].MeasureValue')
  return cell
}

describe('values', () => {
  it.each(['1', '-1.5', '+2', '.5', '5.', '1e3', '1E-7', '-0', '007', '1.7976931348623157e308'])('takes %s as DOUBLE', (text) => {
    expect(parse('double', text)).toBe(Number(text))
  })

  it.each([
    '-',
    '.',
    '-.',
    '1.2.3',
    '--1',
    'NaN',
    'Infinity',
    '-Infinity',
    '1e400',
    '',
    ' 1',
    '1 ',
    '0x10',
    '0b1',
    '1_0',
    '1,5',
    'abc',
    '１',
  ])('refuses %j as DOUBLE', (text) => {
    expect(() => parse('double', text)).toThrow(/Records\[0\]\.MeasureValue: .* is not a DOUBLE: .*IEEE Standard 754/)
  })

  it('keeps every finite double exactly', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (x) => {
        expect(parse('double', String(x))).toBe(x === 0 ? 0 : x)
      }),
    )
  })

  it('reads decimals of any length as JavaScript does', () => {
    const decimal = fc.stringMatching(/^-?[0-9]{0,12}\.?[0-9]{1,12}(e-?[0-9]{1,2})?$/)
    fc.assert(
      fc.property(decimal, (text) => {
        expect(parse('double', text)).toBe(Number(text))
      }),
      { numRuns: 2000 },
    )
  })

  it('takes BIGINT over its whole range and nothing beyond', () => {
    expect(parse('bigint', '9223372036854775807')).toBe(9223372036854775807n)
    expect(parse('bigint', '-9223372036854775808')).toBe(-9223372036854775808n)
    expect(parse('bigint', '+5')).toBe(5n)
    for (const text of ['9223372036854775808', '-9223372036854775809', '1.0', '1e3', '', '-', '0x1', ' 1']) {
      expect(() => parse('bigint', text)).toThrow('is not a BIGINT')
    }
  })

  it('takes BOOLEAN in any case', () => {
    expect(['true', 'True', 'FALSE', 'false'].map((text) => parse('boolean', text))).toEqual([true, true, false, false])
    expect(() => parse('boolean', '1')).toThrow('true or false is expected')
  })

  it('bounds VARCHAR in bytes, not characters', () => {
    expect(parse('varchar', 'x'.repeat(2048))).toHaveLength(2048)
    expect(() => parse('varchar', 'é'.repeat(1025))).toThrow('at most 2048 bytes')
    expect(() => parse('varchar', '')).toThrow('at least one character')
    expect(() => parse('varchar', '\ud800')).toThrow('is not valid Unicode')
  })

  it('reads TIMESTAMP in the unit of its record', () => {
    expect(parseCell('timestamp', '7', 'SECONDS', 2048)).toBe(7_000_000_000n)
    expect(() => parse('timestamp', '-1')).toThrow('is not a TIMESTAMP')
  })

  it('reads times in four units up to the last nanosecond of 64 bits', () => {
    expect(parseTime('1', 'SECONDS')).toBe(1_000_000_000n)
    expect(parseTime('1', 'MILLISECONDS')).toBe(1_000_000n)
    expect(parseTime('1', 'MICROSECONDS')).toBe(1000n)
    expect(parseTime('9223372036854775807', 'NANOSECONDS')).toBe(9223372036854775807n)
    expect(parseTime('9223372036854775808', 'NANOSECONDS')).toBeUndefined()
    expect(parseTime('9223372037', 'SECONDS')).toBeUndefined()
    for (const text of ['', '-1', '1.5', ' 1', '1e3', '0x1', '9'.repeat(50)]) expect(parseTime(text, 'NANOSECONDS')).toBeUndefined()
  })
})
