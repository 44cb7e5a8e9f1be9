import type { FunctionDefinition } from './definition.ts'
import { arithmeticFunctions } from './mathematical/arithmetic.ts'
import { radixFunctions } from './mathematical/radix.ts'
import { realFunctions } from './mathematical/real.ts'
import { roundingFunctions } from './mathematical/rounding.ts'

export const mathematicalFunctions: readonly FunctionDefinition[] = [
  ...roundingFunctions,
  ...arithmeticFunctions,
  ...radixFunctions,
  ...realFunctions,
]
