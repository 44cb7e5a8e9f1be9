import { unreachable } from '../../base/assert.ts'
import type { Column, Expression, Relation, SortKey } from '../ir.ts'
import type * as ast from '../syntax/ast.ts'
import { commonType, commonTypeOf, isComparable } from '../types/coercion.ts'
import { BIGINT, sameType, typeText } from '../types/type.ts'
import type { Type } from '../types/type.ts'
import { analyzeSelect } from './analyze-select.ts'
import { analyzeTable } from './analyze-table.ts'
import type { AnalyzedQuery, Analyzer } from './analyzer.ts'
import { fail } from './analyzer.ts'
import { castTo, coerce, isLiteral } from './build.ts'
import { isNullable } from './nullability.ts'
import { ordinal } from './ordinal.ts'
import { findWithItem } from './scope.ts'
import type { Scope, WithBinding } from './scope.ts'
import { sortKey } from './sort-key.ts'
import { analyzeWithReference } from './with-reference.ts'

export function analyzeQuery(analyzer: Analyzer, query: ast.Query, outer: Scope): AnalyzedQuery {
  const scope = query.with ? withScope(query.with, outer) : outer
  const body = query.body.kind === 'select' ? analyzeSelect(analyzer, query.body, query.orderBy, scope) : sortedBody(analyzer, query, scope)
  const offset = query.offset && rowCount(analyzer, query.offset, 'OFFSET')
  const limit = query.limit && rowCount(analyzer, query.limit, 'LIMIT')
  if (limit === undefined && offset === undefined) return body
  if (query.ties && query.orderBy.length === 0) fail(query.ties, 'SEMANTIC_ERROR', 'FETCH FIRST WITH TIES clause requires ORDER BY')
  const relation: Relation = {
    kind: 'limit',
    input: body.relation,
    ...(limit === undefined ? {} : { count: limit }),
    ...(offset === undefined ? {} : { offset }),
    ...(query.ties ? { ties: true } : {}),
  }
  return { relation, fields: body.fields }
}

function withScope(clause: ast.With, outer: Scope): Scope {
  let scope = outer
  const seen = new Set<string>()
  for (const item of clause.items) {
    const key = item.name.text.toLowerCase()
    if (seen.has(key)) fail(item.name.at, 'SEMANTIC_ERROR', `WITH query name '${item.name.text}' specified more than once`)
    seen.add(key)
    const binding: WithBinding = { item, clause, scope }
    scope = { fields: [], withItems: new Map([[item.name.text, binding]]), next: scope }
  }
  return scope
}

function rowCount(analyzer: Analyzer, node: ast.Expression, what: string): bigint {
  const value = node.kind === 'parameter' ? analyzer.parameter(node, BIGINT) : analyzer.expression(node, { fields: [], next: undefined })
  if (!isLiteral(value) || typeof value.value !== 'bigint') return fail(node.at, 'SEMANTIC_ERROR', `${what} must be a whole number`)
  if (value.value < 0n)
    return fail(node.at, 'SEMANTIC_ERROR', `${what} row count must be greater or equal to 0 (actual value: ${value.value})`)
  return value.value
}

/** A body that is no SELECT: ORDER BY sees its columns only. */
function sortedBody(analyzer: Analyzer, query: ast.Query, scope: Scope): AnalyzedQuery {
  const body = analyzeBody(analyzer, query.body, scope)
  if (query.orderBy.length === 0) return body
  const order: Scope = { fields: body.fields, next: scope }
  const keys = query.orderBy.map((item): SortKey => {
    if (item.expression.kind !== 'integer') return sortKey(analyzer, item, order)
    const field = body.fields[ordinal(item.expression, body.fields.length, 'ORDER BY')]!
    const expression: Expression = { kind: 'column', ...field.column, name: field.name, at: item.at }
    return { expression, descending: item.descending, nullsFirst: item.nullsFirst }
  })
  return { relation: { kind: 'sort', input: body.relation, keys }, fields: body.fields }
}

