import { columnsOf } from '../analyzer/nullability.ts'
import type { Column, Relation, SortKey } from '../ir.ts'
import { reference } from './dependent-relation.ts'

/**
 * The relation with an order of all columns under each LIMIT, so that every run over the same data gives the same rows: a result that is written into
 * several files is that of several runs.
 */
export function repeatable(relation: Relation): Relation {
  const within = withInputs(relation, repeatable)
  return within.kind === 'limit' ? { ...within, input: ordered(within.input) } : within
}

/** What stands between a LIMIT and its ORDER BY keeps the order. */
function ordered(relation: Relation): Relation {
  if (relation.kind === 'sort') return { ...relation, keys: [...relation.keys, ...keysOf(relation.input)] }
  if (relation.kind === 'project' && hasOrder(relation.input)) return { ...relation, input: ordered(relation.input) }
  return { kind: 'sort', input: relation, keys: keysOf(relation) }
}

const hasOrder = (relation: Relation): boolean => relation.kind === 'sort' || (relation.kind === 'project' && hasOrder(relation.input))

const keysOf = (relation: Relation): SortKey[] =>
  columnsOf(relation).map((column: Column) => ({ expression: reference(column), descending: false, nullsFirst: false }))

function withInputs(relation: Relation, change: (input: Relation) => Relation): Relation {
  switch (relation.kind) {
    case 'scan':
    case 'values':
    case 'recursive-reference':
      return relation
    case 'join':
    case 'set':
      return { ...relation, left: change(relation.left), right: change(relation.right) }
    case 'recursive':
      return { ...relation, base: change(relation.base), step: change(relation.step) }
    default:
      return { ...relation, input: change(relation.input) }
  }
}
