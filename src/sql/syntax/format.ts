import type {
  Expression,
  FrameBound,
  FunctionCall,
  GroupingElement,
  Identifier,
  LikeClause,
  QualifiedName,
  Query,
  QueryBody,
  Relation,
  SelectBody,
  SelectItem,
  SortItem,
  Statement,
  TypeArgument,
  TypeName,
  WindowSpecification,
} from './ast.ts'
import { frameBoundText } from './parse-window.ts'

/** Syntax tree to text on one line; parsing it gives the same tree again, places apart. */
export function format(statement: Statement): string {
  switch (statement.kind) {
    case 'query':
      return formatQuery(statement.query)
    case 'show-databases':
      return `SHOW DATABASES${like(statement.like)}`
    case 'show-tables':
      return `SHOW TABLES${statement.from ? ` FROM ${qualified(statement.from)}` : ''}${like(statement.like)}`
    case 'show-measures':
      return `SHOW MEASURES FROM ${qualified(statement.from)}${like(statement.like)}`
    case 'describe':
      return `DESCRIBE ${qualified(statement.name)}`
    case 'explain':
      return `EXPLAIN ${statement.analyze ? 'ANALYZE ' : ''}${format(statement.statement)}`
    case 'delete':
      return `DELETE FROM ${qualified(statement.table)} WHERE ${formatExpression(statement.condition)}`
    case 'unload': {
      const options = statement.options.map((option) => `${option.name} = ${formatExpression(option.value)}`).join(', ')
      return `UNLOAD (${formatQuery(statement.query)}) TO ${text(statement.to)}${options === '' ? '' : ` WITH (${options})`}`
    }
  }
}

const text = (value: string): string => `'${value.replaceAll("'", "''")}'`
const name = (identifier: Identifier): string => (identifier.quoted ? `"${identifier.text.replaceAll('"', '""')}"` : identifier.text)
const qualified = (value: QualifiedName): string => value.parts.map(name).join('.')
const names = (list: readonly Identifier[]): string => `(${list.map(name).join(', ')})`
const list = (items: readonly Expression[]): string => items.map(formatExpression).join(', ')

function like(clause: LikeClause | undefined): string {
  if (clause === undefined) return ''
  return ` LIKE ${text(clause.pattern)}${clause.escape === undefined ? '' : ` ESCAPE ${text(clause.escape)}`}`
}

export function formatQuery(query: Query): string {
  let result = ''
  if (query.with !== undefined) {
    const items = query.with.items.map(
      (item) => `${name(item.name)}${item.columns ? names(item.columns) : ''} AS (${formatQuery(item.query)})`,
    )
    result = `WITH ${query.with.recursive ? 'RECURSIVE ' : ''}${items.join(', ')} `
  }
  result += formatBody(query.body) + orderBy(query.orderBy)
  if (query.offset !== undefined) result += ` OFFSET ${formatExpression(query.offset)}`
  if (query.limit !== undefined && query.ties !== undefined) result += ` FETCH FIRST ${formatExpression(query.limit)} ROWS WITH TIES`
  else if (query.limit !== undefined) result += ` LIMIT ${formatExpression(query.limit)}`
  return result
}

function orderBy(items: readonly SortItem[]): string {
  if (items.length === 0) return ''
  const keys = items.map(
    (item) => formatExpression(item.expression) + (item.descending ? ' DESC' : '') + (item.nullsFirst ? ' NULLS FIRST' : ''),
  )
  return ` ORDER BY ${keys.join(', ')}`
}

function formatBody(body: QueryBody): string {
  switch (body.kind) {
    case 'select':
      return formatSelect(body)
    case 'values':
      return `VALUES ${list(body.rows)}`
    case 'table':
      return `TABLE ${qualified(body.name)}`
    case 'subquery-body':
      return `(${formatQuery(body.query)})`
    case 'set-operation':
      return `${formatBody(body.left)} ${body.operator.toUpperCase()}${body.distinct ? '' : ' ALL'} ${formatBody(body.right)}`
  }
}

function formatSelect(select: SelectBody): string {
  let result = `SELECT ${select.distinct ? 'DISTINCT ' : ''}${select.items.map(formatSelectItem).join(', ')}`
  if (select.from !== undefined) result += ` FROM ${formatRelation(select.from)}`
  if (select.where !== undefined) result += ` WHERE ${formatExpression(select.where)}`
  if (select.groupBy !== undefined) {
    result += ` GROUP BY ${select.groupBy.distinct ? 'DISTINCT ' : ''}${select.groupBy.elements.map(formatGrouping).join(', ')}`
  }
  if (select.having !== undefined) result += ` HAVING ${formatExpression(select.having)}`
  if (select.windows.length > 0) {
    result += ` WINDOW ${select.windows.map((item) => `${name(item.name)} AS ${formatWindow(item.window)}`).join(', ')}`
  }
  return result
}

