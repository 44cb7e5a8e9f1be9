import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { Random } from '../harness/random.ts'
import { buildWriteCutter, crash, type Death, testSeed } from './crashes.ts'

const cuts = Number(process.env['TIDEMARK_TEST_CUTS'] ?? 3)
const folder = mkdtempSync(join(tmpdir(), 'tidemark-cut-'))
const library = buildWriteCutter(folder)
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

/** Which files are counted, and the power of two up to which they are written in one life: from a start that is cut at once to some seconds of work. */
const places = [
  ['', 24],
  ['/catalog/', 20],
  ['/write-ahead-log/', 20],
  ['/engine/', 16],
  ['/memory-store/', 20],
  ['/magnetic-store/', 20],
] as const
const smallest = 6

test.runIf(library !== undefined)(
  `everything acknowledged is there, once and whole, after ${cuts} writes to the disk were cut at any byte`,
  { timeout: 30_000 + cuts * 60_000 },
  async () => {
    const seed = testSeed()
    const random = new Random(seed)
    const said = join(folder, 'said')
    const deaths = Array.from({ length: cuts }, (): Death => {
      const [part, greatest] = random.pick(places)
      const bytes = Math.floor(2 ** (smallest + random.next() * (greatest - smallest)))
      const power = random.chance(0.5) ? { CUT_POWER: String(random.below(1e9)) } : {}
      const env = { LD_PRELOAD: library!, CUT_FOLDER: tmpdir(), CUT_AFTER_BYTES: String(bytes), CUT_PART: part, CUT_SAY: said, ...power }
      return { options: { env }, kill: (served) => void setTimeout(() => served.process.kill('SIGKILL'), 20_000).unref() }
    })
    const outcome = await crash(seed, deaths)
    console.info(readFileSync(said, 'utf8'))
    expect(outcome.acknowledged).toBeGreaterThan(0)
    expect(outcome).toEqual({ ...outcome, exitCode: 0, findings: { lost: [], doubled: [], torn: [], tables: [], jobs: [] } })
  },
)
