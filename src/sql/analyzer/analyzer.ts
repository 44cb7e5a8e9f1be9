import { ServerError } from '../../base/errors.ts'
import type { ErrorCode, Position } from '../../base/errors.ts'
import type { Catalog } from '../catalog.ts'
import type { Names } from '../clickhouse/values.ts'
import type { Session, TableReference } from '../compile.ts'
import type { Expression, OutputField, Relation } from '../ir.ts'
import type * as ast from '../syntax/ast.ts'
import type { Type } from '../types/type.ts'
import type { Scope, WithBinding } from './scope.ts'

/** What the parts of the analysis share, and how they reach one another. */
export interface Analyzer {
  readonly catalog: Catalog
  readonly session: Session
  readonly names: Names
  expression(node: ast.Expression, scope: Scope): Expression
  query(query: ast.Query, scope: Scope): AnalyzedQuery
  /** The query of a WITH item, with new symbols. */
  withItem(binding: WithBinding, at: Position): AnalyzedQuery
  /** Counts relations: nested WITH items that are used many times would otherwise grow without bound. */
  countRelation(at: Position): void
  reads(table: TableReference): void
  readonly parameter: ResolveParameter
}

/** What stands for `@name`; `required` is the type where the place takes no other. @throws ServerError SEMANTIC_ERROR */
export type ResolveParameter = (node: Extract<ast.Expression, { kind: 'parameter' }>, required?: Type) => Expression

export interface AnalyzedQuery {
  readonly relation: Relation
  readonly fields: readonly OutputField[]
}

/** Relations in one query after WITH items are put in their places. */
export const maxRelations = 5000

export function fail(at: Position, code: ErrorCode, message: string): never {
  throw new ServerError(code, message, { position: at })
}
