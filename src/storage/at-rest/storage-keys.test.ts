import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type MasterKey, readMasterKey } from './master-key.ts'
import { addStorageKey, hasStorageKeys, openStorageKeys, storageKeysFile } from './storage-keys.ts'

const key = (byte: number): MasterKey => ({ bytes: Buffer.alloc(32, byte), origin: 'a test' })
let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tidemark-keys-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

describe('storage keys', () => {
  it('are made once and are the same when opened again', async () => {
    const made = await openStorageKeys(directory, key(1))
    const again = await openStorageKeys(directory, key(1))
    expect(made.keys).toHaveLength(1)
    expect(Buffer.from(again.keys[0]?.bytes ?? []).equals(made.keys[0]?.bytes ?? Buffer.alloc(0))).toBe(true)
    expect(Buffer.from(again.rootSecret).equals(made.rootSecret)).toBe(true)
    expect(statSync(join(directory, storageKeysFile)).mode & 0o777).toBe(0o600)
  })

  it('are refused to another master key, and the file is left as it was', async () => {
    await openStorageKeys(directory, key(1))
    const before = readFileSync(join(directory, storageKeysFile), 'utf8')
    await expect(openStorageKeys(directory, key(2))).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: expect.stringContaining('The master key (a test) does not open the storage keys') as string,
    })
    await expect(addStorageKey(directory, key(2))).rejects.toMatchObject({ code: 'CONFIGURATION' })
    expect(readFileSync(join(directory, storageKeysFile), 'utf8')).toBe(before)
  })

  it('keep the old ones when a new one becomes current', async () => {
    const first = await openStorageKeys(directory, key(1))
    expect(await addStorageKey(directory, key(1))).toEqual({ keyIds: [1, 2], currentKeyId: 2 })
    const both = await openStorageKeys(directory, key(1))
    expect(both.currentKeyId).toBe(2)
    expect(Buffer.from(both.keys[0]?.bytes ?? []).equals(first.keys[0]?.bytes ?? Buffer.alloc(0))).toBe(true)
    expect(both.keys[1]?.bytes).not.toEqual(both.keys[0]?.bytes)
  })

  it('cannot be rotated where there are none', async () => {
    await expect(addStorageKey(directory, key(1))).rejects.toMatchObject({ code: 'CONFIGURATION' })
    expect(await hasStorageKeys(directory)).toBe(false)
  })

  it.each([
    ['no JSON', '{'],
    ['a list', '[]'],
    ['no keys', '{"format":1}'],
    ['a current key that is not there', '{"format":1,"keyIds":[1],"currentKeyId":2,"wrapped":""}'],
    ['a newer format', '{"format":2}'],
  ])('are refused from a file with %s', async (_, text) => {
    writeFileSync(join(directory, storageKeysFile), text)
    await expect(openStorageKeys(directory, key(1))).rejects.toMatchObject({ code: 'CONFIGURATION' })
  })

  it('notice that somebody made an old key the current one', async () => {
    await openStorageKeys(directory, key(1))
    await addStorageKey(directory, key(1))
    const path = join(directory, storageKeysFile)
    writeFileSync(path, readFileSync(path, 'utf8').replace('"currentKeyId": 2', '"currentKeyId": 1'))
    await expect(openStorageKeys(directory, key(1))).rejects.toMatchObject({ code: 'CONFIGURATION' })
  })
})

describe('the master key', () => {
  it.each(['00'.repeat(32), `${Buffer.alloc(32, 7).toString('base64')}\n`])('can be given as %s', async (text) => {
    const { bytes } = await readMasterKey({ kind: 'value', text, name: 'TIDEMARK_MASTER_KEY' }, directory, false)
    expect(bytes).toHaveLength(32)
  })

  it('is refused by name and without showing it when it is no key', async () => {
    const refusal = await readMasterKey({ kind: 'value', text: 'hunter2', name: 'TIDEMARK_MASTER_KEY' }, directory, false).catch(String)
    expect(refusal).toContain('TIDEMARK_MASTER_KEY is not a master key')
    expect(refusal).not.toContain('hunter2')
  })

  it('is made beside the data with a note, for its owner only, and found again', async () => {
    const made = await readMasterKey({ kind: 'beside-data' }, directory, false)
    expect(made.note).toContain('A master key was made')
    expect(statSync(join(directory, 'master.key')).mode & 0o777).toBe(0o600)
    expect((await readMasterKey({ kind: 'beside-data' }, directory, true)).bytes).toEqual(Buffer.from(made.bytes))
  })

  it('is not made anew for data that is sealed already', async () => {
    await expect(readMasterKey({ kind: 'beside-data' }, directory, true)).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: expect.stringContaining('its master key is missing') as string,
    })
  })
})
