import { describe, expect, it } from 'vitest'
import { bindParameters } from './bind-parameters.ts'

describe('bindParameters', () => {
  it('quotes texts so that they stay texts', () => {
    expect(bindParameters('SELECT {a:String}', { a: "x' OR 1=1 -- \\" })).toBe("SELECT 'x\\' OR 1=1 -- \\\\'")
  })

  it('casts other types to what the place says', () => {
    expect(bindParameters('SELECT {n:Int64}, {f:Nullable(Float64)}, {b:Bool}', { n: -5n, f: 0.5, b: true })).toBe(
      "SELECT _CAST('-5', 'Int64'), _CAST('0.5', 'Nullable(Float64)'), _CAST('true', 'Bool')",
    )
  })

  it('quotes names', () => {
    expect(bindParameters('SELECT * FROM {t:Identifier}', { t: 'a`b' })).toBe('SELECT * FROM `a\\`b`')
  })

  it('leaves quoted texts, quoted names and comments alone', () => {
    const text = `SELECT '{a:String}', '\\'{a:String}', "{a:String}", \`{a:String}\` /* {a:String} */ -- {a:String}\n, {a:String}`
    expect(bindParameters(text, { a: '{a:String}' })).toBe(text.replace(/\{a:String\}$/, "'{a:String}'"))
  })

  it('refuses a missing value and a value without a place', () => {
    expect(() => bindParameters('SELECT {a:String}', {})).toThrow('no value for its parameter a')
    expect(() => bindParameters('SELECT {toString:String}', {})).toThrow('no value for its parameter toString')
    expect(() => bindParameters('SELECT 1', { a: 'x' })).toThrow('no place for the parameters a')
  })
})
