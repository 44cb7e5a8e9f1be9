import type { SortKey } from '../ir.ts'
import type * as ast from '../syntax/ast.ts'
import { isOrderable } from '../types/coercion.ts'
import { typeText } from '../types/type.ts'
import type { Analyzer } from './analyzer.ts'
import { fail } from './analyzer.ts'
import type { Scope } from './scope.ts'

export function sortKey(analyzer: Analyzer, item: ast.SortItem, scope: Scope): SortKey {
  const expression = analyzer.expression(item.expression, scope)
  if (!isOrderable(expression.type)) {
    fail(item.at, 'TYPE_MISMATCH', `Type ${typeText(expression.type)} is not orderable, and therefore cannot be used in ORDER BY`)
  }
  return { expression, descending: item.descending, nullsFirst: item.nullsFirst }
}
