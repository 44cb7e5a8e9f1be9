import type { Readable } from 'node:stream'
import { mkdir } from 'node:fs/promises'
import { ServerError } from '../base/errors.ts'
import { DirectoryStore } from './directory-store.ts'
import { checkBucketName } from './object-key.ts'
import type { BucketPlace, ListedObject, ObjectFacts, ObjectStore, PutOptions, S3Access } from './object-store.ts'

export interface ObjectStoreOptions {
  /** Absolute; its sub-folders stand for buckets. Made when it is missing. */
  readonly bucketsDirectory: string
  /** Where all other buckets are; absent: there are no others. */
  readonly s3?: S3Access
}

/** A bucket that is a folder is that folder; every other one is asked of S3, when S3 is configured. */
export async function openObjectStore({ bucketsDirectory, s3 }: ObjectStoreOptions): Promise<ObjectStore> {
  await mkdir(bucketsDirectory, { recursive: true, mode: 0o700 })
  return new RoutedStore(new DirectoryStore(bucketsDirectory), s3 && (await openS3(s3)))
}

/** AWS's client takes a while to load: only for those who use it. */
async function openS3(access: S3Access): Promise<ObjectStore> {
  const { S3Store } = await import('./s3-store.ts')
  return new S3Store(access)
}

class RoutedStore implements ObjectStore {
  readonly #folders: DirectoryStore
  readonly #s3: ObjectStore | undefined

  constructor(folders: DirectoryStore, s3: ObjectStore | undefined) {
    this.#folders = folders
    this.#s3 = s3
  }

  async get(bucket: string, key: string, range?: { readonly start: number; readonly end?: number }): Promise<Buffer> {
    return (await this.#of(bucket)).get(bucket, key, range)
  }

  async read(bucket: string, key: string, options?: { readonly start?: number }): Promise<Readable> {
    return (await this.#of(bucket)).read(bucket, key, options)
  }

  async put(bucket: string, key: string, body: Buffer | string, options?: PutOptions): Promise<void> {
    return (await this.#of(bucket)).put(bucket, key, body, options)
  }

  async write(bucket: string, key: string, body: Readable, options?: PutOptions): Promise<void> {
    return (await this.#of(bucket)).write(bucket, key, body, options)
  }

  async head(bucket: string, key: string): Promise<ObjectFacts | undefined> {
    return (await this.#of(bucket)).head(bucket, key)
  }

  async *list(bucket: string, prefix: string): AsyncIterable<ListedObject> {
    yield* (await this.#of(bucket)).list(bucket, prefix)
  }

  async folders(bucket: string, prefix: string): Promise<readonly string[]> {
    return (await this.#of(bucket)).folders(bucket, prefix)
  }

  async remove(bucket: string, keys: readonly string[]): Promise<void> {
    return (await this.#of(bucket)).remove(bucket, keys)
  }

  async check(bucket: string): Promise<void> {
    return (await this.#of(bucket)).check(bucket)
  }

  async place(bucket: string): Promise<BucketPlace> {
    return (await this.#of(bucket)).place(bucket)
  }

  close(): void {
    this.#s3?.close()
  }

  async #of(bucket: string): Promise<ObjectStore> {
    if (await this.#folders.has(bucket)) return this.#folders
    if (this.#s3 === undefined) {
      checkBucketName(bucket)
      const reason = 'no folder stands for it, and no option of S3 is given (--s3-region for a bucket of AWS)'
      throw new ServerError('BUCKET_UNREACHABLE', `The bucket ${bucket} does not exist: ${reason}.`)
    }
    return this.#s3
  }
}
