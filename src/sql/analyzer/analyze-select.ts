import type { Assignment, Column, Expression, OutputField, Relation, SortKey, WindowFunction } from '../ir.ts'
import type * as ast from '../syntax/ast.ts'
import { isComparable } from '../types/coercion.ts'
import { typeText } from '../types/type.ts'
import { Aggregation } from './aggregation.ts'
import { isAggregateCall } from './analyze-call.ts'
import { analyzeFrom, singleRow } from './analyze-from.ts'
import type { FromItem } from './analyze-from.ts'
import { analyzeGroupBy } from './analyze-group-by.ts'
import type { AnalyzedQuery, Analyzer } from './analyzer.ts'
import { fail } from './analyzer.ts'
import { asBoolean } from './build.ts'
import { isNullable } from './nullability.ts'
import { ordinal } from './ordinal.ts'
import { expressionKey, rewrite, some } from './rewrite.ts'
import { isQualifiedBy } from './scope.ts'
import type { Field, Scope } from './scope.ts'
import { sortKey } from './sort-key.ts'
import { windowOver } from './groups-frame.ts'

interface Item {
  readonly name: string
  /** Written with AS: ORDER BY and GROUP BY may use it. */
  readonly alias: string | undefined
  readonly expression: Expression
  readonly at: ast.SelectItem['at']
}

/** How expressions over the source become expressions over what the select list reads, and that relation once all have come. */
interface Stages {
  readonly relation: () => Relation
  readonly apply: (expression: Expression) => Expression
}

/** FROM, WHERE, GROUP BY, HAVING, windows, the select list, DISTINCT, ORDER BY: in this order. */
export function analyzeSelect(analyzer: Analyzer, body: ast.SelectBody, orderBy: readonly ast.SortItem[], outer: Scope): AnalyzedQuery {
  const from = body.from ? analyzeFrom(analyzer, body.from, outer) : singleRow
  const scope: Scope = { fields: from.fields, windows: body.windows, next: outer }
  const source = body.where ? filtered(analyzer, from.relation, body.where, scope, 'WHERE') : from.relation
  const items = selectItems(analyzer, body.items, from, scope)
  const having = body.having && asBoolean(analyzer.expression(body.having, scope), body.having.at, 'HAVING clause')
  if (having && some(having, (part) => part.kind === 'window-call'))
    fail(body.having.at, 'SEMANTIC_ERROR', 'HAVING clause cannot contain window functions')
  const order = sortKeys(analyzer, orderBy, items, scope)

  const expressions = [...items.map((item) => item.expression), ...(having ? [having] : []), ...order.map((key) => key.expression)]
  const aggregates =
    body.groupBy !== undefined ||
    having !== undefined ||
    expressions.some((each) => some(each, (part) => isAggregateCall(part) || part.kind === 'grouping'))
  const stages: Stages = aggregates
    ? grouped(analyzer, body, from, source, items, having, scope)
    : { relation: () => source, apply: (e) => e }
  const windows = new WindowColumns(analyzer)
  const finish = (expression: Expression): Expression => windows.apply(stages.apply(expression))
  const finalItems = items.map((item) => ({ ...item, expression: finish(item.expression) }))
  const finalOrder = order.map((key) => ({ ...key, expression: finish(key.expression) }))
  // `relation` is read after every expression has been put through: aggregates and windows are collected on the way
  const input = windows.relation(stages.relation())
  return project(analyzer, body.distinct, input, finalItems, finalOrder)
}

function filtered(analyzer: Analyzer, input: Relation, node: ast.Expression, scope: Scope, clause: string): Relation {
  const condition = asBoolean(analyzer.expression(node, scope), node.at, `${clause} clause`)
  if (some(condition, (part) => isAggregateCall(part) || part.kind === 'window-call' || part.kind === 'grouping')) {
    fail(node.at, 'SEMANTIC_ERROR', `${clause} clause cannot contain aggregations, window functions or grouping operations`)
  }
  return { kind: 'filter', input, condition }
}

