import type { Position } from '../../base/errors.ts'
import type { Column, Expression } from '../ir.ts'
import type { Identifier, SelectBody, With, WithItem } from '../syntax/ast.ts'
import type { Type } from '../types/type.ts'
import { fail } from './analyzer.ts'
import { suggestion } from './suggest.ts'

/** A column that names can reach: `name`, `relation.name`, `database.relation.name`. */
export interface Field {
  /** Undefined: no name reaches it (an expression without alias in a subquery). */
  readonly name: string | undefined
  readonly column: Column
  readonly relation?: RelationName
}
export interface RelationName {
  readonly name: string
  /** Of a table that has no alias. */
  readonly database?: string
}

/** One layer of what names mean; `next` is asked when this one does not know: what surrounds a lambda, an ORDER BY, a subquery. */
export interface Scope {
  readonly fields: readonly Field[]
  readonly variables?: ReadonlyMap<string, { readonly name: string; readonly type: Type }>
  readonly withItems?: ReadonlyMap<string, WithBinding>
  /** Where the arguments of aggregates look instead: in ORDER BY they mean the input, not the output names. */
  readonly aggregates?: Scope
  /** Of the WINDOW clause. */
  readonly windows?: SelectBody['windows']
  /** Replaces a field's column: ORDER BY sees the expressions behind the output names. */
  readonly expressions?: ReadonlyMap<string, Expression>
  readonly next: Scope | undefined
}

export interface WithBinding {
  readonly item: WithItem
  readonly clause: With
  /** Where the item's own names are looked up. */
  readonly scope: Scope
  /** While the step of a recursive item is analysed: what its own name stands for. */
  readonly recursive?: {
    readonly name: string
    readonly columns: readonly { readonly name: string; readonly column: Column; readonly source: string }[]
  }
}

export const emptyScope: Scope = { fields: [], next: undefined }

/** Exact names first; an unquoted one may match without regard to case when only one thing matches so. */
function matches<T>(items: readonly T[], nameOf: (item: T) => string | undefined, identifier: Identifier): readonly T[] {
  const exact = items.filter((item) => nameOf(item) === identifier.text)
  if (exact.length > 0 || identifier.quoted) return exact
  const lower = identifier.text.toLowerCase()
  return items.filter((item) => nameOf(item)?.toLowerCase() === lower)
}

export interface ResolvedName {
  readonly expression: Expression
  /** Parts of the name that were not needed: fields of the value. */
  readonly rest: readonly Identifier[]
}

/** @throws ServerError COLUMN_NOT_FOUND, AMBIGUOUS_NAME. */
export function resolveName(scope: Scope, parts: readonly Identifier[], at: Position): ResolvedName {
  for (let layer: Scope | undefined = scope; layer; layer = layer.next) {
    const found = resolveInLayer(layer, parts, at)
    if (found) return found
  }
  const text = parts.map((part) => part.text).join('.')
  fail(at, 'COLUMN_NOT_FOUND', `Column '${text}' does not exist${suggestion(parts.at(-1)!.text, reachableNames(scope))}`)
}

function resolveInLayer(layer: Scope, parts: readonly Identifier[], at: Position): ResolvedName | undefined {
  const [first] = parts
  const variable = layer.variables && matches([...layer.variables.keys()], (name) => name, first!)
  if (variable && variable.length > 0) {
    const { name, type } = layer.variables.get(variable[0]!)!
    return { expression: { kind: 'variable', name, type }, rest: parts.slice(1) }
  }
  for (let qualifiers = Math.min(2, parts.length - 1); qualifiers >= 0; qualifiers--) {
    const candidates = qualifiers === 0 ? layer.fields : layer.fields.filter((field) => isQualifiedBy(field, parts.slice(0, qualifiers)))
    const found = matches(candidates, (field) => field.name, parts[qualifiers]!)
    if (found.length === 0) continue
    if (found.length > 1 && found.some((field) => field.column.symbol !== found[0]!.column.symbol)) {
      fail(
        at,
        'AMBIGUOUS_NAME',
        `Column '${parts
          .slice(0, qualifiers + 1)
          .map((part) => part.text)
          .join('.')}' is ambiguous`,
      )
    }
    return { expression: reference(layer, found[0]!, at), rest: parts.slice(qualifiers + 1) }
  }
  return undefined
}

/** The qualifiers name the field's relation; a name with other letters counts only if none has these. */
export function isQualifiedBy(field: Field, qualifiers: readonly Identifier[]): boolean {
  if (field.relation === undefined) return false
  const same = (identifier: Identifier, name: string): boolean =>
    identifier.text === name || (!identifier.quoted && identifier.text.toLowerCase() === name.toLowerCase())
  const [first, second] = qualifiers
  if (second === undefined) return same(first!, field.relation.name)
  return field.relation.database !== undefined && same(first!, field.relation.database) && same(second, field.relation.name)
}

function reference(layer: Scope, field: Field, at: Position): Expression {
  const { symbol, type, nullable } = field.column
  return layer.expressions?.get(symbol) ?? { kind: 'column', symbol, type, nullable, name: field.name ?? '', at }
}

function* reachableNames(scope: Scope): Iterable<string> {
  for (let layer: Scope | undefined = scope; layer; layer = layer.next) {
    for (const field of layer.fields) if (field.name !== undefined) yield field.name
    yield* layer.variables?.keys() ?? []
  }
}

export function findWithItem(scope: Scope, identifier: Identifier): WithBinding | undefined {
  for (let layer: Scope | undefined = scope; layer; layer = layer.next) {
    if (!layer.withItems) continue
    const [name] = matches([...layer.withItems.keys()], (key) => key, identifier)
    if (name !== undefined) return layer.withItems.get(name)
  }
  return undefined
}
