import { ServerError, type Position } from '../../base/errors.ts'
import type { Expression, IntervalUnit, Relation, TypeName } from './ast.ts'
import { call } from './call.ts'
import { parseType } from './parse-type.ts'
import type { TokenStream } from './token-stream.ts'

/**
 * What PostgreSQL's clients write and Timestream does not know, read into the tree that Timestream's own spelling has. On only where the statement
 * came over the PostgreSQL protocol (`dialect: 'postgresql'`). Source: PostgreSQL 15 documentation, "SQL Syntax", "Data Types", "Functions".
 */
export type Dialect = 'timestream' | 'postgresql'

/** PostgreSQL's names of types that are called otherwise here. */
const typeNames: Readonly<Record<string, string>> = {
  int2: 'integer',
  int4: 'integer',
  int8: 'bigint',
  float4: 'double',
  float8: 'double',
  bool: 'boolean',
  text: 'varchar',
  bpchar: 'varchar',
  character: 'varchar',
  'character varying': 'varchar',
  name: 'varchar',
  timestamptz: 'timestamp',
  'timestamp with time zone': 'timestamp',
  bytea: 'varbinary',
}

/** A type with its name as Timestream has it; `bigint[]` is an array. */
export function postgresqlType(stream: TokenStream): TypeName {
  const at = stream.position
  const isVarying = stream.token.word === 'CHARACTER' && stream.peek(1).word === 'VARYING'
  if (isVarying) stream.take()
  const parsed = parseType(stream)
  let type: TypeName = { ...parsed, name: typeNames[parsed.name] ?? (isVarying ? 'varchar' : parsed.name), at }
  while (stream.token.word === '[' && stream.peek(1).word === ']') {
    stream.expect('[', ']')
    type = { name: 'array', arguments: [{ kind: 'type', type }], at }
  }
  return type
}

/** `operand::type`, as long as some follow. `'1 hour'::interval` is an interval. */
export function parseCasts(stream: TokenStream, operand: Expression): Expression {
  let result = operand
  while (stream.accept('::')) {
    const at = stream.position
    if (result.kind === 'string' && stream.token.word === 'INTERVAL' && stream.peek(1).word !== 'DAY' && stream.peek(1).word !== 'YEAR') {
      stream.take()
      result = intervalOf(result.value, at)
    } else {
      const type = postgresqlType(stream)
      result =
        result.kind === 'string' && type.name === 'array'
          ? { kind: 'typed-literal', type, value: result.value, at }
          : { kind: 'cast', operand: result, type, safe: false, at: result.at }
    }
  }
  return result
}

const units: Readonly<Record<string, IntervalUnit>> = Object.fromEntries(
  (['second', 'minute', 'hour', 'day', 'week', 'month', 'year'] as const).flatMap((unit) => [
    [unit, unit],
    [`${unit}s`, unit],
  ]),
)
const shortUnits: Readonly<Record<string, IntervalUnit>> = {
  s: 'second',
  sec: 'second',
  secs: 'second',
  m: 'minute',
  min: 'minute',
  mins: 'minute',
  h: 'hour',
  hr: 'hour',
  hrs: 'hour',
  d: 'day',
  w: 'week',
  mon: 'month',
  mons: 'month',
  y: 'year',
  yr: 'year',
  yrs: 'year',
}
const clock = /^([+-]?)(\d{1,9}):(\d{1,2})(?::(\d{1,2}(?:\.\d{1,9})?))?$/
const amount = /^([+-]?)(\d{1,18}(?:\.\d{1,9})?)$/

/**
 * The text of an interval: `1 hour 30 minutes`, `2 days 03:04:05`, `300.000s`, `-1 month`.
 * @throws ServerError SYNTAX_ERROR
 */
