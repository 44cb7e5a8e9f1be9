import type { Position } from '../../base/errors.ts'
import type { Relation } from '../ir.ts'
import type { Analyzer } from './analyzer.ts'
import { fail } from './analyzer.ts'
import type { Field, WithBinding } from './scope.ts'

/** A use of a WITH item: its query, analysed anew so that its columns are its own. */
export function analyzeWithReference(
  analyzer: Analyzer,
  binding: WithBinding,
  at: Position,
): { readonly relation: Relation; readonly fields: readonly Field[] } {
  const { item } = binding
  const relation = { name: item.name.text }
  if (binding.recursive) {
    const columns = binding.recursive.columns.map((each) => ({ ...each.column, symbol: analyzer.names.fresh('c') }))
    return {
      relation: {
        kind: 'recursive-reference',
        name: binding.recursive.name,
        sources: binding.recursive.columns.map((each) => each.source),
        columns,
      },
      fields: columns.map((column, i) => ({ name: binding.recursive!.columns[i]!.name, column, relation })),
    }
  }
  const query = analyzer.withItem(binding, at)
  if (item.columns && item.columns.length !== query.fields.length) {
    fail(
      item.name.at,
      'SEMANTIC_ERROR',
      `Column alias list has ${item.columns.length} entries but WITH query(${item.name.text}) has ${query.fields.length} columns`,
    )
  }
  return {
    relation: query.relation,
    fields: query.fields.map(({ name, column }, i) => ({ name: item.columns?.[i]?.text ?? name, column, relation })),
  }
}
