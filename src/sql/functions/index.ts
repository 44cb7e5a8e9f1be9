import { aggregateFunctions } from './aggregate.ts'
import { arrayFunctions } from './array.ts'
import { binaryFunctions } from './binary.ts'
import { bitwiseFunctions } from './bitwise.ts'
import { conditionalFunctions } from './conditional.ts'
import { dateTimeFunctions } from './date-time.ts'
import type { FunctionDefinition } from './definition.ts'
import { jsonFunctions } from './json.ts'
import { mapFunctions } from './map.ts'
import { mathematicalFunctions } from './mathematical.ts'
import { regularExpressionFunctions } from './regular-expression.ts'
import { stringFunctions } from './string.ts'
import { timeSeriesFunctions } from './time-series.ts'
import { urlFunctions } from './url.ts'
import { windowFunctions } from './window.ts'

/** Every family, sorted by name: one line each. */
export const functionFamilies: readonly (readonly FunctionDefinition[])[] = [
  aggregateFunctions,
  arrayFunctions,
  binaryFunctions,
  bitwiseFunctions,
  conditionalFunctions,
  dateTimeFunctions,
  jsonFunctions,
  mapFunctions,
  mathematicalFunctions,
  regularExpressionFunctions,
  stringFunctions,
  timeSeriesFunctions,
  urlFunctions,
  windowFunctions,
]

const byName = new Map<string, FunctionDefinition>()
for (const definition of functionFamilies.flat()) {
  for (const name of [definition.name, ...(definition.aliases ?? [])]) {
    if (byName.has(name)) throw new Error(`two records for the function ${name}`)
    byName.set(name, definition)
  }
}

/** By lower-case name or alias. */
export const findFunction = (name: string): FunctionDefinition | undefined => byName.get(name)

/** All names, aliases too, sorted. */
export const functionNames = (): readonly string[] => [...byName.keys()].sort()
