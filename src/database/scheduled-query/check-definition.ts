import { ServerError } from '../../base/errors.ts'
import type { Limits } from '../../base/limits.ts'
import type { StoredCatalog } from '../../storage/stored-catalog.ts'
import type { TableRecord } from '../../storage/table-record.ts'
import type { Caller } from '../caller.ts'
import { type Account, kmsKeyArn } from '../control/arn.ts'
import type { QueryService } from '../query/query-service.ts'
import type { ReportBuckets } from './run/report-buckets.ts'
import { scheduledRuntime } from './run/execute.ts'
import { nextInvocation } from './schedule/next-invocation.ts'
import { parseSchedule } from './schedule/parse-schedule.ts'
import type { CreateScheduledQueryInput } from './scheduled-queries.ts'
import { planTarget } from './target/target-plan.ts'
import { checkTargetTable } from './target/target-table.ts'

export interface CheckOptions {
  readonly account: Account
  readonly limits: Limits
  readonly queries: Pick<QueryService, 'columns'>
  readonly catalog: Pick<StoredCatalog, 'table' | 'refresh'>
  readonly buckets: Pick<ReportBuckets, 'check'>
}

const roleArn = /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/
const topicArn = /^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w.-]{1,256}$/

/**
 * All that can be known now about a scheduled query that is to be made: whatever is wrong is said before anything is kept.
 * @throws ServerError VALIDATION, and what compiling the query throws
 */
export async function checkDefinition(
  caller: Caller,
  input: CreateScheduledQueryInput,
  nowMs: number,
  options: CheckOptions,
): Promise<void> {
  const { account, limits, queries, buckets } = options
  const schedule = parseSchedule(input.scheduleExpression)
  if (nextInvocation(schedule, nowMs, nowMs) === undefined) {
    throw invalid(`The schedule expression ${JSON.stringify(input.scheduleExpression)} names no time in the future.`)
  }
  if (!roleArn.test(input.executionRoleArn)) {
    throw invalid(`ScheduledQueryExecutionRoleArn is not the ARN of a role: ${shown(input.executionRoleArn)}`)
  }
  if (!topicArn.test(input.topicArn)) throw invalid(`TopicArn is not the ARN of an SNS topic: ${shown(input.topicArn)}`)
  if (input.kmsKeyId !== undefined) kmsKeyArn(account, input.kmsKeyId)
  const columns = await queries.columns(caller, input.queryString, scheduledRuntime(nowMs))
  if (input.target) {
    const plan = planTarget(input.target, columns, limits)
    checkTargetTable(plan, await targetTable(input.target, options), limits)
  }
  await checkBucket(input.errorReport.bucketName, buckets)
}

async function targetTable(
  { databaseName, tableName }: NonNullable<CreateScheduledQueryInput['target']>,
  { catalog }: CheckOptions,
): Promise<TableRecord> {
  const known = catalog.table(databaseName, tableName)
  if (known !== undefined) return known
  await catalog.refresh(databaseName)
  await catalog.refresh(databaseName, tableName)
  const table = catalog.table(databaseName, tableName)
  if (table === undefined) throw invalid(`TargetConfiguration is not valid: the table ${databaseName}.${tableName} does not exist.`)
  return table
}

async function checkBucket(bucket: string, buckets: CheckOptions['buckets']): Promise<void> {
  try {
    await buckets.check(bucket)
  } catch (error) {
    const reason = error instanceof ServerError && !('masked' in error.definition) ? error.message : 'it cannot be reached'
    throw new ServerError('VALIDATION', `ErrorReportConfiguration: the bucket ${bucket} cannot be used: ${reason}`, { cause: error })
  }
}

const shown = (text: string): string => JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text)
const invalid = (message: string): ServerError => new ServerError('VALIDATION', message)