export function intervalOf(text: string, at: Position): Expression {
  const words = text
    .trim()
    .toLowerCase()
    .replaceAll(/(\d)([a-z])/g, '$1 $2')
    .split(/\s+/)
  const isAgo = words.at(-1) === 'ago'
  if (isAgo) words.pop()
  const parts: Expression[] = []
  const add = (sign: string, value: string, unit: IntervalUnit): void => {
    parts.push({ kind: 'interval', negative: (sign === '-') !== isAgo, value, unit, at })
  }
  for (let index = 0; index < words.length;) {
    const time = clock.exec(words[index]!)
    if (time) {
      const [, sign = '', hours = '', minutes = '', seconds] = time
      add(sign, hours, 'hour')
      add(sign, minutes, 'minute')
      if (seconds !== undefined) add(sign, seconds, 'second')
      index += 1
      continue
    }
    const number = amount.exec(words[index]!)
    const word = words[index + 1]
    const unit = word === undefined && words.length === 1 ? 'second' : (units[word ?? ''] ?? shortUnits[word ?? ''])
    if (!number || unit === undefined)
      throw new ServerError('SYNTAX_ERROR', `invalid input syntax for type interval: '${text}'`, { position: at })
    addAmount(number[1]!, number[2]!, unit, add)
    index += 2
  }
  return parts.reduce((left, right) => ({ kind: 'arithmetic', operator: '+', left, right, at }))
}

const secondsOf: Partial<Record<IntervalUnit, number>> = { minute: 60, hour: 3600, day: 86_400, week: 604_800 }

/** Only seconds may have a fraction here; `1.5 hours` are 5400 seconds. */
function addAmount(sign: string, value: string, unit: IntervalUnit, add: (sign: string, value: string, unit: IntervalUnit) => void): void {
  const seconds = secondsOf[unit]
  if (value.includes('.') && seconds !== undefined) add(sign, String(Number(value) * seconds), 'second')
  else add(sign, value, unit)
}

const matching: Readonly<Record<string, { readonly negated: boolean; readonly flags: string }>> = {
  '~': { negated: false, flags: '' },
  '~*': { negated: false, flags: '(?i)' },
  '!~': { negated: true, flags: '' },
  '!~*': { negated: true, flags: '(?i)' },
}

/** ILIKE and the regular expression operators after `operand`; undefined when none is here. */
export function parseMatching(stream: TokenStream, operand: Expression): Expression | undefined {
  const { at, word } = stream.token
  const isNegated = word === 'NOT' && stream.peek(1).word === 'ILIKE'
  if (isNegated) stream.take()
  if (stream.accept('ILIKE')) {
    const pattern = stream.grammar.value(stream)
    const escape = stream.accept('ESCAPE') ? stream.grammar.value(stream) : undefined
    const lower = (expression: Expression): Expression => call('lower', [expression], expression.at)
    return { kind: 'like', negated: isNegated, operand: lower(operand), pattern: lower(pattern), ...(escape && { escape }), at }
  }
  const operator = Object.hasOwn(matching, word) ? matching[word]! : undefined
  if (operator === undefined) return undefined
  stream.take()
  const written = stream.grammar.value(stream)
  const pattern: Expression =
    operator.flags === '' ? written : { kind: 'concat', left: { kind: 'string', value: operator.flags, at }, right: written, at }
  const found = call('regexp_like', [operand, pattern], at)
  return operator.negated ? { kind: 'not', operand: found, at } : found
}

/** After IS [NOT]: TRUE, FALSE, UNKNOWN, which are never NULL; undefined when none is here. */
export function parseTruth(stream: TokenStream, operand: Expression, negated: boolean): Expression | undefined {
  const { at } = stream.token
  if (stream.accept('UNKNOWN')) return { kind: 'is-null', negated, operand, at }
  const isTrue = stream.accept('TRUE')
  if (!isTrue && !stream.accept('FALSE')) return undefined
  const wanted: Expression = { kind: 'boolean', value: isTrue, at }
  return { kind: 'distinct-from', negated: !negated, left: operand, right: wanted, at }
}

