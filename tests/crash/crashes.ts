import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { serve, type ServeOptions, type Served } from '../wire/served.ts'
import { type Findings, Workload } from './workload.ts'

/** How one life of the server ends. */
export interface Death {
  readonly options?: Partial<ServeOptions>
  /** Called when it serves; without it, it dies by itself. `work` is what is under way then. */
  readonly kill?: (served: Served, work: Workload) => void
}

export interface Outcome {
  readonly acknowledged: number
  readonly findings: Findings
  /** The exit code of the last life, which was ended in order. */
  readonly exitCode: number | string
}

/** A seed that a failing run prints, and that `TIDEMARK_TEST_SEED` gives back to it. */
export function testSeed(): number {
  const seed = Number(process.env['TIDEMARK_TEST_SEED'] ?? Date.now() % 1_000_000)
  console.info(`seed ${seed}`)
  return seed
}

/** Lets a server live and die in one data directory, under work, and tells what is there in the end. Rejects when a restart fails. */
export async function crash(seed: number, deaths: readonly Death[]): Promise<Outcome> {
  const data = mkdtempSync(join(tmpdir(), 'tidemark-crash-'))
  onTestFinished(({ task }) => {
    if (task.result?.state === 'fail') console.info(`what is left is in ${data}`)
    else rmSync(data, { recursive: true, force: true })
  })
  const workload = new Workload(seed, join(data, 'buckets'))
  for (const death of deaths) {
    const served = await startUnlessItDies({ ...death.options, data })
    // died while it opened: that is a death as well
    if (served === undefined) continue
    onTestFinished(() => void served.process.kill('SIGKILL'))
    death.kill?.(served, workload)
    await workload.prepare(served).catch(() => undefined)
    await workload.runUntilDeath(served)
    served.write.destroy()
    served.query.destroy()
  }
  const served = await serve({ data })
  onTestFinished(() => void served.process.kill('SIGKILL'))
  await workload.prepare(served)
  const findings = await workload.check(served)
  return { acknowledged: workload.acknowledgedCount, findings, exitCode: await served.stop() }
}

async function startUnlessItDies(options: ServeOptions): Promise<Served | undefined> {
  try {
    return await serve(options)
  } catch (error) {
    // `serve` says how the process ended: by a signal it is one of ours, by a code it refused to open
    if (String(error).includes('the server ended (SIGKILL)')) return undefined
    throw error
  }
}

/** The library that cuts writes, compiled; undefined where that cannot be: another system, or no compiler. */
export function buildWriteCutter(folder: string): string | undefined {
  if (process.platform !== 'linux') return undefined
  const library = join(folder, 'cut-writes.so')
  const source = join(import.meta.dirname, 'cut-writes.c')
  for (const compiler of ['cc', 'gcc', 'clang']) {
    try {
      execFileSync(compiler, ['-O1', '-shared', '-fPIC', '-o', library, source, '-ldl'], { stdio: 'pipe' })
      return library
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
  return undefined
}