function formatSelectItem(item: SelectItem): string {
  if (item.kind === 'select-expression') return formatExpression(item.expression) + (item.alias ? ` AS ${name(item.alias)}` : '')
  if (item.row !== undefined) return `(${formatExpression(item.row)}).*`
  return item.qualifier === undefined ? '*' : `${qualified(item.qualifier)}.*`
}

function formatGrouping(element: GroupingElement): string {
  switch (element.kind) {
    case 'grouping-set':
      return formatSet(element.expressions)
    case 'rollup':
    case 'cube':
    case 'grouping-sets':
      return `${element.kind.replace('-', ' ').toUpperCase()} (${element.sets.map(formatSet).join(', ')})`
  }
}

/** A subquery that is a set by itself has its brackets already. */
function formatSet(set: readonly Expression[]): string {
  return set.length === 1 && set[0]!.kind === 'scalar-query' ? formatExpression(set[0]!) : `(${list(set)})`
}

function formatRelation(relation: Relation): string {
  switch (relation.kind) {
    case 'table-reference':
      return qualified(relation.name)
    case 'subquery-relation':
      return `(${formatQuery(relation.query)})`
    case 'lateral':
      return `LATERAL (${formatQuery(relation.query)})`
    case 'unnest':
      return `UNNEST(${list(relation.expressions)})${relation.ordinality ? ' WITH ORDINALITY' : ''}`
    case 'aliased':
      return `${relationOperand(relation.relation)} AS ${name(relation.alias)}${relation.columns ? names(relation.columns) : ''}`
    case 'join': {
      const type = `${relation.natural ? 'NATURAL ' : ''}${relation.type.toUpperCase()} JOIN`
      const using = relation.using ? ` USING ${names(relation.using)}` : ''
      const on = relation.on ? ` ON ${formatExpression(relation.on)}` : ''
      return `${formatRelation(relation.left)} ${type} ${relation.right.kind === 'join' ? `(${formatRelation(relation.right)})` : formatRelation(relation.right)}${using}${on}`
    }
  }
}

/** A relation that takes an alias: joins and what has one already stand in brackets. */
function relationOperand(relation: Relation): string {
  return relation.kind === 'join' || relation.kind === 'aliased' ? `(${formatRelation(relation)})` : formatRelation(relation)
}

function formatWindow(window: WindowSpecification): string {
  const parts: string[] = []
  if (window.base !== undefined) parts.push(name(window.base))
  if (window.partitionBy.length > 0) parts.push(`PARTITION BY ${list(window.partitionBy)}`)
  if (window.orderBy.length > 0) parts.push(orderBy(window.orderBy).trimStart())
  if (window.frame !== undefined) {
    parts.push(`${window.frame.unit.toUpperCase()} BETWEEN ${formatBound(window.frame.start)} AND ${formatBound(window.frame.end)}`)
  }
  return `(${parts.join(' ')})`
}

function formatBound(bound: FrameBound): string {
  return bound.kind === 'preceding' || bound.kind === 'following'
    ? `${operand(bound.offset)} ${frameBoundText(bound)}`
    : frameBoundText(bound)
}

export function formatType(type: TypeName): string {
  if (type.arguments.length === 0) return type.name
  const suffix = type.name.endsWith(' with time zone') ? ' with time zone' : ''
  return `${type.name.slice(0, type.name.length - suffix.length)}(${type.arguments.map(formatTypeArgument).join(', ')})${suffix}`
}

function formatTypeArgument(argument: TypeArgument): string {
  if (argument.kind === 'number') return String(argument.value)
  return argument.kind === 'field' ? `${name(argument.name)} ${formatType(argument.type)}` : formatType(argument.type)
}

/** An expression where only an operand may stand: brackets around all that is not one token, name or call. */
function operand(expression: Expression): string {
  switch (expression.kind) {
    case 'null':
    case 'boolean':
    case 'integer':
    case 'decimal':
    case 'string':
    case 'binary':
    case 'typed-literal':
    case 'interval':
    case 'duration':
    case 'name':
    case 'parameter':
    case 'call':
    case 'row':
    case 'array':
    case 'scalar-query':
      return formatExpression(expression)
    default:
      return `(${formatExpression(expression)})`
  }
}

/** The base of `.field`: a name would take the field as one more part of itself, a number as its fraction. */
function fieldBase(expression: Expression): string {
  const closed = expression.kind === 'call' || expression.kind === 'row' || expression.kind === 'scalar-query'
  return closed ? formatExpression(expression) : `(${formatExpression(expression)})`
}

