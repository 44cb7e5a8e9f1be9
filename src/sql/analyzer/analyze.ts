import type { Position } from '../../base/errors.ts'
import type { Catalog } from '../catalog.ts'
import { Names } from '../clickhouse/values.ts'
import type { Session, TableReference } from '../compile.ts'
import type { Expression, Query } from '../ir.ts'
import type * as ast from '../syntax/ast.ts'
import { analyzeExpression } from './analyze-expression.ts'
import { analyzeQuery } from './analyze-query.ts'
import { analyzeRecursive } from './analyze-recursive.ts'
import { fail, maxRelations } from './analyzer.ts'
import type { AnalyzedQuery, Analyzer } from './analyzer.ts'
import { emptyScope } from './scope.ts'
import type { Scope, WithBinding } from './scope.ts'

export interface Analysis extends Query {
  readonly tables: readonly TableReference[]
  readonly names: Names
}

/** Names resolved, types found. @throws ServerError with the position in the text. */
export function analyze(query: ast.Query, catalog: Catalog, session: Session): Analysis {
  const analyzer = new QueryAnalyzer(catalog, session)
  const { relation, fields } = analyzer.query(query, emptyScope)
  return { relation, fields, tables: analyzer.tables(), names: analyzer.names }
}

class QueryAnalyzer implements Analyzer {
  readonly catalog: Catalog
  readonly session: Session
  readonly names = new Names()
  readonly #tables = new Map<string, TableReference>()
  #relations = 0

  constructor(catalog: Catalog, session: Session) {
    this.catalog = catalog
    this.session = session
  }

  expression(node: ast.Expression, scope: Scope): Expression {
    return analyzeExpression(this, node, scope)
  }

  query(query: ast.Query, scope: Scope): AnalyzedQuery {
    return analyzeQuery(this, query, scope)
  }

  withItem(binding: WithBinding, at: Position): AnalyzedQuery {
    this.countRelation(at)
    return binding.clause.recursive ? analyzeRecursive(this, binding) : analyzeQuery(this, binding.item.query, binding.scope)
  }

  countRelation(at: Position): void {
    this.#relations++
    if (this.#relations > maxRelations)
      fail(at, 'NOT_SUPPORTED', `The query reads more than ${maxRelations} relations when its WITH items are put in place`)
  }

  reads(table: TableReference): void {
    this.#tables.set(JSON.stringify([table.database, table.table]), table)
  }

  tables(): readonly TableReference[] {
    return [...this.#tables.values()]
  }
}
