import { afterAll, beforeAll, expect, test } from 'vitest'
import { Random } from '../../tests/harness/random.ts'
import { createSampleTables } from '../../tests/sql/fuzz/sample-tables.ts'
import { StatementMaker } from '../../tests/sql/fuzz/statement.ts'
import { Evaluator } from '../../tests/sql/support/evaluator.ts'
import { sampleCatalog } from '../../tests/sql/support/sample-catalog.ts'
import { ServerError } from '../base/errors.ts'

const seed = Number(process.env['FUZZ_SEED'] ?? 20_261_123)
const cases = Number(process.env['TIDEMARK_ENGINE_FUZZ_CASES'] ?? 250)

let evaluator: Evaluator
beforeAll(async () => {
  evaluator = await Evaluator.open(sampleCatalog)
  await createSampleTables(evaluator.engine, sampleCatalog)
})
afterAll(() => evaluator.close())

type Outcome = 'answered' | 'refused' | 'failed'

/** Refused: by the compiler, or at run time with an error that the query is to blame for. */
async function run(sql: string): Promise<Outcome> {
  try {
    await evaluator.run(sql)
    return 'answered'
  } catch (error) {
    if (!(error instanceof ServerError)) throw error
    if (error.definition.blame !== 'client') throw new Error(`${error.code} ${error.message} ${String(error.cause)}`, { cause: error })
    return error.position === undefined ? 'failed' : 'refused'
  }
}

test(
  'the engine accepts what the compiler makes',
  async () => {
    const counts: Record<Outcome, number> = { answered: 0, refused: 0, failed: 0 }
    const failures: string[] = []
    for (let i = 0; i < cases && failures.length < 10; i += 1) {
      const sql = new StatementMaker(new Random(seed + i), 0.01).statement()
      if (/^(?:EXPLAIN|SHOW|DESCRIBE)/.test(sql)) continue
      try {
        counts[await run(sql)] += 1
      } catch (error) {
        failures.push(`FUZZ_SEED=${seed + i}: ${error instanceof Error ? error.message : String(error)}\n${sql}`)
      }
    }
    expect(failures).toEqual([])
    expect(counts.answered).toBeGreaterThan(cases / 5)
  },
  cases * 300 + 60_000,
)
