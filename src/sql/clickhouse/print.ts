import type { From, FrameBound, Node, Select, SelectColumn, SelectQuery, Sort, Window } from './tree.ts'

/** The tree as ClickHouse SQL. The only place where quoting happens. */
export function print(query: Select): string {
  if (query.kind === 'select') return printSelect(query)
  return query.queries.map((operand) => `(${print(operand)})`).join(` ${query.operator} `)
}

function printSelect(query: SelectQuery): string {
  let text = printWith(query)
  text += query.distinct ? 'SELECT DISTINCT ' : 'SELECT '
  text += query.columns.map(printColumn).join(', ')
  if (query.from) text += ` FROM ${printFrom(query.from)}`
  if (query.arrayJoin) text += ` ${query.arrayJoin.left ? 'LEFT ' : ''}ARRAY JOIN ${query.arrayJoin.items.map(printColumn).join(', ')}`
  if (query.prewhere) text += ` PREWHERE ${printNode(query.prewhere)}`
  if (query.where) text += ` WHERE ${printNode(query.where)}`
  if (query.groupingSets) text += ` GROUP BY GROUPING SETS (${query.groupingSets.map((set) => `(${list(set)})`).join(', ')})`
  else if (query.groupBy && query.groupBy.length > 0) text += ` GROUP BY ${list(query.groupBy)}`
  if (query.having) text += ` HAVING ${printNode(query.having)}`
  if (query.qualify) text += ` QUALIFY ${printNode(query.qualify)}`
  if (query.orderBy && query.orderBy.length > 0) text += ` ORDER BY ${query.orderBy.map(printSort).join(', ')}`
  if (query.limitBy) text += ` LIMIT ${printNode(query.limitBy.count)} BY ${list(query.limitBy.by)}`
  if (query.limit) text += ` LIMIT ${printNode(query.limit)}`
  if (query.offset) text += ` OFFSET ${printNode(query.offset)}`
  if (query.settings)
    text += ` SETTINGS ${Object.entries(query.settings)
      .map(([name, value]) => `${name} = ${setting(value)}`)
      .join(', ')}`
  return text
}

function printWith(query: SelectQuery): string {
  const items = (query.with ?? []).map((item) => `${quoteName(item.name)} AS (${print(item.query)})`)
  const definitions = (query.definitions ?? []).map(printColumn)
  if (items.length + definitions.length === 0) return ''
  return `WITH ${query.recursive ? 'RECURSIVE ' : ''}${[...items, ...definitions].join(', ')} `
}

const setting = (value: string | number): string => (typeof value === 'number' ? String(value) : quoteString(value))

const printColumn = (column: SelectColumn): string => {
  if (column.expression.kind === 'identifier' && column.expression.name === column.alias) return quoteName(column.alias)
  return `${printNode(column.expression)} AS ${quoteName(column.alias)}`
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
      return `${from.name}(${list(from.arguments)}) AS ${quoteName(from.alias)}`
    case 'join': {
      const right = from.right.kind === 'join' ? `(${printFrom(from.right)})` : printFrom(from.right)
      return `${printFrom(from.left)} ${from.type} JOIN ${right}${from.on === undefined ? '' : ` ON ${printNode(from.on)}`}`
    }
  }
}

const list = (nodes: readonly Node[]): string => nodes.map(printNode).join(', ')

const printSort = (sort: Sort): string =>
  `${printNode(sort.expression)} ${sort.descending ? 'DESC' : 'ASC'} NULLS ${sort.nullsFirst ? 'FIRST' : 'LAST'}`

export function printNode(node: Node): string {
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
      return printCall(node)
    case 'alias':
      return `(${printNode(node.operand)} AS ${quoteName(node.name)})`
    case 'lambda':
      return `(${node.parameters.map(quoteName).join(', ')}) -> ${printNode(node.body)}`
    case 'cast':
      return `CAST(${printNode(node.operand)} AS ${node.type})`
    case 'in':
      return `(${printNode(node.operand)} IN (${list(node.set)}))`
    case 'in-query':
      return `(${printNode(node.operand)} ${node.global ? 'GLOBAL IN' : 'IN'} (${print(node.query)}))`
    case 'subquery':
      return `(${print(node.query)})`
    case 'exists':
      return `exists(${print(node.query)})`
  }
}

function printCall(node: Extract<Node, { kind: 'call' }>): string {
  let text = node.name
  if (node.parameters && node.parameters.length > 0) text += `(${list(node.parameters)})`
  text += `(${node.distinct ? 'DISTINCT ' : ''}${list(node.arguments)})`
  if (node.filter) text += ` FILTER (WHERE ${printNode(node.filter)})`
  if (node.over) text += ` OVER (${printWindow(node.over)})`
  return text
}

function printWindow(window: Window): string {
  const parts: string[] = []
  if (window.partitionBy.length > 0) parts.push(`PARTITION BY ${list(window.partitionBy)}`)
  if (window.orderBy.length > 0) parts.push(`ORDER BY ${window.orderBy.map(printSort).join(', ')}`)
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
