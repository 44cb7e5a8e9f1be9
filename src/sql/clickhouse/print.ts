import type { From, FrameBound, Node, Select, SelectColumn, SelectQuery, Sort, Window } from './tree.ts'

/** The tree as ClickHouse SQL. The only place where quoting happens. */
export function print(query: Select): string {
  if (query.kind === 'select') return printSelect(query)
  return query.queries.map((operand) => `(${print(operand)})`).join(` ${query.operator} `)
}

/**
 * Named values of the SELECT that is being printed: those outside lambdas go to its WITH clause, where the engine finds them whatever it makes
 * of the place of their first use. Undefined inside lambdas and joins: there they stand where they are used.
 */
type Named = Map<string, string> | undefined

function printSelect(query: SelectQuery): string {
  const named: Named = new Map()
  const definitions = (query.definitions ?? []).map((definition) => printColumn(definition, named))
  let text = query.distinct ? 'SELECT DISTINCT ' : 'SELECT '
  text += query.columns.map((column) => printColumn(column, named)).join(', ')
  if (query.from) text += ` FROM ${printFrom(query.from)}`
  if (query.arrayJoin) {
    const items = query.arrayJoin.items.map((item) => printColumn(item, undefined))
    text += ` ${query.arrayJoin.left ? 'LEFT ' : ''}ARRAY JOIN ${items.join(', ')}`
  }
  if (query.prewhere) text += ` PREWHERE ${printIn(query.prewhere, named)}`
  if (query.where) text += ` WHERE ${printIn(query.where, named)}`
  if (query.groupingSets) text += ` GROUP BY GROUPING SETS (${query.groupingSets.map((set) => `(${list(set, named)})`).join(', ')})`
  else if (query.groupBy && query.groupBy.length > 0) text += ` GROUP BY ${list(query.groupBy, named)}`
  if (query.having) text += ` HAVING ${printIn(query.having, named)}`
  if (query.qualify) text += ` QUALIFY ${printIn(query.qualify, named)}`
  if (query.orderBy && query.orderBy.length > 0) text += ` ORDER BY ${query.orderBy.map((sort) => printSort(sort, named)).join(', ')}`
  if (query.limitBy) text += ` LIMIT ${printIn(query.limitBy.count, named)} BY ${list(query.limitBy.by, named)}`
  if (query.limit) text += ` LIMIT ${printIn(query.limit, named)}`
  if (query.offset) text += ` OFFSET ${printIn(query.offset, named)}`
  if (query.ties) text += ' WITH TIES'
  if (query.settings) text += ` SETTINGS ${printSettings(query.settings)}`
  const queries = (query.with ?? []).map((item) => `${quoteName(item.name)} AS (${print(item.query)})`)
  const values = [...named].map(([name, value]) => `${value} AS ${quoteName(name)}`)
  const clause = [...queries, ...values, ...definitions]
  return clause.length === 0 ? text : `WITH ${query.recursive ? 'RECURSIVE ' : ''}${clause.join(', ')} ${text}`
}

const printSettings = (settings: Readonly<Record<string, string | number>>): string =>
  Object.entries(settings)
    .map(([name, value]) => `${name} = ${typeof value === 'number' ? String(value) : quoteString(value)}`)
    .join(', ')

function printColumn(column: SelectColumn, named: Named): string {
  if (column.expression.kind === 'identifier' && column.expression.name === column.alias) return quoteName(column.alias)
  return `${printIn(column.expression, named)} AS ${quoteName(column.alias)}`
}

function printFrom(from: From): string {
  switch (from.kind) {
    case 'table':
      return `${quoteName(from.database)}.${quoteName(from.table)}${from.alias === undefined ? '' : ` AS ${quoteName(from.alias)}`}${from.final ? ' FINAL' : ''}`
    case 'name':
      return quoteName(from.name) + (from.alias === undefined ? '' : ` AS ${quoteName(from.alias)}`)
    case 'query':
      return `(${print(from.query)}) AS ${quoteName(from.alias)}`
    case 'function':
      return `${from.name}(${list(from.arguments, undefined)}) AS ${quoteName(from.alias)}`
    case 'join': {
      const right = from.right.kind === 'join' ? `(${printFrom(from.right)})` : printFrom(from.right)
      return `${printFrom(from.left)} ${from.type} JOIN ${right}${from.on === undefined ? '' : ` ON ${printNode(from.on)}`}`
    }
  }
}

