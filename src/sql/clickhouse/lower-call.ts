import { ServerError } from '../../base/errors.ts'
import type { ErrorCode } from '../../base/errors.ts'
import type { ConstantValue, LowerCall } from '../functions/definition.ts'
import type { Call, Expression } from '../ir.ts'
import { isNested } from '../types/coercion.ts'
import { UNKNOWN, sameType } from '../types/type.ts'
import type { Type } from '../types/type.ts'
import { castValue } from './cast.ts'
import { disjunction, equals, lessThan, same } from './comparison.ts'
import { isSurelyPresent, isTrivial } from './node-facts.ts'
import { scalarText } from './text.ts'
import { boolean, call as callNode, cast, integer } from './tree.ts'
import type { Node, Sort, Window } from './tree.ts'
import type { Values } from './values.ts'

/** What of a call outside its arguments has been lowered already. */
export interface CallSurroundings {
  readonly filter?: Node
  readonly orderBy?: readonly Sort[]
  readonly over?: Window
}

/** Lowers a call whose arguments are lowered, in expression form; answers in expression form. */
export function lowerCall(
  values: Values,
  call: Call,
  args: readonly Node[],
  nullable: (index: number) => boolean,
  surroundings: CallSurroundings = {},
): Node {
  const handles = call.definition.kind !== 'scalar' || call.definition.nulls === 'handle'
  const context = new CallContext(values, call, surroundings, handles)
  if (handles) {
    const isAggregate = call.definition.kind === 'aggregate'
    return call.signature.lower(context, ...(isAggregate ? args.map((arg, i) => typedNull(arg, call.arguments[i]!.type)) : args))
  }
  if (call.arguments.some((arg) => arg.kind === 'literal' && arg.value === null)) return values.nullOf(call.type)
  return isNested(call.type) ? lowerToNested(values, call, args, nullable, context) : lowerToScalar(values, call, args, context)
}

/** The engine's aggregates over a NULL without a type lose their result's type. */
const typedNull = (arg: Node, type: Type): Node => (sameType(type, UNKNOWN) ? cast(arg, 'Nullable(Int8)') : arg)

function lowerToScalar(values: Values, call: Call, args: readonly Node[], context: CallContext): Node {
  return withBare(values, call, args, 'scalar', (bare) => call.signature.lower(context, ...bare))
}

/** A nested result cannot carry the NULL of a scalar argument by itself: it becomes the empty option. */
function lowerToNested(
  values: Values,
  call: Call,
  args: readonly Node[],
  nullable: (index: number) => boolean,
  context: CallContext,
): Node {
  return withBare(values, call, args, 'option', (bare) =>
    guardScalars(values, call, bare, nullable, (present) => {
      const result = call.signature.lower(context, ...present)
      return context.finish(values.wrap(result))
    }),
  )
}

function withBare(
  values: Values,
  call: Call,
  args: readonly Node[],
  result: 'scalar' | 'option',
  body: (bare: readonly Node[]) => Node,
): Node {
  const step = (index: number, done: readonly Node[]): Node => {
    if (index === args.length) return body(done)
    const arg = args[index]!
    if (!isNested(call.arguments[index]!.type)) return step(index + 1, [...done, arg])
    return values.unwrap(arg, result, (bare) => step(index + 1, [...done, bare]))
  }
  return step(0, [])
}

function guardScalars(
  values: Values,
  call: Call,
  args: readonly Node[],
  nullable: (index: number) => boolean,
  body: (present: readonly Node[]) => Node,
): Node {
  const doubtful = args.map((arg, i) => call.arguments[i]!.type.kind === 'scalar' && nullable(i) && !isSurelyPresent(arg))
  if (!doubtful.includes(true)) return body(args)
  const bind = (index: number, bound: readonly Node[]): Node => {
    if (index === args.length) {
      const tests = bound.filter((_, i) => doubtful[i]).map((node) => callNode('isNull', node))
      const present = bound.map((node, i) => (doubtful[i] ? callNode('assumeNotNull', node) : node))
      return callNode('if', disjunction(tests), callNode('array'), body(present))
    }
    const arg = args[index]!
    if (!doubtful[index] || isTrivial(arg)) return bind(index + 1, [...bound, arg])
    return values.let(arg, (node) => bind(index + 1, [...bound, node]))
  }
  return bind(0, [])
}

