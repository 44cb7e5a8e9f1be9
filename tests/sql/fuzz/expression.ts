import type { FunctionDefinition } from '../../../src/sql/functions/definition.ts'
import { functionFamilies } from '../../../src/sql/functions/index.ts'
import { signaturePattern, type SignaturePattern, type TypePattern } from '../../../src/sql/functions/pattern.ts'
import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  INTEGER,
  INTERVAL_DAY_TO_SECOND,
  INTERVAL_YEAR_TO_MONTH,
  TIMESTAMP,
  VARCHAR,
  arrayOf,
  mapOf,
  rowOf,
  sameType,
  timeSeriesOf,
  type Type,
} from '../../../src/sql/types/type.ts'
import { castName, literal, randomType, scalarTypes } from './literal.ts'
import type { Random } from '../../harness/random.ts'

/** What an expression may name. */
export interface Column {
  readonly text: string
  readonly type: Type
}

interface Overload {
  readonly definition: FunctionDefinition
  readonly pattern: SignaturePattern
}

const overloads: readonly Overload[] = functionFamilies
  .flat()
  .flatMap((definition) => definition.signatures.map((signature) => ({ definition, pattern: signaturePattern(signature.pattern) })))
const ofKind = (kind: FunctionDefinition['kind']): readonly Overload[] => overloads.filter((each) => each.definition.kind === kind)
const scalars = ofKind('scalar')
const aggregates = ofKind('aggregate')
const windows = ofKind('window')

/** Functions with a grammar of their own: they are made where they belong. */
const special: ReadonlySet<string> = new Set(['cast', 'try_cast', 'try', 'coalesce', 'nullif', 'if', 'extract', 'grouping'])

type Bindings = Map<string, Type>

/** Expressions of a wanted type; now and then of another. */
export class ExpressionMaker {
  readonly random: Random
  readonly #wrongTypes: number
  #lambdas = 0

  /** `wrongTypes`: how often a type other than the wanted one is made. */
  constructor(random: Random, wrongTypes: number) {
    this.random = random
    this.#wrongTypes = wrongTypes
  }

  expression(wanted: Type, depth: number, scope: readonly Column[]): string {
    const { random } = this
    const type = random.chance(this.#wrongTypes) ? randomType(random) : wanted
    if (depth <= 0 || random.chance(0.15)) return this.#leaf(type, scope)
    const inner = (of: Type): string => this.expression(of, depth - 1, scope)
    switch (random.below(12)) {
      case 0:
        return `CASE WHEN ${inner(BOOLEAN)} THEN ${inner(type)} ${random.chance(0.7) ? `ELSE ${inner(type)} ` : ''}END`
      case 1:
        return random.pick([
          () => `if(${inner(BOOLEAN)}, ${inner(type)}, ${inner(type)})`,
          () => `coalesce(${inner(type)}, ${inner(type)})`,
          () => `nullif(${inner(type)}, ${inner(type)})`,
          () => `try(${inner(type)})`,
        ])()
      case 2:
        return `${random.chance(0.6) ? 'TRY_' : ''}CAST(${inner(random.chance(0.8) ? (type.kind === 'scalar' ? VARCHAR : type) : random.pick(scalarTypes))} AS ${castName(type)})`
      case 3:
        return this.#leaf(type, scope)
      case 4:
        return `(${inner(arrayOf(type))})[${inner(INTEGER)}]`
      case 5:
      case 6:
      case 7:
        return this.#operation(type, inner)
      default:
        return this.#call(scalars, type, depth, scope) ?? this.#operation(type, inner)
    }
  }

  /** An aggregate call. */
  aggregate(type: Type, depth: number, scope: readonly Column[]): string | undefined {
    const { random } = this
    const call = this.#call(aggregates, type, depth, scope, random.chance(0.15) ? 'DISTINCT ' : '')
    if (call === undefined) return undefined
    return random.chance(0.15) ? `${call} FILTER (WHERE ${this.expression(BOOLEAN, 1, scope)})` : call
  }

  /** A window function or an aggregate, with OVER. */
  windowed(type: Type, depth: number, scope: readonly Column[]): string | undefined {
    const { random } = this
    const call = this.#call(random.chance(0.5) ? windows : aggregates, type, depth, scope)
    if (call === undefined) return undefined
    const partition = random.chance(0.6) ? `PARTITION BY ${this.expression(VARCHAR, 0, scope)} ` : ''
    const order = random.chance(0.8)
      ? `ORDER BY ${this.expression(random.pick([TIMESTAMP, INTEGER, DOUBLE]), 0, scope)} ${random.pick(['', 'DESC', 'ASC NULLS FIRST'])} `
      : ''
    const frame = random.chance(0.4) ? random.pick(frames) : ''
    return `${call} OVER (${partition}${order}${frame})`
  }

  #leaf(type: Type, scope: readonly Column[]): string {
    const { random } = this
    const columns = scope.filter((column) => sameType(column.type, type))
    if (columns.length > 0 && random.chance(0.7)) return random.pick(columns).text
    return literal(random, type)
  }

