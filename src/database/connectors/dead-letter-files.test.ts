import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { createFileSeal } from '../../storage/at-rest/file-seal.ts'
import { DeadLetterFiles } from './dead-letter-files.ts'

const seal = createFileSeal({ keys: [{ id: 1, bytes: Buffer.alloc(32, 7) }], currentKeyId: 1, rootSecret: Buffer.alloc(32, 1) }, 'test')
const folders: string[] = []
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true })))

function newFolder(): string {
  folders.push(mkdtempSync(join(tmpdir(), 'dead-letters-')))
  return folders.at(-1)!
}

const limits = { deadLetters: 100, deadLetterBytes: 1_000_000, deadLetterPayloadBytes: 1000 }
const letter = (source: string, payload = `payload of ${source}`) => ({
  source,
  reason: 'none',
  receivedAtMs: 1,
  failedAtMs: 2,
  attributes: { topic: 't' },
  payload: Buffer.from(payload),
})

describe('dead letters', () => {
  it('are there again after a restart, and show nothing to who reads the files', async () => {
    const folder = newFolder()
    await new DeadLetterFiles('kafka', folder, seal, limits).add([letter('a'), letter('b')])
    const again = new DeadLetterFiles('kafka', folder, seal, limits)
    await again.add([letter('c')])
    const found = await again.list(0, 10)
    expect(found.map(({ id, source, payload, isCut }) => [id, source, payload.toString(), isCut])).toEqual([
      ['kafka:1', 'a', 'payload of a', false],
      ['kafka:2', 'b', 'payload of b', false],
      ['kafka:3', 'c', 'payload of c', false],
    ])
    expect((await again.list(1, 1)).map(({ id }) => id)).toEqual(['kafka:2'])
    for (const name of readdirSync(folder)) expect(readFileSync(join(folder, name)).includes('payload')).toBe(false)
  })

  it('are removed one by one, and keep their ids', async () => {
    const files = new DeadLetterFiles('kafka', newFolder(), seal, limits)
    await files.add([letter('a'), letter('b'), letter('c')])
    expect(await files.remove(new Set([2, 9]))).toBe(1)
    expect((await files.list(0, 10)).map(({ id }) => id)).toEqual(['kafka:1', 'kafka:3'])
    expect(await files.get(2)).toBeUndefined()
    expect((await files.get(3))?.source).toBe('c')
    expect(await files.remove(new Set([1, 3]))).toBe(2)
    expect(await files.list(0, 10)).toEqual([])
  })

  it('give way to newer ones beyond their number or their bytes', async () => {
    const few = new DeadLetterFiles('kafka', newFolder(), seal, { ...limits, deadLetters: 3 })
    for (const source of ['a', 'b', 'c', 'd', 'e']) await few.add([letter(source)])
    expect((await few.list(0, 10)).map(({ source }) => source)).toEqual(['c', 'd', 'e'])
    expect(few.dropped).toBe(2)
    const small = new DeadLetterFiles('kafka', newFolder(), seal, { ...limits, deadLetterBytes: 1500 })
    for (const source of ['a', 'b', 'c']) await small.add([letter(source, 'x'.repeat(600))])
    expect((await small.list(0, 10)).map(({ source }) => source)).toEqual(['c'])
  })

  it('are cut when their payload is too long', async () => {
    const files = new DeadLetterFiles('kafka', newFolder(), seal, limits)
    await files.add([letter('a', 'x'.repeat(1001)), letter('b', 'x'.repeat(1000))])
    expect((await files.list(0, 10)).map(({ payload, isCut }) => [payload.length, isCut])).toEqual([
      [1000, true],
      [1000, false],
    ])
  })
})
