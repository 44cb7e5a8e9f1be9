import { conditionOperators, type Comparison } from './operators.ts'
import { isSteadyKey, valuesOf, type AccessRequest } from './request.ts'
import { comparable, hasVariables, withValues } from './variables.ts'

/** One key under one operator: `"IpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}`. */
export interface Condition {
  readonly holds: (request: AccessRequest) => boolean
  /** The answer is the same for every request of one principal. */
  readonly isSteady: boolean
}

interface Operator {
  readonly name: string
  readonly set: 'all' | 'any' | undefined
  readonly ifExists: boolean
}

/** `ForAllValues:StringLikeIfExists`, taken apart. Undefined when there is no such operator. */
export function readOperator(text: string): Operator | undefined {
  const [, set, base = '', ifExists] = /^(?:ForA(ll|ny)Values?:)?([A-Za-z]+?)(IfExists)?$/i.exec(text) ?? []
  const name =
    base.toLowerCase() === 'null' ? 'Null' : Object.keys(conditionOperators).find((known) => known.toLowerCase() === base.toLowerCase())
  if (name === undefined || (name === 'Null' && ifExists !== undefined)) return undefined
  return { name, set: set === undefined ? undefined : set.toLowerCase() === 'll' ? 'all' : 'any', ifExists: ifExists !== undefined }
}

/** @throws Error with what is wrong with one of the values */
export function compileCondition({ name, set, ifExists }: Operator, key: string, wanted: readonly string[]): Condition {
  const lowerKey = key.toLowerCase()
  const isSteady = isSteadyKey(lowerKey)
  if (name === 'Null') {
    const flags = wanted.map((value) => conditionOperators['Bool']!.read(value))
    return { isSteady, holds: (request) => flags.some((fits) => fits(String(valuesOf(lowerKey, request) === undefined))) }
  }
  const { read, isNegated } = conditionOperators[name]!
  const comparisons = wanted.map((value) => (hasVariables(value) ? undefined : read(value)))
  const fixed = comparisons.filter((comparison) => comparison !== undefined)
  const templates = wanted.filter(hasVariables)
  const comparisonsFor = (request: AccessRequest): readonly Comparison[] =>
    templates.length === 0 ? fixed : [...fixed, ...templates.flatMap((template) => filled(template, name, read, request))]
  const holds = (request: AccessRequest): boolean => {
    const values = valuesOf(lowerKey, request)
    if (values === undefined || values.length === 0) return ifExists || (set === undefined ? isNegated : set === 'all')
    const fitting = comparisonsFor(request)
    const fits = (value: string): boolean => fitting.some((comparison) => comparison(value)) !== isNegated
    return set === 'all' || (set === undefined && isNegated) ? values.every(fits) : values.some(fits)
  }
  return { isSteady: isSteady && templates.length === 0, holds }
}

const globs: ReadonlySet<string> = new Set(['StringLike', 'StringNotLike', 'ArnEquals', 'ArnLike', 'ArnNotEquals', 'ArnNotLike'])

function filled(template: string, name: string, read: (wanted: string) => Comparison, request: AccessRequest): readonly Comparison[] {
  const isGlob = globs.has(name)
  const text = withValues(template, (variable) => valuesOf(variable, request)?.[0], isGlob)
  if (text === undefined) return []
  try {
    const comparison = read(text)
    return [isGlob ? (value) => comparison(comparable(value)) : comparison]
  } catch {
    return []
  }
}
