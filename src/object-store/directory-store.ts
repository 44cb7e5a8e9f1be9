import { randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { access, constants, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ServerError } from '../base/errors.ts'
import { checkBucketName, objectPath, unfinished } from './object-key.ts'
import type { BucketPlace, ListedObject, ObjectFacts, ObjectStore } from './object-store.ts'

const readBytes = 256 * 1024

/** Buckets as folders below one folder. Encryption options have no meaning here: the disk's own encryption protects the files. */
export class DirectoryStore implements ObjectStore {
  readonly #root: string

  /** @param root absolute */
  constructor(root: string) {
    this.#root = root
  }

  /** Whether there is a folder of this name. */
  async has(bucket: string): Promise<boolean> {
    checkBucketName(bucket)
    const found = await stat(join(this.#root, bucket)).catch(() => undefined)
    return found?.isDirectory() ?? false
  }

  async get(bucket: string, key: string, range?: { readonly start: number; readonly end?: number }): Promise<Buffer> {
    const chunks: Buffer[] = []
    for await (const chunk of await this.#stream(bucket, key, range?.start ?? 0, range?.end)) chunks.push(chunk as Buffer)
    return Buffer.concat(chunks)
  }

  read(bucket: string, key: string, options: { readonly start?: number } = {}): Promise<Readable> {
    return this.#stream(bucket, key, options.start ?? 0)
  }

  put(bucket: string, key: string, body: Buffer | string): Promise<void> {
    return this.write(bucket, key, Readable.from([Buffer.from(body)]))
  }

  async write(bucket: string, key: string, body: Readable): Promise<void> {
    const path = objectPath(await this.#folder(bucket), key)
    const temporary = `${path}.${randomUUID()}${unfinished}`
    try {
      await mkdir(dirname(path), { recursive: true })
      await pipeline(body, createWriteStream(temporary, { flags: 'wx', mode: 0o600, flush: true }))
      await rename(temporary, path)
      await syncFolder(dirname(path))
    } catch (error) {
      await rm(temporary, { force: true })
      throw failure(bucket, error)
    }
  }

  async head(bucket: string, key: string): Promise<ObjectFacts | undefined> {
    const path = objectPath(await this.#folder(bucket), key)
    try {
      const facts = await stat(path)
      if (!facts.isFile()) return undefined
      return { size: facts.size, etag: `${facts.size.toString(16)}-${facts.mtimeMs.toString(16)}`, lastModifiedMs: facts.mtimeMs }
    } catch (error) {
      if (isAbsent(error)) return undefined
      throw failure(bucket, error)
    }
  }

  async *list(bucket: string, prefix: string): AsyncIterable<ListedObject> {
    yield* listFolder(bucket, await this.#folder(bucket), '', prefix)
  }

  async folders(bucket: string, prefix: string): Promise<readonly string[]> {
    const folder = prefix === '' ? await this.#folder(bucket) : objectPath(await this.#folder(bucket), prefix.slice(0, -1))
    try {
      const entries = await readdir(folder, { withFileTypes: true })
      return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
    } catch (error) {
      if (isAbsent(error)) return []
      throw failure(bucket, error)
    }
  }

  async remove(bucket: string, keys: readonly string[]): Promise<void> {
    const folder = await this.#folder(bucket)
    try {
      for (const key of keys) await rm(objectPath(folder, key), { force: true })
    } catch (error) {
      throw failure(bucket, error)
    }
  }

  async check(bucket: string): Promise<void> {
    const folder = await this.#folder(bucket)
    try {
      await access(folder, constants.R_OK | constants.W_OK | constants.X_OK)
    } catch (error) {
      throw failure(bucket, error)
    }
  }

  async place(bucket: string): Promise<BucketPlace> {
    return { kind: 'directory', path: await this.#folder(bucket) }
  }

  close(): void {}

  async #stream(bucket: string, key: string, start: number, end?: number): Promise<Readable> {
    const path = objectPath(await this.#folder(bucket), key)
    const file = await open(path).catch((error: unknown) => {
      throw isAbsent(error) ? objectNotFound(bucket, key) : failure(bucket, error)
    })
    if (!(await file.stat()).isFile()) {
      await file.close()
      throw objectNotFound(bucket, key)
    }
    if (end !== undefined && end <= start) {
      await file.close()
      return Readable.from([])
    }
    return createReadStream(path, { fd: file, start, highWaterMark: readBytes, ...(end === undefined ? {} : { end: end - 1 }) })
  }

  async #folder(bucket: string): Promise<string> {
    if (!(await this.has(bucket))) throw bucketMissing(bucket)
    return join(this.#root, bucket)
  }
}

async function* listFolder(bucket: string, folder: string, base: string, prefix: string): AsyncIterable<ListedObject> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw failure(bucket, error)
  })
  // as S3 orders keys: a folder's name counts with its slash
  const named = entries.map((entry) => ({ entry, key: base + entry.name + (entry.isDirectory() ? '/' : '') }))
  for (const { entry, key } of named.sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)))) {
    if (entry.isDirectory()) {
      if (key.startsWith(prefix) || prefix.startsWith(key)) yield* listFolder(bucket, join(folder, entry.name), key, prefix)
    } else if (entry.isFile() && key.startsWith(prefix) && !key.endsWith(unfinished)) {
      yield { key, size: (await stat(join(folder, entry.name))).size }
    }
  }
}

/** A name is as durable as its folder. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path)
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

const isAbsent = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')

export const bucketMissing = (bucket: string): ServerError => new ServerError('BUCKET_UNREACHABLE', `The bucket ${bucket} does not exist.`)

export const objectNotFound = (bucket: string, key: string): ServerError =>
  new ServerError('OBJECT_NOT_FOUND', `The bucket ${bucket} has no object ${key}.`)

/** Of the folder: what a source of bytes threw stays what it is. */
function failure(bucket: string, error: unknown): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException
  if (error instanceof ServerError || syscall === undefined) return error
  return new ServerError('BUCKET_UNREACHABLE', `The bucket ${bucket} cannot be used (${code ?? 'unknown'}).`, { cause: error })
}
