import type { Expression } from '../ir.ts'
import type { Identifier } from '../syntax/ast.ts'
import { typeText } from '../types/type.ts'
import { fail } from './analyzer.ts'
import { suggestion } from './suggest.ts'

/** `row.field`; `field0` … name the fields that have no name. A sample of a time series has `time` and `value`. */
export function fieldAccess(base: Expression, field: Identifier): Expression {
  const { type } = base
  if (type.kind !== 'row') {
    return fail(field.at, 'COLUMN_NOT_FOUND', `Column '${field.text}' does not exist: a value of type ${typeText(type)} has no fields`)
  }
  const names = type.fields.map((each, i) => each.name ?? `field${i}`)
  const exact = names.indexOf(field.text)
  const index = exact >= 0 || field.quoted ? exact : names.findIndex((name) => name.toLowerCase() === field.text.toLowerCase())
  if (index < 0) return fail(field.at, 'COLUMN_NOT_FOUND', `Column '${field.text}' does not exist${suggestion(field.text, names)}`)
  if (base.kind === 'row') return base.items[index]!
  return { kind: 'field', type: type.fields[index]!.type, base, index }
}
