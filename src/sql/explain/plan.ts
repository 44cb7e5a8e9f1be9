import { unreachable } from '../../base/assert.ts'
import { columnsOf } from '../analyzer/nullability.ts'
import { rewrite } from '../analyzer/rewrite.ts'
import { callExpressions, collectSymbols } from '../analyzer/visit.ts'
import type { Catalog } from '../catalog.ts'
import type { Expression, Query, Relation, Scan } from '../ir.ts'
import { conjuncts } from '../optimizer/conjunction.ts'
import { nsPerDay } from '../types/time-text.ts'
import { expressionText, sortKeyText } from './expression-text.ts'
import { narrowed, timeRangeText, type TimeRange } from './time-range.ts'

/** What a query does, from the result down to the tables: one line per step, the inputs of a step indented below it. */
export function planLines(query: Query, catalog: Catalog, nowNs: bigint): readonly string[] {
  const planner = new Planner(catalog, nowNs, definitionsIn(query.relation, new Map()))
  planner.step(query.relation, new Set(query.fields.map((field) => field.column.symbol)), 0, [])
  return planner.lines
}

/** What columns that have no name are, by symbol: the results of aggregates and of functions over windows. */
function definitionsIn(relation: Relation, found: Map<string, Expression>): ReadonlyMap<string, Expression> {
  if (relation.kind === 'aggregate') for (const { column, call } of relation.aggregates) found.set(column.symbol, call)
  if (relation.kind === 'aggregate') for (const { column, expression } of relation.keys) found.set(column.symbol, expression)
  if (relation.kind === 'window') for (const { column, call } of relation.functions) found.set(column.symbol, call)
  if (relation.kind === 'project') for (const { column, expression } of relation.assignments) found.set(column.symbol, expression)
  if ('input' in relation) definitionsIn(relation.input, found)
  const sides = 'left' in relation ? [relation.left, relation.right] : 'base' in relation ? [relation.base, relation.step] : []
  for (const side of sides) definitionsIn(side, found)
  return found
}

class Planner {
  readonly lines: string[] = []
  readonly #catalog: Catalog
  readonly #nowNs: bigint
  readonly #definitions: ReadonlyMap<string, Expression>

  constructor(catalog: Catalog, nowNs: bigint, definitions: ReadonlyMap<string, Expression>) {
    this.#catalog = catalog
    this.#nowNs = nowNs
    this.#definitions = definitions
  }

