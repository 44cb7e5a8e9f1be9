import type { FunctionDefinition } from './definition.ts'
import { calculusFunctions } from './time-series/calculus.ts'
import { counterFunctions } from './time-series/counter.ts'
import { createFunctions } from './time-series/create.ts'
import { interpolateFunctions } from './time-series/interpolate.ts'

export const timeSeriesFunctions: readonly FunctionDefinition[] = [
  ...calculusFunctions,
  ...counterFunctions,
  ...createFunctions,
  ...interpolateFunctions,
]
