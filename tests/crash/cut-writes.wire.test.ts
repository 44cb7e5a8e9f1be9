import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { Random } from '../harness/random.ts'
import { buildWriteCutter, crash, type Death, testSeed } from './crashes.ts'

const cuts = Number(process.env['TIDEMARK_TEST_CUTS'] ?? 6)
const folder = mkdtempSync(join(tmpdir(), 'tidemark-cut-'))
const library = buildWriteCutter(folder)
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

/** From a start that is cut at once to some seconds of work: what is written in a life is spread over these powers of two. */
const smallest = 10
const greatest = 24

test.runIf(library !== undefined)(
  `everything acknowledged is there, once and whole, after ${cuts} writes to the disk were cut at any byte`,
  { timeout: 30_000 + cuts * 40_000 },
  async () => {
    const seed = testSeed()
    const random = new Random(seed)
    const said = join(folder, 'said')
    const deaths = Array.from({ length: cuts }, (): Death => {
      const bytes = Math.floor(2 ** (smallest + random.next() * (greatest - smallest)))
      const env = { LD_PRELOAD: library!, CUT_FOLDER: tmpdir(), CUT_AFTER_BYTES: String(bytes), CUT_SAY: said }
      return { options: { env }, kill: (served) => void setTimeout(() => served.process.kill('SIGKILL'), 20_000).unref() }
    })
    const outcome = await crash(seed, deaths)
    console.info(readFileSync(said, 'utf8'))
    expect(outcome.acknowledged).toBeGreaterThan(0)
    expect(outcome).toEqual({ ...outcome, exitCode: 0, findings: { lost: [], doubled: [], torn: [], tables: [] } })
  },
)
