import { expect, test } from 'vitest'
import { Random } from '../harness/random.ts'
import { crash, type Death, testSeed } from './crashes.ts'

/** For a machine that is busy otherwise. */
const mostMs = 15_000
const kills = Number(process.env['TIDEMARK_TEST_KILLS'] ?? 5)

test(
  `everything acknowledged is there, once and whole, after ${kills} kills at any moment`,
  { timeout: 30_000 + kills * 60_000 },
  async () => {
    const seed = testSeed()
    const random = new Random(seed)
    const deaths = Array.from({ length: kills }, (): Death => {
      // some at any moment after the start, most while much is under way
      const [answers, afterMs] = random.chance(0.2) ? [0, random.next() * 1000] : [1 + random.below(60), random.next() * 50]
      return {
        kill: (served, work) => {
          const die = (): void => void served.process.kill('SIGKILL')
          const dieSoon = (): void => void setTimeout(die, afterMs)
          if (answers === 0) dieSoon()
          else work.afterAnswers(answers, dieSoon)
          setTimeout(die, mostMs).unref()
        },
      }
    })
    const outcome = await crash(seed, deaths)
    expect(outcome.acknowledged).toBeGreaterThan(kills * 2)
    expect(outcome).toEqual({ ...outcome, exitCode: 0, findings: { lost: [], doubled: [], torn: [], tables: [], jobs: [] } })
  },
)
