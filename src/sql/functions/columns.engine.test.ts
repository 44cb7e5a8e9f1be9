import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Evaluator } from '../../../tests/sql/support/evaluator.ts'
import type { Expression, FunctionCall } from '../syntax/ast.ts'
import { formatExpression } from '../syntax/format.ts'
import { parse } from '../syntax/parse.ts'
import type { FunctionDefinition } from './definition.ts'
import { functionFamilies } from './index.ts'

let evaluator: Evaluator

beforeAll(async () => {
  evaluator = await Evaluator.open()
})
afterAll(() => evaluator.close())

/** Arguments that must be constant, or that mean something else when they are not. */
const constantArguments: Readonly<Record<string, readonly number[]>> = {
  at_timezone: [1],
  date_add: [0],
  date_diff: [0],
  date_format: [1],
  date_parse: [1],
  date_trunc: [0],
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

const families = new Set(['mathematical', 'bitwise', 'string', 'regular expression', 'date and time', 'json', 'url', 'binary'])
const definitions = functionFamilies
  .flat()
  .filter(({ name, kind, family, nulls }) => kind === 'scalar' && families.has(family) && nulls !== 'handle' && name !== 'random')

function callOf(sql: string): FunctionCall | undefined {
  const statement = parse(`SELECT ${sql}`, { maxNestingDepth: 100, maxTokens: 1000 })
  if (statement.kind !== 'query' || statement.query.body.kind !== 'select') return undefined
  const item = statement.query.body.items[0]
  return item?.kind === 'select-expression' && item.expression.kind === 'call' ? item.expression : undefined
}

/** The example over a row with its arguments and a row of NULLs; undefined when it has no argument to put there. */
function overColumns(definition: FunctionDefinition, sql: string): string | undefined {
  const call = callOf(sql)
  const constants = constantArguments[definition.name] ?? []
  const moved = call?.arguments.map((arg, i) => (constants.includes(i) || arg.kind === 'lambda' ? undefined : arg)) ?? []
  const values = moved.filter((arg) => arg !== undefined)
  if (call === undefined || values.length === 0) return undefined
  const at = call.at
  const args = call.arguments.map((arg, i): Expression =>
    moved[i] === undefined ? arg : { kind: 'name', parts: [{ text: `c${i}`, quoted: false, at }], at },
  )
  const names = moved.flatMap((arg, i) => (arg === undefined ? [] : [`c${i}`]))
  const rows = `(${values.map(formatExpression).join(', ')}), (${values.map(() => 'NULL').join(', ')})`
  return `SELECT ${formatExpression({ ...call, arguments: args })} FROM (VALUES ${rows}) AS t (${names.join(', ')})`
}

describe.each(definitions.map((definition) => [definition.name, definition] as const))('%s', (_name, definition) => {
  it('gives the same over columns, and NULL where they are NULL', async () => {
    for (const example of definition.examples) {
      if (!('result' in example)) continue
      const sql = overColumns(definition, example.sql)
      if (sql === undefined) continue
      const { rows } = await evaluator.run(sql)
      expect(rows, sql).toContainEqual([example.result])
      expect(rows, sql).toContainEqual([null])
    }
  })
})
