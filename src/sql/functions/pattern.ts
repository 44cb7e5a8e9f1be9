import type { ScalarName, Type } from '../types/type.ts'
import { BIGINT, BOOLEAN, DATE, DOUBLE, INTEGER, INTERVAL_DAY_TO_SECOND, INTERVAL_YEAR_TO_MONTH } from '../types/type.ts'
import { TIME, TIMESTAMP, UNKNOWN, VARBINARY, VARCHAR, arrayOf, mapOf, rowOf, timeSeriesOf } from '../types/type.ts'

/** A type with variables in it: what a signature's text says. */
export type TypePattern =
  | { readonly kind: 'exact'; readonly type: Type }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'array'; readonly element: TypePattern }
  | { readonly kind: 'timeseries'; readonly value: TypePattern }
  | { readonly kind: 'map'; readonly key: TypePattern; readonly value: TypePattern }
  | { readonly kind: 'row'; readonly fields: readonly { readonly name?: string; readonly type: TypePattern }[] }
  | { readonly kind: 'function'; readonly parameters: readonly TypePattern[]; readonly result: TypePattern }

export type Constraint = 'orderable' | 'comparable' | 'numeric'

export interface SignaturePattern {
  readonly parameters: readonly TypePattern[]
  /** The last parameter may come any number of times more. */
  readonly variadic: boolean
  /** Fewest arguments; a variadic last one counts once. */
  readonly required: number
  readonly constraints: ReadonlyMap<string, Constraint>
  readonly result: TypePattern
}

const scalarTypes: Readonly<Record<ScalarName, Type>> = {
  boolean: BOOLEAN,
  integer: INTEGER,
  bigint: BIGINT,
  double: DOUBLE,
  varchar: VARCHAR,
  varbinary: VARBINARY,
  date: DATE,
  time: TIME,
  timestamp: TIMESTAMP,
  'interval day to second': INTERVAL_DAY_TO_SECOND,
  'interval year to month': INTERVAL_YEAR_TO_MONTH,
  unknown: UNKNOWN,
}
/** Longest first: `timestamp` before `time`. */
const scalarNames = (Object.keys(scalarTypes) as ScalarName[]).sort((a, b) => b.length - a.length)

const parsed = new Map<string, SignaturePattern>()

/** The meaning of a signature's text; see functions/definition.ts for its grammar. Texts are ours: a wrong one is a programmer error. */
export function signaturePattern(text: string): SignaturePattern {
  let pattern = parsed.get(text)
  if (pattern === undefined) {
    pattern = new PatternReader(text).signature()
    parsed.set(text, pattern)
  }
  return pattern
}

class PatternReader {
  readonly #text: string
  #at = 0
  readonly #constraints = new Map<string, Constraint>()

  constructor(text: string) {
    this.#text = text
  }

  signature(): SignaturePattern {
    const parameters: TypePattern[] = []
    let optional = 0
    let variadic = false
    let inBrackets = false
    this.#expect('(')
    while (!this.#take(')')) {
      if (parameters.length > 0) this.#expect(',')
      if (this.#take('[')) inBrackets = true
      parameters.push(this.#type())
      if (inBrackets) optional++
      if (this.#take('...')) variadic = true
      if (this.#take(']')) inBrackets = false
    }
    this.#expect('->')
    const result = this.#type()
    this.#skip()
    if (this.#at < this.#text.length) this.#fail('the end')
    return { parameters, variadic, required: parameters.length - optional, constraints: this.#constraints, result }
  }

  #type(): TypePattern {
    this.#skip()
    const variable = /^([A-Z])(?![A-Za-z])/.exec(this.#text.slice(this.#at))
    if (variable) {
      this.#at++
      const name = variable[1]!
      if (this.#take(':')) this.#constraints.set(name, this.#constraint())
      return { kind: 'variable', name }
    }
    if (this.#take('array(')) return this.#closed({ kind: 'array', element: this.#type() })
    if (this.#take('timeseries(')) return this.#closed({ kind: 'timeseries', value: this.#type() })
    if (this.#take('map(')) {
      const key = this.#type()
      this.#expect(',')
      return this.#closed({ kind: 'map', key, value: this.#type() })
    }
    if (this.#take('row(')) {
      const fields: { name?: string; type: TypePattern }[] = []
      do fields.push(this.#field())
      while (this.#take(','))
      return this.#closed({ kind: 'row', fields })
    }
    if (this.#take('function(')) {
      const types = [this.#type()]
      while (this.#take(',')) types.push(this.#type())
      return this.#closed({ kind: 'function', parameters: types.slice(0, -1), result: types.at(-1)! })
    }
    const name = scalarNames.find((candidate) => this.#take(candidate))
    if (name === undefined) this.#fail('a type')
    return { kind: 'exact', type: scalarTypes[name] }
  }

  #field(): { name?: string; type: TypePattern } {
    this.#skip()
    const named = /^([a-z_]+) (?=[a-zA-Z])/.exec(this.#text.slice(this.#at))
    if (named && named[1] !== 'interval') {
      this.#at += named[0].length
      return { name: named[1]!, type: this.#type() }
    }
    return { type: this.#type() }
  }

  #constraint(): Constraint {
    for (const constraint of ['orderable', 'comparable', 'numeric'] as const) if (this.#take(constraint)) return constraint
    this.#fail('a constraint')
  }

  #closed(pattern: TypePattern): TypePattern {
    this.#expect(')')
    return pattern
  }

  #skip(): void {
    while (this.#text[this.#at] === ' ') this.#at++
  }

  #take(symbol: string): boolean {
    this.#skip()
    if (!this.#text.startsWith(symbol, this.#at)) return false
    this.#at += symbol.length
    return true
  }

  #expect(symbol: string): void {
    if (!this.#take(symbol)) this.#fail(symbol)
  }

  #fail(expected: string): never {
    throw new Error(`signature "${this.#text}": expected ${expected} at ${this.#at}`)
  }
}

/** The concrete type; undefined when a variable is not bound. */
export function substitute(pattern: TypePattern, bindings: ReadonlyMap<string, Type>): Type | undefined {
  switch (pattern.kind) {
    case 'exact':
      return pattern.type
    case 'variable':
      return bindings.get(pattern.name)
    case 'array': {
      const element = substitute(pattern.element, bindings)
      return element && arrayOf(element)
    }
    case 'timeseries': {
      const value = substitute(pattern.value, bindings)
      return value && timeSeriesOf(value)
    }
    case 'map': {
      const key = substitute(pattern.key, bindings)
      const value = substitute(pattern.value, bindings)
      return key && value && mapOf(key, value)
    }
    case 'row': {
      const fields = pattern.fields.map((field) => ({ ...field, type: substitute(field.type, bindings) }))
      if (fields.some((field) => field.type === undefined)) return undefined
      return rowOf(...fields.map((field) => (field.name === undefined ? { type: field.type! } : { name: field.name, type: field.type! })))
    }
    case 'function': {
      const parameters = pattern.parameters.map((parameter) => substitute(parameter, bindings))
      const result = substitute(pattern.result, bindings)
      if (result === undefined || parameters.some((parameter) => parameter === undefined)) return undefined
      return { kind: 'function', parameters: parameters as readonly Type[], result }
    }
  }
}
