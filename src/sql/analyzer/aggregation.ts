import type { Aggregate, Assignment, Call, Column, Expression, Relation } from '../ir.ts'
import { isComparable } from '../types/coercion.ts'
import { INTEGER, typeText } from '../types/type.ts'
import { isAggregateCall } from './analyze-call.ts'
import type { Analyzer } from './analyzer.ts'
import { fail } from './analyzer.ts'
import { isNullable } from './nullability.ts'
import { expressionKey, rewrite } from './rewrite.ts'

/** What GROUP BY says: the sets of keys, as expressions over the input. One set when nothing special was written. */
export interface Grouping {
  readonly sets: readonly (readonly Expression[])[]
  readonly distinct: boolean
}

/** Beyond this many sets a CUBE is a mistake. */
export const maxGroupingSets = 512

/**
 * Turns expressions over the input into expressions over its groups: keys and aggregate calls become columns of the aggregate relation,
 * which grows as they come; any other column of the input is an error.
 */
export class Aggregation {
  readonly #analyzer: Analyzer
  readonly #input: ReadonlySet<string>
  readonly #keys: Assignment[] = []
  readonly #keyColumns = new Map<string, Column>()
  readonly #sets: readonly (readonly number[])[] | undefined
  readonly #aggregates: { readonly column: Column; readonly call: Call }[] = []
  readonly #aggregateColumns = new Map<string, Column>()
  readonly #groupings: { readonly column: Column; readonly keys: readonly number[] }[] = []

  /** `input`: the symbols of the input's columns. */
  constructor(analyzer: Analyzer, input: Iterable<string>, grouping: Grouping) {
    this.#analyzer = analyzer
    this.#input = new Set(input)
    const several = grouping.sets.length > 1
    const sets = grouping.sets.map((set) => [...new Set(set.map((key) => this.#addKey(key, several)))].sort((a, b) => a - b))
    const kept = grouping.distinct ? [...new Map(sets.map((set) => [set.join(), set])).values()] : sets
    if (several) this.#sets = kept
  }

  #addKey(expression: Expression, nullable: boolean): number {
    const key = expressionKey(expression)
    const known = this.#keyColumns.get(key)
    if (known) return this.#keys.findIndex((each) => each.column === known)
    const column = { symbol: this.#analyzer.names.fresh('c'), type: expression.type, nullable: nullable || isNullable(expression) }
    this.#keyColumns.set(key, column)
    return this.#keys.push({ column, expression }) - 1
  }

  apply(expression: Expression): Expression {
    return rewrite(expression, (part) => {
      if (part.kind === 'literal' || part.kind === 'variable') return part
      const key = this.#keyColumns.size > 0 || isAggregateCall(part) ? expressionKey(part) : ''
      const known = this.#keyColumns.get(key)
      if (known) return reference(known, part)
      if (isAggregateCall(part)) return reference(this.#aggregateColumn(key, part), part)
      if (part.kind === 'grouping') return reference(this.#grouping(part), part)
      if (part.kind === 'column' && this.#input.has(part.symbol)) {
        fail(part.at, 'GROUPING_ERROR', `'"${part.name}"' must be an aggregate expression or appear in GROUP BY clause`)
      }
      return undefined
    })
  }

  #aggregateColumn(key: string, call: Call): Column {
    const known = this.#aggregateColumns.get(key)
    if (known) return known
    const argument = call.distinct ? call.arguments[0] : undefined
    if (argument && !isComparable(argument.type))
      fail(call.at, 'TYPE_MISMATCH', `DISTINCT can only be applied to comparable types (actual: ${typeText(argument.type)})`)
    const column = { symbol: this.#analyzer.names.fresh('c'), type: call.type, nullable: isNullable(call) }
    this.#aggregateColumns.set(key, column)
    this.#aggregates.push({ column, call })
    return column
  }

  #grouping(expression: Extract<Expression, { kind: 'grouping' }>): Column {
    const keys = expression.items.map((item) => {
      const column = this.#keyColumns.get(expressionKey(item))
      if (!column) return fail(expression.at, 'GROUPING_ERROR', 'The arguments to GROUPING() must be expressions of the GROUP BY clause')
      return this.#keys.findIndex((each) => each.column === column)
    })
    const column = { symbol: this.#analyzer.names.fresh('c'), type: INTEGER, nullable: false }
    this.#groupings.push({ column, keys })
    return column
  }

  relation(input: Relation): Aggregate {
    return {
      kind: 'aggregate',
      input,
      keys: this.#keys,
      ...(this.#sets ? { groupingSets: this.#sets } : {}),
      aggregates: this.#aggregates,
      groupings: this.#groupings,
    }
  }
}

function reference(column: Column, part: Expression): Expression {
  const place = part.kind === 'column' || part.kind === 'call' ? part.at : { line: 1, column: 1 }
  return { kind: 'column', ...column, name: part.kind === 'column' ? part.name : '', at: place }
}
