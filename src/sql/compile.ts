import type { Catalog } from './catalog.ts'
import type { Type } from './types/type.ts'

/** What a compilation knows besides the text: everything that would be impure. */
export interface Session {
  /** The query's `now()`, nanoseconds since the epoch. */
  readonly nowNs: bigint
  /** Values of `@name` parameters. */
  readonly parameters?: Readonly<Record<string, { readonly type: Type; readonly value: bigint | string | number | boolean }>>
  readonly maxNestingDepth: number
  readonly maxTokens: number
}

export interface OutputColumn {
  readonly name: string
  readonly type: Type
}

/** What authorisation needs: which tables the statement reads. */
export interface TableReference {
  readonly database: string
  readonly table: string
}

export type CompiledStatement =
  | {
      readonly kind: 'query'
      /** ClickHouse SQL without FORMAT; its columns are the output columns in order, held as clickhouse/physical.ts says. */
      readonly text: string
      readonly settings: Readonly<Record<string, string | number>>
      readonly columns: readonly OutputColumn[]
      readonly tables: readonly TableReference[]
    }
  | { readonly kind: 'show-databases'; readonly like?: LikePattern }
  | { readonly kind: 'show-tables'; readonly database?: string; readonly like?: LikePattern }
  | { readonly kind: 'show-measures'; readonly database: string; readonly table: string; readonly like?: LikePattern }
  | { readonly kind: 'describe'; readonly database: string; readonly table: string }

export interface LikePattern {
  readonly pattern: string
  readonly escape?: string
}

/**
 * Timestream SQL to ClickHouse SQL. Pure: no I/O, no clock.
 * @throws ServerError SYNTAX_ERROR, COLUMN_NOT_FOUND, TYPE_MISMATCH, … with the position in `text`.
 */
export declare function compile(text: string, catalog: Catalog, session: Session): CompiledStatement
