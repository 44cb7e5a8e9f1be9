import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../base/clock.ts'
import { silentLog } from '../../base/log.ts'
import type { DocumentStore } from '../../storage/document-store.ts'
import { openLmdbDocuments } from '../../storage/documents/lmdb.ts'
import { AccessKeys } from './access-keys.ts'

const storageKeys = { keys: [{ id: 1, bytes: Buffer.alloc(32, 1) }], currentKeyId: 1, rootSecret: Buffer.alloc(32, 2) }
let directory: string
let documents: DocumentStore

const newKeys = (): AccessKeys => new AccessKeys({ documents, clock: systemClock, log: silentLog })

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tidemark-access-'))
  documents = await openLmdbDocuments(directory, storageKeys)
})
afterEach(async () => {
  await documents.stop?.()
  rmSync(directory, { recursive: true })
})

describe('the root access key', () => {
  it('is made on the first start and the same on the next', async () => {
    const first = await newKeys().open(undefined)
    const keys = newKeys()
    const second = await keys.open(undefined)
    expect(first.isNew).toBe(true)
    expect(second).toEqual({ root: first.root, isNew: false })
    expect(keys.find(first.root.accessKeyId)).toMatchObject({ ...first.root, status: 'active', principal: { name: 'root', isRoot: true } })
  })

  it('is one, when two starts make it at once', async () => {
    const both = await Promise.all([newKeys().open(undefined), newKeys().open(undefined)])
    expect(both[0]?.root).toEqual(both[1]?.root)
    expect(both.filter(({ isNew }) => isNew)).toHaveLength(1)
  })

  it('that is given stands instead of the stored one, for that start', async () => {
    const stored = await newKeys().open(undefined)
    const keys = newKeys()
    await keys.open({ accessKeyId: 'GIVEN', secretAccessKey: 'secret' })
    expect(keys.find('GIVEN')?.principal.isRoot).toBe(true)
    expect(keys.find(stored.root.accessKeyId)).toBeUndefined()
    expect((await newKeys().open(undefined)).root).toEqual(stored.root)
  })

  it('cannot be revoked', async () => {
    const keys = newKeys()
    const { root } = await keys.open(undefined)
    await expect(keys.revoke(root.accessKeyId)).rejects.toMatchObject({ code: 'VALIDATION' })
  })
})

describe('access keys of users', () => {
  it('are found once made, listed without secrets, and revoked for good', async () => {
    const keys = newKeys()
    await keys.open(undefined)
    const made = await keys.create('grafana')
    expect(keys.find(made.accessKeyId)).toEqual(made)
    expect(made.principal).toEqual({ name: 'grafana', accessKeyId: made.accessKeyId, isRoot: false })
    await keys.revoke(made.accessKeyId)
    await keys.revoke(made.accessKeyId)
    expect(keys.find(made.accessKeyId)?.status).toBe('revoked')
    const listed = (await keys.list()).find(({ accessKeyId }) => accessKeyId === made.accessKeyId)
    expect(listed).toMatchObject({ userName: 'grafana', status: 'revoked' })
    expect(JSON.stringify(await keys.list())).not.toContain(made.secretAccessKey)
  })

  it('are no keys when nobody made them', async () => {
    const keys = newKeys()
    await keys.open(undefined)
    expect(keys.find('TMNOBODY')).toBeUndefined()
    await expect(keys.revoke('TMNOBODY')).rejects.toMatchObject({ code: 'RESOURCE_NOT_FOUND' })
  })

  it.each(['', 'root', 'a b', 'x'.repeat(65)])('are not made for the name %j', async (name) => {
    await expect(newKeys().create(name)).rejects.toMatchObject({ code: 'VALIDATION' })
  })

  it('made on another node are seen after the next reading', async () => {
    const here = newKeys()
    const there = newKeys()
    await here.open(undefined)
    await there.open(undefined)
    const made = await there.create('telegraf')
    expect(here.find(made.accessKeyId)).toBeUndefined()
    await here.refresh()
    expect(here.find(made.accessKeyId)).toEqual(made)
  })
})
