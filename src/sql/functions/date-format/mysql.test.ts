import { describe, expect, it } from 'vitest'
import { parseMysqlFormat } from './mysql.ts'

describe('parseMysqlFormat', () => {
  it('reads specifiers and joins the text between them', () => {
    expect(parseMysqlFormat('%Y-%m um %H')).toEqual([
      { kind: 'field', field: 'year', width: 4 },
      { kind: 'text', text: '-' },
      { kind: 'field', field: 'month', width: 2 },
      { kind: 'text', text: ' um ' },
      { kind: 'field', field: 'hour', width: 2 },
    ])
  })

  it('writes out the composed ones', () => {
    expect(parseMysqlFormat('%T')).toEqual(parseMysqlFormat('%H:%i:%s'))
    expect(parseMysqlFormat('%r')).toEqual(parseMysqlFormat('%I:%i:%S %p'))
  })

  it('takes %% and unknown letters as text, and a % at the end', () => {
    expect(parseMysqlFormat('%%%4%q%')).toEqual([{ kind: 'text', text: '%4q%' }])
  })

  it.each(['D', 'U', 'u', 'V', 'w', 'X'])('refuses %%%s', (letter) => {
    expect(() => parseMysqlFormat(`%Y %${letter}`)).toThrow(`%${letter} not currently supported`)
  })
})
