import type { Position } from '../../base/errors.ts'
import type { Catalog } from '../catalog.ts'
import { Names } from '../clickhouse/values.ts'
import type { Session, TableReference } from '../compile.ts'
import type { Expression, Query } from '../ir.ts'
import type * as ast from '../syntax/ast.ts'
import { isScalar } from '../types/coercion.ts'
import { analyzeExpression } from './analyze-expression.ts'
import { analyzeQuery } from './analyze-query.ts'
import { analyzeRecursive } from './analyze-recursive.ts'
import { fail, maxRelations } from './analyzer.ts'
import type { AnalyzedQuery, Analyzer, ResolveParameter } from './analyzer.ts'
import { textLiteral } from './analyze-literal.ts'
import { literal } from './build.ts'
import { emptyScope } from './scope.ts'
import type { Scope, WithBinding } from './scope.ts'

export interface Analysis extends Query {
  readonly tables: readonly TableReference[]
  readonly names: Names
}

/** Names resolved, types found. @throws ServerError with the position in the text. */
export function analyze(
  query: ast.Query,
  catalog: Catalog,
  session: Session,
  parameter: ResolveParameter = (node) => parameterValue(session, node),
): Analysis {
  const analyzer = new QueryAnalyzer(catalog, session, parameter)
  const { relation, fields } = analyzer.query(query, emptyScope)
  return { relation, fields, tables: analyzer.tables(), names: analyzer.names }
}

function parameterValue({ parameters = {} }: Session, node: Parameters<ResolveParameter>[0]): Expression {
  const found = Object.hasOwn(parameters, node.name) ? parameters[node.name] : undefined
  if (!found) return fail(node.at, 'SEMANTIC_ERROR', `Parameter @${node.name} has no value`)
  if ('text' in found) return found.text === null ? literal(found.type, null) : textLiteral(found.text, found.type, node.at)
  const { type, value } = found
  return literal(type, typeof value === 'number' && !isScalar(type, 'double') ? BigInt(value) : value)
}

class QueryAnalyzer implements Analyzer {
  readonly catalog: Catalog
  readonly session: Session
  readonly parameter: ResolveParameter
  readonly names = new Names()
  readonly #tables = new Map<string, TableReference>()
  #relations = 0

  constructor(catalog: Catalog, session: Session, parameter: ResolveParameter) {
    this.catalog = catalog
    this.session = session
    this.parameter = parameter
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
