import { describe, expect, it } from 'vitest'
import { choice, listOf, object, onOrOff, type OptionValue, readConnectorOptions, text, wholeNumber } from './option.ts'

const definitions = {
  broker: { summary: 'Address', required: true, read: text },
  topics: { summary: 'Topics', fallback: ['a'], read: listOf(text) },
  format: { summary: 'Format', fallback: 'json', read: choice(['json', 'csv']) },
  size: { summary: 'Size', read: wholeNumber(1, 10) },
  tls: { summary: 'TLS', fallback: false, read: onOrOff },
  mapping: { summary: 'Mapping', read: object },
} as const

const read = (given: Readonly<Record<string, OptionValue>>) => readConnectorOptions(definitions, given)

describe('the options of a connector', () => {
  it('have their fallbacks, or are undefined', () => {
    expect(read({ broker: 'b:1' })).toEqual({
      broker: 'b:1',
      topics: ['a'],
      format: 'json',
      size: undefined,
      tls: false,
      mapping: undefined,
    })
    expect(read({ broker: 'b', topics: ['x', 'y'], size: 10, tls: true, mapping: { a: 1 } })).toMatchObject({
      topics: ['x', 'y'],
      size: 10,
    })
  })

  it('say what is wrong with them', () => {
    expect(() => read({})).toThrow('the option broker is missing: Address')
    expect(() => read({ broker: 'b', brokers: 'c' })).toThrow('there is no option "brokers"; there are broker, topics, format')
    expect(() => read({ broker: 7 })).toThrow('the option broker is not a text')
    expect(() => read({ broker: 'b', topics: 'a' })).toThrow('the option topics is not a list')
    expect(() => read({ broker: 'b', format: 'xml' })).toThrow('the option format is not one of json, csv')
    expect(() => read({ broker: 'b', size: 11 })).toThrow('the option size is not a whole number from 1 to 10')
    expect(() => read({ broker: 'b', tls: 'yes' })).toThrow('the option tls is neither true nor false')
    expect(() => read({ broker: 'b', mapping: [] })).toThrow('the option mapping is not an object')
  })
})
