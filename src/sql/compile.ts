import { ServerError } from '../base/errors.ts'
import { findDatabase, findTable } from './analyzer/analyze-table.ts'
import { analyze } from './analyzer/analyze.ts'
import { visit, visitRelation } from './analyzer/visit.ts'
import type { Catalog } from './catalog.ts'
import { lower } from './clickhouse/lower.ts'
import { print } from './clickhouse/print.ts'
import { readsOf, type TableRead } from './explain/table-reads.ts'
import { planLines } from './explain/plan.ts'
import type { Now, Query, Relation } from './ir.ts'
import { compileDelete, type DeleteStatement } from './delete.ts'
import { decorrelate } from './optimizer/decorrelate.ts'
import { hasOnlyFullGroups } from './optimizer/full-groups.ts'
import { isVolatile, pushDown } from './optimizer/push-down.ts'
import { repeatable } from './optimizer/repeatable.ts'
import type * as ast from './syntax/ast.ts'
import { parse } from './syntax/parse.ts'
import type { Dialect } from './syntax/postgresql.ts'
import type { Type } from './types/type.ts'
import { unloadTarget } from './unload.ts'
import type { UnloadTarget } from './unload.ts'

/** What a compilation knows besides the text: everything that would be impure. */
export interface Session extends Now {
  /** What the retention periods are reckoned back from; `nowNs` when absent. */
  readonly expiryNowNs?: bigint
  /** Values of `@name` parameters. */
  readonly parameters?: Readonly<Record<string, ParameterValue>>
  /** Types of `@name` parameters that are known before the text is read; the others are inferred. */
  readonly parameterTypes?: Readonly<Record<string, Type>>
  /** What the views of information_schema show; absent: everything. */
  readonly isVisible?: (database: string, table?: string) => boolean
  /** Whose spelling is understood besides Timestream's. */
  readonly dialect?: Dialect
  /** The database of tables that are named alone; absent: they must be named with it. */
  readonly database?: string
  readonly maxNestingDepth: number
  readonly maxTokens: number
}

/** A value, or the text of one (NULL: null). */
export type ParameterValue =
  | { readonly type: Type; readonly value: bigint | string | number | boolean }
  | { readonly type: Type; readonly text: string | null }

export interface OutputColumn {
  readonly name: string
  readonly type: Type
}

/** What authorisation needs: which tables the statement reads. */
export interface TableReference {
  readonly database: string
  readonly table: string
}

export interface QueryFacts {
  /** Every reading of a table. */
  readonly reads: readonly TableRead[]
  /** Answers otherwise each time: it calls random() or the like. */
  readonly isVolatile: boolean
}

/** What can be run, or explained. */
export type RunnableStatement =
  | {
      readonly kind: 'query'
      /** ClickHouse SQL without FORMAT; its columns are the output columns in order, held as clickhouse/physical.ts says. */
      readonly text: string
      readonly settings: Readonly<Record<string, string | number>>
      readonly columns: readonly OutputColumn[]
      readonly tables: readonly TableReference[]
      /** What its answer depends on besides its text; worked out when it is asked for. */
      readonly facts: () => QueryFacts
    }
  | { readonly kind: 'show-databases'; readonly like?: LikePattern }
  | { readonly kind: 'show-tables'; readonly database?: string; readonly like?: LikePattern }
  | { readonly kind: 'show-measures'; readonly database: string; readonly table: string; readonly like?: LikePattern }
  | { readonly kind: 'describe'; readonly database: string; readonly table: string }

export interface ExplainStatement {
  readonly kind: 'explain'
  /** Run the statement, too. */
  readonly analyze: boolean
  readonly statement: RunnableStatement
  /** What the statement does, line by line. */
  readonly plan: readonly string[]
}

/** A query whose rows go into files of a bucket. */
export interface UnloadStatement {
  readonly kind: 'unload'
  readonly query: CompiledQuery
  readonly target: UnloadTarget
}

export type CompiledStatement = RunnableStatement | ExplainStatement | UnloadStatement | DeleteStatement

export interface LikePattern {
  readonly pattern: string
  readonly escape?: string
}

/**
 * What every query runs under, so that the engine's answers are SQL's: NULL over no rows and for absent sides of joins and absent keys,
 * branches that are not taken are not evaluated.
 */
export const querySettings: Readonly<Record<string, string | number>> = {
  aggregate_functions_null_for_empty: 1,
  join_use_nulls: 1,
  group_by_use_nulls: 1,
  short_circuit_function_evaluation: 'enable',
  // moved before ARRAY JOIN, what can fail would be evaluated outside of the branch that guards it
  query_plan_lift_up_array_join: 0,
  // the versions of a record have one time, and so one partition
  do_not_merge_across_partitions_select_final: 1,
  // a named value of one branch of a UNION is not one of the others
  enable_global_with_statement: 0,
  // on a cluster a subquery is about the whole table, not about one shard of it
  distributed_product_mode: 'global',
  max_ast_elements: 1_000_000,
  max_expanded_ast_elements: 5_000_000,
}

