import type { Column } from '../ir.ts'
import { coerces } from '../types/coercion.ts'
import { typeText } from '../types/type.ts'
import { analyzeQuery, convert } from './analyze-query.ts'
import type { AnalyzedQuery, Analyzer } from './analyzer.ts'
import { fail } from './analyzer.ts'
import type { Scope, WithBinding } from './scope.ts'

/** An item of WITH RECURSIVE: `base UNION [ALL] step`, where the step reads the item itself. Others are plain items. */
export function analyzeRecursive(analyzer: Analyzer, binding: WithBinding): AnalyzedQuery {
  const { item, scope } = binding
  const { query } = item
  const body = query.body.kind === 'set-operation' && query.body.operator === 'union' ? query.body : undefined
  if (!body || query.with) return analyzeQuery(analyzer, query, scope)
  const base = analyzer.query({ body: body.left, orderBy: [], at: query.at }, scope)
  const name = analyzer.names.fresh('r')
  const columns = base.fields.map((field, i) => ({
    name: item.columns?.[i]?.text ?? field.name,
    column: { ...field.column, nullable: true },
    source: analyzer.names.fresh('c'),
  }))
  const inside: WithBinding = { ...binding, recursive: { name, columns } }
  const stepScope: Scope = { fields: [], withItems: new Map([[item.name.text, inside]]), next: scope }
  const step = analyzer.query({ body: body.right, orderBy: [], at: query.at }, stepScope)
  const types = base.fields.map((field) => field.column.type)
  if (step.fields.length !== types.length) {
    fail(
      body.at,
      'SEMANTIC_ERROR',
      `base and step relations of recursion have different number of fields: ${types.length}, ${step.fields.length}`,
    )
  }
  for (const [i, field] of step.fields.entries()) {
    if (!coerces(field.column.type, types[i]!)) {
      fail(
        body.at,
        'TYPE_MISMATCH',
        `recursion step relation output type (${typeText(field.column.type)}) is not coercible to recursion base relation output type (${typeText(types[i]!)}) at column ${i + 1}`,
      )
    }
  }
  const output = columns.map(({ column }): Column => ({ ...column, symbol: analyzer.names.fresh('c') }))
  return {
    relation: {
      kind: 'recursive',
      name,
      sources: columns.map((each) => each.source),
      base: convert(analyzer, base, types),
      step: convert(analyzer, step, types),
      distinct: body.distinct,
      columns: output,
    },
    fields: output.map((column, i) => ({ name: base.fields[i]!.name, column })),
  }
}
