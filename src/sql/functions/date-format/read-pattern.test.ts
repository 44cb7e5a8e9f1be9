import { describe, expect, it } from 'vitest'
import { parseJodaFormat } from './joda.ts'
import { parseMysqlFormat } from './mysql.ts'
import { readPlan } from './read-pattern.ts'

const match = (pattern: string, text: string) => new RegExp(pattern.replaceAll('(?i:', '(?:'), 'i').exec(text)?.slice(1)

describe('readPlan', () => {
  it('numbers the groups by field', () => {
    const plan = readPlan(parseMysqlFormat('%d/%m/%Y'))
    expect([...plan.groups]).toEqual([
      ['day', 1],
      ['month', 2],
      ['year', 3],
    ])
    expect(match(plan.pattern, '7/12/2019')).toEqual(['7', '12', '2019'])
  })

  it('keeps to the width where numbers touch', () => {
    expect(match(readPlan(parseMysqlFormat('%Y%m%d')).pattern, '20190712')).toEqual(['2019', '07', '12'])
    expect(match(readPlan(parseJodaFormat('yyyyMMddHHmm')).pattern, '201907121530')).toEqual(['2019', '07', '12', '15', '30'])
  })

  it('takes literal text literally', () => {
    const { pattern } = readPlan(parseMysqlFormat('%H.%i (x)'))
    expect(match(pattern, '10.30 (x)')).toEqual(['10', '30'])
    expect(match(pattern, '10:30 (x)')).toBeUndefined()
  })

  it('reads month names, half days and offsets', () => {
    expect(match(readPlan(parseJodaFormat('d MMM yyyy h a Z')).pattern, '1 Sept 2020 3 pm +05:30')).toBeUndefined()
    expect(match(readPlan(parseJodaFormat('d MMM yyyy h a Z')).pattern, '1 September 2020 3 pm +05:30')).toEqual([
      '1',
      'September',
      '2020',
      '3',
      'pm',
      '+05:30',
    ])
  })

  it('wants the whole text', () => {
    expect(match(readPlan(parseMysqlFormat('%Y')).pattern, '2019 ')).toBeUndefined()
  })
})