/** `= ANY (array)` and `<> ALL (array)`. */
export function parseAnyOf(stream: TokenStream, operator: string, operand: Expression, quantifier: string): Expression {
  const { at } = stream.token
  const [array] = stream.parenthesized(() => stream.grammar.expression(stream))
  const found = call('contains', [array!, operand], at)
  if (operator === '=' && quantifier !== 'ALL') return found
  if (operator === '<>' && quantifier === 'ALL') return { kind: 'not', operand: found, at }
  throw new ServerError(
    'NOT_SUPPORTED',
    `of comparisons with an array only = ANY and <> ALL are supported, not ${operator} ${quantifier}`,
    {
      position: at,
    },
  )
}

const renamed: Readonly<Record<string, string>> = {
  char_length: 'length',
  character_length: 'length',
  to_timestamp: 'from_unixtime',
  string_to_array: 'split',
  array_to_string: 'array_join',
  btrim: 'trim',
  ceiling: 'ceil',
  date_bin: 'time_bucket',
  percentile_disc: 'percentile_cont',
}

type Arguments = readonly Expression[]
const isArgument = (expression: Expression | undefined): expression is Expression => expression !== undefined

/** Calls whose arguments lie otherwise. */
const rewritten: Readonly<Record<string, (args: Arguments, at: Position, sorted: Expression | undefined) => Expression | undefined>> = {
  /** Timescale's, and PostgreSQL's date_bin: bins that start at the epoch. */
  time_bucket: ([width, time, origin], at) =>
    width && time && origin === undefined
      ? call('bin', [time, width.kind === 'string' ? intervalOf(width.value, width.at) : width], at)
      : undefined,
  percentile_cont: ([share], at, sorted) => (share && sorted ? call('approx_percentile', [sorted, share], at) : undefined),
  date_part: ([field, operand], at) => (field?.kind === 'string' && operand ? extract(field.value, operand, at) : undefined),
  left: ([text, size], at) => (text && size ? call('substr', [text, { kind: 'integer', text: '1', at }, size], at) : undefined),
  array_length: ([array], at) => (array ? call('cardinality', [array], at) : undefined),
  strpos: (args, at) => call('strpos', args.filter(isArgument), at),
}

/** A call as Timestream has it. `sorted`: what WITHIN GROUP (ORDER BY …) names. */
export function postgresqlCall(name: string, args: Arguments, at: Position, sorted?: Expression): Expression | undefined {
  const known = renamed[name] ?? name
  const rewrite = Object.hasOwn(rewritten, known) ? rewritten[known] : undefined
  if (rewrite) return rewrite(args, at, sorted)
  return known === name ? undefined : call(known, args, at)
}

/** EXTRACT and date_part; `epoch` is seconds since 1970. */
export function extract(field: string, operand: Expression, at: Position): Expression {
  const name = field.toLowerCase()
  if (name === 'epoch') return call('to_unixtime', [operand], at)
  const known = name === 'dow' ? 'day_of_week' : name === 'doy' ? 'day_of_year' : name
  return { kind: 'extract', field: { text: known, quoted: false, at }, operand, at }
}

/** `generate_series(start, stop [, step])` as a relation of one column. */
export function parseSeries(stream: TokenStream): Relation | undefined {
  const { at, word } = stream.token
  if (word !== 'GENERATE_SERIES' || stream.peek(1).word !== '(') return undefined
  stream.take()
  const args = stream.parenthesized(() => stream.grammar.expression(stream))
  const column = { text: 'generate_series', quoted: false, at }
  const relation: Relation = { kind: 'unnest', expressions: [call('sequence', args, at)], ordinality: false, at }
  const written = stream.accept('AS')
  if (!written && !stream.atIdentifier()) return { kind: 'aliased', relation, alias: column, columns: [column], at }
  const alias = stream.identifier()
  const columns = stream.at('(') ? stream.parenthesized(() => stream.identifier()) : [alias]
  return { kind: 'aliased', relation, alias, columns, at }
}
