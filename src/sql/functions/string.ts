import type { FunctionDefinition } from './definition.ts'
import { caseFunctions } from './string/case.ts'
import { characterFunctions } from './string/character.ts'
import { formatFunctions } from './string/format.ts'
import { joinFunctions } from './string/join.ts'
import { partFunctions } from './string/part.ts'
import { positionFunctions } from './string/position.ts'

export const stringFunctions: readonly FunctionDefinition[] = [
  ...caseFunctions,
  ...characterFunctions,
  ...positionFunctions,
  ...partFunctions,
  ...joinFunctions,
  ...formatFunctions,
]
