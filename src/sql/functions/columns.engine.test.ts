import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Evaluator } from '../../../tests/sql/support/evaluator.ts'
import { callInExample, constantArguments } from '../../../tests/sql/support/function-examples.ts'
import type { Expression } from '../syntax/ast.ts'
import { formatExpression } from '../syntax/format.ts'
import type { FunctionDefinition } from './definition.ts'
import { functionFamilies } from './index.ts'

let evaluator: Evaluator

beforeAll(async () => {
  evaluator = await Evaluator.open()
})
afterAll(() => evaluator.close())

const families = new Set(['mathematical', 'bitwise', 'string', 'regular expression', 'date and time', 'json', 'url', 'binary'])
const definitions = functionFamilies
  .flat()
  .filter(({ name, kind, family, nulls }) => kind === 'scalar' && families.has(family) && nulls !== 'handle' && name !== 'random')

/** The example over a row with its arguments and a row of NULLs; undefined when it has no argument to put there. */
function overColumns(definition: FunctionDefinition, sql: string): string | undefined {
  const found = callInExample(sql, [definition.name, ...(definition.aliases ?? [])])
  const call = found?.isWhole ? found.call : undefined
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
