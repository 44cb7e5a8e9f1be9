import { describe, expect, it } from 'vitest'
import { longInteger, parseBody } from './parse-json.ts'

const parse = (text: string): unknown => parseBody(Buffer.from(text))

describe('parseBody', () => {
  it('reads no body as an empty structure', () => {
    expect(parse('')).toEqual({})
  })

  it('keeps every digit of a long integer', () => {
    const body = parse('{"Version": 9223372036854775807, "Other":-9223372036854775808}') as Record<string, unknown>
    expect(longInteger(body['Version'])).toBe(9223372036854775807n)
    expect(longInteger(body['Other'])).toBe(-9223372036854775808n)
  })

  it('leaves digits inside strings, fractions and exponents alone', () => {
    const text = '{"a":"x:1234567890123456789","b":"\\\\\\",12345678901234567890","c":[ 1234567890123456789.5, 12345678901234567890e2, 12]}'
    expect(parse(text)).toEqual(JSON.parse(text))
  })

  it('finds long integers behind strings that end in a backslash', () => {
    const body = parse('{"a":"\\\\","b":12345678901234567890}') as Record<string, unknown>
    expect(longInteger(body['b'])).toBe(12345678901234567890n)
  })

  it('refuses a number with leading zeros although it is long', () => {
    expect(() => parse('{"a":00001234567890123456789}')).toThrow(/not valid JSON/)
  })

  it.each([
    ['{"a":', 'ends too early'],
    ['{"a":nope}', 'unexpected character'],
  ])('says that %j %s without showing the body', (text, reason) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'SERIALIZATION', message: expect.stringContaining(reason) }))
  })

  it('refuses bytes that are no UTF-8', () => {
    expect(() => parseBody(Buffer.from([0x7b, 0xff, 0x7d]))).toThrow(expect.objectContaining({ code: 'SERIALIZATION' }))
  })

  it('refuses half a surrogate pair and takes a whole one', () => {
    expect(() => parse(String.raw`{"a":"\ud800"}`)).toThrow(expect.objectContaining({ code: 'SERIALIZATION' }))
    expect(parse(String.raw`{"a":"\ud83d\ude00","b":"\\ud800"}`)).toEqual({ a: '😀', b: String.raw`\ud800` })
  })
})
