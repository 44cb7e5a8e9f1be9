import type { Position } from '../base/errors.ts'
import type { PhysicalTable } from './catalog.ts'
import type { FunctionDefinition, Signature } from './functions/definition.ts'
import type { Type } from './types/type.ts'

/**
 * The query with every name resolved and every expression typed. Each column of each relation has a symbol (`c1`, `c2` …) that no other
 * column of the query has, so nothing can be captured or shadowed; a subquery uses the symbols of its surroundings as they are.
 */

// ---- expressions

export type Expression =
  | Literal
  | ColumnReference
  /** A parameter of a lambda around. */
  | { readonly kind: 'variable'; readonly type: Type; readonly name: string }
  | { readonly kind: 'lambda'; readonly type: Type; readonly parameters: readonly string[]; readonly body: Expression }
  | Call
  /** A conversion, written or implied. Under `safe` what does not convert is NULL. */
  | { readonly kind: 'cast'; readonly type: Type; readonly operand: Expression; readonly safe: boolean }
  | { readonly kind: 'logical'; readonly type: Type; readonly operator: 'and' | 'or'; readonly operands: readonly Expression[] }
  | { readonly kind: 'not'; readonly type: Type; readonly operand: Expression }
  | { readonly kind: 'is-null'; readonly type: Type; readonly operand: Expression }
  /** Both sides have one type. `distinct` is IS DISTINCT FROM and never NULL. */
  | {
      readonly kind: 'comparison'
      readonly type: Type
      readonly operator: ComparisonOperator
      readonly left: Expression
      readonly right: Expression
    }
  | { readonly kind: 'in-list'; readonly type: Type; readonly operand: Expression; readonly items: readonly Expression[] }
  | {
      readonly kind: 'like'
      readonly type: Type
      readonly operand: Expression
      readonly pattern: Expression
      readonly escape?: Expression
      /** Where the pattern is. */
      readonly at: Position
    }
  /** The first branch whose condition is true; conditions are booleans. */
  | {
      readonly kind: 'case'
      readonly type: Type
      readonly branches: readonly { readonly when: Expression; readonly result: Expression }[]
      readonly otherwise: Expression
    }
  /** CASE x WHEN …: the operand is evaluated once. */
  | { readonly kind: 'let'; readonly type: Type; readonly name: string; readonly value: Expression; readonly body: Expression }
  | { readonly kind: 'coalesce'; readonly type: Type; readonly operands: readonly Expression[] }
  | { readonly kind: 'try'; readonly type: Type; readonly operand: Expression }
  | { readonly kind: 'row'; readonly type: Type; readonly items: readonly Expression[] }
  | { readonly kind: 'array'; readonly type: Type; readonly items: readonly Expression[] }
  | { readonly kind: 'field'; readonly type: Type; readonly base: Expression; readonly index: number }
  | { readonly kind: 'scalar-query'; readonly type: Type; readonly query: Relation }
  | { readonly kind: 'exists'; readonly type: Type; readonly query: Relation }
  /** `operand op ANY|ALL (query)`; IN is `= ANY`. The query has one column of the operand's type. */
  | {
      readonly kind: 'quantified'
      readonly type: Type
      readonly operator: ComparisonOperator
      readonly quantifier: 'all' | 'any'
      readonly operand: Expression
      readonly query: Relation
    }

  /** Only between analysis of an expression and of its SELECT, which puts columns in their places. */
  | { readonly kind: 'window-call'; readonly type: Type; readonly call: Call; readonly window: WindowSpecification }
  | { readonly kind: 'grouping'; readonly type: Type; readonly items: readonly Expression[]; readonly at: Position }

export interface ColumnReference {
  readonly kind: 'column'
  readonly type: Type
  readonly symbol: string
  readonly nullable: boolean
  /** As written, for messages. */
  readonly name: string
  readonly at: Position
}

export interface WindowSpecification {
  readonly partitionBy: readonly Expression[]
  readonly orderBy: readonly SortKey[]
  readonly frame?: Frame
}

export type ComparisonOperator = '=' | '<>' | '<' | '<=' | '>' | '>=' | 'distinct'

/**
 * Values by type: boolean → boolean; double → number; varchar → string; varbinary → string of Latin-1 characters; every other scalar → bigint
 * (number, nanoseconds, days, months); NULL of any type → null.
 */
export interface Literal {
  readonly kind: 'literal'
  readonly type: Type
  readonly value: LiteralValue
}
export type LiteralValue = string | number | bigint | boolean | null

export interface Call {
  readonly kind: 'call'
  readonly type: Type
  readonly definition: FunctionDefinition
  readonly signature: Signature
  /** Coerced to the signature's types. */
  readonly arguments: readonly Expression[]
  readonly at: Position
  // of aggregates and window functions
  readonly distinct: boolean
  readonly orderBy: readonly SortKey[]
  readonly filter?: Expression
  readonly nulls?: 'ignore' | 'respect'
}

