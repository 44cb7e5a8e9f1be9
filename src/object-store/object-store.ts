import type { Readable } from 'node:stream'

/** Buckets: S3 (AWS or any endpoint) or folders standing for buckets. Failures are ServerError BUCKET_UNREACHABLE and OBJECT_NOT_FOUND. */
export interface ObjectStore {
  /** The whole object or a range of its bytes (`end` exclusive). @throws ServerError OBJECT_NOT_FOUND */
  get(bucket: string, key: string, range?: { readonly start: number; readonly end?: number }): Promise<Buffer>
  /** As a stream, for large objects. @throws ServerError OBJECT_NOT_FOUND */
  read(bucket: string, key: string, options?: { readonly start?: number }): Promise<Readable>
  /** Whole or not at all. */
  put(bucket: string, key: string, body: Buffer | string, options?: PutOptions): Promise<void>
  /** Streams a large object; nothing is visible before it is whole, and nothing when the stream fails. */
  write(bucket: string, key: string, body: Readable, options?: PutOptions): Promise<void>
  /** undefined when there is no such object. */
  head(bucket: string, key: string): Promise<ObjectFacts | undefined>
  /** The objects whose keys begin with `prefix`, in the order of their keys. */
  list(bucket: string, prefix: string): AsyncIterable<ListedObject>
  /** The names of the folders directly below `prefix`, which ends with a slash or is empty: what keys go on with until the next slash. */
  folders(bucket: string, prefix: string): Promise<readonly string[]>
  /** Objects that are not there are passed over. */
  remove(bucket: string, keys: readonly string[]): Promise<void>
  /** Resolves when the bucket is there and reachable; throws with the reason otherwise. */
  check(bucket: string): Promise<void>
  /** Where the engine finds the bucket itself. @throws ServerError BUCKET_UNREACHABLE */
  place(bucket: string): Promise<BucketPlace>
  close(): void
}

export interface PutOptions {
  readonly contentType?: string
  readonly encryption?: 'SSE_S3' | 'SSE_KMS'
  readonly kmsKeyId?: string
}

export interface ObjectFacts {
  readonly size: number
  readonly etag?: string
  readonly lastModifiedMs: number
}

export interface ListedObject {
  readonly key: string
  readonly size: number
}

/** Of an S3 service. */
export interface S3Access {
  readonly region: string
  /** Of a service that is not AWS; buckets are then named in the path. */
  readonly endpoint?: string
  /** Without them the environment decides, as for the tools of AWS. Secret. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string }
}

export type BucketPlace = { readonly kind: 'directory'; readonly path: string } | { readonly kind: 's3'; readonly access: S3Access }