function analyzeBody(analyzer: Analyzer, body: ast.QueryBody, scope: Scope): AnalyzedQuery {
  switch (body.kind) {
    case 'select':
      return analyzeSelect(analyzer, body, [], scope)
    case 'values':
      return analyzeValues(analyzer, body, scope)
    case 'table': {
      const binding = body.name.parts.length === 1 ? findWithItem(scope, body.name.parts[0]!) : undefined
      const { relation, fields } = binding ? analyzeWithReference(analyzer, binding, body.at) : analyzeTable(analyzer, body.name)
      return { relation, fields: fields.map(({ name, column }, i) => ({ name: name ?? `_col${i}`, column })) }
    }
    case 'subquery-body':
      return analyzer.query(body.query, scope)
    case 'set-operation':
      return analyzeSetOperation(analyzer, body, scope)
    default:
      return unreachable(body)
  }
}

function analyzeValues(analyzer: Analyzer, body: Extract<ast.QueryBody, { kind: 'values' }>, scope: Scope): AnalyzedQuery {
  const rows = body.rows.map((row) => {
    if (row.kind === 'row') return row.items.map((item) => analyzer.expression(item, scope))
    const value = analyzer.expression(row, scope)
    const { type } = value
    return type.kind === 'row'
      ? type.fields.map((field, index): Expression => ({ kind: 'field', type: field.type, base: value, index }))
      : [value]
  })
  const width = rows[0]!.length
  const wrong = rows.findIndex((row) => row.length !== width)
  if (wrong >= 0) fail(body.rows[wrong]!.at, 'SEMANTIC_ERROR', `Values rows have mismatched sizes: ${width} and ${rows[wrong]!.length}`)
  const types = Array.from({ length: width }, (_, i) => {
    const type = commonTypeOf(rows.map((row) => row[i]!.type))
    return (
      type ??
      fail(
        body.at,
        'TYPE_MISMATCH',
        `Values rows have mismatched types in column ${i + 1}: ${distinctTexts(rows.map((row) => row[i]!.type))}`,
      )
    )
  })
  const coerced = rows.map((row) => row.map((value, i) => coerce(value, types[i]!)))
  const columns = types.map((type, i): Column => ({
    symbol: analyzer.names.fresh('c'),
    type,
    nullable: coerced.some((row) => isNullable(row[i]!)),
  }))
  return { relation: { kind: 'values', columns, rows: coerced }, fields: columns.map((column, i) => ({ name: `_col${i}`, column })) }
}

const distinctTexts = (types: readonly Type[]): string => [...new Set(types.map(typeText))].join(', ')

function analyzeSetOperation(analyzer: Analyzer, body: Extract<ast.QueryBody, { kind: 'set-operation' }>, scope: Scope): AnalyzedQuery {
  const left = analyzeBody(analyzer, body.left, scope)
  const right = analyzeBody(analyzer, body.right, scope)
  analyzer.countRelation(body.at)
  const name = body.operator.toUpperCase()
  if (left.fields.length !== right.fields.length) {
    fail(body.at, 'SEMANTIC_ERROR', `${name} query has different number of fields: ${left.fields.length}, ${right.fields.length}`)
  }
  const types = left.fields.map((field, i) => {
    const other = right.fields[i]!.column.type
    const type = commonType(field.column.type, other)
    if (!type)
      fail(
        body.at,
        'TYPE_MISMATCH',
        `column ${i + 1} in ${name} query has incompatible types: ${typeText(field.column.type)}, ${typeText(other)}`,
      )
    if (!isComparable(type))
      fail(body.at, 'TYPE_MISMATCH', `column ${i + 1} in ${name} query is of type ${typeText(type)}, which is not comparable`)
    return type
  })
  const columns = types.map((type, i): Column => ({
    symbol: analyzer.names.fresh('c'),
    type,
    nullable: left.fields[i]!.column.nullable || right.fields[i]!.column.nullable,
  }))
  return {
    relation: {
      kind: 'set',
      operator: body.operator,
      distinct: body.distinct,
      left: convert(analyzer, left, types),
      right: convert(analyzer, right, types),
      columns,
    },
    fields: columns.map((column, i) => ({ ...left.fields[i]!, column })),
  }
}

/** The query's visible columns, each of the type asked for. */
export function convert(analyzer: Analyzer, query: AnalyzedQuery, types: readonly Type[]): Relation {
  const assignments = query.fields.map(({ column, name }, i) => {
    const type = types[i]!
    const reference: Expression = { kind: 'column', ...column, name, at: { line: 1, column: 1 } }
    const expression = sameType(column.type, type) ? reference : castTo(reference, type, false)
    return { column: { symbol: analyzer.names.fresh('c'), type, nullable: column.nullable }, expression }
  })
  return { kind: 'project', input: query.relation, assignments }
}