class CallContext implements LowerCall {
  readonly types: readonly Type[]
  readonly returnType: Type
  readonly safe: boolean
  readonly distinct: boolean
  readonly orderBy: readonly Sort[]
  readonly filter: Node | undefined
  readonly nulls: 'ignore' | 'respect' | undefined
  readonly over: Window | undefined
  readonly #values: Values
  readonly #call: Call
  readonly #handles: boolean
  /** Under TRY: failures found while a bare nested result was made; `finish` makes NULL of them. */
  readonly #failures: { readonly condition: Node; readonly code: ErrorCode; readonly message: string }[] = []

  constructor(values: Values, call: Call, surroundings: CallSurroundings, handles: boolean) {
    this.#values = values
    this.#call = call
    this.#handles = handles
    this.types = call.arguments.map((arg) => arg.type)
    this.returnType = call.type
    this.safe = values.safe
    this.distinct = call.distinct
    this.orderBy = surroundings.orderBy ?? []
    this.filter = surroundings.filter
    this.nulls = call.nulls
    this.over = surroundings.over
  }

  get nowNs(): bigint {
    return this.#values.nowNs
  }

  constant(index: number): ConstantValue | undefined {
    const arg: Expression | undefined = this.#call.arguments[index]
    return arg?.kind === 'literal' ? arg.value : undefined
  }

  variable(prefix?: string): string {
    return this.#values.variable(prefix)
  }

  let(value: Node, body: (value: Node) => Node): Node {
    return this.#values.let(value, body)
  }

  failIf(condition: Node, code: ErrorCode, message: string, value: Node): Node {
    if (!isNested(this.returnType)) return this.#values.failIf(condition, code, message, value)
    if (this.#handles || (!this.safe && this.returnType.kind !== 'row'))
      return this.#values.failIf(condition, code, message, value, 'option')
    if (!this.safe) {
      const raised = this.#values.failIf(condition, code, message, integer(1))
      return callNode('arrayElement', callNode('array', value), callNode('assumeNotNull', raised))
    }
    this.#failures.push({ condition, code, message })
    return value
  }

  /** NULL where one of the failures is. */
  finish(option: Node): Node {
    let result = option
    for (const { condition, code, message } of this.#failures) result = this.#values.failIf(condition, code, message, result, 'option')
    return result
  }

  invalid(index: number, message: string, code: ErrorCode = 'INVALID_FUNCTION_ARGUMENT'): never {
    void index
    throw new ServerError(code, message, { position: this.#call.at })
  }

  wrap(bare: Node): Node {
    return this.#values.wrap(bare)
  }

  unwrap(option: Node, result: 'scalar' | 'option', body: (bare: Node) => Node): Node {
    return this.#values.unwrap(option, result, body)
  }

  isNull(value: Node, type: Type): Node {
    return this.#values.isNull(value, type)
  }

  nullOf(type: Type): Node {
    return this.#values.nullOf(type)
  }

  physicalType(type: Type): string {
    return this.#values.physicalType(type)
  }

  equals(left: Node, right: Node, type: Type): Node {
    return equals(this.#values, left, right, type)
  }

  lessThan(left: Node, right: Node, type: Type): Node {
    return lessThan(this.#values, left, right, type)
  }

  same(left: Node, right: Node, type: Type): Node {
    return same(this.#values, left, right, type)
  }

  cast(value: Node, from: Type, to: Type): Node {
    return castValue(this.#values, value, from, to)
  }

  text(value: Node, type: Type): Node {
    if (type.kind !== 'scalar') throw new Error(`no text form of a ${type.kind}`)
    return scalarText(this.#values, value, type.name)
  }

  aggregate(name: string, args: readonly Node[], parameters?: readonly Node[]): Node {
    const filter = this.filter
    return {
      kind: 'call',
      name,
      arguments: args,
      ...(parameters ? { parameters } : {}),
      ...(this.distinct && args.length > 0 ? { distinct: true } : {}),
      ...(filter && !(filter.kind === 'boolean' && filter.value) ? { filter } : {}),
      ...(this.over ? { over: this.over } : {}),
    }
  }
}

/** An expression in the place of a filter: NULL is false. */
export const definite = (condition: Node): Node => (isBooleanNode(condition) ? condition : callNode('ifNull', condition, boolean(false)))
const isBooleanNode = (node: Node): boolean => node.kind === 'boolean'
