import type { Literal } from '../ir.ts'
import type { ScalarName } from '../types/type.ts'
import { dateOfDays } from './date.ts'
import { boolean, call, cast, float, integer, int64, string } from './tree.ts'
import type { Node } from './tree.ts'
import type { Values } from './values.ts'

/** In expression form, of exactly the type's width. */
export function lowerLiteral(values: Values, { type, value }: Literal): Node {
  if (value === null) return values.nullOf(type)
  if (type.kind !== 'scalar') throw new Error(`a literal of type ${type.kind}`)
  return scalarLiteral(type.name, value)
}

function scalarLiteral(type: ScalarName, value: Exclude<Literal['value'], null>): Node {
  switch (type) {
    case 'boolean':
      return boolean(value as boolean)
    case 'double':
      return float(value as number)
    case 'varchar':
      return string(value as string)
    case 'varbinary':
      return call('unhex', string(Array.from(value as string, (c) => c.charCodeAt(0).toString(16).padStart(2, '0')).join('')))
    case 'integer':
    case 'interval year to month':
      return integer(value as bigint, 'Int32')
    case 'bigint':
    case 'timestamp':
    case 'time':
    case 'interval day to second':
      return int64(value as bigint)
    case 'date':
      return dateOfDays(integer(value as bigint))
    case 'unknown':
      return cast({ kind: 'null' }, 'Nullable(Nothing)')
  }
}

/** Beside another operand of a comparison the literal's own width does not matter, and without it the engine's index analysis is surer. */
export const bareInteger = (node: Node): Node => (node.kind === 'integer' && node.type !== undefined ? integer(node.value) : node)
