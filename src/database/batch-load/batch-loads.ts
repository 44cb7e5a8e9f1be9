import type { CsvConfiguration, DataModel } from '../../csv/model-types.ts'
import type { Caller } from '../caller.ts'
import type { Page, PageRequest } from '../database.ts'

/** Loads of CSV files from a bucket into a table. Source: API reference, CreateBatchLoadTask; developer guide, "Using batch load". */
export interface BatchLoads {
  /**
   * Checks everything that can be checked before a row is read, and answers the id of a task that begins by itself.
   * @throws ServerError VALIDATION, RESOURCE_NOT_FOUND, BUCKET_UNREACHABLE, OBJECT_NOT_FOUND, CONFLICT for a client token with other input
   */
  create(caller: Caller, input: CreateBatchLoadInput): Promise<string>
  /** @throws ServerError RESOURCE_NOT_FOUND */
  describe(caller: Caller, taskId: string): Promise<BatchLoadTask>
  /** In the order of their ids. */
  list(caller: Caller, page: PageRequest & { readonly status?: BatchLoadStatus }): Promise<Page<BatchLoadTask>>
  /** @throws ServerError RESOURCE_NOT_FOUND, VALIDATION when it has not stopped or may not be resumed any more */
  resume(caller: Caller, taskId: string): Promise<void>
}

export type BatchLoadStatus = 'CREATED' | 'IN_PROGRESS' | 'FAILED' | 'SUCCEEDED' | 'PROGRESS_STOPPED' | 'PENDING_RESUME'

export interface CreateBatchLoadInput {
  readonly clientToken?: string
  readonly databaseName: string
  readonly tableName: string
  readonly recordVersion?: bigint
  readonly source: BatchLoadSource
  /** One of the two. */
  readonly dataModel?: DataModel
  readonly dataModelLocation?: { readonly bucketName?: string; readonly objectKey?: string }
  readonly report: BatchLoadReportLocation
}

export interface BatchLoadSource {
  readonly bucketName: string
  readonly objectKeyPrefix?: string
  readonly csv?: CsvConfiguration
}

export interface BatchLoadReportLocation {
  readonly bucketName: string
  readonly objectKeyPrefix?: string
  readonly encryptionOption?: 'SSE_S3' | 'SSE_KMS'
  readonly kmsKeyId?: string
}

export interface BatchLoadProgress {
  readonly recordsProcessed: number
  readonly recordsIngested: number
  readonly parseFailures: number
  readonly recordIngestionFailures: number
  readonly fileFailures: number
  readonly bytesMetered: number
}

export interface BatchLoadTask {
  readonly taskId: string
  readonly status: BatchLoadStatus
  readonly errorMessage?: string
  readonly input: Omit<CreateBatchLoadInput, 'clientToken' | 'recordVersion'> & { readonly recordVersion: number }
  readonly progress: BatchLoadProgress
  readonly creationTimeMs: number
  readonly lastUpdatedTimeMs: number
  readonly resumableUntilMs?: number
}
