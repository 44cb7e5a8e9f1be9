import { ServerError } from '../../base/errors.ts'
import { unreachable } from '../../base/assert.ts'
import { columnsOf, isNullable } from '../analyzer/nullability.ts'
import { rewrite, rewriteCall } from '../analyzer/rewrite.ts'
import { visit } from '../analyzer/visit.ts'
import type { Names } from '../clickhouse/values.ts'
import type { Aggregate, Assignment, Column, Expression, Relation, SortKey, WindowFunction } from '../ir.ts'
import { isNested } from '../types/coercion.ts'
import { BIGINT, BOOLEAN, INTEGER } from '../types/type.ts'
import { allOf, conjuncts } from './conjunction.ts'
import { numberingCall } from './internal-functions.ts'
import { placeOfRead, reads, readsExpression } from './outer-symbols.ts'

/** A relation that has, besides its own columns, the outer ones that it depends on: `outer` symbol → column of the relation. */
export interface Dependent {
  readonly relation: Relation
  readonly outer: ReadonlyMap<string, Column>
}

/** The distinct values of the outer columns, under new symbols each time. */
export type MakeDomain = () => Dependent

export const reference = (column: Column): Expression => ({ kind: 'column', ...column, name: '', at: { line: 1, column: 1 } })
export const pass = (column: Column): Assignment => ({ column, expression: reference(column) })
export const sameAs = (left: Expression, right: Expression): Expression => {
  const surely = (each: Expression): boolean => each.kind === 'column' && !each.nullable
  if (!isNested(left.type) && (surely(left) || surely(right))) return { kind: 'comparison', type: BOOLEAN, operator: '=', left, right }
  return { kind: 'not', type: BOOLEAN, operand: { kind: 'comparison', type: BOOLEAN, operator: 'distinct', left, right } }
}

/**
 * Evaluates a correlated relation for all values of its outer columns at once: for every row of the domain the rows that the relation has for it.
 * Known as the unnesting of dependent joins (Neumann and Kemper, "Unnesting Arbitrary Queries", 2015).
 */
export class DependentRelations {
  readonly #names: Names
  readonly #symbols: ReadonlySet<string>
  readonly #domain: MakeDomain

  constructor(names: Names, symbols: ReadonlySet<string>, domain: MakeDomain) {
    this.#names = names
    this.#symbols = symbols
    this.#domain = domain
  }

