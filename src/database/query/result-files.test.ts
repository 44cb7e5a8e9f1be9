import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { ResultFiles } from './result-files.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tidemark-results-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

it('gives back chunks in their order, also while others are written', async () => {
  const files = new ResultFiles(join(directory, 'results'), 1_000_000)
  await files.prepare()
  const file = files.create()
  const chunk = (n: number): Buffer => Buffer.alloc(1000 + n, n)
  for (let n = 0; n < 10; n++) await file.append(chunk(n))
  const writing = Promise.all(Array.from({ length: 10 }, (_, n) => file.append(chunk(10 + n))))
  for (let n = 0; n < 10; n++) expect(await file.read()).toEqual(chunk(n))
  await writing
  for (let n = 10; n < 20; n++) expect(await file.read()).toEqual(chunk(n))
  expect(await file.read()).toBeUndefined()
  await file.close()
  await file.close()
  expect(files.usedBytes).toBe(0)
})

/** What this process has written into its nameless file; Linux tells. */
function openFileUnder(folder: string): Buffer | undefined {
  for (const name of readdirSync('/proc/self/fd')) {
    const path = `/proc/self/fd/${name}`
    try {
      if (readlinkSync(path).startsWith(folder)) return readFileSync(path)
    } catch {
      // closed since
    }
  }
  return undefined
}

it.runIf(existsSync('/proc/self/fd'))(
  'keeps nothing on disk that anybody could find or read, and takes away what an earlier process left',
  async () => {
    const folder = join(directory, 'results')
    const files = new ResultFiles(folder, 1_000_000)
    await files.prepare()
    writeFileSync(join(folder, '0'), 'left over')
    await files.prepare()
    const file = files.create()
    await file.append(Buffer.from('secret secret secret'))
    expect(readdirSync(folder)).toEqual([])
    const raw = openFileUnder(folder)
    expect(raw?.length).toBeGreaterThan(20)
    expect(raw?.includes('secret')).toBe(false)
    expect(await file.read()).toEqual(Buffer.from('secret secret secret'))
    await file.close()
  },
)

it('takes no more than its bound over all results', async () => {
  const files = new ResultFiles(join(directory, 'results'), 2500)
  await files.prepare()
  const [a, b] = [files.create(), files.create()]
  expect(await a.append(Buffer.alloc(1000))).toBe(true)
  expect(await b.append(Buffer.alloc(1000))).toBe(true)
  expect(await b.append(Buffer.alloc(1000))).toBe(false)
  await a.close()
  expect(await b.append(Buffer.alloc(1000))).toBe(true)
  await b.close()
})
