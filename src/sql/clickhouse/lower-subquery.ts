import { columnsOf, isNullable } from '../analyzer/nullability.ts'
import type { Expression, Relation } from '../ir.ts'
import { isNested } from '../types/coercion.ts'
import { compareNodes } from './comparison.ts'
import type { Lowering, Place } from './lowering.ts'
import { boolean, call, cast, identifier, integer, lambda, nothing, when } from './tree.ts'
import type { Node, Select } from './tree.ts'

type Of<K extends Expression['kind']> = Extract<Expression, { kind: K }>

const onlyColumn = (relation: Relation): string => columnsOf(relation)[0]!.symbol

/** ClickHouse gives NULL for no row itself where a type can be NULL, and raises for several rows. */
export function lowerScalarQuery(lowering: Lowering, expression: Of<'scalar-query'>): Node {
  const { query, type } = expression
  const column = onlyColumn(query)
  const nested = isNested(type)
  if (!nested) {
    return { kind: 'subquery', query: lowering.select(query, [[column, lowering.names.fresh('c')]]) }
  }
  const inner = lowering.names.fresh('c')
  const rows = lowering.names.fresh('c')
  const gathered = call('groupArray', call('array', identifier(inner)))
  const select = lowering.select(query, [[column, inner]])
  const subquery: Node = {
    kind: 'subquery',
    query: {
      kind: 'select',
      columns: [{ alias: rows, expression: call('array', gathered) }],
      from: { kind: 'query', query: select, alias: lowering.names.fresh('r') },
    },
  }
  return lowering.values.let(
    call('arrayElement', cast(subquery, `Array(Array(Array(${lowering.values.physicalType(type)})))`), integer(1)),
    (all) =>
      lowering.values.failIf(
        call('greater', call('length', all), integer(1)),
        'SUBQUERY_MULTIPLE_ROWS',
        'Scalar sub-query has returned multiple rows',
        call('arrayElement', call('arrayElement', all, integer(1)), integer(1)),
        'option',
      ),
  )
}

export function lowerExists(lowering: Lowering, expression: Of<'exists'>): Node {
  return { kind: 'exists', query: lowering.select(expression.query, []) }
}

/** IN and its kin. `= ANY` over scalars is ClickHouse's IN; everything else compares with the rows gathered into an array. */
export function lowerQuantified(lowering: Lowering, expression: Of<'quantified'>, place: Place): Node {
  const { operator, quantifier } = expression
  const { type } = expression.operand
  const isIn = (operator === '=' && quantifier === 'any') || (operator === '<>' && quantifier === 'all')
  if (isIn && !isNested(type)) {
    const found = membership(lowering, expression, place)
    return quantifier === 'any' ? found : call('not', found)
  }
  return overRows(lowering, expression, place)
}

function membership(lowering: Lowering, expression: Of<'quantified'>, place: Place): Node {
  const { query } = expression
  const [column] = columnsOf(query)
  const operand = positiveZero(lowering.expression(expression.operand, place), expression)
  const rows = (): Select => lowering.select(query, [[column!.symbol, lowering.names.fresh('c')]])
  if (!column!.nullable && !isNullable(expression.operand)) return { kind: 'in-query', operand, query: rows() }
  return lowering.values.let(operand, (value) => {
    const found: Node = { kind: 'in-query', operand: value, query: rows() }
    const inner = lowering.names.fresh('c')
    const facts: Node = {
      kind: 'subquery',
      query: {
        kind: 'select',
        columns: [
          {
            alias: lowering.names.fresh('c'),
            expression: call('tuple', call('count'), call('countIf', call('isNull', identifier(inner)))),
          },
        ],
        from: { kind: 'query', query: lowering.select(query, [[column!.symbol, inner]]), alias: lowering.names.fresh('r') },
      },
    }
    return lowering.values.let(facts, (counts) => {
      const some = call('greater', call('tupleElement', counts, integer(1)), integer(0))
      const someNull = call('greater', call('tupleElement', counts, integer(2)), integer(0))
      const unknown = call('or', someNull, call('and', call('isNull', value), some))
      return call('multiIf', call('ifNull', found, boolean(false)), boolean(true), unknown, nothing, boolean(false))
    })
  })
}

/** The engine's set tells -0 from 0. */
const positiveZero = (operand: Node, { operand: { type } }: Of<'quantified'>): Node =>
  type.kind === 'scalar' && type.name === 'double' ? call('plus', operand, integer(0)) : operand

function overRows(lowering: Lowering, expression: Of<'quantified'>, place: Place): Node {
  const { operator, quantifier, query } = expression
  const { type } = expression.operand
  const { values } = place
  if (operator === 'distinct') throw new Error('no quantified IS DISTINCT FROM')
  const inner = lowering.names.fresh('c')
  const gathered: Node = {
    kind: 'subquery',
    query: {
      kind: 'select',
      columns: [{ alias: lowering.names.fresh('c'), expression: call('array', call('groupArray', call('array', identifier(inner)))) }],
      from: { kind: 'query', query: lowering.select(query, [[onlyColumn(query), inner]]), alias: lowering.names.fresh('r') },
    },
  }
  const rows = call('arrayElement', cast(gathered, `Array(Array(Array(${values.physicalType(type)})))`), integer(1))
  return values.let(lowering.expression(expression.operand, place), (operand) => {
    const row = values.variable()
    const compared = compareNodes(values, operator, operand, call('arrayElement', identifier(row), integer(1)), type)
    const flags = call('arrayMap', lambda([row], cast(compared, 'Nullable(UInt8)')), rows)
    return values.let(flags, (all) => {
      const decisive = quantifier === 'any' ? 1 : 0
      return when(
        call('has', all, integer(decisive)),
        boolean(quantifier === 'any'),
        when(call('has', all, nothing), nothing, boolean(quantifier === 'all')),
      )
    })
  })
}

/** IN as a condition on rows: NULL and false are the same there, so that the engine's own IN will do. Undefined for other conditions. */
export function lowerMembershipFilter(lowering: Lowering, condition: Expression, place: Place): Node | undefined {
  if (condition.kind !== 'quantified' || condition.operator !== '=' || condition.quantifier !== 'any') return undefined
  if (condition.operand.kind === 'row') return rowMembership(lowering, condition, condition.operand.items, place)
  if (isNested(condition.operand.type)) return undefined
  const query = lowering.select(condition.query, [[onlyColumn(condition.query), lowering.names.fresh('c')]])
  return { kind: 'in-query', operand: positiveZero(lowering.expression(condition.operand, place), condition), query }
}

/** `(a, b) IN (SELECT x, y …)` over scalars: the engine compares the columns. */
function rowMembership(lowering: Lowering, condition: Of<'quantified'>, items: readonly Expression[], place: Place): Node | undefined {
  const { query } = condition
  const row = query.kind === 'project' ? query.assignments[0]!.expression : undefined
  if (query.kind !== 'project' || row?.kind !== 'row' || items.some((item) => isNested(item.type))) return undefined
  const assignments = row.items.map((expression) => ({
    column: { symbol: lowering.names.fresh('c'), type: expression.type, nullable: true },
    expression,
  }))
  const columns = assignments.map(({ column }) => [column.symbol, lowering.names.fresh('c')] as const)
  const operand = call('tuple', ...items.map((item) => lowering.expression(item, place)))
  return { kind: 'in-query', operand, query: lowering.select({ kind: 'project', input: query.input, assignments }, columns) }
}