  #operation(type: Type, inner: (of: Type) => string): string {
    const { random } = this
    if (type.kind === 'row' || type.kind === 'map' || type.kind === 'timeseries' || type.kind === 'function') return inner(type)
    if (type.kind === 'array') {
      return random.chance(0.5)
        ? `(${inner(type)} || ${inner(random.chance(0.7) ? type : type.element)})`
        : `ARRAY[${random.list(0, 3, () => inner(type.element)).join(', ')}]`
    }
    switch (type.name) {
      case 'boolean':
        return this.#condition(inner)
      case 'integer':
      case 'bigint':
      case 'double':
        if (random.chance(0.15)) return `(-${inner(type)})`
        return `(${inner(type)} ${random.pick(['+', '-', '*', '/', '%'])} ${inner(type)})`
      case 'varchar':
        return `(${inner(type)} || ${inner(type)})`
      case 'timestamp':
      case 'date':
        return `(${inner(type)} ${random.pick(['+', '-'])} ${random.pick(['1d', '2month', inner(INTERVAL_YEAR_TO_MONTH)])})`
      case 'interval day to second':
        return random.pick([
          () => `(${inner(TIMESTAMP)} - ${inner(TIMESTAMP)})`,
          () => `(${inner(type)} * ${inner(INTEGER)})`,
          () => `(${inner(type)} + ${inner(type)})`,
        ])()
      case 'interval year to month':
        return `(${inner(type)} + ${inner(type)})`
      case 'time':
        return `(${inner(type)} + ${inner(INTERVAL_DAY_TO_SECOND)})`
      default:
        return inner(type)
    }
  }

  #condition(inner: (of: Type) => string): string {
    const { random } = this
    const of = random.chance(0.8) ? random.pick(scalarTypes) : randomType(random)
    switch (random.below(9)) {
      case 0:
        return `(${inner(BOOLEAN)} ${random.pick(['AND', 'OR'])} ${inner(BOOLEAN)})`
      case 1:
        return `(NOT ${inner(BOOLEAN)})`
      case 2:
        return `(${inner(of)} IS ${random.pick(['', 'NOT '])}NULL)`
      case 3:
        return `(${inner(of)} ${random.pick(['', 'NOT '])}IN (${random.list(1, 3, () => inner(of)).join(', ')}))`
      case 4:
        return `(${inner(VARCHAR)} ${random.pick(['', 'NOT '])}LIKE ${random.pick(["'%a_'", "'x%' ESCAPE '!'", inner(VARCHAR)])})`
      case 5:
        return `(${inner(of)} BETWEEN ${inner(of)} AND ${inner(of)})`
      case 6:
        return `(${inner(of)} IS ${random.pick(['', 'NOT '])}DISTINCT FROM ${inner(of)})`
      default:
        return `(${inner(of)} ${random.pick(['=', '<>', '<', '<=', '>', '>=', '!='])} ${inner(of)})`
    }
  }

  #call(from: readonly Overload[], type: Type, depth: number, scope: readonly Column[], prefix = ''): string | undefined {
    for (let attempt = 0; attempt < 12; attempt += 1) {
      const { definition, pattern } = this.random.pick(from)
      const bindings: Bindings = new Map()
      if (special.has(definition.name) || !unify(pattern.result, type, bindings)) continue
      const names = [definition.name, ...(definition.aliases ?? [])]
      const args = this.#arguments(pattern, bindings, depth, scope)
      return `${this.random.pick(names)}(${args.length > 0 ? prefix : ''}${args.join(', ')})`
    }
    return undefined
  }

  #arguments(pattern: SignaturePattern, bindings: Bindings, depth: number, scope: readonly Column[]): string[] {
    const { random } = this
    const optional = pattern.parameters.length - pattern.required
    const parameters = pattern.parameters.slice(0, pattern.required + random.below(optional + 1))
    const last = pattern.parameters.at(-1)
    if (pattern.variadic && last !== undefined) parameters.push(...random.list(0, 2, () => last))
    if (random.chance(this.#wrongTypes) && parameters.length > 0) parameters.pop()
    return parameters.map((parameter) => this.#argument(parameter, pattern, bindings, depth, scope))
  }

  #argument(parameter: TypePattern, pattern: SignaturePattern, bindings: Bindings, depth: number, scope: readonly Column[]): string {
    const bind = (each: TypePattern): Type => this.#concrete(each, pattern, bindings)
    if (parameter.kind !== 'function') return this.expression(bind(parameter), depth - 1, scope)
    const names = parameter.parameters.map(() => `l${(this.#lambdas += 1)}`)
    const columns = parameter.parameters.map((each, i) => ({ text: names[i]!, type: bind(each) }))
    const body = this.expression(bind(parameter.result), depth - 1, [...scope, ...columns])
    return `${names.length === 1 ? names[0]! : `(${names.join(', ')})`} -> ${body}`
  }

  #concrete(pattern: TypePattern, signature: SignaturePattern, bindings: Bindings): Type {
    const of = (each: TypePattern): Type => this.#concrete(each, signature, bindings)
    switch (pattern.kind) {
      case 'exact':
        return pattern.type
      case 'variable': {
        let bound = bindings.get(pattern.name)
        if (bound === undefined) {
          const numeric = signature.constraints.get(pattern.name) === 'numeric'
          bound = numeric ? this.random.pick([INTEGER, BIGINT, DOUBLE]) : randomType(this.random, 1)
          bindings.set(pattern.name, bound)
        }
        return bound
      }
      case 'array':
        return arrayOf(of(pattern.element))
      case 'timeseries':
        return timeSeriesOf(of(pattern.value))
      case 'map':
        return mapOf(of(pattern.key), of(pattern.value))
      case 'row':
        return rowOf(...pattern.fields.map((field) => ({ ...(field.name !== undefined && { name: field.name }), type: of(field.type) })))
      case 'function':
        return { kind: 'function', parameters: pattern.parameters.map(of), result: of(pattern.result) }
    }
  }
}

const frames = [
  'ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING',
  'ROWS UNBOUNDED PRECEDING',
  'RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING',
  'RANGE BETWEEN 5 PRECEDING AND CURRENT ROW',
  'RANGE BETWEEN 10m PRECEDING AND CURRENT ROW',
]

/** Whether the pattern can be that type; binds its variables. */
function unify(pattern: TypePattern, type: Type, bindings: Bindings): boolean {
  switch (pattern.kind) {
    case 'exact':
      return sameType(pattern.type, type)
    case 'variable': {
      const bound = bindings.get(pattern.name)
      bindings.set(pattern.name, bound ?? type)
      return bound === undefined || sameType(bound, type)
    }
    case 'array':
      return type.kind === 'array' && unify(pattern.element, type.element, bindings)
    case 'timeseries':
      return type.kind === 'timeseries' && unify(pattern.value, type.value, bindings)
    case 'map':
      return type.kind === 'map' && unify(pattern.key, type.key, bindings) && unify(pattern.value, type.value, bindings)
    case 'row':
      return (
        type.kind === 'row' &&
        type.fields.length === pattern.fields.length &&
        pattern.fields.every((f, i) => unify(f.type, type.fields[i]!.type, bindings))
      )
    case 'function':
      return false
  }
}
