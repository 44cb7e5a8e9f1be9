import type { Now } from '../ir.ts'
import type { ErrorCode } from '../../base/errors.ts'
import { isNested } from '../types/coercion.ts'
import type { Type } from '../types/type.ts'
import { countUses, expandedSize, isSurelyPresent, isTrivial, mayThrow, replaceFirstUse } from './node-facts.ts'
import { bareType, physicalType } from './physical.ts'
import { boolean, call, cast, identifier, integer, lambda, nothing, string, when } from './tree.ts'
import type { Node } from './tree.ts'

/** New names, unique in one query: columns `c1`, lambda variables `v1`, relations `r1`. */
export class Names {
  #next = 0
  /** Of every value named by an alias: how many nodes it stands for. */
  readonly aliasSizes = new Map<string, number>()

  fresh(prefix: string): string {
    this.#next++
    return `${prefix}${this.#next}`
  }
}

/**
 * How many nodes the engine may copy for one alias. What stands in a lambda and does not use its parameter the engine evaluates outside
 * and first, guarded or not: what can fail goes into one only when all else fails.
 */
const maxCopiedNodes = 300
const maxCopiedThrowingNodes = 20_000

/** What every piece of lowering builds values with. `safe`: under TRY, where errors become NULL. */
export class Values {
  readonly names: Names
  readonly safe: boolean
  readonly #now: Now

  constructor(names: Names, now: Now, safe: boolean) {
    this.names = names
    this.#now = now
    this.safe = safe
  }

  get nowNs(): bigint {
    return this.#now.nowNs
  }

  /** The same, with errors made NULL. */
  asSafe(): Values {
    return this.safe ? this : new Values(this.names, this.#now, true)
  }

  variable(prefix = 'v'): string {
    return this.names.fresh(/^[a-z]$/.test(prefix) ? prefix : 'v')
  }

  /**
   * Uses a value several times: named `(value AS v)` at its first use, or through a lambda when all uses are inside lambdas.
   * The engine's analyzer copies what an alias stands for to every use of it, so aliases within aliases would grow exponentially:
   * what would become long goes through a lambda too.
   */
  let(value: Node, body: (value: Node) => Node): Node {
    if (isTrivial(value)) return body(value)
    const name = this.variable()
    const used = body(identifier(name))
    const size = expandedSize(value, this.names.aliasSizes)
    const isShort = size * countUses(used, name) <= (mayThrow(used) ? maxCopiedThrowingNodes : maxCopiedNodes)
    const named = isShort ? replaceFirstUse(used, name, { kind: 'alias', operand: value, name }) : undefined
    if (named !== undefined) this.names.aliasSizes.set(name, size)
    return named ?? call('arrayElement', call('arrayMap', lambda([name], used), call('array', value)), integer(1))
  }

  /**
   * `value`, but an error (NULL when safe) where `condition` is true; a NULL condition is no failure.
   * `value` is a scalar, or an option when `form` says so.
   */
  failIf(condition: Node, code: ErrorCode, message: string, value: Node, form: 'scalar' | 'option' = 'scalar'): Node {
    if (condition.kind === 'boolean' && !condition.value) return value
    const none = form === 'scalar' ? nothing : call('array')
    if (this.safe) return when(call('ifNull', condition, boolean(false)), none, value)
    const raised = call('throwIf', call('ifNull', condition, boolean(false)), string(`TIDEMARK|${code}|${message}`))
    return when(call('equals', raised, integer(0)), value, none)
  }

  /** Always the error (NULL when safe). */
  fail(code: ErrorCode, message: string, type: Type): Node {
    return this.failIf(boolean(true), code, message, this.nullOf(type), isNested(type) ? 'option' : 'scalar')
  }

  wrap(bare: Node): Node {
    return call('array', bare)
  }

  /** Applies `body` to the bare value in an option. `result`: whether body gives a scalar (possibly NULL) or an option. */
  unwrap(option: Node, result: 'scalar' | 'option', body: (bare: Node) => Node): Node {
    if (option.kind === 'call' && option.name === 'array' && option.arguments.length === 1) return body(option.arguments[0]!)
    if (option.kind === 'call' && option.name === 'if' && isEmptyOption(option.arguments[1]!) && isWrapped(option.arguments[2]!)) {
      const [condition, none, some] = option.arguments
      const inner = body((some as Extract<Node, { kind: 'call' }>).arguments[0]!)
      return when(condition!, result === 'scalar' ? nothing : retyped(none!, inner), inner)
    }
    const name = this.variable()
    const inner = body(identifier(name))
    if (result === 'option') {
      if (isWrapped(inner)) return call('arrayMap', lambda([name], (inner as Extract<Node, { kind: 'call' }>).arguments[0]!), option)
      return call('arrayElement', call('arrayMap', lambda([name], inner), option), integer(1))
    }
    return call('arrayElement', call('arrayMap', lambda([name], call('toNullable', inner)), option), integer(1))
  }

  isNull(value: Node, type: Type): Node {
    if (isSurelyPresent(value)) return boolean(false)
    return call(isNested(type) ? 'empty' : 'isNull', value)
  }

  nullOf(type: Type): Node {
    if (isNested(type)) return cast(call('array'), physicalType(type))
    return type.kind === 'scalar' && type.name === 'unknown' ? nothing : cast(nothing, physicalType(type))
  }

  physicalType(type: Type): string {
    return physicalType(type)
  }

  bareType(type: Type): string {
    return bareType(type)
  }
}

const isWrapped = (node: Node): boolean => node.kind === 'call' && node.name === 'array' && node.arguments.length === 1
const isEmptyOption = (node: Node): boolean =>
  (node.kind === 'call' && node.name === 'array' && node.arguments.length === 0) || (node.kind === 'cast' && isEmptyOption(node.operand))

/** The NULL beside an option of another type than `none` was made for. */
const retyped = (none: Node, option: Node): Node => (isEmptyOption(none) ? call('array') : option)
