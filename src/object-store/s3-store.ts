import type { Readable } from 'node:stream'
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
  paginateListObjectsV2,
} from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { ServerError } from '../base/errors.ts'
import { bucketMissing, objectNotFound } from './directory-store.ts'
import { checkBucketName } from './object-key.ts'
import type { BucketPlace, ListedObject, ObjectFacts, ObjectStore, PutOptions, S3Access } from './object-store.ts'

/** How many objects one request removes. Source: S3 API reference, DeleteObjects. */
const removedAtOnce = 1000
/** 10 000 parts of this size are the 78 GB of the largest file of an UNLOAD. */
const partBytes = 8 * 1024 * 1024

/** The buckets of an S3 service. */
export class S3Store implements ObjectStore {
  readonly #access: S3Access
  readonly #client: S3Client

  constructor(access: S3Access) {
    this.#access = access
    const { region, endpoint, credentials } = access
    this.#client = new S3Client({
      region,
      ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
      ...(credentials && { credentials }),
      // services that are not AWS know no trailing checksums
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      requestHandler: { connectionTimeout: 5000, socketTimeout: 60_000 },
    })
  }

  async get(bucket: string, key: string, range?: { readonly start: number; readonly end?: number }): Promise<Buffer> {
    if (range?.end !== undefined && range.end <= range.start) return Buffer.alloc(0)
    const chunks: Buffer[] = []
    for await (const chunk of await this.#body(
      bucket,
      key,
      range && `bytes=${range.start}-${range.end === undefined ? '' : range.end - 1}`,
    )) {
      chunks.push(chunk as Buffer)
    }
    return Buffer.concat(chunks)
  }

  read(bucket: string, key: string, { start = 0 }: { readonly start?: number } = {}): Promise<Readable> {
    return this.#body(bucket, key, start === 0 ? undefined : `bytes=${start}-`)
  }

  async put(bucket: string, key: string, body: Buffer | string, options: PutOptions = {}): Promise<void> {
    await this.#call(bucket, () => this.#client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ...headers(options) })))
  }

  async write(bucket: string, key: string, body: Readable, options: PutOptions = {}): Promise<void> {
    const params = { Bucket: bucket, Key: key, Body: body, ...headers(options) }
    await this.#call(bucket, () => new Upload({ client: this.#client, params, partSize: partBytes, queueSize: 2 }).done())
  }

  async head(bucket: string, key: string): Promise<ObjectFacts | undefined> {
    const found = await this.#call(bucket, async (): Promise<HeadObjectCommandOutput | undefined> => {
      try {
        return await this.#client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }))
      } catch (error) {
        // without a body S3 cannot say whether it is the bucket that is missing
        if (statusOf(error) === 404) return undefined
        throw error
      }
    })
    if (found === undefined) return undefined
    const { ContentLength: size = 0, ETag: etag, LastModified: modified } = found
    return { size, ...(etag !== undefined && { etag }), lastModifiedMs: modified?.getTime() ?? 0 }
  }

  async *list(bucket: string, prefix: string): AsyncIterable<ListedObject> {
    checkBucketName(bucket)
    try {
      for await (const page of paginateListObjectsV2({ client: this.#client }, { Bucket: bucket, Prefix: prefix })) {
        for (const { Key: key, Size: size = 0 } of page.Contents ?? []) if (key !== undefined) yield { key, size }
      }
    } catch (error) {
      throw failure(bucket, error)
    }
  }

  async folders(bucket: string, prefix: string): Promise<readonly string[]> {
    const names: string[] = []
    await this.#call(bucket, async () => {
      for await (const page of paginateListObjectsV2({ client: this.#client }, { Bucket: bucket, Prefix: prefix, Delimiter: '/' })) {
        for (const { Prefix: path = '' } of page.CommonPrefixes ?? []) names.push(path.slice(prefix.length, -1))
      }
    })
    return names
  }

  async remove(bucket: string, keys: readonly string[]): Promise<void> {
    for (let from = 0; from < keys.length; from += removedAtOnce) {
      const Objects = keys.slice(from, from + removedAtOnce).map((Key) => ({ Key }))
      await this.#call(bucket, () => this.#client.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } })))
    }
  }

  async check(bucket: string): Promise<void> {
    await this.#call(bucket, () => this.#client.send(new HeadBucketCommand({ Bucket: bucket })))
  }

  async place(): Promise<BucketPlace> {
    return { kind: 's3', access: this.#access }
  }

  close(): void {
    this.#client.destroy()
  }

  async #body(bucket: string, key: string, range: string | undefined): Promise<Readable> {
    return this.#call(bucket, async () => {
      try {
        const { Body } = await this.#client.send(
          new GetObjectCommand({ Bucket: bucket, Key: key, ...(range !== undefined && { Range: range }) }),
        )
        return Body as Readable
      } catch (error) {
        if (error instanceof Error && error.name === 'NoSuchKey') throw objectNotFound(bucket, key)
        throw error
      }
    })
  }

  async #call<T>(bucket: string, work: () => Promise<T>): Promise<T> {
    checkBucketName(bucket)
    try {
      return await work()
    } catch (error) {
      throw failure(bucket, error)
    }
  }
}

function headers({
  contentType,
  encryption,
  kmsKeyId,
}: PutOptions): Pick<ConstructorParameters<typeof PutObjectCommand>[0], 'ContentType' | 'ServerSideEncryption' | 'SSEKMSKeyId'> {
  return {
    ...(contentType !== undefined && { ContentType: contentType }),
    ...(encryption && { ServerSideEncryption: encryption === 'SSE_KMS' ? ('aws:kms' as const) : ('AES256' as const) }),
    ...(kmsKeyId !== undefined && { SSEKMSKeyId: kmsKeyId }),
  }
}

const statusOf = (error: unknown): number | undefined => (error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined)

/** Names the bucket and the reason; never what was sent. What a source of bytes threw stays what it is. */
function failure(bucket: string, error: unknown): unknown {
  if (error instanceof ServerError) return error
  if (error instanceof S3ServiceException) {
    if (error.name === 'NoSuchBucket' || (statusOf(error) === 404 && error.name === 'NotFound')) return bucketMissing(bucket)
    const status = statusOf(error)
    const reason = status === 403 ? 'access is denied' : `${error.name}${status === undefined ? '' : `, HTTP ${status}`}`
    return new ServerError('BUCKET_UNREACHABLE', `The bucket ${bucket} cannot be used (${reason}).`, { cause: error })
  }
  const { code, name } = error as NodeJS.ErrnoException
  const isOfConnection = code !== undefined || name === 'TimeoutError' || name === 'CredentialsProviderError'
  return isOfConnection
    ? new ServerError('BUCKET_UNREACHABLE', `The bucket ${bucket} cannot be reached (${code ?? name}).`, { cause: error })
    : error
}
