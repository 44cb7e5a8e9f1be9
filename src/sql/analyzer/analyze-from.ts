import { unreachable } from '../../base/assert.ts'
import type { Column, Expression, Relation, UnnestItem } from '../ir.ts'
import type * as ast from '../syntax/ast.ts'
import { commonType } from '../types/coercion.ts'
import { BIGINT, BOOLEAN, TIMESTAMP, typeText } from '../types/type.ts'
import type { Type } from '../types/type.ts'
import { isAggregateCall } from './analyze-call.ts'
import { analyzeTable } from './analyze-table.ts'
import type { Analyzer } from './analyzer.ts'
import { fail } from './analyzer.ts'
import { asBoolean, coerce, compare, logical } from './build.ts'
import { isNullable } from './nullability.ts'
import { some } from './rewrite.ts'
import { findWithItem } from './scope.ts'
import type { Field, Scope } from './scope.ts'
import { analyzeWithReference } from './with-reference.ts'

export interface FromItem {
  readonly relation: Relation
  readonly fields: readonly Field[]
}

/** One row without columns: what SELECT without FROM reads. */
export const singleRow: FromItem = { relation: { kind: 'values', columns: [], rows: [[]] }, fields: [] }

export function analyzeFrom(analyzer: Analyzer, node: ast.Relation, scope: Scope): FromItem {
  analyzer.countRelation(node.at)
  switch (node.kind) {
    case 'table-reference': {
      const binding = node.name.parts.length === 1 ? findWithItem(scope, node.name.parts[0]!) : undefined
      return binding ? analyzeWithReference(analyzer, binding, node.at) : analyzeTable(analyzer, node.name)
    }
    case 'subquery-relation':
      return fromQuery(analyzer, node.query, scope)
    case 'lateral':
      return fromQuery(analyzer, node.query, scope)
    case 'unnest':
      return unnest(analyzer, singleRow, node, scope, false)
    case 'aliased':
      return aliased(analyzeFrom(analyzer, node.relation, scope), node)
    case 'join':
      return join(analyzer, node, scope)
    default:
      return unreachable(node)
  }
}

function fromQuery(analyzer: Analyzer, query: ast.Query, scope: Scope): FromItem {
  const { relation, fields } = analyzer.query(query, scope)
  return { relation, fields: fields.map(({ name, column }) => ({ name, column })) }
}

/** `AS alias (column, …)`. */
function aliased(item: FromItem, node: Extract<ast.Relation, { kind: 'aliased' }>): FromItem {
  const relation = { name: node.alias.text }
  const visible = item.fields
  if (node.columns && node.columns.length !== visible.length) {
    fail(
      node.alias.at,
      'SEMANTIC_ERROR',
      `Column alias list has ${node.columns.length} entries but '${node.alias.text}' has ${visible.length} columns available`,
    )
  }
  return {
    relation: item.relation,
    fields: visible.map(({ name, column }, i) => ({ name: node.columns?.[i]?.text ?? name, column, relation })),
  }
}

// ---- unnest

type UnnestNode = Extract<ast.Relation, { kind: 'unnest' }>

/** `left` is what stands before it in the FROM clause: its columns may be used. */
function unnest(analyzer: Analyzer, left: FromItem, node: UnnestNode, scope: Scope, outer: boolean): FromItem {
  const inner: Scope = { fields: left.fields, next: scope }
  const named: { readonly name: string | undefined; readonly column: Column }[] = []
  const add = (type: Type, name?: string, nullable = true): Column => {
    const column = { symbol: analyzer.names.fresh('c'), type, nullable: nullable || outer }
    named.push({ name, column })
    return column
  }
  const items = node.expressions.map((each): UnnestItem => {
    const expression = analyzer.expression(each, inner)
    const single = node.expressions.length === 1
    return { expression, columns: unnestColumns(expression.type, each, (type, name, sure) => add(type, name, !(sure && single))) }
  })
  const ordinality = node.ordinality ? add(BIGINT, 'ordinality', false) : undefined
  return {
    relation: { kind: 'unnest', input: left.relation, items, outer, ...(ordinality ? { ordinality } : {}) },
    fields: named,
  }
}