export interface SortKey {
  readonly expression: Expression
  readonly descending: boolean
  readonly nullsFirst: boolean
}

// ---- relations

/** A column that a relation gives. */
export interface Column {
  readonly symbol: string
  readonly type: Type
  readonly nullable: boolean
}

export interface Assignment {
  readonly column: Column
  readonly expression: Expression
}

export type Relation =
  | Scan
  | { readonly kind: 'values'; readonly columns: readonly Column[]; readonly rows: readonly (readonly Expression[])[] }
  | { readonly kind: 'filter'; readonly input: Relation; readonly condition: Expression }
  /** Gives the assignments only. */
  | { readonly kind: 'project'; readonly input: Relation; readonly assignments: readonly Assignment[] }
  | Aggregate
  /** Gives the input's columns and the functions' results. */
  | { readonly kind: 'window'; readonly input: Relation; readonly functions: readonly WindowFunction[] }
  | { readonly kind: 'distinct'; readonly input: Relation }
  | { readonly kind: 'sort'; readonly input: Relation; readonly keys: readonly SortKey[] }
  | { readonly kind: 'limit'; readonly input: Relation; readonly count?: bigint; readonly offset?: bigint; readonly ties?: true }
  | {
      readonly kind: 'join'
      readonly type: 'inner' | 'left' | 'right' | 'full' | 'cross'
      readonly left: Relation
      readonly right: Relation
      readonly on?: Expression
      readonly columns: readonly Column[]
    }
  /** The sides' columns by position, which have the types of `columns`. */
  | {
      readonly kind: 'set'
      readonly operator: 'union' | 'intersect' | 'except'
      readonly distinct: boolean
      readonly left: Relation
      readonly right: Relation
      readonly columns: readonly Column[]
    }
  /** For every row of the input the elements side by side, shorter arrays padded with NULL. */
  | {
      readonly kind: 'unnest'
      readonly input: Relation
      readonly items: readonly UnnestItem[]
      readonly ordinality?: Column
      /** LEFT JOIN UNNEST … ON true: rows without elements stay. */
      readonly outer: boolean
    }
  /** A reference to a recursive WITH item inside itself. */
  | {
      readonly kind: 'recursive-reference'
      readonly name: string
      readonly sources: readonly string[]
      readonly columns: readonly Column[]
    }
  | {
      readonly kind: 'recursive'
      readonly name: string
      /** Column names inside the item. */
      readonly sources: readonly string[]
      readonly base: Relation
      readonly step: Relation
      readonly distinct: boolean
      readonly columns: readonly Column[]
    }

export interface Scan {
  readonly kind: 'scan'
  readonly database: string
  readonly table: string
  readonly physical: PhysicalTable
  /** Rows before it have expired. */
  readonly oldestTimeNs: bigint | undefined
  readonly columns: readonly ScanColumn[]
}
export interface ScanColumn {
  readonly column: Column
  readonly name: string
  readonly physicalName: string
  readonly role: 'dimension' | 'measure-name' | 'time' | 'measure-value' | 'attribute'
}

export interface Aggregate {
  readonly kind: 'aggregate'
  readonly input: Relation
  readonly keys: readonly Assignment[]
  /** Indexes into `keys`; undefined: one set of all keys. */
  readonly groupingSets?: readonly (readonly number[])[]
  /** Expressions are aggregate calls. */
  readonly aggregates: readonly { readonly column: Column; readonly call: Call }[]
  /** GROUPING(keys…) as a bit mask. */
  readonly groupings: readonly { readonly column: Column; readonly keys: readonly number[] }[]
}

export interface UnnestItem {
  readonly expression: Expression
  /** One column for an array; the fields for an array of rows; time and value for a time series; key and value for a map. */
  readonly columns: readonly Column[]
}

export interface WindowFunction {
  readonly column: Column
  readonly call: Call
  readonly window: WindowSpecification
}
export interface Frame {
  readonly unit: 'rows' | 'range' | 'groups'
  readonly start: FrameBound
  readonly end: FrameBound
}
export type FrameBound =
  | { readonly kind: 'unbounded-preceding' | 'unbounded-following' | 'current-row' }
  | { readonly kind: 'preceding' | 'following'; readonly offset: Expression }

export interface OutputField {
  readonly name: string
  readonly column: Column
  /** The name was written with AS. */
  readonly aliased?: true
}

/** A whole statement: the relation and its visible columns in order. */
export interface Query {
  readonly relation: Relation
  readonly fields: readonly OutputField[]
}

/** The moment of a query. It is asked only where a text says so (`now()`, `ago(…)`, …): who watches knows whether a compiled text depends on it. */
export interface Now {
  /** The query's `now()`, nanoseconds since the epoch. */
  readonly nowNs: bigint
}
