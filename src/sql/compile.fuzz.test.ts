import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { readCorpus } from '../../tests/sql/fuzz/corpus.ts'
import { evilTexts } from '../../tests/sql/fuzz/literal.ts'
import { mutate } from '../../tests/sql/fuzz/mutate.ts'
import { takeApart } from '../../tests/sql/fuzz/printed-text.ts'
import { Random } from '../../tests/harness/random.ts'
import { StatementMaker } from '../../tests/sql/fuzz/statement.ts'
import { sampleCatalog } from '../../tests/sql/support/sample-catalog.ts'
import { ServerError } from '../base/errors.ts'
import { defaultLimits } from '../base/limits.ts'
import type { Catalog } from './catalog.ts'
import { compile } from './compile.ts'

const seed = Number(process.env['FUZZ_SEED'] ?? 20_261_123)
const cases = Number(process.env['TIDEMARK_FUZZ_CASES'] ?? 6000)
/** A statement made along the grammar takes ten times as long as one that was tampered with, most of which are refused early. */
const madeCases = Math.min(Math.ceil(cases / 2), 100_000)
/** So many at a time, with a breath between them for the runner. */
const chunk = 5000
/** Far above what a statement of a few hundred characters takes, for machines that do other things as well. */
const boundMs = 1500

const session = { nowNs: 1_794_960_000_000_000_000n, maxNestingDepth: defaultLimits.sqlNestingDepth, maxTokens: defaultLimits.sqlTokens }

/** Compiles; what comes must be a statement whose text is safe, or an error with a place. */
function check(sql: string, catalog: Catalog): 'compiled' | 'refused' {
  const start = performance.now()
  const outcome = outcomeOf(sql, catalog)
  const elapsedMs = performance.now() - start
  if (elapsedMs > boundMs) throw new Error(`took ${elapsedMs} ms`)
  return outcome
}

function outcomeOf(sql: string, catalog: Catalog): 'compiled' | 'refused' {
  try {
    const compiled = compile(sql, catalog, session)
    const statement = compiled.kind === 'explain' ? compiled.statement : compiled
    if (statement.kind === 'query') expectSafe(statement.text)
    return 'compiled'
  } catch (error) {
    if (!(error instanceof ServerError)) throw error
    // the observed texts for missing tables have the place at their end
    if (error.position === undefined && !/ at line \d+:\d+/.test(error.message))
      throw new Error(`no place: ${error.code} ${error.message}`, { cause: error })
    if (error.definition.blame !== 'client') throw new Error(`blames the server: ${error.code} ${error.message}`, { cause: error })
    return 'refused'
  }
}

/** Outside quotes stands only what the printer itself writes. */
function expectSafe(text: string): void {
  const { bare } = takeApart(text)
  const wrong = /zq\d|--|[^\w\s(),.+\-*>=?]/.exec(bare)
  if (wrong)
    throw new Error(`${JSON.stringify(wrong[0])} stands outside quotes near ${bare.slice(Math.max(0, wrong.index - 60), wrong.index + 40)}`)
}

/** Runs `make` for consecutive seeds; each failure is told with its seed and statement. */
async function search(count: number, catalog: Catalog, make: (random: Random) => string): Promise<{ compiled: number; refused: number }> {
  const counts = { compiled: 0, refused: 0 }
  const failures: string[] = []
  for (let i = 0; i < count && failures.length < 10; i += 1) {
    if (i % chunk === 0) await setImmediate()
    const sql = make(new Random(seed + i))
    try {
      counts[check(sql, catalog)] += 1
    } catch (error) {
      failures.push(`FUZZ_SEED=${seed + i}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n${sql}`)
    }
  }
  expect(failures).toEqual([])
  return counts
}

test(
  `a statement made along the grammar compiles or is refused with a place (seeds from ${seed})`,
  async () => {
    const { compiled, refused } = await search(madeCases, sampleCatalog, (random) => new StatementMaker(random).statement())
    expect(compiled).toBeGreaterThan(madeCases / 5)
    expect(refused).toBeGreaterThan(0)
  },
  cases * 20 + 30_000,
)

test(
  `a statement that was tampered with compiles or is refused with a place (seeds from ${seed})`,
  async () => {
    const { statements, catalog } = await readCorpus()
    expect(statements.length).toBeGreaterThan(100)
    const { refused } = await search(cases - madeCases, catalog, (random) => {
      const other = random.chance(0.3) ? new StatementMaker(random).statement() : random.pick(statements)
      return mutate(random, random.pick(statements), other)
    })
    expect(refused).toBeGreaterThan(cases / 10)
  },
  cases * 20 + 30_000,
)

test.each([
  ["SELECT interval '1\n\tx' day", 'SYNTAX_ERROR'],
  ["SELECT 'abc' LIKE 'a!b' ESCAPE '!'", 'INVALID_FUNCTION_ARGUMENT'],
  ["SELECT 'abc' LIKE 'a!_%' ESCAPE '!!'", 'INVALID_FUNCTION_ARGUMENT'],
])('%j, which a search found, is refused with a place', (sql, code) => {
  expect(check(sql, sampleCatalog)).toBe('refused')
  expect(() => compile(sql, sampleCatalog, session)).toThrow(expect.objectContaining({ code }))
})

test('texts and names of every kind pass between quotes, unchanged', () => {
  const random = new Random(seed)
  for (let i = 0; i < 500; i += 1) {
    const value = random.list(1, 4, () => random.pick(evilTexts)).join('')
    const name = random.list(1, 3, () => random.pick(evilTexts)).join('')
    const sql = `SELECT '${value.replaceAll("'", "''")}' AS "${name.replaceAll('"', '""')}" FROM benchmark.cpu WHERE hostname = '${value.replaceAll("'", "''")}'`
    const statement = compile(sql, sampleCatalog, session)
    if (statement.kind !== 'query') throw new Error('a query was expected')
    expectSafe(statement.text)
    expect(statement.columns[0]!.name).toBe(name)
    expect(takeApart(statement.text).strings).toContain(value)
  }
})
