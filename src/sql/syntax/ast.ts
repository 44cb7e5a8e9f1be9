import type { Position } from '../../base/errors.ts'

/** The syntax tree: what was written, nothing resolved. Every node knows where it starts; infix ones, where the operator is. */
interface Node {
  readonly at: Position
}

/** `text` is as written (without quotes); unquoted names may match case-insensitively, see analyzer/scope.ts. */
export interface Identifier extends Node {
  readonly text: string
  readonly quoted: boolean
}
/** `a`, `a.b`, `a.b.c`. */
export interface QualifiedName extends Node {
  readonly parts: readonly Identifier[]
}

export type Statement =
  | QueryStatement
  | (Node & { readonly kind: 'show-databases'; readonly like?: LikeClause })
  | (Node & { readonly kind: 'show-tables'; readonly from?: QualifiedName; readonly like?: LikeClause })
  | (Node & { readonly kind: 'show-measures'; readonly from: QualifiedName; readonly like?: LikeClause })
  | (Node & { readonly kind: 'describe'; readonly name: QualifiedName })
  | (Node & { readonly kind: 'explain'; readonly analyze: boolean; readonly statement: Statement })
  /** An extension. */
  | (Node & { readonly kind: 'delete'; readonly table: QualifiedName; readonly condition: Expression })
  | (Node & { readonly kind: 'unload'; readonly query: Query; readonly to: string; readonly options: readonly UnloadOption[] })

export interface QueryStatement extends Node {
  readonly kind: 'query'
  readonly query: Query
}
export interface LikeClause extends Node {
  readonly pattern: string
  readonly escape?: string
}
export interface UnloadOption extends Node {
  readonly name: string
  readonly value: Expression
}

// ---- queries

export interface Query extends Node {
  readonly with?: With
  readonly body: QueryBody
  readonly orderBy: readonly SortItem[]
  readonly offset?: Expression
  /** Absent for LIMIT ALL too. FETCH FIRST n ROWS is a limit. */
  readonly limit?: Expression
  /** Where WITH TIES stands: the rows equal to the last one in ORDER BY come, too. */
  readonly ties?: Position
}
export interface With extends Node {
  readonly recursive: boolean
  readonly items: readonly WithItem[]
}
export interface WithItem extends Node {
  readonly name: Identifier
  readonly columns?: readonly Identifier[]
  readonly query: Query
}
export type QueryBody =
  | SelectBody
  | (Node & { readonly kind: 'values'; readonly rows: readonly Expression[] })
  | (Node & { readonly kind: 'table'; readonly name: QualifiedName })
  | (Node & { readonly kind: 'subquery-body'; readonly query: Query })
  | (Node & {
      readonly kind: 'set-operation'
      readonly operator: 'union' | 'intersect' | 'except'
      readonly distinct: boolean
      readonly left: QueryBody
      readonly right: QueryBody
    })
export interface SelectBody extends Node {
  readonly kind: 'select'
  readonly distinct: boolean
  readonly items: readonly SelectItem[]
  readonly from?: Relation
  readonly where?: Expression
  readonly groupBy?: GroupBy
  readonly having?: Expression
  readonly windows: readonly { readonly name: Identifier; readonly window: WindowSpecification }[]
}
export type SelectItem =
  | (Node & { readonly kind: 'select-expression'; readonly expression: Expression; readonly alias?: Identifier })
  /** `*`, `t.*`, `db.t.*`, and `(row expression).*`. */
  | (Node & { readonly kind: 'select-all'; readonly qualifier?: QualifiedName; readonly row?: Expression })
export interface GroupBy extends Node {
  readonly distinct: boolean
  readonly elements: readonly GroupingElement[]
}
export type GroupingElement =
  /** One expression is a plain key; several in parentheses are one simple set; none is `()`. */
  | (Node & { readonly kind: 'grouping-set'; readonly expressions: readonly Expression[] })
  | (Node & { readonly kind: 'rollup' | 'cube'; readonly sets: readonly (readonly Expression[])[] })
  | (Node & { readonly kind: 'grouping-sets'; readonly sets: readonly (readonly Expression[])[] })