function unnestColumns(type: Type, node: ast.Expression, add: (type: Type, name?: string, sure?: boolean) => Column): readonly Column[] {
  switch (type.kind) {
    case 'timeseries':
      return [add(TIMESTAMP, 'time', true), add(type.value, 'value')]
    case 'map':
      return [add(type.key, 'key'), add(type.value, 'value')]
    case 'array':
      return type.element.kind === 'row' ? type.element.fields.map((field) => add(field.type, field.name)) : [add(type.element)]
    default:
      return fail(node.at, 'TYPE_MISMATCH', `Cannot unnest type: ${typeText(type)}`)
  }
}

// ---- joins

function join(analyzer: Analyzer, node: ast.Join, scope: Scope): FromItem {
  const left = analyzeFrom(analyzer, node.left, scope)
  const unnested = unnestOnRight(node.right)
  if (unnested && node.type !== 'right' && node.type !== 'full') return joinUnnest(analyzer, left, node, unnested, scope)
  const right = analyzeFrom(analyzer, node.right, isLateral(node.right) ? { fields: left.fields, next: scope } : scope)
  if (node.using || node.natural) return joinUsing(analyzer, node, left, right)
  const fields = joinedFields(node.type, left.fields, right.fields)
  const on =
    node.on &&
    asBoolean(analyzer.expression(node.on, { fields: [...left.fields, ...right.fields], next: scope }), node.on.at, 'JOIN ON clause')
  if (on && some(on, (part) => isAggregateCall(part) || part.kind === 'window-call')) {
    fail(node.on.at, 'SEMANTIC_ERROR', 'JOIN clause cannot contain aggregations, window functions or grouping operations')
  }
  return { relation: joined(node.type, left, right, on, fields), fields }
}

const isLateral = (node: ast.Relation): boolean => node.kind === 'lateral' || (node.kind === 'aliased' && isLateral(node.relation))

const joined = (
  type: ast.Join['type'],
  left: FromItem,
  right: FromItem,
  on: Expression | undefined,
  fields: readonly Field[],
): Relation => ({
  kind: 'join',
  type,
  left: left.relation,
  right: right.relation,
  ...(on ? { on } : {}),
  columns: fields.map((field) => field.column),
})

/** Columns of a side that an outer join fills up may be NULL. */
function joinedFields(type: ast.Join['type'], left: readonly Field[], right: readonly Field[]): readonly Field[] {
  const optional = (fields: readonly Field[]): readonly Field[] =>
    fields.map((field) => ({ ...field, column: { ...field.column, nullable: true } }))
  return [
    ...(type === 'right' || type === 'full' ? optional(left) : left),
    ...(type === 'left' || type === 'full' ? optional(right) : right),
  ]
}

/** `UNNEST(…)` with or without an alias. */
function unnestOnRight(
  node: ast.Relation,
): { readonly unnest: UnnestNode; readonly alias?: Extract<ast.Relation, { kind: 'aliased' }> } | undefined {
  if (node.kind === 'unnest') return { unnest: node }
  return node.kind === 'aliased' && node.relation.kind === 'unnest' ? { unnest: node.relation, alias: node } : undefined
}

function joinUnnest(
  analyzer: Analyzer,
  left: FromItem,
  node: ast.Join,
  right: NonNullable<ReturnType<typeof unnestOnRight>>,
  scope: Scope,
): FromItem {
  const always = node.on === undefined || (node.on.kind === 'boolean' && node.on.value)
  if (node.using || node.natural || (node.type === 'left' && !always)) {
    fail(node.at, 'NOT_SUPPORTED', 'UNNEST may stand in CROSS JOIN, INNER JOIN, and in LEFT JOIN … ON TRUE')
  }
  analyzer.countRelation(node.right.at)
  const plain = unnest(analyzer, left, right.unnest, scope, node.type === 'left')
  const named = right.alias ? aliased(plain, right.alias) : plain
  const fields = [...left.fields, ...named.fields]
  if (always) return { relation: plain.relation, fields }
  const condition = asBoolean(analyzer.expression(node.on, { fields, next: scope }), node.on.at, 'JOIN ON clause')
  return { relation: { kind: 'filter', input: plain.relation, condition }, fields }
}

