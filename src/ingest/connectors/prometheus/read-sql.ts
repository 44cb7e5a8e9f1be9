import type { QueryParameters } from '../../../database/query/open-rows.ts'
import type { LabelMatcher, ReadQuery } from './read-request.ts'

export interface ReadPlan {
  readonly databaseName: string
  readonly tableName: string
  /** Of the table. */
  readonly dimensions: readonly string[]
  /** Column that holds the values. */
  readonly valueColumn: string
}

export interface ReadStatement {
  readonly queryString: string
  readonly parameters: QueryParameters
}

const varchar = { kind: 'scalar', name: 'varchar' } as const
const bigint = { kind: 'scalar', name: 'bigint' } as const
/** 2262-04-11, the last millisecond that a time can have. */
const lastMs = 9_223_372_036_854

/** The series that match, one row each: metric, dimensions, a time series. Values from outside are parameters. Undefined: nothing can match. */
export function readStatement({ startMs, endMs, matchers }: ReadQuery, plan: ReadPlan): ReadStatement | undefined {
  const { databaseName, tableName, dimensions, valueColumn } = plan
  const parameters: Record<string, QueryParameters[string]> = {
    start: { type: bigint, value: BigInt(clamp(startMs)) },
    end: { type: bigint, value: BigInt(clamp(endMs)) },
  }
  const conditions = [`time BETWEEN from_milliseconds(@start) AND from_milliseconds(@end)`, `${quoted(valueColumn)} IS NOT NULL`]
  for (const [i, matcher] of matchers.entries()) {
    const isName = matcher.name === '__name__'
    if (!isName && !dimensions.includes(matcher.name)) {
      if (!matches(matcher, '')) return undefined
      continue
    }
    const name = `m${i}`
    parameters[name] = { type: varchar, value: matcher.type.endsWith('RE') ? anchored(matcher.value) : matcher.value }
    conditions.push(condition(isName ? 'measure_name' : quoted(matcher.name), matcher, `@${name}`))
  }
  const labels = ['measure_name', ...dimensions.map(quoted)].join(', ')
  return {
    queryString:
      `SELECT ${labels}, create_time_series(time, ${quoted(valueColumn)}) FROM ${quoted(databaseName)}.${quoted(tableName)} ` +
      `WHERE ${conditions.join(' AND ')} GROUP BY ${labels}`,
    parameters,
  }
}

/** A label that a series does not have is the empty text. */
function condition(column: string, matcher: LabelMatcher, parameter: string): string {
  const test = (): string => {
    switch (matcher.type) {
      case 'EQ':
        return `${column} = ${parameter}`
      case 'NEQ':
        return `${column} <> ${parameter}`
      case 'RE':
        return `regexp_like(${column}, ${parameter})`
      case 'NRE':
        return `NOT regexp_like(${column}, ${parameter})`
    }
  }
  if (matcher.value === '' && matcher.type === 'EQ') return `${column} IS NULL`
  if (matcher.value === '' && matcher.type === 'NEQ') return `${column} IS NOT NULL`
  return matches(matcher, '') ? `(${column} IS NULL OR ${test()})` : test()
}

function matches({ type, value }: LabelMatcher, text: string): boolean {
  switch (type) {
    case 'EQ':
      return text === value
    case 'NEQ':
      return text !== value
    case 'RE':
      return matchesWhole(value, text)
    case 'NRE':
      return !matchesWhole(value, text)
  }
}

/** Patterns are RE2's; those that JavaScript cannot read match no empty text, as nearly all do. */
function matchesWhole(pattern: string, text: string): boolean {
  try {
    return new RegExp(anchored(pattern)).test(text)
  } catch {
    return false
  }
}

/** Prometheus matches whole values. */
const anchored = (pattern: string): string => `^(?:${pattern})$`

const clamp = (timeMs: number): number => Math.min(Math.max(Math.trunc(timeMs), 0), lastMs)
const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