export interface SortItem extends Node {
  readonly expression: Expression
  readonly descending: boolean
  /** NULLS LAST when not written, both ways. */
  readonly nullsFirst: boolean
}

// ---- relations

export type Relation =
  | (Node & { readonly kind: 'table-reference'; readonly name: QualifiedName })
  | (Node & { readonly kind: 'subquery-relation'; readonly query: Query })
  | (Node & { readonly kind: 'lateral'; readonly query: Query })
  | (Node & { readonly kind: 'unnest'; readonly expressions: readonly Expression[]; readonly ordinality: boolean })
  | (Node & { readonly kind: 'aliased'; readonly relation: Relation; readonly alias: Identifier; readonly columns?: readonly Identifier[] })
  | Join
export interface Join extends Node {
  readonly kind: 'join'
  /** A comma is a cross join. */
  readonly type: 'inner' | 'left' | 'right' | 'full' | 'cross'
  readonly left: Relation
  readonly right: Relation
  readonly on?: Expression
  readonly using?: readonly Identifier[]
  readonly natural?: true
}

// ---- expressions

export type ComparisonOperator = '=' | '<>' | '<' | '<=' | '>' | '>='
export type IntervalUnit = 'second' | 'minute' | 'hour' | 'day' | 'week' | 'month' | 'year'
export type DurationUnit = 'ns' | 'us' | 'ms' | 's' | 'm' | 'h' | 'd' | 'month' | 'year'

export type Expression =
  | (Node & { readonly kind: 'null' })
  | (Node & { readonly kind: 'boolean'; readonly value: boolean })
  /** Digits only, as written (any length; the analyzer decides integer or bigint). */
  | (Node & { readonly kind: 'integer'; readonly text: string })
  /** `1.5`, `1e3`, `.5`: double. */
  | (Node & { readonly kind: 'decimal'; readonly text: string })
  | (Node & { readonly kind: 'string'; readonly value: string })
  /** X'0a'. */
  | (Node & { readonly kind: 'binary'; readonly hex: string })
  /** TIMESTAMP '…', DATE '…', TIME '…', DOUBLE '…', BIGINT '…', any type name before a string. */
  | (Node & { readonly kind: 'typed-literal'; readonly type: TypeName; readonly value: string })
  /** INTERVAL [-] '2' DAY [TO …]. */
  | (Node & {
      readonly kind: 'interval'
      readonly negative: boolean
      readonly value: string
      readonly unit: IntervalUnit
      readonly to?: IntervalUnit
    })
  /** 15m, 1day, 50ns: `unit` is normalised. */
  | (Node & { readonly kind: 'duration'; readonly value: string; readonly unit: DurationUnit })
  /** A column, a lambda parameter or a field: `a`, `t.a`, `db.t.a`, `t.row.field`, `t.measure_value::double` (last part `measure_value::double`). */
  | (Node & { readonly kind: 'name'; readonly parts: readonly Identifier[] })
  | (Node & { readonly kind: 'dereference'; readonly base: Expression; readonly field: Identifier })
  /** @name. */
  | (Node & { readonly kind: 'parameter'; readonly name: string })
  | (Node & {
      readonly kind: 'arithmetic'
      readonly operator: '+' | '-' | '*' | '/' | '%'
      readonly left: Expression
      readonly right: Expression
    })
  | (Node & { readonly kind: 'unary'; readonly operator: '+' | '-'; readonly operand: Expression })
  | (Node & { readonly kind: 'concat'; readonly left: Expression; readonly right: Expression })
  | (Node & { readonly kind: 'comparison'; readonly operator: ComparisonOperator; readonly left: Expression; readonly right: Expression })
  | (Node & { readonly kind: 'distinct-from'; readonly negated: boolean; readonly left: Expression; readonly right: Expression })
  | (Node & { readonly kind: 'logical'; readonly operator: 'and' | 'or'; readonly operands: readonly Expression[] })
  | (Node & { readonly kind: 'not'; readonly operand: Expression })
  | (Node & { readonly kind: 'is-null'; readonly negated: boolean; readonly operand: Expression })
  | (Node & {
      readonly kind: 'between'
      readonly negated: boolean
      readonly operand: Expression
      readonly low: Expression
      readonly high: Expression
    })
  | (Node & { readonly kind: 'in-list'; readonly negated: boolean; readonly operand: Expression; readonly items: readonly Expression[] })
  | (Node & { readonly kind: 'in-query'; readonly negated: boolean; readonly operand: Expression; readonly query: Query })
  | (Node & {
      readonly kind: 'like'
      readonly negated: boolean
      readonly operand: Expression
      readonly pattern: Expression
      readonly escape?: Expression
    })
  | (Node & { readonly kind: 'exists'; readonly query: Query })
  | (Node & { readonly kind: 'scalar-query'; readonly query: Query })
  | (Node & {
      readonly kind: 'quantified'
      readonly operator: ComparisonOperator
      readonly quantifier: 'all' | 'any'
      readonly operand: Expression
      readonly query: Query
    })
  | (Node & {
      readonly kind: 'case'
      readonly operand?: Expression
      readonly branches: readonly CaseBranch[]
      readonly otherwise?: Expression
    })
  | (Node & { readonly kind: 'cast'; readonly operand: Expression; readonly type: TypeName; readonly safe: boolean })
  | (Node & { readonly kind: 'extract'; readonly field: Identifier; readonly operand: Expression })
  /** Also IF, COALESCE, NULLIF, TRY, GREATEST …, POSITION(a IN b) as position(b-less order kept: needle, haystack), current_date without parentheses. */
  | FunctionCall
  | (Node & { readonly kind: 'lambda'; readonly parameters: readonly Identifier[]; readonly body: Expression })
  | (Node & { readonly kind: 'array'; readonly items: readonly Expression[] })
  /** ROW(…) and (a, b); fields may be named in a later standard, here never. */
  | (Node & { readonly kind: 'row'; readonly items: readonly Expression[] })
  | (Node & { readonly kind: 'subscript'; readonly base: Expression; readonly index: Expression })
  | (Node & { readonly kind: 'at-time-zone'; readonly operand: Expression; readonly zone: Expression })
  | (Node & { readonly kind: 'grouping'; readonly arguments: readonly Expression[] })

