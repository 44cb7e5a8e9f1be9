/** Where error reports go; the object store is one. */
export interface ReportBuckets {
  /** @throws with the reason when the bucket cannot be written to */
  check(bucket: string): Promise<void>
  put(bucket: string, key: string, body: string, options?: ReportOptions): Promise<void>
}

export interface ReportOptions {
  readonly contentType?: string
  readonly encryption?: 'SSE_S3' | 'SSE_KMS'
}
