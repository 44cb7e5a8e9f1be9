import type { RunSummary, ScheduledQueryState, Trigger } from '../scheduled-queries.ts'

/** Source of types and bodies: developer guide, "Scheduled query notification messages". */
export type NotificationType =
  | 'SCHEDULED_QUERY_CREATING'
  | 'SCHEDULED_QUERY_CREATED'
  | 'SCHEDULED_QUERY_UPDATE'
  | 'SCHEDULED_QUERY_DELETED'
  | RunSummary['status']

export interface Notification {
  readonly topicArn: string
  readonly type: NotificationType
  /** Of the scheduled query. */
  readonly arn: string
  /** JSON text. */
  readonly message: string
}

/** Where notifications go. Takes them and returns at once: whether one arrives never holds up a call or a run. */
export interface Notifier {
  send(notification: Notification): void
}

type Address = Pick<Notification, 'topicArn' | 'arn'>

export function lifeNotification(
  address: Address,
  type: Exclude<NotificationType, RunSummary['status'] | 'SCHEDULED_QUERY_UPDATE'>,
): Notification {
  return { ...address, type, message: JSON.stringify({ type, arn: address.arn }) }
}

export function updateNotification(address: Address, state: ScheduledQueryState): Notification {
  const type = 'SCHEDULED_QUERY_UPDATE'
  return { ...address, type, message: JSON.stringify({ type, arn: address.arn, state }) }
}

export function runNotification(
  address: Address,
  trigger: Trigger,
  summary: RunSummary,
  nextInvocationMs: number | undefined,
): Notification {
  const next = trigger === 'AUTO' && nextInvocationMs !== undefined
  const message = {
    type: summary.status,
    arn: address.arn,
    ...(next && { nextInvocationEpochSecond: Math.floor(nextInvocationMs / 1000) }),
    scheduledQueryRunSummary: runSummary(summary),
  }
  return { ...address, type: summary.status, message: JSON.stringify(message) }
}

function runSummary({ invocationMs, triggeredMs, status, stats, insights, errorReport, failureReason }: RunSummary): object {
  return {
    invocationEpochSecond: Math.floor(invocationMs / 1000),
    triggerTimeMillis: triggeredMs,
    runStatus: status,
    ...(stats && {
      executionStats: {
        executionTimeInMillis: stats.executionTimeMs,
        dataWrites: stats.dataWrites,
        bytesMetered: stats.bytesMetered,
        cumulativeBytesScanned: stats.cumulativeBytesScanned,
        recordsIngested: stats.recordsIngested,
        queryResultRows: stats.queryResultRows,
      },
    }),
    ...(insights && {
      queryInsightsResponse: {
        ...(insights.spatial && { querySpatialCoverage: { max: insights.spatial } }),
        ...(insights.temporal && {
          queryTemporalRange: { max: { value: Number(insights.temporal.valueNs), tableArn: insights.temporal.tableArn } },
        }),
        queryTableCount: insights.tableCount,
        outputRows: insights.outputRows,
        outputBytes: insights.outputBytes,
      },
    }),
    ...(errorReport && { errorReportLocation: { s3ReportLocation: errorReport } }),
    ...(failureReason !== undefined && { failureReason }),
  }
}
