import { convertFunctions } from './date-time/convert.ts'
import { fieldFunctions } from './date-time/field.ts'
import { nowFunctions } from './date-time/now.ts'
import { shiftFunctions } from './date-time/shift.ts'
import { dateTextFunctions } from './date-time/text.ts'
import { truncateFunctions } from './date-time/truncate.ts'
import type { FunctionDefinition } from './definition.ts'

export const dateTimeFunctions: readonly FunctionDefinition[] = [
  ...nowFunctions,
  ...truncateFunctions,
  ...shiftFunctions,
  ...fieldFunctions,
  ...convertFunctions,
  ...dateTextFunctions,
]
