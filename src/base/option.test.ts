import { describe, expect, it } from 'vitest'
import { parseChoice, parseInteger, parseListenAddress, parseSwitch, parseText, readOptions, type OptionDefinition } from './option.ts'

const definitions = {
  listen: {
    flag: 'listen',
    environment: 'T_LISTEN',
    placeholder: 'HOST:PORT',
    summary: 'where',
    fallback: '127.0.0.1:8470',
    parse: parseListenAddress,
  },
  plain: { flag: 'plain', environment: 'T_PLAIN', summary: 'a switch', fallback: 'false', parse: parseSwitch },
  key: { environment: 'T_KEY', summary: 'secret', secret: true, parse: parseInteger(1, 9) },
  name: { flag: 'name', placeholder: 'NAME', summary: 'a name', parse: parseText },
} as const satisfies Record<string, OptionDefinition<unknown>>

function read(flags: Record<string, string | true>, environment: Record<string, string> = {}) {
  return readOptions(definitions, { flags, environment })
}

describe('options', () => {
  it('fall back to what the record says, or to undefined', () => {
    expect(read({})).toEqual({ listen: { host: '127.0.0.1', port: 8470 }, plain: false, key: undefined, name: undefined })
  })

  it('take the flag before the environment', () => {
    expect(read({ listen: 'a:1' }, { T_LISTEN: 'b:2' }).listen).toEqual({ host: 'a', port: 1 })
    expect(read({}, { T_LISTEN: 'b:2' }).listen).toEqual({ host: 'b', port: 2 })
  })

  it('take a switch from its flag or from the environment', () => {
    expect(read({ plain: true }).plain).toBe(true)
    expect(read({}, { T_PLAIN: '1' }).plain).toBe(true)
    expect(() => read({}, { T_PLAIN: 'yes' })).toThrow('T_PLAIN: "yes" is neither true nor false')
  })

  it('treat an empty variable as absent and an empty flag as wrong', () => {
    expect(read({}, { T_LISTEN: '' }).listen.port).toBe(8470)
    expect(() => read({ name: '' })).toThrow('--name: "" is empty')
  })

  it('name the source of a bad value', () => {
    expect(() => read({ listen: '8470' })).toThrow('--listen: "8470" is not HOST:PORT (as in 127.0.0.1:8470 or [::1]:8470)')
    expect(() => read({}, { T_LISTEN: 'h:70000' })).toThrow('T_LISTEN: "h:70000" is not HOST:PORT')
  })

  it('never repeat a secret', () => {
    expect(() => read({}, { T_KEY: 'hunter2' })).toThrow(/^T_KEY: the value is not a whole number from 1 to 9$/)
  })
})

describe('parsers', () => {
  it('read addresses of both families', () => {
    expect(parseListenAddress('[::1]:0')).toEqual({ host: '::1', port: 0 })
    expect(parseListenAddress('localhost:65535')).toEqual({ host: 'localhost', port: 65_535 })
    for (const bad of ['', ':', 'a:', ':1', 'a b:1', '::1:1', '[a]:x', 'h:1:2'])
      expect(() => parseListenAddress(bad), bad).toThrow('is not HOST:PORT')
  })

  it('read whole numbers inside their bounds only', () => {
    const parse = parseInteger(0, 10)
    expect([parse('0'), parse('10')]).toEqual([0, 10])
    for (const bad of ['11', '-1', '1.5', '', ' 1', '1e1', '99999999999999999']) expect(() => parse(bad), bad).toThrow('from 0 to 10')
  })

  it('list the choices', () => {
    expect(parseChoice(['a', 'b'])('b')).toBe('b')
    expect(() => parseChoice(['a', 'b'])('c')).toThrow('is not one of a, b')
  })
})