function grouped(
  analyzer: Analyzer,
  body: ast.SelectBody,
  from: FromItem,
  source: Relation,
  items: readonly Item[],
  having: Expression | undefined,
  scope: Scope,
): Stages {
  const grouping = body.groupBy ? analyzeGroupBy(analyzer, body.groupBy, items, scope) : { sets: [[]], distinct: false }
  const aggregation = new Aggregation(
    analyzer,
    from.fields.map((field) => field.column.symbol),
    grouping,
  )
  const condition = having && aggregation.apply(having)
  return {
    apply: (expression) => aggregation.apply(expression),
    relation: () => {
      const relation = aggregation.relation(source)
      return condition ? { kind: 'filter', input: relation, condition } : relation
    },
  }
}

/** Puts columns in the places of window calls. */
class WindowColumns {
  readonly #analyzer: Analyzer
  readonly #functions: WindowFunction[] = []
  readonly #known = new Map<string, Column>()

  constructor(analyzer: Analyzer) {
    this.#analyzer = analyzer
  }

  apply(expression: Expression): Expression {
    return rewrite(expression, (part) => {
      if (part.kind !== 'window-call') return undefined
      const inner = [...part.call.arguments, ...part.window.partitionBy, ...part.window.orderBy.map((key) => key.expression)]
      if (inner.some((each) => some(each, (deep) => deep.kind === 'window-call'))) {
        fail(part.call.at, 'SEMANTIC_ERROR', 'Cannot nest window functions inside window functions')
      }
      const key = expressionKey(part)
      let column = this.#known.get(key)
      if (!column) {
        column = { symbol: this.#analyzer.names.fresh('c'), type: part.type, nullable: isNullable(part) }
        this.#known.set(key, column)
        this.#functions.push({ column, call: part.call, window: part.window })
      }
      return { kind: 'column', ...column, name: part.call.definition.name, at: part.call.at }
    })
  }

  relation(input: Relation): Relation {
    return this.#functions.length === 0 ? input : windowOver(this.#analyzer.names, input, this.#functions)
  }
}

// ---- the select list

function selectItems(analyzer: Analyzer, nodes: readonly ast.SelectItem[], from: FromItem, scope: Scope): readonly Item[] {
  const items: Item[] = []
  for (const node of nodes) {
    if (node.kind === 'select-all') items.push(...allColumns(analyzer, node, from.fields, scope, items.length))
    else {
      const expression = analyzer.expression(node.expression, scope)
      items.push({
        name: node.alias?.text ?? givenName(node.expression, expression) ?? `_col${items.length}`,
        alias: node.alias?.text,
        expression,
        at: node.at,
      })
    }
  }
  return items
}

/** A column or field keeps its name as it is stored. */
function givenName(node: ast.Expression, expression: Expression): string | undefined {
  if (node.kind === 'name') return expression.kind === 'column' && expression.name !== '' ? expression.name : node.parts.at(-1)!.text
  return node.kind === 'dereference' ? node.field.text : undefined
}

function allColumns(
  analyzer: Analyzer,
  node: Extract<ast.SelectItem, { kind: 'select-all' }>,
  fields: readonly Field[],
  scope: Scope,
  count: number,
): readonly Item[] {
  if (node.row) return rowFields(analyzer.expression(node.row, scope), node)
  const { qualifier } = node
  if (!qualifier && fields.length === 0) fail(node.at, 'SEMANTIC_ERROR', 'SELECT * not allowed in queries without FROM clause')
  const chosen = qualifier ? fields.filter((field) => isQualifiedBy(field, qualifier.parts)) : fields
  if (chosen.length === 0) {
    const name = qualifier!.parts.map((part) => part.text).join('.')
    if (qualifier!.parts.length === 1 || fields.some((field) => field.name === qualifier!.parts.at(-1)!.text)) {
      const row = fields.find((field) => field.name === qualifier!.parts.at(-1)!.text && field.column.type.kind === 'row')
      if (row) return rowFields({ kind: 'column', ...row.column, name: row.name!, at: node.at }, node)
    }
    fail(node.at, 'TABLE_NOT_FOUND', `Table '${name}' not found`)
  }
  return chosen.map(({ name, column }, i) => ({
    name: name ?? `_col${count + i}`,
    alias: undefined,
    expression: { kind: 'column', ...column, name: name ?? '', at: node.at },
    at: node.at,
  }))
}

function rowFields(row: Expression, node: ast.SelectItem): readonly Item[] {
  if (row.type.kind !== 'row') return fail(node.at, 'TYPE_MISMATCH', `.* needs a row, not ${typeText(row.type)}`)
  return row.type.fields.map((field, index) => ({
    name: field.name ?? `field${index}`,
    alias: undefined,
    expression: { kind: 'field', type: field.type, base: row, index },
    at: node.at,
  }))
}

// ---- ORDER BY

/** Keys over the input: an output name or ordinal stands for its expression. */
function sortKeys(analyzer: Analyzer, orderBy: readonly ast.SortItem[], items: readonly Item[], scope: Scope): readonly SortKey[] {
  if (orderBy.length === 0) return []
  const expressions = new Map<string, Expression>()
  const fields = items.map((item, i): Field => {
    const symbol = `item ${i}`
    expressions.set(symbol, item.expression)
    return { name: item.name, column: { symbol, type: item.expression.type, nullable: true } }
  })
  const order: Scope = {
    fields: distinctFields(fields, expressions),
    expressions,
    windows: scope.windows ?? [],
    aggregates: scope,
    next: scope,
  }
  return orderBy.map((item) => {
    if (item.expression.kind !== 'integer') return sortKey(analyzer, item, order)
    const { expression } = items[ordinal(item.expression, items.length, 'ORDER BY')]!
    return { expression, descending: item.descending, nullsFirst: item.nullsFirst }
  })
}

/** Items that have the same name and meaning are one: `SELECT *, time … ORDER BY time`. */
function distinctFields(fields: readonly Field[], expressions: ReadonlyMap<string, Expression>): readonly Field[] {
  const seen = new Set<string>()
  return fields.filter((field) => {
    const key = `${field.name} ${expressionKey(expressions.get(field.column.symbol)!)}`
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}

function project(analyzer: Analyzer, distinct: boolean, input: Relation, items: readonly Item[], order: readonly SortKey[]): AnalyzedQuery {
  const assignments: Assignment[] = []
  const byKey = new Map<string, Column>()
  const assign = (expression: Expression): Column => {
    const key = expressionKey(expression)
    const known = byKey.get(key)
    if (known) return known
    const column = { symbol: analyzer.names.fresh('c'), type: expression.type, nullable: isNullable(expression) }
    byKey.set(key, column)
    assignments.push({ column, expression })
    return column
  }
  const fields = items.map((item): OutputField => {
    if (distinct && !isComparable(item.expression.type)) {
      fail(item.at, 'TYPE_MISMATCH', `DISTINCT can only be applied to comparable types (actual: ${typeText(item.expression.type)})`)
    }
    return { name: item.name, column: assign(item.expression), ...(item.alias === undefined ? {} : { aliased: true as const }) }
  })
  const selected = assignments.length
  const keys = order.map((key): SortKey => {
    const column = assign(key.expression)
    return { ...key, expression: { kind: 'column', ...column, name: '', at: { line: 1, column: 1 } } }
  })
  if (distinct && assignments.length > selected) {
    fail(items[0]!.at, 'SEMANTIC_ERROR', 'For SELECT DISTINCT, ORDER BY expressions must appear in select list')
  }
  let relation: Relation = { kind: 'project', input, assignments }
  if (distinct) relation = { kind: 'distinct', input: relation }
  if (keys.length > 0) relation = { kind: 'sort', input: relation, keys }
  return { relation, fields }
}
