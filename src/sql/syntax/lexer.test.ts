import { describe, expect, test } from 'vitest'
import { tokenize } from './lexer.ts'

const tokens = (text: string) => tokenize(text, 1000).tokens.slice(0, -1)
const kinds = (text: string) => tokens(text).map((token) => `${token.kind} ${token.text}`)

describe('tokens', () => {
  test('a reserved word is a keyword in any case, every other word a name', () => {
    expect(kinds('select Time minute ROW dEsCribe')).toEqual(['keyword select', 'name Time', 'name minute', 'name ROW', 'keyword dEsCribe'])
  })

  test('doubled quotes stand for one, in strings and in identifiers', () => {
    expect(tokens(`'it''s' "a""b" ''`).map((token) => token.value)).toEqual(["it's", 'a"b', ''])
  })

  test('digits directly before a unit are one duration with a normalised unit', () => {
    const units = tokens('15m 1day 50ns 10000ms 30D 1y 2month 3microsecond').map((token) => `${token.kind} ${token.value}${token.unit}`)
    expect(units).toEqual([
      'duration 15m',
      'duration 1d',
      'duration 50ns',
      'duration 10000ms',
      'duration 30d',
      'duration 1year',
      'duration 2month',
      'duration 3us',
    ])
  })

  test('numbers keep their text; a point or an exponent makes a decimal', () => {
    expect(kinds('1 1.5 .5 1. 1e3 2E-7 12345678901234567890')).toEqual([
      'integer 1',
      'decimal 1.5',
      'decimal .5',
      'decimal 1.',
      'decimal 1e3',
      'decimal 2E-7',
      'integer 12345678901234567890',
    ])
  })

  test('a measure column is one name, in any case', () => {
    expect(kinds('measure_value::double Measure_Value::BIGINT t.measure_value::varchar')).toEqual([
      'name measure_value::double',
      'name Measure_Value::BIGINT',
      'name t',
      'symbol .',
      'name measure_value::varchar',
    ])
    expect(kinds('measure_value::doubles')).toEqual(['name measure_value', 'symbol ::', 'name doubles'])
  })

  test('comments and blanks of every kind are skipped, lines counted', () => {
    const [first, second] = tokens('-- one\r\n/* two\n three */ a\n\t"b\nc" d').slice(0, 2)
    expect(first?.at).toEqual({ line: 3, column: 11 })
    expect(second?.at).toEqual({ line: 4, column: 2 })
    expect(tokens('"b\nc" d')[1]?.at).toEqual({ line: 2, column: 4 })
  })

  test('both spellings of unequal are one symbol', () => {
    expect(tokens('a != b <> c').map((token) => token.word)).toEqual(['A', '<>', 'B', '<>', 'C'])
  })

  test('binary literals and parameters', () => {
    expect(tokens("X'0a FF' @scheduled_runtime").map((token) => `${token.kind} ${token.value}`)).toEqual([
      'binary 0aFF',
      'parameter scheduled_runtime',
    ])
  })

  test('columns count UTF-16 units, and a character that is no token is whole', () => {
    expect(tokens("'😀' 😀").map((token) => [token.text, token.at.column])).toEqual([
      ["'😀'", 1],
      ['😀', 6],
    ])
  })
})

describe('errors', () => {
  test.each([
    ["select 'abc", 'line 1:8: unterminated string literal'],
    ["select\n 'it''s", 'line 2:2: unterminated string literal'],
    ['select "abc', 'line 1:8: unterminated quoted identifier'],
    ['select /* abc', 'line 1:8: unterminated comment'],
    ['select ""', 'line 1:8: zero-length quoted identifier'],
    ["select X'abc'", 'line 1:8: binary literal must hold pairs of hexadecimal digits'],
    ['select 5x', "line 1:8: mismatched input '5x': an identifier must not start with a digit; surround it with double quotes"],
    ['select 1.5h', "line 1:8: mismatched input '1.5h': a duration literal is a whole number; use parse_duration('1.5h')"],
  ])('%s', (text, message) => {
    expect(() => tokens(text)).toThrow(expect.objectContaining({ code: 'SYNTAX_ERROR', message }))
  })

  test('too many tokens', () => {
    expect(() => tokenize('a b c', 2)).toThrow('line 1:5: statement has more than 2 tokens')
  })
})
