import type {
  ErrorReportConfiguration as WireErrorReport,
  MultiMeasureAttributeMapping as WireAttribute,
  ScheduledQuery,
  ScheduledQueryDescription as WireDescription,
  ScheduledQueryRunSummary as WireRun,
  TargetConfiguration as WireTarget,
} from '@aws-sdk/client-timestream-query'
import type {
  ErrorReportConfiguration,
  RunSummary,
  ScheduledQueryDescription,
  ScheduledQuerySummary,
} from '../../../database/scheduled-query/scheduled-queries.ts'
import type { AttributeMapping, TargetConfiguration } from '../../../database/scheduled-query/target/target-configuration.ts'
import type { OnWire } from '../../resources/encode.ts'

const epochSeconds = (timeMs: number | undefined): number | undefined => (timeMs === undefined ? undefined : timeMs / 1000)

export function encodeScheduledQuery(query: ScheduledQuerySummary): OnWire<ScheduledQuery> {
  const { targetTable } = query
  return {
    Arn: query.arn,
    Name: query.name,
    CreationTime: epochSeconds(query.creationTimeMs),
    State: query.state,
    PreviousInvocationTime: epochSeconds(query.previousInvocationMs),
    NextInvocationTime: epochSeconds(query.nextInvocationMs),
    ErrorReportConfiguration: encodeErrorReport(query.errorReport),
    TargetDestination: targetTable && {
      TimestreamDestination: { DatabaseName: targetTable.databaseName, TableName: targetTable.tableName },
    },
    LastRunStatus: query.lastRunStatus,
  }
}

export function encodeDescription(query: ScheduledQueryDescription): OnWire<WireDescription> {
  return {
    Arn: query.arn,
    Name: query.name,
    QueryString: query.queryString,
    CreationTime: epochSeconds(query.creationTimeMs),
    State: query.state,
    PreviousInvocationTime: epochSeconds(query.previousInvocationMs),
    NextInvocationTime: epochSeconds(query.nextInvocationMs),
    ScheduleConfiguration: { ScheduleExpression: query.scheduleExpression },
    NotificationConfiguration: { SnsConfiguration: { TopicArn: query.topicArn } },
    TargetConfiguration: query.target && encodeTarget(query.target),
    ScheduledQueryExecutionRoleArn: query.executionRoleArn,
    KmsKeyId: query.kmsKeyId,
    ErrorReportConfiguration: encodeErrorReport(query.errorReport),
    LastRunSummary: query.lastRun && encodeRun(query.lastRun),
    RecentlyFailedRuns: query.failedRuns.map(encodeRun),
  }
}

export function encodeRun({ invocationMs, triggeredMs, status, stats, insights, errorReport, failureReason }: RunSummary): OnWire<WireRun> {
  return {
    InvocationTime: epochSeconds(invocationMs),
    TriggerTime: epochSeconds(triggeredMs),
    RunStatus: status,
    ExecutionStats: stats && {
      ExecutionTimeInMillis: stats.executionTimeMs,
      DataWrites: stats.dataWrites,
      BytesMetered: stats.bytesMetered,
      CumulativeBytesScanned: stats.cumulativeBytesScanned,
      RecordsIngested: stats.recordsIngested,
      QueryResultRows: stats.queryResultRows,
    },
    QueryInsightsResponse: insights && {
      QuerySpatialCoverage: insights.spatial && {
        Max: { Value: insights.spatial.value, TableArn: insights.spatial.tableArn, PartitionKey: [...insights.spatial.partitionKey] },
      },
      QueryTemporalRange: insights.temporal && {
        Max: { Value: Number(insights.temporal.valueNs), TableArn: insights.temporal.tableArn },
      },
      QueryTableCount: insights.tableCount,
      OutputRows: insights.outputRows,
      OutputBytes: insights.outputBytes,
    },
    ErrorReportLocation: errorReport && {
      S3ReportLocation: { BucketName: errorReport.bucketName, ObjectKey: errorReport.objectKey },
    },
    FailureReason: failureReason,
  }
}

function encodeErrorReport({ bucketName, objectKeyPrefix, encryptionOption }: ErrorReportConfiguration): WireErrorReport {
  return { S3Configuration: { BucketName: bucketName, ObjectKeyPrefix: objectKeyPrefix, EncryptionOption: encryptionOption } }
}

function encodeTarget(target: TargetConfiguration): WireTarget {
  const { multiMeasure, mixedMeasures } = target
  return {
    TimestreamConfiguration: {
      DatabaseName: target.databaseName,
      TableName: target.tableName,
      TimeColumn: target.timeColumn,
      DimensionMappings: target.dimensionColumns.map((Name) => ({ Name, DimensionValueType: 'VARCHAR' })),
      MultiMeasureMappings: multiMeasure && {
        TargetMultiMeasureName: multiMeasure.targetMeasureName,
        MultiMeasureAttributeMappings: multiMeasure.attributes.map(encodeAttribute),
      },
      MixedMeasureMappings: mixedMeasures?.map((mapping) => ({
        MeasureName: mapping.measureName,
        SourceColumn: mapping.sourceColumn,
        TargetMeasureName: mapping.targetMeasureName,
        MeasureValueType: mapping.type,
        MultiMeasureAttributeMappings: mapping.attributes?.map(encodeAttribute),
      })),
      MeasureNameColumn: target.measureNameColumn,
    },
  }
}

const encodeAttribute = ({ sourceColumn, targetName, type }: AttributeMapping): WireAttribute => ({
  SourceColumn: sourceColumn,
  TargetMultiMeasureAttributeName: targetName,
  MeasureValueType: type,
})
