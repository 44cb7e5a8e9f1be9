import { unreachable } from '../base/assert.ts'
import { ServerError } from '../base/errors.ts'
import type { Limits } from '../base/limits.ts'
import { longInteger } from '../base/parse-json.ts'
import type { Bound, EnumShape, IntegerShape, ListShape, Shape, StringShape, StructureShape } from './shape.ts'

/**
 * Checks a parsed body in place: a member that is null is taken out, a long beyond 2^53 becomes a bigint; unknown members stay and are
 * nobody's concern. All broken constraints are reported together, as AWS words them.
 * @throws ServerError SERIALIZATION for a value of the wrong JSON type, VALIDATION for broken constraints.
 */
export function checkShape(shape: StructureShape, body: unknown, limits: Limits): object {
  const check = new ShapeCheck(limits)
  check.structure(shape, body, 0)
  check.finish()
  return body as object
}

const shownProblems = 10
const shownChars = 512
const integerBounds = { integer: [-(2n ** 31n), 2n ** 31n - 1n], long: [-(2n ** 63n), 2n ** 63n - 1n] } as const

class ShapeCheck {
  readonly #limits: Limits
  /** Labels from the top to where the check is; beyond the present depth they are left-overs. */
  readonly #path: string[] = []
  readonly #problems: string[] = []
  #problemCount = 0

  constructor(limits: Limits) {
    this.#limits = limits
  }

  finish(): void {
    if (this.#problemCount === 0) return
    const more = this.#problemCount > shownProblems ? '; …' : ''
    const count = `${this.#problemCount} validation error${this.#problemCount === 1 ? '' : 's'} detected`
    throw new ServerError('VALIDATION', `${count}: ${this.#problems.join('; ')}${more}`)
  }

  structure(shape: StructureShape, value: unknown, depth: number): void {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || longInteger(value) !== undefined) {
      this.#wrongType(value, 'a structure', depth)
    }
    const members = value as Record<string, unknown>
    for (const member of shape.members) {
      const inner = members[member.name]
      this.#path[depth] = member.label
      if (inner === undefined || inner === null) {
        if (member.required) this.#problem('null', 'Member must not be null', depth + 1)
        else if (inner === null) delete members[member.name]
        continue
      }
      const replacement = this.#value(member.shape, inner, depth + 1)
      if (replacement !== undefined) members[member.name] = replacement
    }
  }

  /** Answers the value to hold instead, if any. */
  #value(shape: Shape, value: unknown, depth: number): unknown {
    switch (shape.kind) {
      case 'string':
        return this.#string(shape, value, depth)
      case 'enum':
        return this.#enum(shape, value, depth)
      case 'integer':
      case 'long':
        return this.#integer(shape, value, depth)
      case 'boolean':
        if (typeof value !== 'boolean') this.#wrongType(value, 'a Boolean', depth)
        return undefined
      case 'timestamp':
        if (typeof value !== 'number' || !Number.isFinite(value)) this.#wrongType(value, 'a Timestamp', depth)
        return undefined
      case 'list':
        return this.#list(shape, value, depth)
      case 'structure':
        return this.structure(shape, value, depth)
      default:
        return unreachable(shape)
    }
  }

  #string(shape: StringShape, value: unknown, depth: number): void {
    if (typeof value !== 'string') return this.#wrongType(value, 'a String', depth)
    const shown = shape.sensitive ? undefined : value
    this.#length(shape, value.length, shown, depth)
    if (shape.pattern && !shape.pattern.whole.test(value)) {
      this.#problem(shown, `Member must satisfy regular expression pattern: ${shape.pattern.text}`, depth)
    }
  }

  #enum(shape: EnumShape, value: unknown, depth: number): void {
    if (typeof value !== 'string') return this.#wrongType(value, 'a String', depth)
    if (!shape.values.includes(value)) this.#problem(value, `Member must satisfy enum value set: [${shape.values.join(', ')}]`, depth)
  }

  #integer(shape: IntegerShape, value: unknown, depth: number): number | bigint | undefined {
    const exact = longInteger(value) ?? (Number.isSafeInteger(value) ? BigInt(value as number) : undefined)
    const [lowest, highest] = integerBounds[shape.kind]
    if (exact === undefined || exact < lowest || exact > highest) {
      this.#wrongType(value, shape.kind === 'long' ? 'a Long' : 'an Integer', depth)
    }
    const min = this.#bound(shape.min)
    const max = this.#bound(shape.max)
    if (min !== undefined && exact < min) this.#problem(exact, `Member must have value greater than or equal to ${min}`, depth)
    if (max !== undefined && exact > max) this.#problem(exact, `Member must have value less than or equal to ${max}`, depth)
    if (typeof value === 'number') return undefined
    return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact
  }

  #list(shape: ListShape, value: unknown, depth: number): void {
    if (!Array.isArray(value)) return this.#wrongType(value, 'a List', depth)
    this.#length(shape, value.length, `[${value.length} members]`, depth)
    for (let index = 0; index < value.length; index++) {
      this.#path[depth] = String(index + 1)
      this.#path[depth + 1] = 'member'
      const item: unknown = value[index]
      if (item === null) {
        this.#problem('null', 'Member must not be null', depth + 2)
        continue
      }
      const replacement = this.#value(shape.item, item, depth + 2)
      if (replacement !== undefined) value[index] = replacement
    }
  }

  #length(shape: StringShape | ListShape, length: number, shown: string | undefined, depth: number): void {
    const min = this.#bound(shape.min)
    const max = this.#bound(shape.max)
    if (min !== undefined && length < min) this.#problem(shown, `Member must have length greater than or equal to ${min}`, depth)
    if (max !== undefined && length > max) this.#problem(shown, `Member must have length less than or equal to ${max}`, depth)
  }

  #bound(bound: Bound | undefined): number | undefined {
    return typeof bound === 'string' ? this.#limits[bound] : bound
  }

  #problem(value: unknown, constraint: string, depth: number): void {
    this.#problemCount++
    if (this.#problems.length === shownProblems) return
    const text = String(value)
    const quoted =
      value === 'null' ? ' null' : value === undefined ? '' : ` '${text.length > shownChars ? `${text.slice(0, shownChars)}…` : text}'`
    this.#problems.push(`Value${quoted} at '${this.#place(depth)}' failed to satisfy constraint: ${constraint}`)
  }

  #wrongType(value: unknown, expected: string, depth: number): never {
    throw new ServerError('SERIALIZATION', `${jsonTypeOf(value)} can not be converted to ${expected} at '${this.#place(depth)}'`)
  }

  #place(depth: number): string {
    return depth === 0 ? 'the body' : this.#path.slice(0, depth).join('.')
  }
}

function jsonTypeOf(value: unknown): string {
  if (value === null) return 'NULL_VALUE'
  if (value === true) return 'TRUE_VALUE'
  if (value === false) return 'FALSE_VALUE'
  if (typeof value === 'string') return 'STRING_VALUE'
  if (Array.isArray(value)) return 'LIST_VALUE'
  if (typeof value === 'number') return Number.isInteger(value) ? 'NUMBER_VALUE' : 'DECIMAL_VALUE'
  return longInteger(value) === undefined ? 'STRUCTURE_VALUE' : 'NUMBER_VALUE'
}
