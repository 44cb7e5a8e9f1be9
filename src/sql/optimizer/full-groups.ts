import { holdsQuery, visit, visitRelation } from '../analyzer/visit.ts'
import type { Aggregate, Expression, Relation } from '../ir.ts'

/** Aggregates that are lowered without a condition of their own when their arguments are scalars. */
const unconditional: ReadonlySet<string> = new Set(['avg', 'count', 'max', 'max_by', 'min', 'min_by', 'sum'])

/**
 * Whether no aggregate of the query can be over no rows: all are of groups, which have a row, and none has a filter. The engine then need not
 * keep watch for that, and compiles the aggregates.
 */
export function hasOnlyFullGroups(relation: Relation): boolean {
  return (
    !holdsAnySubquery(relation) && everyRelation(relation, (each) => each.kind !== 'window' && (each.kind !== 'aggregate' || isFull(each)))
  )
}

function isFull({ keys, groupingSets, aggregates }: Aggregate): boolean {
  const isGrouped = groupingSets === undefined && keys.some((key) => readsColumn(key.expression))
  return (
    isGrouped && aggregates.every(({ call }) => unconditional.has(call.definition.name) && !call.filter && call.arguments.every(isScalar))
  )
}

const isScalar = ({ type }: Expression): boolean => type.kind === 'scalar'

function readsColumn(expression: Expression): boolean {
  let found = false
  visit(expression, (part) => {
    found ||= part.kind === 'column'
  })
  return found
}

function holdsAnySubquery(relation: Relation): boolean {
  let found = false
  visitRelation(relation, (expression) => {
    found ||= holdsQuery(expression)
  })
  return found
}

function everyRelation(relation: Relation, test: (relation: Relation) => boolean): boolean {
  if (!test(relation)) return false
  const go = (each: Relation): boolean => everyRelation(each, test)
  if ('input' in relation) return go(relation.input)
  if ('left' in relation) return go(relation.left) && go(relation.right)
  if ('base' in relation) return go(relation.base) && go(relation.step)
  return true
}
