import { expect, test } from 'vitest'
import { Random } from '../harness/random.ts'
import { crash, type Death, testSeed } from './crashes.ts'

const kills = Number(process.env['TIDEMARK_TEST_KILLS'] ?? 10)

test(
  `everything acknowledged is there, once and whole, after ${kills} kills at any moment`,
  { timeout: 30_000 + kills * 20_000 },
  async () => {
    const seed = testSeed()
    const random = new Random(seed)
    const deaths = Array.from({ length: kills }, (): Death => {
      const afterMs = 50 + random.next() * 1500
      return { kill: (served) => void setTimeout(() => served.process.kill('SIGKILL'), afterMs) }
    })
    const outcome = await crash(seed, deaths)
    expect(outcome.acknowledged).toBeGreaterThan(kills * 5)
    expect(outcome).toEqual({ ...outcome, exitCode: 0, findings: { lost: [], doubled: [], torn: [], tables: [], jobs: [] } })
  },
)
