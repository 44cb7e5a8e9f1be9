import { ServerError } from '../../base/errors.ts'
import { unreachable } from '../../base/assert.ts'
import { columnsOf } from '../analyzer/nullability.ts'
import { rewrite, rewriteCall, rewriteWindow } from '../analyzer/rewrite.ts'
import { holdsQuery } from '../analyzer/visit.ts'
import type { Names } from '../clickhouse/values.ts'
import type { Column, Expression, Relation } from '../ir.ts'
import { BOOLEAN } from '../types/type.ts'
import { allOf, conjuncts } from './conjunction.ts'
import { DependentRelations, pass, reference, sameAs } from './dependent-relation.ts'
import type { Dependent } from './dependent-relation.ts'
import { gatherCall, quantifiedCall, singleValueCall } from './internal-functions.ts'
import { isSingleRow, outerSymbols, placeOfRead, subqueryReads, symbolsOf } from './outer-symbols.ts'

type Join = Extract<Relation, { kind: 'join' }>
type Subquery = Extract<Expression, { kind: 'scalar-query' | 'exists' | 'quantified' }>

/** Turns subqueries that read columns of the query around them, and LATERAL, into joins. From the outside in. */
export function decorrelate(relation: Relation, names: Names): Relation {
  return new Decorrelation(names).relation(relation)
}

class Decorrelation {
  readonly #names: Names

  constructor(names: Names) {
    this.#names = names
  }

  relation(relation: Relation): Relation {
    switch (relation.kind) {
      case 'scan':
      case 'recursive-reference':
        return relation
      case 'values':
        return this.#values(relation)
      case 'filter': {
        const { input, apply } = this.#hoist(relation.input, [relation.condition])
        return { ...relation, input, condition: apply(relation.condition) }
      }
      case 'project': {
        const expressions = relation.assignments.map((each) => each.expression)
        const { input, apply } = this.#hoist(relation.input, expressions)
        return { ...relation, input, assignments: relation.assignments.map((each) => ({ ...each, expression: apply(each.expression) })) }
      }
      case 'aggregate': {
        const calls = relation.aggregates.map((each) => each.call)
        const { input, apply } = this.#hoist(relation.input, [...relation.keys.map((key) => key.expression), ...calls])
        return {
          ...relation,
          input,
          keys: relation.keys.map((key) => ({ ...key, expression: apply(key.expression) })),
          aggregates: relation.aggregates.map((each) => ({ ...each, call: rewriteCall(each.call, apply) })),
        }
      }
      case 'window': {
        const calls = relation.functions.map((each): Expression => ({
          kind: 'window-call',
          type: each.column.type,
          call: each.call,
          window: each.window,
        }))
        const { input, apply } = this.#hoist(relation.input, calls)
        const functions = relation.functions.map((each) => ({
          ...each,
          call: rewriteCall(each.call, apply),
          window: rewriteWindow(each.window, apply),
        }))
        return { ...relation, input, functions }
      }
      case 'sort': {
        const keys = relation.keys.map((key) => key.expression)
        const { input, apply } = this.#hoist(relation.input, keys)
        return { ...relation, input, keys: relation.keys.map((key) => ({ ...key, expression: apply(key.expression) })) }
      }
      case 'unnest': {
        const items = relation.items.map((item) => item.expression)
        const { input, apply } = this.#hoist(relation.input, items)
        return { ...relation, input, items: relation.items.map((item) => ({ ...item, expression: apply(item.expression) })) }
      }
      case 'distinct':
      case 'limit':
        return { ...relation, input: this.relation(relation.input) }
      case 'join':
        return this.#join(relation)
      case 'set':
        return { ...relation, left: this.relation(relation.left), right: this.relation(relation.right) }
      case 'recursive':
        return { ...relation, base: this.relation(relation.base), step: this.relation(relation.step) }
      default:
        return unreachable(relation)
    }
  }

