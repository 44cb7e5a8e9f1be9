/**
 * The target: ClickHouse SQL as a tree. Quoting happens in print.ts and nowhere else, so no text from outside can become syntax.
 * Builders here are what lowering and the function records write with.
 */
export type Node =
  | { readonly kind: 'null' }
  | { readonly kind: 'boolean'; readonly value: boolean }
  /** An integer literal; `type` casts it (Int32, Int64, UInt8 …) when the literal's own width matters. */
  | { readonly kind: 'integer'; readonly value: bigint; readonly type?: string }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  /** A column or lambda variable under the unique name that the compiler gave it. */
  | {
      readonly kind: 'identifier'
      readonly name: string
      /** The engine's type of it, if that is known for sure; a dictionary of that type counts as the type, since both are written alike. */
      readonly type?: string
    }
  /** A ClickHouse function by its exact name; `parameters` are for parametric aggregates: `quantileTDigest(0.9)(x)`. */
  | {
      readonly kind: 'call'
      readonly name: string
      readonly arguments: readonly Node[]
      readonly parameters?: readonly Node[]
      readonly distinct?: boolean
      readonly filter?: Node
      readonly over?: Window
    }
  /** `(operand AS name)`: names a value where it is first used; the name is good in the whole SELECT, or in the lambda that it stands in. */
  | { readonly kind: 'alias'; readonly operand: Node; readonly name: string }
  | { readonly kind: 'lambda'; readonly parameters: readonly string[]; readonly body: Node }
  /** CAST(x AS type); `type` is made by physical.ts or a literal of ours, never by a user. */
  | { readonly kind: 'cast'; readonly operand: Node; readonly type: string }
  | { readonly kind: 'in'; readonly operand: Node; readonly set: readonly Node[] }
  | { readonly kind: 'in-query'; readonly operand: Node; readonly query: Select; readonly global?: boolean }
  | { readonly kind: 'subquery'; readonly query: Select }
  | { readonly kind: 'exists'; readonly query: Select }

export interface Window {
  readonly partitionBy: readonly Node[]
  readonly orderBy: readonly Sort[]
  readonly frame?: { readonly unit: 'ROWS' | 'RANGE'; readonly start: FrameBound; readonly end: FrameBound }
}
export type FrameBound =
  | { readonly kind: 'unbounded-preceding' | 'unbounded-following' | 'current-row' }
  | { readonly kind: 'preceding' | 'following'; readonly offset: Node }

export interface Sort {
  readonly expression: Node
  readonly descending: boolean
  readonly nullsFirst: boolean
}

export interface SelectColumn {
  readonly expression: Node
  readonly alias: string
}

export type Select = SelectQuery | SetQuery
export interface SelectQuery {
  readonly kind: 'select'
  readonly with?: readonly { readonly name: string; readonly query: Select }[]
  readonly recursive?: boolean
  /** \`WITH expression AS alias\`: named values of this SELECT. */
  readonly definitions?: readonly SelectColumn[]
  readonly distinct?: boolean
  readonly columns: readonly SelectColumn[]
  readonly from?: From
  readonly arrayJoin?: { readonly left: boolean; readonly items: readonly SelectColumn[] }
  readonly prewhere?: Node
  readonly where?: Node
  readonly groupBy?: readonly Node[]
  readonly groupingSets?: readonly (readonly Node[])[]
  readonly having?: Node
  readonly qualify?: Node
  readonly orderBy?: readonly Sort[]
  readonly limitBy?: { readonly count: Node; readonly by: readonly Node[] }
  readonly offset?: Node
  readonly limit?: Node
  /** With the rows equal to the last one in ORDER BY. */
  readonly ties?: boolean
  readonly settings?: Readonly<Record<string, string | number>>
}
export interface SetQuery {
  readonly kind: 'set'
  readonly operator: 'UNION ALL' | 'UNION DISTINCT' | 'INTERSECT' | 'INTERSECT DISTINCT' | 'EXCEPT' | 'EXCEPT DISTINCT'
  readonly queries: readonly Select[]
}
export type From =
  | { readonly kind: 'table'; readonly database: string; readonly table: string; readonly final: boolean; readonly alias?: string }
  | { readonly kind: 'name'; readonly name: string; readonly alias?: string }
  | { readonly kind: 'query'; readonly query: Select; readonly alias: string }
  | { readonly kind: 'function'; readonly name: string; readonly arguments: readonly Node[]; readonly alias: string }
  | {
      readonly kind: 'join'
      readonly type: 'INNER' | 'LEFT' | 'RIGHT' | 'FULL' | 'CROSS'
      readonly left: From
      readonly right: From
      readonly on?: Node
    }

// ---- builders

export const nothing: Node = { kind: 'null' }
export const boolean = (value: boolean): Node => ({ kind: 'boolean', value })
export const integer = (value: bigint | number, type?: string): Node =>
  type === undefined ? { kind: 'integer', value: BigInt(value) } : { kind: 'integer', value: BigInt(value), type }
export const int64 = (value: bigint | number): Node => integer(value, 'Int64')
export const float = (value: number): Node => ({ kind: 'float', value })
export const string = (value: string): Node => ({ kind: 'string', value })
export const identifier = (name: string): Node => ({ kind: 'identifier', name })
export const typedIdentifier = (name: string, type: string | undefined): Node =>
  type === undefined ? identifier(name) : { kind: 'identifier', name, type }
export const call = (name: string, ...args: readonly Node[]): Node => ({ kind: 'call', name, arguments: args })
export const cast = (operand: Node, type: string): Node => ({ kind: 'cast', operand, type })
export const lambda = (parameters: readonly string[], body: Node): Node => ({ kind: 'lambda', parameters, body })
export const when = (condition: Node, then: Node, otherwise: Node): Node => call('if', condition, then, otherwise)