  make(relation: Relation): Dependent {
    if (!reads(relation, this.#symbols)) {
      const domain = this.#domain()
      const columns = [...columnsOf(domain.relation), ...columnsOf(relation)]
      return { relation: { kind: 'join', type: 'cross', left: domain.relation, right: relation, columns }, outer: domain.outer }
    }
    switch (relation.kind) {
      case 'scan':
      case 'recursive-reference':
        throw new Error('a stored relation reads nothing')
      case 'values':
        return this.#values(relation)
      case 'filter':
        return (
          this.#equated(relation) ?? this.#over(relation.input, (input, to) => ({ ...relation, input, condition: to(relation.condition) }))
        )
      case 'project': {
        const inner = this.make(relation.input)
        const to = this.#replacing(inner.outer)
        const assignments = relation.assignments.map((each) => ({ ...each, expression: to(each.expression) }))
        return {
          relation: { kind: 'project', input: inner.relation, assignments: [...assignments, ...[...inner.outer.values()].map(pass)] },
          outer: inner.outer,
        }
      }
      case 'aggregate':
        return relation.keys.length === 0 && !relation.groupingSets ? this.#globalAggregate(relation) : this.#aggregate(relation)
      case 'window': {
        const inner = this.make(relation.input)
        const to = this.#replacing(inner.outer)
        const functions = relation.functions.map((each) => ({
          ...each,
          call: rewriteCall(each.call, to),
          window: {
            ...each.window,
            partitionBy: [...each.window.partitionBy.map(to), ...[...inner.outer.values()].map(reference)],
            orderBy: each.window.orderBy.map((key) => ({ ...key, expression: to(key.expression) })),
          },
        }))
        return { relation: { kind: 'window', input: inner.relation, functions }, outer: inner.outer }
      }
      case 'distinct':
        return this.#over(relation.input, (input) => ({ ...relation, input }))
      case 'sort':
        return this.#over(relation.input, (input, to) => ({ ...relation, input, keys: replaceKeys(relation.keys, to) }))
      case 'limit':
        return this.#limit(relation)
      case 'join':
        return this.#join(relation)
      case 'set':
        return this.#set(relation)
      case 'unnest':
        return this.#over(relation.input, (input, to) => ({
          ...relation,
          input,
          items: relation.items.map((item) => ({ ...item, expression: to(item.expression) })),
        }))
      case 'recursive':
        throw new ServerError(
          'NOT_SUPPORTED',
          'A recursive query cannot read columns of the query around it',
          placeOfRead(relation, this.#symbols),
        )
      default:
        return unreachable(relation)
    }
  }

  /**
   * Where the outer columns are only compared for equality with values of the input, those values are the domain: nothing needs to be joined.
   * Undefined for other conditions.
   */
  #equated(relation: Extract<Relation, { kind: 'filter' }>): Dependent | undefined {
    if (reads(relation.input, this.#symbols)) return undefined
    const outer = new Map<string, Assignment>()
    const rest: Expression[] = []
    for (const condition of conjuncts(relation.condition)) {
      if (!readsExpression(condition, this.#symbols)) {
        rest.push(condition)
        continue
      }
      const pair = this.#equation(condition)
      if (!pair || outer.has(pair.symbol)) return undefined
      const column = { symbol: this.#names.fresh('c'), type: pair.value.type, nullable: false }
      outer.set(pair.symbol, { column, expression: pair.value })
      if (isNullable(pair.value))
        rest.push({ kind: 'not', type: BOOLEAN, operand: { kind: 'is-null', type: BOOLEAN, operand: pair.value } })
    }
    if (outer.size < this.#symbols.size) return undefined
    const input: Relation = rest.length > 0 ? { kind: 'filter', input: relation.input, condition: allOf(rest) } : relation.input
    return {
      relation: { kind: 'project', input, assignments: [...columnsOf(relation.input).map(pass), ...outer.values()] },
      outer: new Map([...outer].map(([symbol, { column }]) => [symbol, column])),
    }
  }

  /** `outer column = value of the input`, either way round. */
  #equation(condition: Expression): { readonly symbol: string; readonly value: Expression } | undefined {
    if (condition.kind !== 'comparison' || condition.operator !== '=' || isNested(condition.left.type)) return undefined
    for (const [outer, value] of [
      [condition.left, condition.right],
      [condition.right, condition.left],
    ] as const) {
      if (outer.kind !== 'column' || !this.#symbols.has(outer.symbol) || readsExpression(value, this.#symbols)) continue
      let plain = true
      visit(value, (part) => {
        if ('query' in part) plain = false
      })
      if (plain) return { symbol: outer.symbol, value }
    }
    return undefined
  }

  #over(input: Relation, build: (input: Relation, to: (expression: Expression) => Expression) => Relation): Dependent {
    const inner = this.make(input)
    return { relation: build(inner.relation, this.#replacing(inner.outer)), outer: inner.outer }
  }

  #replacing(outer: ReadonlyMap<string, Column>): (expression: Expression) => Expression {
    return (expression) =>
      rewrite(expression, (part) => {
        const column = part.kind === 'column' ? outer.get(part.symbol) : undefined
        return column && reference(column)
      })
  }

  /** Copies of outer columns under new symbols. */
  #renamed(outer: ReadonlyMap<string, Column>): ReadonlyMap<string, Column> {
    return new Map([...outer].map(([symbol, column]) => [symbol, { ...column, symbol: this.#names.fresh('c') }]))
  }

  #values(relation: Extract<Relation, { kind: 'values' }>): Dependent {
    const parts = relation.rows.map((row): Dependent => {
      const domain = this.#domain()
      const to = this.#replacing(domain.outer)
      const columns =
        relation.rows.length === 1 ? relation.columns : relation.columns.map((column) => ({ ...column, symbol: this.#names.fresh('c') }))
      const assignments = columns.map((column, i) => ({ column, expression: to(row[i]!) }))
      const part: Relation = {
        kind: 'project',
        input: domain.relation,
        assignments: [...assignments, ...[...domain.outer.values()].map(pass)],
      }
      return { relation: part, outer: domain.outer }
    })
    const outer = parts.length === 1 ? parts[0]!.outer : this.#renamed(parts[0]!.outer)
    const combined = parts.reduce((left, right, i): Dependent => {
      const last = i === parts.length - 1
      const own = last ? relation.columns : relation.columns.map((column) => ({ ...column, symbol: this.#names.fresh('c') }))
      const extra = last ? outer : this.#renamed(outer)
      return {
        relation: {
          kind: 'set',
          operator: 'union',
          distinct: false,
          left: left.relation,
          right: right.relation,
          columns: [...own, ...extra.values()],
        },
        outer: extra,
      }
    })
    return { relation: combined.relation, outer }
  }

  #aggregate(relation: Aggregate): Dependent {
    const inner = this.make(relation.input)
    const to = this.#replacing(inner.outer)
    const outer = this.#renamed(inner.outer)
    const keys = relation.keys.map((key) => ({ ...key, expression: to(key.expression) }))
    const outerKeys = [...outer].map(([symbol, column]) => ({ column, expression: reference(inner.outer.get(symbol)!) }))
    const positions = outerKeys.map((_, i) => keys.length + i)
    return {
      relation: {
        ...relation,
        input: inner.relation,
        keys: [...keys, ...outerKeys],
        ...(relation.groupingSets ? { groupingSets: relation.groupingSets.map((set) => [...set, ...positions]) } : {}),
        aggregates: relation.aggregates.map((each) => ({ ...each, call: rewriteCall(each.call, to) })),
      },
      outer,
    }
  }

  /** Without keys there is a row even where nothing is aggregated: the domain is joined to what was. */
  #globalAggregate(relation: Aggregate): Dependent {
    const aggregates = relation.aggregates.map((each) => ({
      ...each,
      column: { ...each.column, symbol: this.#names.fresh('c'), nullable: true },
    }))
    const groups = this.#aggregate({ ...relation, aggregates, groupings: [] })
    const domain = this.#domain()
    const on = allOf([...domain.outer].map(([symbol, column]) => sameAs(reference(column), reference(groups.outer.get(symbol)!))))
    const joined: Relation = {
      kind: 'join',
      type: 'left',
      left: domain.relation,
      right: groups.relation,
      on,
      columns: [...columnsOf(domain.relation), ...columnsOf(groups.relation).map((column) => ({ ...column, nullable: true }))],
    }
    const results = relation.aggregates.map((each, i): Assignment => {
      const value = reference(aggregates[i]!.column)
      const isCount = !each.column.nullable
      const zero: Expression = { kind: 'literal', type: each.column.type, value: 0n }
      return { column: each.column, expression: isCount ? { kind: 'coalesce', type: each.column.type, operands: [value, zero] } : value }
    })
    const groupings = relation.groupings.map((each): Assignment => ({
      column: each.column,
      expression: { kind: 'literal', type: INTEGER, value: 0n },
    }))
    return {
      relation: { kind: 'project', input: joined, assignments: [...results, ...groupings, ...[...domain.outer.values()].map(pass)] },
      outer: domain.outer,
    }
  }

  /** The first rows of each group, by number. */
  #limit(relation: Extract<Relation, { kind: 'limit' }>): Dependent {
    const sorted = relation.input.kind === 'sort' ? relation.input : undefined
    const inner = this.make(sorted ? sorted.input : relation.input)
    const to = this.#replacing(inner.outer)
    const number: Column = { symbol: this.#names.fresh('c'), type: BIGINT, nullable: false }
    const window = { partitionBy: [...inner.outer.values()].map(reference), orderBy: sorted ? replaceKeys(sorted.keys, to) : [] }
    const functions: WindowFunction[] = [{ column: number, call: numberingCall('row_number'), window }]
    // equal to the last row is what ranks with it
    const rank: Column = relation.ties ? { ...number, symbol: this.#names.fresh('c') } : number
    if (relation.ties) functions.push({ column: rank, call: numberingCall('rank'), window })
    const numbered: Relation = { kind: 'window', input: inner.relation, functions }
    const offset = relation.offset ?? 0n
    const compare = (operator: '>' | '<=', value: bigint): Expression => ({
      kind: 'comparison',
      type: BOOLEAN,
      operator,
      left: reference(operator === '>' ? number : rank),
      right: { kind: 'literal', type: BIGINT, value },
    })
    const last =
      relation.count === undefined || offset + relation.count > 9223372036854775807n ? [] : [compare('<=', offset + relation.count)]
    return { relation: { kind: 'filter', input: numbered, condition: allOf([compare('>', offset), ...last]) }, outer: inner.outer }
  }

  #join(relation: Extract<Relation, { kind: 'join' }>): Dependent {
    const { type } = relation
    if (type === 'full') {
      const place = placeOfRead(relation, this.#symbols)
      throw new ServerError('NOT_SUPPORTED', 'A FULL JOIN cannot read columns of the query around it', place)
    }
    const needs = { left: reads(relation.left, this.#symbols), right: reads(relation.right, this.#symbols) }
    const onNeeds = relation.on !== undefined && readsExpression(relation.on, this.#symbols)
    const left = needs.left || type === 'left' || (onNeeds && !needs.right && type !== 'right') ? this.make(relation.left) : undefined
    const right = needs.right || type === 'right' ? this.make(relation.right) : undefined
    const outer = type === 'right' ? right!.outer : (left ?? right)!.outer
    const to = this.#replacing(outer)
    const both =
      left && right ? [...left.outer].map(([symbol, column]) => sameAs(reference(column), reference(right.outer.get(symbol)!))) : []
    const conditions = [...both, ...(relation.on ? [to(relation.on)] : [])]
    const sides = { left: left?.relation ?? relation.left, right: right?.relation ?? relation.right }
    const outerColumns = [...(left?.outer.values() ?? []), ...(right?.outer.values() ?? [])]
    return {
      relation: {
        kind: 'join',
        type: type === 'cross' && conditions.length > 0 ? 'inner' : type,
        ...sides,
        ...(conditions.length > 0 ? { on: allOf(conditions) } : {}),
        columns: [...relation.columns, ...outerColumns],
      },
      outer,
    }
  }

  #set(relation: Extract<Relation, { kind: 'set' }>): Dependent {
    const side = (operand: Relation): Relation => {
      const { relation: input, outer } = this.make(operand)
      return { kind: 'project', input, assignments: [...columnsOf(operand), ...outer.values()].map(pass) }
    }
    const outer = this.#renamed(this.#domain().outer)
    return {
      relation: { ...relation, left: side(relation.left), right: side(relation.right), columns: [...relation.columns, ...outer.values()] },
      outer,
    }
  }
}

const replaceKeys = (keys: readonly SortKey[], to: (expression: Expression) => Expression): readonly SortKey[] =>
  keys.map((key) => ({ ...key, expression: to(key.expression) }))
