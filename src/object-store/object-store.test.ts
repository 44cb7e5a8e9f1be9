import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type S3Server, startS3Server } from '../../tests/harness/s3-server.ts'
import type { ObjectStore } from './object-store.ts'
import { openObjectStore } from './open.ts'

const bucket = 'the-bucket'
let root: string
let server: S3Server
let stores: Record<string, ObjectStore>

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tidemark-objects-'))
  await mkdir(join(root, 'folders', bucket), { recursive: true })
  server = await startS3Server([bucket])
  const { endpoint, credentials } = server
  stores = {
    folders: await openObjectStore({ bucketsDirectory: join(root, 'folders') }),
    's3 service': await openObjectStore({ bucketsDirectory: join(root, 'none'), s3: { region: 'us-east-1', endpoint, credentials } }),
  }
})

afterAll(async () => {
  for (const store of Object.values(stores)) store.close()
  await server.close()
  await rm(root, { recursive: true })
})

async function listed(store: ObjectStore, prefix: string): Promise<string[]> {
  const keys: string[] = []
  for await (const { key, size } of store.list(bucket, prefix)) keys.push(`${key}:${size}`)
  return keys
}

describe.each(['folders', 's3 service'])('buckets in %s', (kind) => {
  test('an object is read as it was put, whole, in part and as a stream', async () => {
    const store = stores[kind]!
    await store.put(bucket, 'a/b c=d.txt', 'hello world', { contentType: 'text/plain', encryption: 'SSE_S3' })
    expect((await store.get(bucket, 'a/b c=d.txt')).toString()).toBe('hello world')
    expect((await store.get(bucket, 'a/b c=d.txt', { start: 2, end: 5 })).toString()).toBe('llo')
    expect((await store.get(bucket, 'a/b c=d.txt', { start: 2, end: 2 })).toString()).toBe('')
    expect(Buffer.concat(await (await store.read(bucket, 'a/b c=d.txt', { start: 6 })).toArray()).toString()).toBe('world')
    expect(await store.head(bucket, 'a/b c=d.txt')).toMatchObject({ size: 11, etag: expect.any(String) as string })
  })

  test('a large stream becomes one object', async () => {
    const store = stores[kind]!
    const chunk = Buffer.alloc(1 << 20, 'x')
    await store.write(bucket, 'large', Readable.from(Array.from({ length: 18 }, () => chunk)))
    expect((await store.head(bucket, 'large'))?.size).toBe(18 << 20)
  })

  test('nothing is left of a stream that fails', async () => {
    const store = stores[kind]!
    const body = Readable.from(
      (async function* () {
        yield Buffer.from('x')
        await Promise.resolve()
        throw new Error('the source broke')
      })(),
    )
    await expect(store.write(bucket, 'broken/one', body)).rejects.toThrow('the source broke')
    expect(await store.head(bucket, 'broken/one')).toBeUndefined()
    expect(await listed(store, 'broken/')).toEqual([])
  })

  test('objects are listed by prefix in the order of their keys, and removed', async () => {
    const store = stores[kind]!
    for (const key of ['l/x/2', 'l/w-1', 'l/x/1', 'm']) await store.put(bucket, key, key)
    expect(await listed(store, 'l/')).toEqual(['l/w-1:5', 'l/x/1:5', 'l/x/2:5'])
    expect(await listed(store, 'l/x/')).toEqual(['l/x/1:5', 'l/x/2:5'])
    expect(await store.folders(bucket, 'l/')).toEqual(['x'])
    expect(await store.folders(bucket, '')).toContain('l')
    expect(await store.folders(bucket, 'nothing/there/')).toEqual([])
    await store.remove(bucket, ['l/x/1', 'l/not-there'])
    expect(await listed(store, 'l/x/')).toEqual(['l/x/2:5'])
  })

  test('what is missing is said by name', async () => {
    const store = stores[kind]!
    await expect(store.get(bucket, 'nothing')).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' })
    await expect(store.read(bucket, 'nothing')).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' })
    expect(await store.head(bucket, 'nothing')).toBeUndefined()
    await store.check(bucket)
    const missing = { code: 'BUCKET_UNREACHABLE', message: expect.stringMatching(/^The bucket other-bucket does not exist/) as string }
    await expect(store.check('other-bucket')).rejects.toMatchObject(missing)
    await expect(store.put('other-bucket', 'a', 'b')).rejects.toMatchObject(missing)
    await expect(store.check('../x')).rejects.toMatchObject({ code: 'VALIDATION' })
  })
})

test('folders are listed in the order of keys, not of names', async () => {
  const store = stores['folders']!
  for (const key of ['o/x/2', 'o/x-1', 'o/x.1']) await store.put(bucket, key, key)
  expect(await listed(store, 'o/')).toEqual(['o/x-1:5', 'o/x.1:5', 'o/x/2:5'])
})

test('keys cannot leave the folder of their bucket', async () => {
  const store = stores['folders']!
  for (const key of ['../x', 'a/../../x', '/x', 'a//b', 'a/.', String.raw`a\b`, 'a\0', 'x'.repeat(2000)]) {
    await expect(store.put(bucket, key, 'x')).rejects.toMatchObject({ code: 'VALIDATION' })
  }
  expect((await readdir(join(root, 'folders'))).sort()).toEqual([bucket])
})

test('an object store that nobody answers for is a bucket that cannot be reached', async () => {
  const credentials = { accessKeyId: 'a', secretAccessKey: 'the-secret' }
  const s3 = { region: 'us-east-1', endpoint: 'http://127.0.0.1:1', credentials }
  const store = await openObjectStore({ bucketsDirectory: join(root, 'none'), s3 })
  await expect(store.check(bucket)).rejects.toMatchObject({
    code: 'BUCKET_UNREACHABLE',
    message: expect.not.stringContaining('secret') as string,
  })
  store.close()
})
