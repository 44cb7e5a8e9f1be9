import type { Expression } from '../syntax/ast.ts'
import { fail } from './analyzer.ts'

/** The position that an integer literal in ORDER BY or GROUP BY means, from 0. */
export function ordinal(node: Extract<Expression, { kind: 'integer' }>, count: number, clause: string): number {
  const position = Number(node.text)
  if (position < 1 || position > count) fail(node.at, 'SEMANTIC_ERROR', `${clause} position ${node.text} is not in select list`)
  return position - 1
}