/** The columns of USING come once, first, and belong to neither side. */
function joinUsing(analyzer: Analyzer, node: ast.Join, left: FromItem, right: FromItem): FromItem {
  const find = (fields: readonly Field[], name: ast.Identifier): Field | undefined =>
    fields.find((field) => field.name === name.text) ??
    (name.quoted ? undefined : fields.find((field) => field.name?.toLowerCase() === name.text.toLowerCase()))
  const twice = node.using?.find((name, i) => node.using!.findIndex((other) => other.text === name.text) !== i)
  if (twice) fail(twice.at, 'SEMANTIC_ERROR', `Column '${twice.text}' appears multiple times in USING clause`)
  const names = node.using ?? commonNames(left.fields, right.fields, node.at)
  const pairs = names.map((name) => {
    const [a, b] = [find(left.fields, name), find(right.fields, name)]
    if (!a || !b) return fail(name.at, 'COLUMN_NOT_FOUND', `Column '${name.text}' is missing from ${a ? 'right' : 'left'} side of join`)
    return { name, a, b }
  })
  const all = joinedFields(node.type, left.fields, right.fields)
  const [leftAfter, rightAfter] = [all.slice(0, left.fields.length), all.slice(left.fields.length)]
  const reference = (field: Field, at: ast.Identifier['at']): Expression => ({
    kind: 'column',
    ...field.column,
    name: field.name ?? '',
    at,
  })
  const conditions = pairs.map(({ name, a, b }) => compare('=', reference(a, name.at), reference(b, name.at), name.at))
  const on = conditions.length > 0 ? logical('and', conditions) : undefined
  const relation = joined(
    on || node.type !== 'inner' ? node.type : 'cross',
    left,
    right,
    on ?? (node.type === 'cross' ? undefined : always),
    all,
  )
  const keys = pairs.map(({ name, a, b }) => {
    const [x, y] = [leftAfter[left.fields.indexOf(a)]!, rightAfter[right.fields.indexOf(b)]!]
    const type = commonType(x.column.type, y.column.type) ?? x.column.type
    const [first, second] = node.type === 'right' ? [y, x] : [x, y]
    const operands = [coerce(reference(first, name.at), type), coerce(reference(second, name.at), type)]
    const expression: Expression = node.type === 'full' ? { kind: 'coalesce', type, operands } : operands[0]!
    return {
      name: name.text,
      assignment: { column: { symbol: analyzer.names.fresh('c'), type, nullable: isNullable(expression) }, expression },
    }
  })
  const used = new Set(pairs.flatMap(({ a, b }) => [a.column.symbol, b.column.symbol]))
  const passed = all.map((field) => ({ column: field.column, expression: reference(field, node.at) }))
  return {
    relation: { kind: 'project', input: relation, assignments: [...keys.map((key) => key.assignment), ...passed] },
    fields: [
      ...keys.map(({ name, assignment }) => ({ name, column: assignment.column })),
      ...all.filter((field) => !used.has(field.column.symbol)),
    ],
  }
}

const always: Expression = { kind: 'literal', type: BOOLEAN, value: true }

function commonNames(left: readonly Field[], right: readonly Field[], at: ast.Identifier['at']): readonly ast.Identifier[] {
  const names = new Set(right.flatMap((field) => (field.name === undefined ? [] : [field.name])))
  return left.flatMap((field) => (field.name !== undefined && names.has(field.name) ? [{ text: field.name, quoted: true, at }] : []))
}
