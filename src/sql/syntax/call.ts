import type { Expression, FunctionCall } from './ast.ts'

/** A plain call as the tree has it. */
export function call(name: string, args: readonly Expression[], at: Expression['at']): FunctionCall {
  return { kind: 'call', name, arguments: args, star: false, distinct: false, orderBy: [], at }
}