export interface CaseBranch extends Node {
  readonly when: Expression
  readonly result: Expression
}
export interface FunctionCall extends Node {
  readonly kind: 'call'
  /** Lower case. */
  readonly name: string
  readonly arguments: readonly Expression[]
  /** count(*). */
  readonly star: boolean
  readonly distinct: boolean
  /** array_agg(x ORDER BY y). */
  readonly orderBy: readonly SortItem[]
  readonly filter?: Expression
  readonly nulls?: 'ignore' | 'respect'
  readonly over?: WindowSpecification | Identifier
}
export interface WindowSpecification extends Node {
  readonly base?: Identifier
  readonly partitionBy: readonly Expression[]
  readonly orderBy: readonly SortItem[]
  readonly frame?: Frame
}
export interface Frame extends Node {
  readonly unit: 'rows' | 'range' | 'groups'
  readonly start: FrameBound
  readonly end: FrameBound
}
export type FrameBound =
  | { readonly kind: 'unbounded-preceding' | 'unbounded-following' | 'current-row' }
  | { readonly kind: 'preceding' | 'following'; readonly offset: Expression }

/** A type as written: `double`, `array(bigint)`, `row(a bigint, b double)`, `timeseries(double)`, `interval day to second`, `varchar(10)`. */
export interface TypeName extends Node {
  /** Lower case, blanks single. */
  readonly name: string
  readonly arguments: readonly TypeArgument[]
}
export type TypeArgument =
  | { readonly kind: 'type'; readonly type: TypeName }
  | { readonly kind: 'field'; readonly name: Identifier; readonly type: TypeName }
  | { readonly kind: 'number'; readonly value: number }