  /** `required`: symbols that are asked of the relation. `conditions`: of a filter right above it. */
  step(relation: Relation, required: ReadonlySet<string>, depth: number, conditions: readonly Expression[]): void {
    const below = (input: Relation, expressions: readonly Expression[], symbols: Iterable<string> = required): void => {
      this.#subqueries(expressions, depth + 1)
      this.step(input, collectSymbols(expressions, new Set(symbols)), depth + 1, [])
    }
    switch (relation.kind) {
      case 'scan':
        return this.#scan(relation, required, depth, conditions)
      case 'values':
        return this.#line(depth, relation.columns.length === 0 ? 'One row' : `Values: ${relation.rows.length} rows`)
      case 'filter': {
        const parts = conjuncts(relation.condition)
        if (relation.input.kind === 'scan') {
          this.#scan(relation.input, collectSymbols(parts, new Set(required)), depth, parts)
          return this.#subqueries(parts, depth + 1)
        }
        this.#line(depth, `Filter: ${parts.map(this.#text).join(' AND ')}`)
        return below(relation.input, parts)
      }
      case 'project': {
        // names and order alone are no work worth a line
        const used = relation.assignments.filter((each) => required.has(each.column.symbol))
        const expressions = used.map((each) => each.expression)
        const computed = expressions.filter((each) => each.kind !== 'column')
        if (computed.length > 0) this.#line(depth, `Compute: ${computed.map(this.#text).join(', ')}`)
        this.#subqueries(expressions, depth + 1)
        return this.step(relation.input, collectSymbols(expressions, new Set()), computed.length > 0 ? depth + 1 : depth, [])
      }
      case 'aggregate': {
        const calls = relation.aggregates.filter((each) => required.has(each.column.symbol)).map((each) => each.call)
        const keys = relation.keys.map((each) => each.expression)
        const sets = relation.groupingSets ? `, ${relation.groupingSets.length} grouping sets` : ''
        const by = keys.length > 0 ? ` by ${keys.map(this.#text).join(', ')}${sets}` : ''
        this.#line(depth, `Aggregate${by}${calls.length > 0 ? `: ${calls.map(this.#text).join(', ')}` : ''}`)
        return below(relation.input, [...keys, ...calls.flatMap(callExpressions)], [])
      }
      case 'window': {
        const calls = relation.functions.map((each) => each.call)
        this.#line(depth, `Window: ${calls.map(this.#text).join(', ')}`)
        const specifications = relation.functions.flatMap(({ window }) => [
          ...window.partitionBy,
          ...window.orderBy.map((key) => key.expression),
        ])
        return below(relation.input, [...calls.flatMap(callExpressions), ...specifications])
      }
      case 'distinct':
        this.#line(depth, 'Distinct')
        return below(
          relation.input,
          [],
          columnsOf(relation.input).map((column) => column.symbol),
        )
      case 'sort':
        this.#line(depth, `Sort by ${relation.keys.map((key) => sortKeyText(key, this.#text)).join(', ')}`)
        return below(
          relation.input,
          relation.keys.map((key) => key.expression),
        )
      case 'limit': {
        const offset = relation.offset === undefined ? '' : `, after ${relation.offset}`
        this.#line(
          depth,
          `${relation.count === undefined ? 'All rows' : `Limit ${relation.count}${relation.ties ? ' with ties' : ''}`}${offset}`,
        )
        return below(relation.input, [])
      }
      case 'join': {
        const on = relation.on ? [relation.on] : []
        this.#line(depth, `Join ${relation.type}${relation.on ? ` on ${this.#text(relation.on)}` : ''}`)
        below(relation.left, on)
        return below(relation.right, on)
      }
      case 'set': {
        this.#line(depth, `${relation.operator[0]!.toUpperCase()}${relation.operator.slice(1)}${relation.distinct ? '' : ' all'}`)
        for (const side of [relation.left, relation.right])
          below(
            side,
            [],
            columnsOf(side).map((column) => column.symbol),
          )
        return
      }
      case 'unnest': {
        const expressions = relation.items.map((item) => item.expression)
        this.#line(depth, `Unnest ${expressions.map(this.#text).join(', ')}`)
        return below(relation.input, expressions)
      }
      case 'recursive-reference':
        return this.#line(depth, 'Rows of the recursive step before')
      case 'recursive':
        this.#line(depth, 'Recursive: first, and then as long as there are rows')
        for (const side of [relation.base, relation.step])
          below(
            side,
            [],
            columnsOf(side).map((column) => column.symbol),
          )
        return
      default:
        return unreachable(relation)
    }
  }

  /** In place of a column without a name stands what it is. */
  readonly #text = (expression: Expression): string => {
    const named: (part: Expression) => Expression | undefined = (part) => {
      if (part.kind !== 'column' || part.name !== '') return undefined
      const definition = this.#definitions.get(part.symbol)
      return definition && rewrite(definition, named)
    }
    return expressionText(rewrite(expression, named))
  }

  #line(depth: number, text: string): void {
    this.lines.push(`${'  '.repeat(depth)}- ${text}`)
  }

  /** Below the step whose expressions hold them. */
  #subqueries(expressions: readonly Expression[], depth: number): void {
    for (const expression of expressions) {
      rewrite(expression, (part) => {
        if (!('query' in part)) return undefined
        this.#line(depth, 'Subquery')
        this.step(part.query, new Set(columnsOf(part.query).map((column) => column.symbol)), depth + 1, [])
        return part
      })
    }
  }

  #scan(scan: Scan, required: ReadonlySet<string>, depth: number, conditions: readonly Expression[]): void {
    const columns = scan.columns.filter((each) => required.has(each.column.symbol)).map((each) => each.name)
    this.#line(depth, `Read "${scan.database}"."${scan.table}"`)
    const detail = (text: string): void => void this.lines.push(`${'  '.repeat(depth + 2)}${text}`)
    detail(`columns: ${columns.length === 0 ? 'none (rows are counted)' : columns.join(', ')}`)
    const time = scan.columns.find((each) => each.role === 'time')
    const range = narrowed({ fromNs: scan.oldestTimeNs, toNs: undefined }, conditions, time?.column.symbol ?? '')
    detail(`time: ${timeRangeText(range)}`)
    detail(`stores: ${this.#stores(scan, range)}`)
    if (conditions.length > 0) detail(`pushed down: ${conditions.map(this.#text).join(' AND ')}`)
    if (scan.physical.final) detail('replaced versions of records are left out while reading')
  }

  /** Records lie in the memory store until they are as old as its retention. */
  #stores(scan: Scan, { fromNs, toNs }: TimeRange): string {
    const retention = this.#catalog.table(scan.database, scan.table)?.retention
    if (!retention) return 'unknown'
    const border = this.#nowNs - BigInt(retention.memoryStoreHours) * (nsPerDay / 24n)
    if (fromNs !== undefined && fromNs >= border) return 'memory store'
    if (toNs !== undefined && toNs < border) return 'magnetic store'
    return 'memory store, magnetic store'
  }
}
