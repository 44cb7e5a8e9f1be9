import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ServerError } from '../../base/errors.ts'
import { Evaluator } from '../../../tests/sql/support/evaluator.ts'
import type { Example, FunctionDefinition } from './definition.ts'
import { functionFamilies } from './index.ts'
import { arithmeticOperators, negateOperator } from './operators/arithmetic.ts'
import { concatOperator, subscriptOperator } from './operators/structure.ts'

let evaluator: Evaluator

beforeAll(async () => {
  evaluator = await Evaluator.open()
})
afterAll(() => evaluator.close())

const operators = [...Object.values(arithmeticOperators), negateOperator, concatOperator, subscriptOperator]

/** An example is an expression or a whole query. */
const statementOf = (example: Example): string => (/^\s*(?:SELECT|WITH)\b/i.test(example.sql) ? example.sql : `SELECT ${example.sql}`)

async function outcome(example: Example): Promise<object> {
  try {
    const { types, rows } = await evaluator.run(statementOf(example))
    const values = rows.map((row) => (row.length === 1 ? row[0]! : row))
    return { type: types.length === 1 ? types[0]! : types.join(', '), result: values.length === 1 ? values[0]! : values }
  } catch (error) {
    if (error instanceof ServerError) return 'error' in example ? { error: error.code } : { error: error.code, message: error.message }
    throw error
  }
}

const expected = ({ sql: _sql, ...rest }: Example): object => rest

describe.each([...functionFamilies.flat(), ...operators].map((definition) => [definition.name, definition] as const))(
  'the examples of %s',
  (_name: string, definition: FunctionDefinition) => {
    it('give what the record says', async () => {
      const found: unknown[] = []
      const wanted: unknown[] = []
      for (const example of definition.examples) {
        found.push({ sql: example.sql, ...(await outcome(example)) })
        wanted.push({ sql: example.sql, ...expected(example) })
      }
      expect(found).toEqual(wanted)
    })
  },
)

describe('the records', () => {
  it('have at least one example each', () => {
    expect(functionFamilies.flat().filter((definition) => definition.examples.length === 0)).toEqual([])
  })
})
