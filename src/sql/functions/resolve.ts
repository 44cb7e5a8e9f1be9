import {
  argumentCost,
  coerces,
  commonType,
  isComparable,
  isNumeric,
  isOrderable,
  isScalar,
  isUnknown,
  seriesAsArray,
} from '../types/coercion.ts'
import { UNKNOWN, typeText } from '../types/type.ts'
import type { Type } from '../types/type.ts'
import type { FunctionDefinition, Signature } from './definition.ts'
import { signaturePattern, substitute } from './pattern.ts'
import type { Constraint, SignaturePattern, TypePattern } from './pattern.ts'

/** An argument as resolution sees it: a value's type, or a lambda whose types depend on the overload. */
export type ArgumentShape = { readonly kind: 'value'; readonly type: Type } | { readonly kind: 'lambda'; readonly arity: number }

export interface ResolvedSignature {
  readonly signature: Signature
  /** What the arguments are coerced to; a function type for a lambda. */
  readonly parameters: readonly Type[]
  readonly returnType: Type
}

/** Types the lambda argument `index` with those parameter types and answers the type of its body. */
export type LambdaTyper = (index: number, parameters: readonly Type[]) => Type

/** The overload that fits best: least coercion, then first listed. Undefined when none fits. */
export function resolveSignature(
  definition: FunctionDefinition,
  args: readonly ArgumentShape[],
  lambdaType: LambdaTyper,
): ResolvedSignature | undefined {
  const candidates: { signature: Signature; pattern: SignaturePattern; bindings: Map<string, Type>; cost: number }[] = []
  for (const signature of definition.signatures) {
    const pattern = signaturePattern(signature.pattern)
    const match = matchValues(pattern, args)
    if (match) candidates.push({ signature, pattern, ...match })
  }
  candidates.sort((a, b) => a.cost - b.cost)
  for (const { signature, pattern, bindings } of candidates) {
    const parameters = typeLambdas(pattern, args, bindings, lambdaType)
    if (parameters === undefined) continue
    const returnType = signature.returns?.(parameters) ?? substitute(pattern.result, withUnknowns(pattern.result, bindings))!
    return { signature, parameters, returnType }
  }
  return undefined
}

/** `Unexpected parameters (varchar) for function abs. Expected: abs(double), abs(bigint)`. */
export function mismatchMessage(definition: FunctionDefinition, name: string, args: readonly ArgumentShape[]): string {
  const given = args.map((arg) => (arg.kind === 'value' ? typeText(arg.type) : 'function')).join(', ')
  const expected = definition.signatures.map((signature) => `${name}${signature.pattern.replace(/\s*->.*$/, '')}`)
  return `Unexpected parameters (${given}) for function ${name}. Expected: ${expected.join(', ')}`
}

const parameterAt = (pattern: SignaturePattern, index: number): TypePattern =>
  pattern.parameters[Math.min(index, pattern.parameters.length - 1)]!

function matchValues(
  pattern: SignaturePattern,
  args: readonly ArgumentShape[],
): { readonly bindings: Map<string, Type>; readonly cost: number } | undefined {
  if (args.length < pattern.required || (args.length > pattern.parameters.length && !pattern.variadic)) return undefined
  const bindings = new Map<string, Type>()
  for (const [index, arg] of args.entries()) {
    const parameter = parameterAt(pattern, index)
    if (arg.kind === 'lambda') {
      if (parameter.kind !== 'function' || parameter.parameters.length !== arg.arity) return undefined
    } else if (parameter.kind === 'function' || !bind(parameter, arg.type, bindings)) return undefined
  }
  for (const [name, constraint] of pattern.constraints) {
    if (!satisfies(bindings.get(name) ?? UNKNOWN, constraint)) return undefined
  }
  let cost = 0
  for (const [index, arg] of args.entries()) {
    if (arg.kind === 'lambda') continue
    const parameter = parameterAt(pattern, index)
    const target = substitute(parameter, withUnknowns(parameter, bindings))
    const own = target && fittingCost(arg.type, target)
    if (own === undefined) return undefined
    cost += own
  }
  return { bindings, cost }
}

/** Rows of (timestamp, T) may stand where a time series is asked for. */
function fittingCost(from: Type, to: Type): number | undefined {
  const cost = argumentCost(from, to)
  if (cost !== undefined) return cost
  return to.kind === 'timeseries' && coerces(from, seriesAsArray(to.value)) ? 6 : undefined
}

