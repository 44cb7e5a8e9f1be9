import { describe, expect, it } from 'vitest'
import { defaultLimits } from '../base/limits.ts'
import { checkShape } from './check-shape.ts'
import { parseBody } from '../base/parse-json.ts'
import { boolean, integer, list, long, oneOf, required, string, structure } from './shape.ts'

interface Item {
  Name: string | undefined
  Kind?: 'A' | 'B'
}
interface Input {
  DatabaseName: string | undefined
  Items?: Item[]
  Count?: number
  Version?: number
  Flag?: boolean
  Secret?: string
}

const shape = structure<Input>({
  DatabaseName: required(string({ min: 3, max: 10, pattern: '[a-z]+' })),
  Items: list(structure<Item>({ Name: required(string({ min: 1 })), Kind: oneOf('A', 'B') }), { min: 1, max: 'recordsPerWrite' }),
  Count: integer({ min: 1, max: 'pageRows' }),
  Version: long(),
  Flag: boolean,
  Secret: string({ max: 3, sensitive: true }),
})

const check = (text: string): unknown => checkShape(shape, parseBody(Buffer.from(text)), { ...defaultLimits, recordsPerWrite: 2 })

function messageOf(text: string): string {
  try {
    check(text)
  } catch (error) {
    return `${(error as { code: string }).code} ${(error as Error).message}`
  }
  throw new Error('it was accepted')
}

describe('checkShape', () => {
  it('takes what fits, members it does not know and null for absent', () => {
    expect(check('{"DatabaseName":"abc","Unknown":{"x":[1]},"Count":null}')).toEqual({ DatabaseName: 'abc', Unknown: { x: [1] } })
  })

  it.each([
    ['{}', "Value null at 'databaseName' failed to satisfy constraint: Member must not be null"],
    ['{"DatabaseName":null}', "Value null at 'databaseName' failed to satisfy constraint: Member must not be null"],
    [
      '{"DatabaseName":"a b c"}',
      "Value 'a b c' at 'databaseName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-z]+",
    ],
    [
      '{"DatabaseName":"abc\\n"}',
      "Value 'abc\n' at 'databaseName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-z]+",
    ],
    [
      '{"DatabaseName":"ab"}',
      "Value 'ab' at 'databaseName' failed to satisfy constraint: Member must have length greater than or equal to 3",
    ],
    [
      '{"DatabaseName":"abc","Count":0}',
      "Value '0' at 'count' failed to satisfy constraint: Member must have value greater than or equal to 1",
    ],
    [
      '{"DatabaseName":"abc","Count":1001}',
      "Value '1001' at 'count' failed to satisfy constraint: Member must have value less than or equal to 1000",
    ],
    [
      '{"DatabaseName":"abc","Items":[]}',
      "Value '[0 members]' at 'items' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ],
    [
      '{"DatabaseName":"abc","Items":[{"Name":"a"},{"Name":"b","Kind":"C"}]}',
      "Value 'C' at 'items.2.member.kind' failed to satisfy constraint: Member must satisfy enum value set: [A, B]",
    ],
    ['{"DatabaseName":"abc","Items":[null]}', "Value null at 'items.1.member' failed to satisfy constraint: Member must not be null"],
    [
      '{"DatabaseName":"abc","Secret":"hush"}',
      "Value at 'secret' failed to satisfy constraint: Member must have length less than or equal to 3",
    ],
  ])('words %s as AWS does', (text, problem) => {
    expect(messageOf(text)).toBe(`VALIDATION 1 validation error detected: ${problem}`)
  })

  it('takes the bound from the installation’s limits', () => {
    expect(messageOf('{"DatabaseName":"abc","Items":[{"Name":"a"},{"Name":"b"},{"Name":"c"}]}')).toContain(
      "at 'items' failed to satisfy constraint: Member must have length less than or equal to 2",
    )
  })

  it('reports all problems together, the first ten in words', () => {
    const message = messageOf('{"Count":0,"Secret":"hush"}')
    expect(message).toMatch(
      /^VALIDATION 3 validation errors detected: Value null at 'databaseName' .*; Value '0' at 'count' .*; Value at 'secret'/,
    )
    const many = messageOf(`{"DatabaseName":"abc","Items":[${Array.from({ length: 20 }, () => '{}').join(',')}]}`)
    expect(many).toMatch(/^VALIDATION 21 validation errors detected: /)
    expect(many).toMatch(/; …$/)
    expect(many.split('; ')).toHaveLength(11)
  })

  it('shows no more than the start of a long value', () => {
    expect(messageOf(`{"DatabaseName":"${'a'.repeat(100_000)}"}`).length).toBeLessThan(1000)
  })

  it.each([
    ['[]', "LIST_VALUE can not be converted to a structure at 'the body'"],
    ['1', "NUMBER_VALUE can not be converted to a structure at 'the body'"],
    ['{"DatabaseName":5}', "NUMBER_VALUE can not be converted to a String at 'databaseName'"],
    ['{"DatabaseName":12345678901234567890}', "NUMBER_VALUE can not be converted to a String at 'databaseName'"],
    ['{"DatabaseName":"abc","Count":"5"}', "STRING_VALUE can not be converted to an Integer at 'count'"],
    ['{"DatabaseName":"abc","Count":1.5}', "DECIMAL_VALUE can not be converted to an Integer at 'count'"],
    ['{"DatabaseName":"abc","Count":2147483648}', "NUMBER_VALUE can not be converted to an Integer at 'count'"],
    ['{"DatabaseName":"abc","Version":9223372036854775808}', "NUMBER_VALUE can not be converted to a Long at 'version'"],
    ['{"DatabaseName":"abc","Version":1e300}', "NUMBER_VALUE can not be converted to a Long at 'version'"],
    ['{"DatabaseName":"abc","Flag":"true"}', "STRING_VALUE can not be converted to a Boolean at 'flag'"],
    ['{"DatabaseName":"abc","Items":{}}', "STRUCTURE_VALUE can not be converted to a List at 'items'"],
    ['{"DatabaseName":"abc","Items":[{"Name":"a"},{"Name":true}]}', "TRUE_VALUE can not be converted to a String at 'items.2.member.name'"],
    ['{"DatabaseName":"abc","Items":["x"]}', "STRING_VALUE can not be converted to a structure at 'items.1.member'"],
  ])('refuses the wrong JSON type in %s', (text, problem) => {
    expect(messageOf(text)).toBe(`SERIALIZATION ${problem}`)
  })

  it('hands on longs exactly: as number up to 2^53, as bigint beyond', () => {
    expect(check('{"DatabaseName":"abc","Version":9007199254740991}')).toEqual({ DatabaseName: 'abc', Version: 9007199254740991 })
    expect(check('{"DatabaseName":"abc","Version":9007199254740993}')).toEqual({ DatabaseName: 'abc', Version: 9007199254740993n })
    expect(check('{"DatabaseName":"abc","Version":-9223372036854775808}')).toEqual({ DatabaseName: 'abc', Version: -9223372036854775808n })
  })
})
