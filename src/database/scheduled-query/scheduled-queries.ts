import type { Caller } from '../caller.ts'
import type { Page, PageRequest, QueryInsights, Tag } from '../database.ts'
import type { ScheduledRuns } from './scheduled-runs.ts'
import type { TargetConfiguration } from './target/target-configuration.ts'

/** Queries that run by a schedule and write what they find into a table. All failures are ServerError. */
export interface ScheduledQueries {
  /** What the scheduler drives. */
  readonly runs: ScheduledRuns
  /**
   * Everything is checked now: the schedule, the SQL, the target table, the mappings, the bucket. Answers the ARN.
   * @throws ServerError VALIDATION, CONFLICT, SERVICE_QUOTA_EXCEEDED
   */
  create(caller: Caller, input: CreateScheduledQueryInput): Promise<string>
  /** @throws ServerError VALIDATION for what is no ARN of a scheduled query, RESOURCE_NOT_FOUND; so do the others. */
  describe(caller: Caller, arn: string): Promise<ScheduledQueryDescription>
  list(caller: Caller, page: PageRequest): Promise<Page<ScheduledQuerySummary>>
  update(caller: Caller, arn: string, state: ScheduledQueryState): Promise<void>
  delete(caller: Caller, arn: string): Promise<void>
  /** Resolves when the run is sure to happen; it runs when those asked for before have ended. @throws ServerError THROTTLING too */
  execute(caller: Caller, input: ExecuteScheduledQueryInput): Promise<void>
  /** The last runs, newest first. */
  history(caller: Caller, arn: string): Promise<readonly RunSummary[]>
}

export type ScheduledQueryState = 'ENABLED' | 'DISABLED'

export interface CreateScheduledQueryInput {
  readonly name: string
  readonly queryString: string
  readonly scheduleExpression: string
  readonly topicArn: string
  readonly executionRoleArn: string
  readonly errorReport: ErrorReportConfiguration
  /** Without it the query runs and its rows are only counted. */
  readonly target?: TargetConfiguration
  readonly kmsKeyId?: string
  readonly tags?: readonly Tag[]
  readonly clientToken?: string
}

export interface ErrorReportConfiguration {
  readonly bucketName: string
  readonly objectKeyPrefix?: string
  readonly encryptionOption?: 'SSE_S3' | 'SSE_KMS'
}

export interface ExecuteScheduledQueryInput {
  readonly arn: string
  /** The run's @scheduled_runtime, milliseconds since the epoch. */
  readonly invocationMs: number
  readonly clientToken?: string
  readonly insights?: boolean
}

export interface ScheduledQuerySummary {
  readonly arn: string
  readonly name: string
  readonly creationTimeMs: number
  readonly state: ScheduledQueryState
  readonly previousInvocationMs?: number
  readonly nextInvocationMs?: number
  readonly errorReport: ErrorReportConfiguration
  readonly targetTable?: { readonly databaseName: string; readonly tableName: string }
  readonly lastRunStatus?: RunStatus
}

export interface ScheduledQueryDescription {
  readonly arn: string
  readonly name: string
  readonly queryString: string
  readonly creationTimeMs: number
  readonly state: ScheduledQueryState
  readonly previousInvocationMs?: number
  readonly nextInvocationMs?: number
  readonly scheduleExpression: string
  readonly topicArn: string
  readonly executionRoleArn: string
  readonly errorReport: ErrorReportConfiguration
  readonly target?: TargetConfiguration
  readonly kmsKeyId?: string
  readonly lastRun?: RunSummary
  /** The last five, newest first. */
  readonly failedRuns: readonly RunSummary[]
}

export type Trigger = 'AUTO' | 'MANUAL'
export type RunStatus = `${Trigger}_TRIGGER_${'SUCCESS' | 'FAILURE'}`

/** How one run ended. Source: API reference, data type `ScheduledQueryRunSummary`. */
export interface RunSummary {
  readonly invocationMs: number
  readonly triggeredMs: number
  readonly status: RunStatus
  /** Of all records that the run wrote; later runs have greater ones. */
  readonly version: number
  readonly stats?: ExecutionStats
  readonly insights?: RunInsights
  readonly errorReport?: { readonly bucketName: string; readonly objectKey: string }
  readonly failureReason?: string
}

export interface ExecutionStats {
  readonly executionTimeMs: number
  /** Bytes of the written records, in whole KiB. */
  readonly dataWrites: number
  readonly bytesMetered: number
  readonly cumulativeBytesScanned: number
  readonly recordsIngested: number
  readonly queryResultRows: number
}

/** As QueryInsights, in a form that JSON keeps: nanoseconds are decimal text. */
export type RunInsights = Omit<QueryInsights, 'temporal'> & { readonly temporal?: { readonly valueNs: string; readonly tableArn: string } }