function satisfies(type: Type, constraint: Constraint): boolean {
  if (isUnknown(type)) return true
  switch (constraint) {
    case 'orderable':
      return isOrderable(type)
    case 'comparable':
      return isComparable(type)
    case 'numeric':
      return isNumeric(type)
  }
}

/** Binds the variables in `pattern` so that `type` fits, widening earlier bindings; false when it cannot fit. */
function bind(pattern: TypePattern, type: Type, bindings: Map<string, Type>): boolean {
  if (pattern.kind === 'exact') return argumentCost(type, pattern.type) !== undefined
  if (pattern.kind === 'variable') {
    const bound = bindings.get(pattern.name)
    const common = bound === undefined ? type : commonType(bound, type)
    if (common === undefined || common.kind === 'function') return false
    bindings.set(pattern.name, common)
    return true
  }
  if (isUnknown(type)) return true
  switch (pattern.kind) {
    case 'array':
      if (type.kind === 'timeseries') return bind(pattern, seriesAsArray(type.value), bindings)
      return type.kind === 'array' && bind(pattern.element, type.element, bindings)
    case 'timeseries':
      if (type.kind === 'timeseries') return bind(pattern.value, type.value, bindings)
      if (type.kind === 'array' && type.element.kind === 'row' && type.element.fields.length === 2) {
        const [time, value] = type.element.fields
        return isScalar(time!.type, 'timestamp') && bind(pattern.value, value!.type, bindings)
      }
      return false
    case 'map':
      return type.kind === 'map' && bind(pattern.key, type.key, bindings) && bind(pattern.value, type.value, bindings)
    case 'row':
      return (
        type.kind === 'row' &&
        type.fields.length === pattern.fields.length &&
        pattern.fields.every((field, i) => bind(field.type, type.fields[i]!.type, bindings))
      )
    case 'function':
      return false
  }
}

/** The parameters' concrete types; undefined when a lambda gives what the overload does not take. */
function typeLambdas(
  pattern: SignaturePattern,
  args: readonly ArgumentShape[],
  bindings: Map<string, Type>,
  lambdaType: LambdaTyper,
): readonly Type[] | undefined {
  for (let attempt = 0; attempt < 3; attempt++) {
    const widened = bindLambdas(pattern, args, bindings, lambdaType)
    if (widened === undefined) return undefined
    if (!widened) {
      return args.map((_, index) => {
        const parameter = parameterAt(pattern, index)
        return substitute(parameter, withUnknowns(parameter, bindings))!
      })
    }
  }
  return undefined
}

/** True when a variable became wider, so that the lambdas must be typed again: `reduce(a, 0, (s, x) -> s + x, …)` over doubles. */
function bindLambdas(
  pattern: SignaturePattern,
  args: readonly ArgumentShape[],
  bindings: Map<string, Type>,
  lambdaType: LambdaTyper,
): boolean | undefined {
  for (const [index, arg] of args.entries()) {
    const parameter = parameterAt(pattern, index)
    if (arg.kind !== 'lambda' || parameter.kind !== 'function') continue
    const body = lambdaType(
      index,
      parameter.parameters.map((p) => substitute(p, withUnknowns(p, bindings))!),
    )
    const { result } = parameter
    const bound = substitute(result, bindings)
    if (bound !== undefined && coerces(body, bound)) continue
    if (bound !== undefined && result.kind !== 'variable') return undefined
    if (!bind(result, body, bindings)) return undefined
    if (bound !== undefined) return true
  }
  return false
}

/** Variables of the pattern that nothing bound (of `ARRAY[]`, NULL) are of type unknown. */
function withUnknowns(pattern: TypePattern, bindings: ReadonlyMap<string, Type>): ReadonlyMap<string, Type> {
  const missing: string[] = []
  collectVariables(pattern, (name) => {
    if (!bindings.has(name)) missing.push(name)
  })
  return missing.length === 0 ? bindings : new Map([...bindings, ...missing.map((name) => [name, UNKNOWN] as const)])
}

function collectVariables(pattern: TypePattern, found: (name: string) => void): void {
  switch (pattern.kind) {
    case 'exact':
      return
    case 'variable':
      found(pattern.name)
      return
    case 'array':
      collectVariables(pattern.element, found)
      return
    case 'timeseries':
      collectVariables(pattern.value, found)
      return
    case 'map':
      collectVariables(pattern.key, found)
      collectVariables(pattern.value, found)
      return
    case 'row':
      for (const field of pattern.fields) collectVariables(field.type, found)
      return
    case 'function':
      for (const parameter of pattern.parameters) collectVariables(parameter, found)
      collectVariables(pattern.result, found)
  }
}
