import { ServerError } from '../base/errors.ts'
import type { Position } from '../base/errors.ts'
import { analyze } from './analyzer/analyze.ts'
import type { Analysis } from './analyzer/analyze.ts'
import type { ResolveParameter } from './analyzer/analyzer.ts'
import { fail } from './analyzer/analyzer.ts'
import { literal } from './analyzer/build.ts'
import { visit, visitRelation } from './analyzer/visit.ts'
import type { Catalog } from './catalog.ts'
import { compile } from './compile.ts'
import type { OutputColumn, Session, TableReference } from './compile.ts'
import type { Expression, Relation } from './ir.ts'
import { parse } from './syntax/parse.ts'
import { isScalar, isUnknown } from './types/coercion.ts'
import { TIMESTAMP, UNKNOWN, VARCHAR, sameType, typeText } from './types/type.ts'
import type { Type } from './types/type.ts'

export interface PreparedColumn extends OutputColumn {
  /** The table whose column this is, unchanged but for its name. */
  readonly origin?: TableReference
  /** The name was written with AS. */
  readonly isAliased: boolean
}

export interface PreparedQuery {
  readonly columns: readonly PreparedColumn[]
  /** In the order of their first places in the text. */
  readonly parameters: readonly OutputColumn[]
  readonly tables: readonly TableReference[]
}

/** A type that one round of inference finds may give away the type of another parameter (`@a = @b`): so many rounds at most. */
const maxRounds = 8

/**
 * What a query answers and which parameters it takes, without values for them. The type of a parameter is what its places ask for; where
 * several overloads of an operator or function would fit, the first one listed. All places must ask for one type.
 * @throws ServerError as `compile` does; SEMANTIC_ERROR for a parameter without a type, TYPE_MISMATCH for one with two
 */
export function prepare(text: string, catalog: Catalog, session: Session): PreparedQuery {
  const statement = parse(text, session)
  if (statement.kind !== 'query') {
    throw new ServerError('NOT_SUPPORTED', 'Only a query can be prepared', { position: statement.at })
  }
  const inference = new ParameterInference(session)
  let analysis: Analysis
  let round = 0
  do {
    analysis = analyze(statement.query, catalog, session, inference.resolve)
  } while (inference.learn(analysis.relation) && ++round < maxRounds)
  const parameters = inference.parameters()
  // what only the later steps refuse
  if (parameters.length === 0) compile(text, catalog, session)
  const origins = originsIn(analysis.relation, new Map())
  const columns = analysis.fields.map(({ name, column, aliased }): PreparedColumn => {
    const origin = origins.get(column.symbol)
    return { name, type: column.type, isAliased: aliased === true, ...(origin && { origin }) }
  })
  return { columns, parameters, tables: analysis.tables }
}

interface Place {
  readonly name: string
  readonly at: Position
}

/** A parameter stands in the tree as a variable of type unknown, so that the analysis puts a conversion around it: to what the place asks for. */
class ParameterInference {
  readonly #types: Map<string, Type>
  /** Of parameters that no place tells the type of; absent: they are refused. */
  readonly #otherwise: Type | undefined
  readonly #firstPlaces = new Map<string, Position>()
  /** Of the variables of this round. */
  readonly #places = new Map<Expression, Place>()

  constructor({ parameterTypes, dialect }: Session) {
    this.#types = new Map<string, Type>([['scheduled_runtime', TIMESTAMP], ...Object.entries(parameterTypes ?? {})])
    // as PostgreSQL does
    this.#otherwise = dialect === 'postgresql' ? VARCHAR : undefined
  }

  readonly resolve: ResolveParameter = ({ name, at }, required) => {
    const first = this.#firstPlaces.get(name)
    if (!first || isBefore(at, first)) this.#firstPlaces.set(name, at)
    if (required) {
      const declared = this.#types.get(name)
      // an integer is good wherever a bigint is
      const isNarrower = declared !== undefined && isScalar(declared, 'integer') && isScalar(required, 'bigint')
      if (!isNarrower) this.#note({ name, at }, required)
      return literal(required, required.kind === 'scalar' ? 0n : null)
    }
    const variable: Expression = { kind: 'variable', type: this.#types.get(name) ?? UNKNOWN, name: `@${name}` }
    this.#places.set(variable, { name, at })
    return variable
  }

  /** True when the type of another parameter has become known. */
  learn(relation: Relation): boolean {
    const known = this.#types.size
    const found: { readonly place: Place; readonly type: Type }[] = []
    visitRelation(relation, (expression) =>
      visit(expression, (part) => {
        if (part.kind !== 'cast' || !isUnknown(part.operand.type) || isUnknown(part.type)) return
        const place = this.#places.get(part.operand)
        if (place) found.push({ place, type: part.type })
      }),
    )
    this.#places.clear()
    found.sort((a, b) => (isBefore(a.place.at, b.place.at) ? -1 : 1))
    for (const { place, type } of found) this.#note(place, type)
    return this.#types.size > known
  }

  parameters(): readonly OutputColumn[] {
    const places = [...this.#firstPlaces].toSorted(([, a], [, b]) => (isBefore(a, b) ? -1 : 1))
    return places.map(([name, at]) => {
      const type = this.#types.get(name) ?? this.#otherwise
      if (type) return { name, type }
      return fail(at, 'SEMANTIC_ERROR', `The type of parameter @${name} cannot be inferred here: write CAST(@${name} AS type)`)
    })
  }

  #note({ name, at }: Place, type: Type): void {
    const known = this.#types.get(name)
    if (!known) this.#types.set(name, type)
    else if (!sameType(known, type)) {
      fail(at, 'TYPE_MISMATCH', `Parameter @${name} is used as ${typeText(type)} here and as ${typeText(known)} elsewhere`)
    }
  }
}

const isBefore = (a: Position, b: Position): boolean => a.line < b.line || (a.line === b.line && a.column < b.column)

/** By symbol: the tables of the columns that are stored ones. */
function originsIn(relation: Relation, found: Map<string, TableReference>): ReadonlyMap<string, TableReference> {
  if ('input' in relation) originsIn(relation.input, found)
  const sides = 'left' in relation ? [relation.left, relation.right] : 'base' in relation ? [relation.base, relation.step] : []
  for (const side of sides) originsIn(side, found)
  if (relation.kind === 'scan') {
    const { database, table } = relation
    for (const { column } of relation.columns) found.set(column.symbol, { database, table })
  }
  const assignments = relation.kind === 'project' ? relation.assignments : relation.kind === 'aggregate' ? relation.keys : []
  for (const { column, expression } of assignments) {
    const origin = expression.kind === 'column' ? found.get(expression.symbol) : undefined
    if (origin) found.set(column.symbol, origin)
  }
  return found
}
