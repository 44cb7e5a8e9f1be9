import type { FunctionCall, SelectBody } from '../../../src/sql/syntax/ast.ts'
import { parse } from '../../../src/sql/syntax/parse.ts'

/** Arguments that must be constant, or that mean something else when they are not. */
export const constantArguments: Readonly<Record<string, readonly number[]>> = {
  at_timezone: [1],
  date_add: [0],
  date_diff: [0],
  date_format: [1],
  date_parse: [1],
  date_trunc: [0],
  format: [0],
  format_datetime: [1],
  from_utf8: [1],
  json_extract: [1],
  json_extract_scalar: [1],
  json_size: [1],
  normalize: [1],
  // A zone by its name is read of constants only.
  parse_datetime: [0, 1],
  regexp_extract: [1, 2],
  regexp_extract_all: [1, 2],
  regexp_replace: [1, 2],
}

/** An example is an expression or a whole query. */
export const exampleStatement = (sql: string): string => (/^\s*(?:SELECT|WITH)\b/i.test(sql) ? sql : `SELECT ${sql}`)

export interface ExampleCall {
  readonly call: FunctionCall
  /** Whether the whole example is the call, so that its result is the call's. */
  readonly isWhole: boolean
  /** The select list that it stands in. */
  readonly body: SelectBody
}

/** The first call of one of the names in an example's select list; undefined where there is none (a sub-select, a set operation). */
export function callInExample(sql: string, names: readonly string[]): ExampleCall | undefined {
  const statement = parse(exampleStatement(sql), { maxNestingDepth: 100, maxTokens: 1000 })
  if (statement.kind !== 'query' || statement.query.body.kind !== 'select' || statement.query.with !== undefined) return undefined
  const body = statement.query.body
  const call = findCall(body.items, names)
  const first = body.items[0]
  const isWhole = body.items.length === 1 && first?.kind === 'select-expression' && first.expression === call
  return call && { call, isWhole, body }
}

function findCall(node: unknown, names: readonly string[]): FunctionCall | undefined {
  if (typeof node !== 'object' || node === null) return undefined
  const { kind, name } = node as { kind?: unknown; name?: unknown }
  if (kind === 'call' && names.includes(String(name))) return node as FunctionCall
  if (kind === 'subquery') return undefined
  for (const child of Object.values(node)) {
    const found = findCall(child, names)
    if (found !== undefined) return found
  }
  return undefined
}
