import type { DescribeBatchLoadTaskRequest, DescribeBatchLoadTaskResponse } from '@aws-sdk/client-timestream-write'
import type { DataModel } from '../../../csv/model-types.ts'
import type { BatchLoadTask } from '../../../database/batch-load/batch-loads.ts'
import { operation } from '../../operation.ts'
import type { OnWire } from '../../resources/encode.ts'
import { required, structure } from '../../shape.ts'
import { taskId } from './shapes.ts'

export const describeBatchLoadTask = operation<DescribeBatchLoadTaskRequest, OnWire<DescribeBatchLoadTaskResponse>>({
  name: 'DescribeBatchLoadTask',
  service: 'write',
  action: 'timestream:DescribeBatchLoadTask',
  summary: 'Tells how a batch load stands.',
  input: structure<DescribeBatchLoadTaskRequest>({ TaskId: required(taskId) }),
  handle: async ({ TaskId }, { database, caller }) => ({
    BatchLoadTaskDescription: encode(await database.batchLoads.describe(caller, TaskId)),
  }),
})

function encode(task: BatchLoadTask): OnWire<DescribeBatchLoadTaskResponse>['BatchLoadTaskDescription'] {
  const { input, progress } = task
  const { source, report, dataModel, dataModelLocation: location } = input
  return {
    TaskId: task.taskId,
    ErrorMessage: task.errorMessage,
    DataSourceConfiguration: {
      DataSourceS3Configuration: { BucketName: source.bucketName, ObjectKeyPrefix: source.objectKeyPrefix },
      CsvConfiguration: source.csv ?? {},
      DataFormat: 'CSV',
    },
    ProgressReport: {
      RecordsProcessed: progress.recordsProcessed,
      RecordsIngested: progress.recordsIngested,
      ParseFailures: progress.parseFailures,
      RecordIngestionFailures: progress.recordIngestionFailures,
      FileFailures: progress.fileFailures,
      BytesMetered: progress.bytesMetered,
    },
    ReportConfiguration: {
      ReportS3Configuration: {
        BucketName: report.bucketName,
        ObjectKeyPrefix: report.objectKeyPrefix,
        EncryptionOption: report.encryptionOption,
        KmsKeyId: report.kmsKeyId,
      },
    },
    DataModelConfiguration: {
      DataModel: dataModel && withDestinations(dataModel),
      DataModelS3Configuration: location && { BucketName: location.bucketName, ObjectKey: location.objectKey },
    },
    TargetDatabaseName: input.databaseName,
    TargetTableName: input.tableName,
    TaskStatus: task.status,
    RecordVersion: input.recordVersion,
    CreationTime: task.creationTimeMs / 1000,
    LastUpdatedTime: task.lastUpdatedTimeMs / 1000,
    ResumableUntil: task.resumableUntilMs === undefined ? undefined : task.resumableUntilMs / 1000,
  }
}

/** A dimension without a name of its own has its column's. */
const withDestinations = (model: DataModel): DataModel => ({
  ...model,
  TimeUnit: model.TimeUnit ?? 'MILLISECONDS',
  DimensionMappings: model.DimensionMappings.map((mapping) => ({
    ...mapping,
    ...(mapping.SourceColumn !== undefined && { DestinationColumn: mapping.DestinationColumn ?? mapping.SourceColumn }),
  })),
})
