import { assert } from '../../base/assert.ts'
import type { Type } from '../../sql/types/type.ts'
import { type Reader, scalarText } from './scalar-text.ts'

type Read = (reader: Reader) => string

/** `{1,NULL,"a b"}` of an array of scalars. Source: PostgreSQL, "Array Input and Output Syntax". */
export function arrayText(element: Extract<Type, { kind: 'scalar' }>): Read {
  const read = scalarText[element.name]
  return (reader) => {
    const count = reader.arrayLength()
    const items: string[] = []
    for (let index = 0; index < count; index++) items.push(reader.isNull() ? 'NULL' : arrayItem(read(reader)))
    return `{${items.join(',')}}`
  }
}

const needsQuotes = /^$|[\s{}",\\]|^null$/i
const arrayItem = (text: string): string => (needsQuotes.test(text) ? `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"` : text)

/** Rows as objects (`f1`, `f2` … where a field has no name), timeseries as lists of `{time, value}`, maps as lists of `{key, value}`. */
export function jsonText(type: Type): Read {
  switch (type.kind) {
    case 'scalar': {
      const read = scalarText[type.name]
      const isPlain = type.name === 'integer' || type.name === 'bigint' || type.name === 'double'
      return nullable((reader) => {
        if (type.name === 'boolean') return reader.boolean() ? 'true' : 'false'
        const text = read(reader)
        return isPlain && /^-?\d/.test(text) ? text : JSON.stringify(text)
      })
    }
    case 'array':
      return optional(list(jsonText(type.element)))
    case 'row':
      return optional(object(type.fields.map(({ name, type: fieldType }, index) => [name ?? `f${index + 1}`, jsonText(fieldType)])))
    case 'timeseries': {
      const time: Read = (reader) => JSON.stringify(scalarText.timestamp(reader))
      return optional(
        list(
          object([
            ['time', time],
            ['value', jsonText(type.value)],
          ]),
        ),
      )
    }
    case 'map':
      return optional(
        list(
          object([
            ['key', jsonText(type.key)],
            ['value', jsonText(type.value)],
          ]),
        ),
      )
    case 'function':
      throw new Error('a function is no value of a result')
  }
}

const nullable =
  (read: Read): Read =>
  (reader) =>
    reader.isNull() ? 'null' : read(reader)

/** A nested value is an array of none (NULL) or one. */
function optional(read: Read): Read {
  return (reader) => {
    const count = reader.arrayLength()
    if (count === 0) return 'null'
    assert(count === 1, 'a nested value is an array of none or one')
    return read(reader)
  }
}

function list(read: Read): Read {
  return (reader) => {
    const count = reader.arrayLength()
    const items: string[] = []
    for (let index = 0; index < count; index++) items.push(read(reader))
    return `[${items.join(',')}]`
  }
}

function object(fields: readonly (readonly [string, Read])[]): Read {
  const names = fields.map(([name]) => JSON.stringify(name))
  return (reader) => `{${fields.map(([, read], index) => `${names[index]}:${read(reader)}`).join(',')}}`
}
