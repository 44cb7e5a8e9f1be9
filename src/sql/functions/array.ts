import { higherOrderFunctions } from './array/higher-order.ts'
import { sequenceFunctions } from './array/sequence.ts'
import { setFunctions } from './array/set.ts'
import { shapeFunctions } from './array/shape.ts'
import type { FunctionDefinition } from './definition.ts'

export const arrayFunctions: readonly FunctionDefinition[] = [
  ...higherOrderFunctions,
  ...sequenceFunctions,
  ...setFunctions,
  ...shapeFunctions,
]