const list = (nodes: readonly Node[], named: Named): string => nodes.map((node) => printIn(node, named)).join(', ')

const printSort = (sort: Sort, named: Named): string =>
  `${printIn(sort.expression, named)} ${sort.descending ? 'DESC' : 'ASC'} NULLS ${sort.nullsFirst ? 'FIRST' : 'LAST'}`

/** An expression by itself, named values in their places. */
export const printNode = (node: Node): string => printIn(node, undefined)

function printIn(node: Node, named: Named): string {
  switch (node.kind) {
    case 'null':
      return 'NULL'
    case 'boolean':
      return node.value ? 'true' : 'false'
    case 'integer':
      return node.type === undefined ? String(node.value) : `to${node.type}(${node.value})`
    case 'float':
      return printFloat(node.value)
    case 'string':
      return quoteString(node.value)
    case 'identifier':
      return quoteName(node.name)
    case 'call':
      return printCall(node, named)
    case 'alias':
      if (!named) return `(${printIn(node.operand, named)} AS ${quoteName(node.name)})`
      if (!named.has(node.name)) named.set(node.name, printIn(node.operand, named))
      return quoteName(node.name)
    case 'lambda':
      return `(${node.parameters.map(quoteName).join(', ')}) -> ${printIn(node.body, undefined)}`
    case 'cast':
      return `CAST(${printIn(node.operand, named)} AS ${node.type})`
    case 'in':
      return `(${printIn(node.operand, named)} IN (${list(node.set, named)}))`
    case 'in-query':
      return `(${printIn(node.operand, named)} ${node.global ? 'GLOBAL IN' : 'IN'} (${print(node.query)}))`
    case 'subquery':
      return `(${print(node.query)})`
    case 'exists':
      return `exists(${print(node.query)})`
  }
}

function printCall(node: Extract<Node, { kind: 'call' }>, named: Named): string {
  let text = node.name
  if (node.parameters && node.parameters.length > 0) text += `(${list(node.parameters, named)})`
  text += `(${node.distinct ? 'DISTINCT ' : ''}${list(node.arguments, named)})`
  if (node.filter) text += ` FILTER (WHERE ${printIn(node.filter, named)})`
  if (node.over) text += ` OVER (${printWindow(node.over, named)})`
  return text
}

function printWindow(window: Window, named: Named): string {
  const parts: string[] = []
  if (window.partitionBy.length > 0) parts.push(`PARTITION BY ${list(window.partitionBy, named)}`)
  if (window.orderBy.length > 0) parts.push(`ORDER BY ${window.orderBy.map((sort) => printSort(sort, named)).join(', ')}`)
  if (window.frame) parts.push(`${window.frame.unit} BETWEEN ${printBound(window.frame.start)} AND ${printBound(window.frame.end)}`)
  return parts.join(' ')
}

function printBound(bound: FrameBound): string {
  switch (bound.kind) {
    case 'unbounded-preceding':
      return 'UNBOUNDED PRECEDING'
    case 'unbounded-following':
      return 'UNBOUNDED FOLLOWING'
    case 'current-row':
      return 'CURRENT ROW'
    case 'preceding':
      return `${printNode(bound.offset)} PRECEDING`
    case 'following':
      return `${printNode(bound.offset)} FOLLOWING`
  }
}

/** Shortest text that reads back as the same double and is a Float64 to ClickHouse, never an integer. */
function printFloat(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  if (Object.is(value, -0)) return '-0.'
  const text = String(value)
  return /[.e]/.test(text) ? text : `${text}.`
}

const bareName = /^(?:[a-z]\d+|time|measure_name|[at]\d*_\w+|value_\w+|tidemark)$/

export const quoteName = (name: string): string => (bareName.test(name) ? name : `\`${escape(name).replaceAll('`', '\\`')}\``)

const quoteString = (value: string): string => `'${escape(value).replaceAll("'", "\\'")}'`

/** NUL ends no text in ClickHouse, but tools that show queries stumble over it. */
const escape = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\0', '\\0')
