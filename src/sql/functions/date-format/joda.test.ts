import { describe, expect, it } from 'vitest'
import { parseJodaFormat } from './joda.ts'

const fields = (format: string) =>
  parseJodaFormat(format).map((piece) => (piece.kind === 'text' ? piece.text : `${piece.field}/${piece.width}`))

describe('parseJodaFormat', () => {
  it('reads runs of letters with their length', () => {
    expect(fields('yyyy-MM-dd HH:mm:ss.SSS')).toEqual([
      'year/4',
      '-',
      'month/2',
      '-',
      'day/2',
      ' ',
      'hour/2',
      ':',
      'minute/2',
      ':',
      'second/2',
      '.',
      'fraction/3',
    ])
  })

  it('reads the java.time letters of the public example', () => {
    expect(fields('uuuu-LL-dd HH:mm z')).toEqual([
      'year/4',
      '-',
      'month/2',
      '-',
      'day/2',
      ' ',
      'hour/2',
      ':',
      'minute/2',
      ' ',
      'zone-name/1',
    ])
  })

  it('tells names by the number of letters', () => {
    expect(fields('E EEEE MMM MMMM yy xx')).toEqual([
      'short-weekday/1',
      ' ',
      'long-weekday/4',
      ' ',
      'short-month/3',
      ' ',
      'long-month/4',
      ' ',
      'two-digit-year/2',
      ' ',
      'two-digit-week-year/2',
    ])
  })

  it('takes quoted text as it is', () => {
    expect(fields("yyyy'T'HH")).toEqual(['year/4', 'T', 'hour/2'])
    expect(fields("h 'o''clock' ''")).toEqual(['half-clock-hour/1', " o'clock '"])
  })

  it('refuses letters without a meaning, and an open quotation', () => {
    expect(() => parseJodaFormat('yyyy b')).toThrow('Illegal pattern component: b')
    expect(() => parseJodaFormat("yyyy 'T")).toThrow('offset 5 does not end')
  })
})
