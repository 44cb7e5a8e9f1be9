import type { ErrorCode } from '../../base/errors.ts'
import type { Node, Sort, Window } from '../clickhouse/tree.ts'
import type { Type } from '../types/type.ts'

/** One SQL function: everything that is known about it. Docs, errors, completion and tests derive from the record. */
export interface FunctionDefinition {
  /** Lower case. */
  readonly name: string
  readonly aliases?: readonly string[]
  readonly kind: 'scalar' | 'aggregate' | 'window'
  readonly family:
    | 'conditional'
    | 'conversion'
    | 'mathematical'
    | 'bitwise'
    | 'string'
    | 'regular expression'
    | 'date and time'
    | 'array'
    | 'map'
    | 'row'
    | 'json'
    | 'url'
    | 'binary'
    | 'time series'
    | 'aggregate'
    | 'window'
  /** documented: in AWS's developer guide; observed: seen in the wild; extension: ours, of the Trino family or beyond. */
  readonly status: 'documented' | 'observed' | 'extension'
  readonly summary: string
  /** Name of the section or standard that the rule comes from. */
  readonly source: string
  /** scalar only. `propagate` (default): any NULL argument makes NULL and `lower` never sees a NULL nested value; `handle`: lower deals with NULLs. */
  readonly nulls?: 'propagate' | 'handle'
  readonly signatures: readonly Signature[]
  /** Run as tests: `sql` is one expression (or a SELECT for aggregates); `result` the API's text form of the value (NULL: null; arrays as JSON arrays), or the error. */
  readonly examples: readonly Example[]
}

export type Example =
  | { readonly sql: string; readonly type: string; readonly result: ExampleValue }
  | { readonly sql: string; readonly error: ErrorCode }
export type ExampleValue = string | null | readonly ExampleValue[]

/**
 * One overload. `pattern` is text: `(array(T), function(T, boolean)) -> array(T)`, `(varchar, varchar...) -> varchar` (one or more of the last),
 * `(timestamp, interval day to second) -> timestamp`, `(T: orderable, T) -> T`, `() -> double`, `(array(T), [bigint]) -> T` (optional last ones in brackets).
 * Type variables are single capitals; constraints after the first mention: orderable, comparable, numeric.
 */
export interface Signature {
  readonly pattern: string
  /** When the result type depends on more than the variables (row(...) of zip, CAST …): overrides the pattern's. */
  readonly returns?: (types: readonly Type[]) => Type
  /** Extra checks on constant arguments; throws through `call.invalid`. */
  readonly lower: Lower
}

export type Lower = (call: LowerCall, ...args: readonly Node[]) => Node

/**
 * What `lower` is given. Arguments arrive lowered, coerced to the signature's types, in the BARE physical form (see below).
 *
 * Physical form (clickhouse/physical.ts): scalars are ClickHouse scalars, possibly Nullable (boolean Bool, integer Int32, bigint Int64, double Float64,
 * varchar and varbinary String, timestamp Int64 ns since epoch, date Date32, time Int64 ns of the day, interval day to second Int64 ns, interval year to month Int32 months,
 * unknown Nullable(Nothing)). Array, row, timeseries and map cannot be Nullable in ClickHouse, so a value that may be NULL is an OPTION: Array(X) with zero (NULL) or one element.
 * Inside a value (elements, fields) nested types are always options: phys(array(T)) = Array(phys T) bare, option Array(Array(phys T)); row = Tuple(phys…);
 * timeseries(T) = Array(Tuple(Int64, phys T)); map = Array(Tuple(phys K, phys V)).
 * With `nulls: 'propagate'` nested arguments come bare (never NULL here: the framework unwraps and re-wraps), scalars may still be NULL (ClickHouse functions carry NULL on by themselves;
 * where one does not, guard it), and a nested result is returned bare. With `nulls: 'handle'` nested arguments come as options and a nested result is returned as an option.
 * Elements of arrays are in option form whenever they are nested, and possibly Nullable when scalar.
 * Aggregates and window functions always get and give expression form (options), as with 'handle'.
 * A lambda argument arrives as a tree `lambda` node over physical values (elements in option form when nested; body result likewise).
 */
export interface LowerCall {
  /** The arguments' resolved types, and the result's. */
  readonly types: readonly Type[]
  readonly returnType: Type
  /** The argument's value when it is a literal (after folding of sign and casts); undefined otherwise. Strings, numbers, bigints, booleans, null. */
  constant(index: number): ConstantValue | undefined
  /** A new variable name that no other has. */
  variable(prefix?: string): string
  /** Uses `value` several times without repeating its text: trivial nodes as they are, others named `(value AS v)` at their first use. */
  let(value: Node, body: (value: Node) => Node): Node
  /** `value`, but a run-time error where `condition` is true (and NULL there instead under TRY). Message: constant text. */
  failIf(condition: Node, code: ErrorCode, message: string, value: Node): Node
  /** A compile-time error at the argument's place. */
  invalid(index: number, message: string, code?: ErrorCode): never
  /** The statement's now(), nanoseconds. */
  readonly nowNs: bigint
  /** True under TRY / TRY_CAST: errors become NULL. */
  readonly safe: boolean
  // nested values
  /** Bare → option. */
  wrap(bare: Node): Node
  /** Applies `body` to the bare value inside an option; NULL stays NULL. `result` says whether body gives a scalar (possibly NULL) or an option. */
  unwrap(option: Node, result: 'scalar' | 'option', body: (bare: Node) => Node): Node
  isNull(value: Node, type: Type): Node
  /** A NULL of that type in the form that expressions have (NULL or the empty option). */
  nullOf(type: Type): Node
  /** ClickHouse type text of a value in the form that expressions have: Nullable(Int64), Array(Array(Nullable(Int64))) … */
  physicalType(type: Type): string
  /** A possibly NULL, three-valued comparison of two values of the type, in expression form. */
  equals(left: Node, right: Node, type: Type): Node
  lessThan(left: Node, right: Node, type: Type): Node
  /** Never NULL; NULL equals NULL. */
  same(left: Node, right: Node, type: Type): Node
  /** Converts between types as CAST does (raises or, when safe, NULL). */
  cast(value: Node, from: Type, to: Type): Node
  /** The text form of a value as CAST(x AS varchar) gives it. */
  text(value: Node, type: Type): Node
  // aggregates only
  readonly distinct: boolean
  /** Of array_agg(x ORDER BY y): lowered keys. Empty when none. */
  readonly orderBy: readonly Sort[]
  /** FILTER (WHERE …), already three-valued-safe (never NULL); undefined when none. `aggregate` applies it by itself. */
  readonly filter: Node | undefined
  /** IGNORE NULLS / RESPECT NULLS as written. */
  readonly nulls: 'ignore' | 'respect' | undefined
  /** The window of a call with OVER; \`aggregate\` applies it by itself. */
  readonly over: Window | undefined
  /** An aggregate or window call of ClickHouse under this call's DISTINCT, FILTER and OVER. NULL over no rows (counts: 0). */
  aggregate(name: string, args: readonly Node[], parameters?: readonly Node[]): Node
}

/** double: number; integer, bigint, timestamp, time, intervals (nanoseconds, months) and date (days): bigint; varchar: string; varbinary: Latin-1 string. */
export type ConstantValue = string | number | bigint | boolean | null
