import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { StorageKeys } from '../at-rest/storage-keys.ts'
import type { DocumentStore } from '../document-store.ts'
import { documentStoreContract } from '../../../tests/documents/document-store-contract.ts'
import { openLmdbDocuments } from './lmdb.ts'

const keys = (byte: number): StorageKeys => ({
  keys: [{ id: 1, bytes: Buffer.alloc(32, byte) }],
  currentKeyId: 1,
  rootSecret: Buffer.alloc(32, byte),
})
let directory: string
let store: DocumentStore

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tidemark-lmdb-'))
  store = await openLmdbDocuments(directory, keys(1))
})
afterEach(async () => {
  await store.stop?.()
  rmSync(directory, { recursive: true })
})

describe('documents in LMDB', () => {
  documentStoreContract(() => store)

  it('are refused when their file is cut off, at which LMDB would end the process', async () => {
    await store.stop?.()
    const path = join(directory, 'data.mdb')
    const whole = readFileSync(path)
    truncateSync(path, 5000)
    const message = 'data.mdb is damaged (it is cut off). Nothing was opened. Put the folder back'
    await expect(openLmdbDocuments(directory, keys(1))).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: expect.stringContaining(message) as string,
    })
    writeFileSync(path, whole)
    store = await openLmdbDocuments(directory, keys(1))
  })

  it('are found again when the store is opened again, also by a new current key', async () => {
    await store.put('table', 'a/b', { x: 1 }, 0)
    await store.stop?.()
    const first = keys(1)
    store = await openLmdbDocuments(directory, { ...first, keys: [...first.keys, { id: 2, bytes: Buffer.alloc(32, 9) }], currentKeyId: 2 })
    expect(await store.get('table', 'a/b')).toEqual({ key: 'a/b', value: { x: 1 }, revision: 1 })
    expect(await store.put('table', 'a/b', { x: 2 }, 1)).toBe(true)
  })

  it('show neither names nor contents in the files', async () => {
    await store.put('database', 'OpenSesameName', { text: 'OpenSesameValue'.repeat(200) }, 0)
    const bytes = readdirSync(directory).map((name) => readFileSync(join(directory, name)).toString('latin1'))
    expect(bytes.length).toBeGreaterThan(0)
    for (const file of bytes) expect(file).not.toContain('OpenSesame')
  })

  it('are refused to other keys', async () => {
    await store.put('setting', 'a', 1, 0)
    await store.stop?.()
    await expect(openLmdbDocuments(directory, keys(2))).rejects.toMatchObject({ code: 'CONFIGURATION' })
    store = await openLmdbDocuments(directory, keys(1))
  })

  it('are all there after the writing process was killed', async () => {
    await store.stop?.()
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', new URL('../../../tests/documents/endless-writer.ts', import.meta.url).pathname, directory],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    let told = ''
    for await (const chunk of child.stdout) {
      told += String(chunk)
      if (told.split('\n').length > 40) break
    }
    child.kill('SIGKILL')
    await once(child, 'exit')
    store = await openLmdbDocuments(directory, keys(1))
    const acknowledged = told.split('\n').slice(0, -1)
    const stored = new Set((await store.list('setting')).map(({ key }) => key))
    expect(acknowledged.filter((key) => !stored.has(key))).toEqual([])
    expect(await store.put('setting', 'after', 1, 0)).toBe(true)
  })
})