  #values(relation: Extract<Relation, { kind: 'values' }>): Relation {
    return { ...relation, rows: relation.rows.map((row) => row.map((each) => this.#plainSubqueries(each))) }
  }

  /** Subqueries that stand on their own stay where they are; only their insides are worked on. */
  #plainSubqueries(expression: Expression): Expression {
    if (!holdsQuery(expression)) return expression
    return rewrite(expression, (part) => ('query' in part ? this.#inside(part) : undefined))
  }

  #inside(subquery: Subquery): Expression {
    const query = this.relation(subquery.query)
    return subquery.kind === 'quantified'
      ? { ...subquery, operand: this.#plainSubqueries(subquery.operand), query }
      : { ...subquery, query }
  }

  /** The input with a column for every correlated subquery of the expressions, and how the expressions read them there. */
  #hoist(
    input: Relation,
    expressions: readonly Expression[],
  ): { readonly input: Relation; readonly apply: (expression: Expression) => Expression } {
    const own = symbolsOf(input)
    const replacements = new Map<Expression, Expression>()
    let result = this.relation(input)
    const seek = (expression: Expression): void => {
      rewrite(expression, (part) => {
        if (!('query' in part)) return undefined
        const outer = [...outerSymbols(part.query)].filter((symbol) => own.has(symbol))
        if (outer.length > 0) {
          const operand = part.kind === 'quantified' ? this.#plainSubqueries(part.operand) : undefined
          const hoisted = this.#subquery(result, part, operand, outer)
          result = hoisted.relation
          replacements.set(part, hoisted.expression)
        } else replacements.set(part, this.#inside(part))
        return part
      })
    }
    for (const expression of expressions) if (holdsQuery(expression)) seek(expression)
    if (replacements.size === 0) return { input: result, apply: (expression) => expression }
    return { input: result, apply: (expression) => rewrite(expression, (part) => replacements.get(part)) }
  }

  #subquery(
    input: Relation,
    subquery: Subquery,
    operand: Expression | undefined,
    outer: readonly string[],
  ): { readonly relation: Relation; readonly expression: Expression } {
    const [value] = columnsOf(subquery.query)
    switch (subquery.kind) {
      case 'exists': {
        const dependent = this.#dependent(input, subquery.query, outer)
        const mark: Column = { symbol: this.#names.fresh('c'), type: BOOLEAN, nullable: true }
        const marked: Relation = {
          kind: 'distinct',
          input: {
            kind: 'project',
            input: dependent.relation,
            assignments: [
              ...[...dependent.outer.values()].map(pass),
              { column: mark, expression: { kind: 'literal', type: BOOLEAN, value: true } },
            ],
          },
        }
        const isNull: Expression = { kind: 'is-null', type: BOOLEAN, operand: reference(mark) }
        return {
          relation: joinBack(input, { relation: marked, outer: dependent.outer }),
          expression: { kind: 'not', type: BOOLEAN, operand: isNull },
        }
      }
      case 'scalar-query': {
        const dependent = this.#dependent(input, subquery.query, outer)
        const single = isSingleRow(subquery.query)
        if (single) return { relation: joinBack(input, dependent), expression: reference({ ...value!, nullable: true }) }
        const grouped = this.#grouped(dependent, value!, 'single')
        return { relation: joinBack(input, grouped), expression: reference(grouped.value) }
      }
      case 'quantified': {
        if (subquery.operator === 'distinct') throw new Error('no quantified IS DISTINCT FROM')
        const grouped = this.#grouped(this.#dependent(input, subquery.query, outer), value!, 'all')
        const expression = quantifiedCall(subquery.operator, subquery.quantifier, operand!, reference(grouped.value))
        return { relation: joinBack(input, grouped), expression }
      }
      default:
        return unreachable(subquery)
    }
  }

  /** The subquery for all values of the outer columns in the input. */
  #dependent(input: Relation, query: Relation, outer: readonly string[]): Dependent {
    const columns = columnsOf(input).filter((column) => outer.includes(column.symbol))
    const domain = (): Dependent => {
      const copies = new Map(columns.map((column) => [column.symbol, { ...column, symbol: this.#names.fresh('c') }]))
      const assignments = columns.map((column) => ({ column: copies.get(column.symbol)!, expression: reference(column) }))
      return { relation: { kind: 'distinct', input: { kind: 'project', input, assignments } }, outer: copies }
    }
    const dependent = new DependentRelations(this.#names, new Set(outer), domain).make(query)
    return { relation: this.relation(dependent.relation), outer: dependent.outer }
  }

  /** One row per value of the outer columns: its only value, or all of them. */
  #grouped(dependent: Dependent, value: Column, form: 'single' | 'all'): Dependent & { readonly value: Column } {
    const call = form === 'single' ? singleValueCall(reference(value)) : gatherCall(reference(value))
    const column: Column = { symbol: this.#names.fresh('c'), type: call.type, nullable: true }
    const outer = new Map([...dependent.outer].map(([symbol, each]) => [symbol, { ...each, symbol: this.#names.fresh('c') }]))
    const keys = [...outer].map(([symbol, each]) => ({ column: each, expression: reference(dependent.outer.get(symbol)!) }))
    return {
      relation: { kind: 'aggregate', input: dependent.relation, keys, aggregates: [{ column, call }], groupings: [] },
      outer,
      value: column,
    }
  }

  /** Subqueries in ON that read columns of the join: of an inner one, conditions on its rows; else columns of the side that they read. */
  #join(relation: Join): Relation {
    const sides = [relation.left, relation.right].map(symbolsOf)
    const readsSide = (condition: Expression, side: number): boolean => subqueryReads(condition, sides[side]!)
    const conditions = relation.on ? conjuncts(relation.on) : []
    const correlated = conditions.filter((each) => readsSide(each, 0) || readsSide(each, 1))
    if (correlated.length === 0) return this.#lateral(relation)
    const { on: _, ...unconditional } = relation
    const plain = conditions.filter((each) => !correlated.includes(each))
    if (relation.type === 'inner' || relation.type === 'cross') {
      const input: Join = plain.length === 0 ? unconditional : { ...unconditional, on: allOf(plain) }
      return this.relation({ kind: 'filter', input, condition: allOf(correlated) })
    }
    if (correlated.some((each) => readsSide(each, 0) && readsSide(each, 1)))
      throw new ServerError(
        'NOT_SUPPORTED',
        'A subquery in ON of an outer join cannot read columns of both sides',
        placeOfRead(
          { kind: 'filter', input: { kind: 'values', columns: [], rows: [] }, condition: allOf(correlated) },
          new Set([...sides[0]!, ...sides[1]!]),
        ),
      )
    const ofSide = (side: number): readonly Expression[] => correlated.filter((each) => readsSide(each, side))
    const left = this.#hoist(relation.left, ofSide(0))
    const right = this.#hoist(relation.right, ofSide(1))
    const applied = conditions.map((each) => (readsSide(each, 0) ? left.apply(each) : readsSide(each, 1) ? right.apply(each) : each))
    return this.#lateral({ ...relation, left: left.input, right: right.input, on: allOf(applied) })
  }

  /** LATERAL: the right side reads columns of the left. */
  #lateral(relation: Join): Relation {
    const left = this.relation(relation.left)
    const own = symbolsOf(left)
    const outer = [...outerSymbols(relation.right)].filter((symbol) => own.has(symbol))
    const on = relation.on && this.#plainSubqueries(relation.on)
    if (outer.length === 0) return { ...relation, left, right: this.relation(relation.right), ...(on ? { on } : {}) }
    if (relation.type === 'right' || relation.type === 'full') {
      throw new ServerError(
        'NOT_SUPPORTED',
        'LATERAL may stand in CROSS JOIN, INNER JOIN and LEFT JOIN',
        placeOfRead(relation.right, new Set(outer)),
      )
    }
    const dependent = this.#dependent(left, relation.right, outer)
    const columns = columnsOf(left).filter((column) => outer.includes(column.symbol))
    const same = columns.map((column) => sameAs(reference(column), reference(dependent.outer.get(column.symbol)!)))
    const extra = [...dependent.outer.values()].map((column) => ({ ...column, nullable: true }))
    return {
      ...relation,
      type: relation.type === 'cross' ? 'inner' : relation.type,
      left,
      right: dependent.relation,
      on: allOf([...same, ...(on ? [on] : [])]),
      columns: [...relation.columns, ...extra],
    }
  }
}

/** Every row of the input with what belongs to its outer columns, or NULLs. */
function joinBack(input: Relation, dependent: Dependent): Relation {
  const columns = columnsOf(input)
  const on = allOf(
    [...dependent.outer].map(([symbol, column]) => sameAs(reference(columns.find((each) => each.symbol === symbol)!), reference(column))),
  )
  const right = columnsOf(dependent.relation).map((column) => ({ ...column, nullable: true }))
  return { kind: 'join', type: 'left', left: input, right: dependent.relation, on, columns: [...columns, ...right] }
}
