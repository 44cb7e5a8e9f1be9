import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { QueryCommand } from '@aws-sdk/client-timestream-query'
import { expect, onTestFinished, test } from 'vitest'
import { Random } from '../harness/random.ts'
import { serve } from '../wire/served.ts'
import { testSeed } from './crashes.ts'
import { Workload } from './workload.ts'

const damages = Number(process.env['TIDEMARK_TEST_DAMAGES'] ?? 2)

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('lock.mdb'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => statSync(path).size > 0)
    .sort()
}

/** Cuts a file off, or changes some bytes of it, as failing disks do. */
function damage(path: string, random: Random): string {
  const { size } = statSync(path)
  if (random.chance(0.5)) {
    const bytes = random.below(size)
    truncateSync(path, bytes)
    return `cut off at ${bytes} of ${size}`
  }
  const bytes = readFileSync(path)
  const at = random.below(size)
  for (let i = at; i < Math.min(size, at + 16); i++) bytes[i] = random.below(256)
  writeFileSync(path, bytes)
  return `changed at ${at} of ${size}`
}

test(
  `a server on a copy of a data directory in which a file is damaged serves, or says why it does not: ${damages} of them`,
  { timeout: 60_000 + damages * 60_000 },
  async () => {
    const seed = testSeed()
    const random = new Random(seed)
    const folder = mkdtempSync(join(tmpdir(), 'tidemark-damage-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const original = join(folder, 'original')
    const served = await serve({ data: original })
    const workload = new Workload(seed, join(original, 'buckets'))
    await workload.prepare(served)
    workload.afterAnswers(80, () => served.process.kill('SIGKILL'))
    await workload.runUntilDeath(served)

    const failures: string[] = []
    for (let i = 0; i < damages; i++) {
      const data = join(folder, `copy-${i}`)
      cpSync(original, data, { recursive: true })
      const path = random.pick(filesUnder(data))
      const how = `${relative(data, path)} ${damage(path, random)}`
      try {
        const copy = await serve({ data })
        // what cannot be read is an error of its query
        await copy.query
          .send(new QueryCommand({ QueryString: 'SELECT count(*), max(measure_value::bigint) FROM crash.records' }))
          .catch(() => undefined)
        const code = await copy.stop()
        if (code !== 0) failures.push(`${how}: ended with ${code}: ${copy.errorOutput().slice(-500)}`)
      } catch (error) {
        if (!/the server ended \(\d\) before it listened:[^]*tidemark: cannot start: /.test(String(error)))
          failures.push(`${how}: ${String(error).slice(0, 1500)}`)
        else console.info(`${how}: ${/cannot start: (.*)/.exec(String(error))?.[1]}`)
      }
      rmSync(data, { recursive: true, force: true })
    }
    expect(failures).toEqual([])
  },
)