export function formatExpression(expression: Expression): string {
  const e = expression
  const not = 'negated' in e && e.negated ? 'NOT ' : ''
  switch (e.kind) {
    case 'null':
      return 'NULL'
    case 'boolean':
      return e.value ? 'TRUE' : 'FALSE'
    case 'integer':
    case 'decimal':
      return e.text
    case 'string':
      return text(e.value)
    case 'binary':
      return `X'${e.hex}'`
    case 'typed-literal':
      return `${formatType(e.type)} ${text(e.value)}`
    case 'interval':
      return `INTERVAL ${e.negative ? '- ' : ''}${text(e.value)} ${e.unit.toUpperCase()}${e.to ? ` TO ${e.to.toUpperCase()}` : ''}`
    case 'duration':
      return e.value + e.unit
    case 'name':
      return e.parts.map(name).join('.')
    case 'dereference':
      return `${fieldBase(e.base)}.${name(e.field)}`
    case 'parameter':
      return `@${e.name}`
    case 'arithmetic':
    case 'comparison':
      return `${operand(e.left)} ${e.operator} ${operand(e.right)}`
    case 'unary':
      return `${e.operator} ${operand(e.operand)}`
    case 'concat':
      return `${operand(e.left)} || ${operand(e.right)}`
    case 'distinct-from':
      return `${operand(e.left)} IS ${not}DISTINCT FROM ${operand(e.right)}`
    case 'logical':
      return e.operands.map(operand).join(` ${e.operator.toUpperCase()} `)
    case 'not':
      return `NOT ${operand(e.operand)}`
    case 'is-null':
      return `${operand(e.operand)} IS ${not}NULL`
    case 'between':
      return `${operand(e.operand)} ${not}BETWEEN ${operand(e.low)} AND ${operand(e.high)}`
    case 'in-list':
      return `${operand(e.operand)} ${not}IN (${list(e.items)})`
    case 'in-query':
      return `${operand(e.operand)} ${not}IN (${formatQuery(e.query)})`
    case 'like':
      return `${operand(e.operand)} ${not}LIKE ${operand(e.pattern)}${e.escape ? ` ESCAPE ${operand(e.escape)}` : ''}`
    case 'exists':
      return `EXISTS (${formatQuery(e.query)})`
    case 'scalar-query':
      return `(${formatQuery(e.query)})`
    case 'quantified':
      return `${operand(e.operand)} ${e.operator} ${e.quantifier.toUpperCase()} (${formatQuery(e.query)})`
    case 'case': {
      const branches = e.branches.map((branch) => ` WHEN ${formatExpression(branch.when)} THEN ${formatExpression(branch.result)}`).join('')
      return `CASE${e.operand ? ` ${formatExpression(e.operand)}` : ''}${branches}${e.otherwise ? ` ELSE ${formatExpression(e.otherwise)}` : ''} END`
    }
    case 'cast':
      return `${e.safe ? 'TRY_CAST' : 'CAST'}(${formatExpression(e.operand)} AS ${formatType(e.type)})`
    case 'extract':
      return `EXTRACT(${name(e.field)} FROM ${formatExpression(e.operand)})`
    case 'call':
      return formatCall(e)
    case 'lambda':
      return `${names(e.parameters)} -> ${formatExpression(e.body)}`
    case 'array':
      return `ARRAY[${list(e.items)}]`
    case 'row':
      return `ROW(${list(e.items)})`
    case 'subscript':
      return `${operand(e.base)}[${formatExpression(e.index)}]`
    case 'at-time-zone':
      return `${operand(e.operand)} AT TIME ZONE ${operand(e.zone)}`
    case 'grouping':
      return `GROUPING(${list(e.arguments)})`
  }
}

const keywordCalls: ReadonlySet<string> = new Set(
  'current_date current_time current_timestamp current_user localtime localtimestamp'.split(' '),
)

function formatCall(call: FunctionCall): string {
  const args = call.star ? '*' : `${call.distinct ? 'DISTINCT ' : ''}${list(call.arguments)}${orderBy(call.orderBy)}`
  if (keywordCalls.has(call.name)) return call.name + (call.arguments.length > 0 ? `(${args})` : '')
  if (call.name === 'position') return `position(${call.arguments.map(operand).join(' IN ')})`
  if (call.name === 'normalize' && call.arguments[1]?.kind === 'string') {
    return `normalize(${formatExpression(call.arguments[0]!)}, ${call.arguments[1].value})`
  }
  const filter = call.filter ? ` FILTER (WHERE ${formatExpression(call.filter)})` : ''
  const nulls = call.nulls ? ` ${call.nulls.toUpperCase()} NULLS` : ''
  const over = call.over === undefined ? '' : ` OVER ${'text' in call.over ? name(call.over) : formatWindow(call.over)}`
  return `${callName(call.name)}(${args})${filter}${nulls}${over}`
}

/** Names that came in quotes, and those whose bare form means something else before a bracket. */
function callName(written: string): string {
  const plain = /^[a-z_][a-z0-9_]*$/.test(written) && written !== 'row' && written !== 'try_cast'
  return plain ? written : `"${written.replaceAll('"', '""')}"`
}
