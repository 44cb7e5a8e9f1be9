import type { Expression } from '../ir.ts'
import { BOOLEAN } from '../types/type.ts'

/** The AND-ed parts of a condition, nested ones too. */
export const conjuncts = (condition: Expression): readonly Expression[] =>
  condition.kind === 'logical' && condition.operator === 'and' ? condition.operands.flatMap(conjuncts) : [condition]

/** The one condition that holds when all of at least one hold. */
export const allOf = (conditions: readonly Expression[]): Expression =>
  conditions.length === 1 ? conditions[0]! : { kind: 'logical', type: BOOLEAN, operator: 'and', operands: conditions }
