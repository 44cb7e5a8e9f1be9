import type { Type } from '../types/type.ts'
import { knownType } from './node-facts.ts'
import { bareType, holdsDate, outputType } from './physical.ts'
import { call, cast, identifier, integer, lambda } from './tree.ts'
import type { Node } from './tree.ts'
import type { Values } from './values.ts'

/** A value in expression form as a column of the result: exactly of the type that the reader decodes by. */
export function outputNode(values: Values, value: Node, type: Type): Node {
  // a conversion that changes nothing costs the engine as much planning as any other
  if (knownType(value) === outputType(type)) return value
  return cast(holdsDate(type) ? daysFor(values, value, type) : value, outputType(type))
}

/** Dates inside become days: ClickHouse converts Date32 to Int32 so by itself, alone and inside arrays and tuples. */
function daysFor(values: Values, value: Node, type: Type): Node {
  switch (type.kind) {
    case 'scalar':
      return type.name === 'date' ? call('toInt32', cast(value, 'Nullable(Date32)')) : value
    case 'array':
    case 'timeseries':
    case 'map':
    case 'row':
      return mapOption(values, value, (bare) => bareDays(values, bare, type))
    case 'function':
      return value
  }
}

function mapOption(values: Values, option: Node, body: (bare: Node) => Node): Node {
  const name = values.variable()
  return call('arrayMap', lambda([name], body(identifier(name))), option)
}

function bareDays(values: Values, bare: Node, type: Exclude<Type, { kind: 'scalar' | 'function' }>): Node {
  const part = (tuple: Node, index: number): Node => call('tupleElement', tuple, integer(index + 1))
  const each = (body: (element: Node) => Node): Node => mapOption(values, cast(bare, bareType(type)), body)
  switch (type.kind) {
    case 'array':
      return each((element) => daysFor(values, element, type.element))
    case 'timeseries':
      return each((sample) => call('tuple', part(sample, 0), daysFor(values, part(sample, 1), type.value)))
    case 'map':
      return each((entry) => call('tuple', daysFor(values, part(entry, 0), type.key), daysFor(values, part(entry, 1), type.value)))
    case 'row':
      return call('tuple', ...type.fields.map((field, i) => daysFor(values, part(bare, i), field.type)))
  }
}
