import type { Limits } from '../base/limits.ts'

/**
 * The shapes of request bodies, as data. A shape says what the JSON must look like; what the values mean is checked further in.
 * Source of the constraints: the API reference's service models.
 */
export type Shape = StringShape | EnumShape | IntegerShape | BooleanShape | TimestampShape | ListShape | StructureShape

/** A bound: a number of the model, or the quota that the installation may have changed. */
export type Bound = number | keyof Limits

export interface StringShape {
  readonly kind: 'string'
  readonly min?: Bound
  readonly max?: Bound
  /** Matched against the whole value; its source is what messages show. */
  readonly pattern?: { readonly text: string; readonly whole: RegExp }
  /** Never shown in messages. */
  readonly sensitive?: true
}

export interface EnumShape {
  readonly kind: 'enum'
  readonly values: readonly string[]
}

/** `integer` holds 32 bits, `long` 64; longs beyond 2^53 arrive as bigint. */
export interface IntegerShape {
  readonly kind: 'integer' | 'long'
  readonly min?: Bound
  readonly max?: Bound
}

export interface BooleanShape {
  readonly kind: 'boolean'
}

/** Seconds since the epoch, a number with or without a fraction. */
export interface TimestampShape {
  readonly kind: 'timestamp'
}

export interface ListShape {
  readonly kind: 'list'
  readonly item: Shape
  readonly min?: Bound
  readonly max?: Bound
}

export interface StructureShape {
  readonly kind: 'structure'
  readonly members: readonly Member[]
}

export interface Member {
  /** As on the wire: `DatabaseName`. */
  readonly name: string
  /** As in messages: `databaseName`. */
  readonly label: string
  readonly shape: Shape
  readonly required: boolean
}

interface RequiredShape {
  readonly kind: 'required'
  readonly shape: Shape
}

/** A shape for every member of the SDK's type: the compiler names the one that is missing. */
export type MemberShapes<T> = { readonly [K in keyof Required<T>]: Shape | RequiredShape }

/** The SDK's type after checking: required members are there. */
export type Checked<T> = T extends readonly (infer Item)[]
  ? readonly Checked<Item>[]
  : T extends object
    ? { readonly [K in keyof T]: Checked<Exclude<T[K], undefined>> }
    : T

type Constraints = { readonly min?: Bound; readonly max?: Bound }

export function string(constraints: Constraints & { readonly pattern?: string; readonly sensitive?: true } = {}): StringShape {
  const { pattern, ...rest } = constraints
  return { kind: 'string', ...rest, ...(pattern !== undefined && { pattern: { text: pattern, whole: new RegExp(`^(?:${pattern})$`) } }) }
}

export const oneOf = (...values: readonly string[]): EnumShape => ({ kind: 'enum', values })
export const integer = (constraints: Constraints = {}): IntegerShape => ({ kind: 'integer', ...constraints })
export const long = (constraints: Constraints = {}): IntegerShape => ({ kind: 'long', ...constraints })
export const boolean: BooleanShape = { kind: 'boolean' }
export const timestamp: TimestampShape = { kind: 'timestamp' }
export const list = (item: Shape, constraints: Constraints = {}): ListShape => ({ kind: 'list', item, ...constraints })
export const required = (shape: Shape): RequiredShape => ({ kind: 'required', shape })

export function structure<T extends object>(members: MemberShapes<T>): StructureShape {
  return {
    kind: 'structure',
    members: Object.entries<Shape | RequiredShape>(members).map(([name, entry]) => ({
      name,
      label: name[0]!.toLowerCase() + name.slice(1),
      shape: entry.kind === 'required' ? entry.shape : entry,
      required: entry.kind === 'required',
    })),
  }
}
