import type { RuleScope } from './rule-scope.ts'
import { type RuleValue, toNumber, toText } from './rule-value.ts'

/** A function of rule SQL. Source of all: AWS IoT Core developer guide, "Functions". */
export interface RuleFunction {
  readonly fewest: number
  readonly most: number
  readonly apply: (args: readonly RuleValue[], scope: RuleScope) => RuleValue
}

export const taking = (fewest: number, most: number, apply: RuleFunction['apply']): RuleFunction => ({ fewest, most, apply })

/** Of texts; numbers, truth values and JSON are taken as they are written. Undefined when one is missing. */
export function ofTexts(count: number, apply: (...texts: string[]) => RuleValue): RuleFunction {
  return taking(count, count, (args) => {
    const texts = args.map(toText)
    return texts.every((text) => text !== undefined) ? apply(...texts) : undefined
  })
}

/** Of numbers, as double; undefined when one is none, or the result is not finite. */
export function ofNumbers(count: number, apply: (...numbers: number[]) => number): RuleFunction {
  return taking(count, count, (args) => {
    const numbers = args.map(toNumber)
    if (!numbers.every((number) => number !== undefined)) return undefined
    const result = apply(...numbers.map(Number))
    return Number.isFinite(result) ? result : undefined
  })
}

/** Texts that a rule makes stay bounded, whatever it repeats. */
export const longestText = 256 * 1024

export function toInt(value: RuleValue): number | undefined {
  const number = toNumber(value)
  return number === undefined ? undefined : Math.trunc(Number(number))
}