/** Where no aggregate can be over no rows. */
const fullGroupSettings = { ...querySettings, aggregate_functions_null_for_empty: 0 }

/**
 * Timestream SQL to ClickHouse SQL. Pure: no I/O, no clock.
 * @throws ServerError SYNTAX_ERROR, COLUMN_NOT_FOUND, TYPE_MISMATCH, … with the position in `text`.
 */
export function compile(text: string, catalog: Catalog, session: Session): CompiledStatement {
  const statement = parse(text, session)
  switch (statement.kind) {
    case 'query':
      return compileQuery(statement.query, catalog, session).compiled
    case 'explain':
      return compileExplain(statement, catalog, session)
    case 'show-databases':
    case 'show-tables':
    case 'show-measures':
    case 'describe':
      return compileMetadata(statement, catalog, session)
    case 'delete':
      return compileDelete(statement, catalog, session, false)
    case 'unload': {
      const isCut = statement.options.some(({ name }) => name === 'partitioned_by' || name === 'max_file_size')
      const query = compileQuery(statement.query, catalog, session, isCut).compiled
      return { kind: 'unload', query, target: unloadTarget(statement.to, statement.options, query.columns, statement.at) }
    }
  }
}

export type CompiledQuery = Extract<RunnableStatement, { kind: 'query' }>

/** `isRepeated`: it is run several times, and must give the same rows each time. */
function compileQuery(
  query: ast.Query,
  catalog: Catalog,
  session: Session,
  isRepeated = false,
): { readonly compiled: CompiledQuery; readonly query: Query } {
  const analysis = analyze(query, catalog, session)
  const { fields, names, tables } = analysis
  const relation = pushDown(decorrelate(analysis.relation, names))
  const optimized = { relation: isRepeated ? repeatable(relation) : relation, fields }
  const tree = lower(optimized, names, session)
  const columns = fields.map(({ name, column }) => ({ name, type: column.type }))
  const settings = hasOnlyFullGroups(optimized.relation) ? fullGroupSettings : querySettings
  return { compiled: { kind: 'query', text: print(tree), settings, columns, tables, facts: () => factsOf(relation) }, query: optimized }
}

function factsOf(relation: Relation): QueryFacts {
  let isAnyVolatile = false
  visitRelation(relation, (expression) =>
    visit(expression, (part) => {
      isAnyVolatile ||= part.kind === 'call' && isVolatile(part)
    }),
  )
  return { reads: readsOf(relation), isVolatile: isAnyVolatile }
}

function compileExplain(explain: Extract<ast.Statement, { kind: 'explain' }>, catalog: Catalog, session: Session): CompiledStatement {
  const { statement, analyze: isAnalyze } = explain
  switch (statement.kind) {
    case 'query': {
      const { compiled, query } = compileQuery(statement.query, catalog, session)
      return { kind: 'explain', analyze: isAnalyze, statement: compiled, plan: planLines(query, catalog, session.nowNs) }
    }
    case 'show-databases':
    case 'show-tables':
    case 'show-measures':
    case 'describe':
      return {
        kind: 'explain',
        analyze: isAnalyze,
        statement: compileMetadata(statement, catalog, session),
        plan: ['- Answered from the catalog'],
      }
    case 'delete':
      if (!isAnalyze) return compileDelete(statement, catalog, session, true)
      throw new ServerError('NOT_SUPPORTED', 'DELETE cannot be analyzed: EXPLAIN DELETE counts the records', { position: explain.at })
    case 'explain':
    case 'unload':
      throw new ServerError('NOT_SUPPORTED', `${statement.kind.toUpperCase()} cannot be explained`, { position: statement.at })
  }
}

type MetadataKind = 'show-databases' | 'show-tables' | 'show-measures' | 'describe'

function compileMetadata(
  statement: Extract<ast.Statement, { kind: MetadataKind }>,
  catalog: Catalog,
  session: Session,
): Extract<RunnableStatement, { kind: MetadataKind }> {
  switch (statement.kind) {
    case 'show-databases':
      return { kind: 'show-databases', ...likeOf(statement.like) }
    case 'show-tables':
      return {
        kind: 'show-tables',
        ...(statement.from ? { database: findDatabase(catalog, statement.from) } : {}),
        ...likeOf(statement.like),
      }
    case 'show-measures': {
      const { database, table } = findTable(catalog, statement.from, session.database)
      return { kind: 'show-measures', database, table, ...likeOf(statement.like) }
    }
    case 'describe': {
      const { database, table } = findTable(catalog, statement.name, session.database)
      return { kind: 'describe', database, table }
    }
  }
}

function likeOf(clause: ast.LikeClause | undefined): { readonly like?: LikePattern } {
  if (!clause) return {}
  return { like: { pattern: clause.pattern, ...(clause.escape === undefined ? {} : { escape: clause.escape }) } }
}
