import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ExampleValue } from '../../src/sql/functions/definition.ts'
import { Evaluator } from './support/evaluator.ts'
import { expressions, ModelError, Undecided, relation, rows, type Expression, type Value } from './support/model.ts'

const seed = Number(process.env['FUZZ_SEED'] ?? 20_261_123)
const perKind = Number(process.env['FUZZ_RUNS'] ?? 150)
const batchSize = 15

let evaluator: Evaluator
beforeAll(async () => {
  evaluator = await Evaluator.open()
})
afterAll(async () => {
  await evaluator.close()
})

/** The values on all rows, unless one of them is an error or left open. */
function modelled(expression: Expression): readonly Value[] | 'error' | 'undecided' {
  try {
    return rows.map((row) => expression.value(row))
  } catch (error) {
    if (error instanceof ModelError) return 'error'
    if (error instanceof Undecided) return 'undecided'
    throw error
  }
}

function agrees(expected: Value, actual: ExampleValue): boolean {
  if (expected === null || actual === null) return expected === actual
  if (typeof expected === 'object') {
    return typeof actual === 'object' && expected.length === actual.length && expected.every((each, i) => agrees(each, actual[i]!))
  }
  return typeof expected === 'number' ? Object.is(Number(actual), expected) : String(expected) === actual
}

const samples = (kind: 'int' | 'real' | 'text' | 'flag' | 'list'): Expression[] => fc.sample(expressions[kind], { seed, numRuns: perKind })

interface Case {
  readonly expression: Expression
  readonly values: readonly Value[]
}

/** What is otherwise than modelled. When a batch fails as a whole, its expressions are run one by one. */
async function differencesOf(batch: readonly Case[]): Promise<string[]> {
  const list = batch.map(({ expression }) => expression.sql).join(', ')
  const outcome = await evaluator.run(`SELECT ${list} FROM ${relation} ORDER BY n`).catch((error: unknown) => error)
  if (outcome instanceof Error) {
    if (batch.length === 1) return [`${list}: ${outcome.message}`]
    const alone = []
    for (const each of batch) alone.push(...(await differencesOf([each])))
    return alone.length > 0 ? alone : [`together: ${list}: ${outcome.message}`]
  }
  const { rows: found } = outcome as { rows: readonly (readonly ExampleValue[])[] }
  return batch.flatMap(({ expression, values }, i) =>
    values.flatMap((value, n) =>
      agrees(value, found[n]![i]!)
        ? []
        : [`${expression.sql} on row ${n} is ${JSON.stringify(found[n]![i])}, expected ${JSON.stringify(value)}`],
    ),
  )
}

test.each(['int', 'real', 'text', 'flag', 'list'] as const)('random expressions (%s) have the values that the rules say', async (kind) => {
  const sound = samples(kind).flatMap((expression) => {
    const values = modelled(expression)
    return typeof values === 'string' ? [] : [{ expression, values }]
  })
  expect(sound.length).toBeGreaterThan(perKind / 3)
  const differences: string[] = []
  for (let start = 0; start < sound.length; start += batchSize) {
    const batch = sound.slice(start, start + batchSize)
    differences.push(...(await differencesOf(batch)))
  }
  expect(differences, `seed ${seed}`).toEqual([])
})

test('random expressions with an error on some row are refused when they run', async () => {
  // Whether an operand beside a decisive one is evaluated is free, and so is that of IS NULL where it cannot be NULL; such expressions are left out.
  const failing = [...samples('int'), ...samples('text')].filter(
    (each) => modelled(each) === 'error' && !/\b(AND|OR|IN|NULL)\b/.test(each.sql),
  )
  expect(failing.length).toBeGreaterThan(5)
  const missed: string[] = []
  for (const { sql } of failing.slice(0, 40)) {
    const outcome = await evaluator.run(`SELECT ${sql} FROM ${relation}`).then(
      () => 'succeeded',
      (error: { code?: string }) => error.code,
    )
    if (outcome !== 'NUMERIC_VALUE_OUT_OF_RANGE' && outcome !== 'DIVISION_BY_ZERO') missed.push(`${sql}: ${outcome}`)
  }
  expect(missed, `seed ${seed}`).toEqual([])
})
