import type { CreateBatchLoadTaskRequest, CreateBatchLoadTaskResponse } from '@aws-sdk/client-timestream-write'
import { ServerError } from '../../../base/errors.ts'
import type { CreateBatchLoadInput } from '../../../database/batch-load/batch-loads.ts'
import { operation } from '../../operation.ts'
import { newName } from '../../resources/shapes.ts'
import { type Checked, long, required, string, structure } from '../../shape.ts'
import { dataModelConfiguration, dataSourceConfiguration, reportConfiguration } from './shapes.ts'

export const createBatchLoadTask = operation<CreateBatchLoadTaskRequest, CreateBatchLoadTaskResponse>({
  name: 'CreateBatchLoadTask',
  service: 'write',
  action: 'timestream:CreateBatchLoadTask',
  summary: 'Begins to load the CSV files of a bucket into a table.',
  input: structure<CreateBatchLoadTaskRequest>({
    ClientToken: string({ min: 1, max: 64, sensitive: true }),
    DataModelConfiguration: dataModelConfiguration,
    DataSourceConfiguration: required(dataSourceConfiguration),
    ReportConfiguration: required(reportConfiguration),
    TargetDatabaseName: required(newName),
    TargetTableName: required(newName),
    RecordVersion: long(),
  }),
  handle: async (input, { database, caller }) => ({ TaskId: await database.batchLoads.create(caller, decode(input)) }),
})

function decode(input: Checked<CreateBatchLoadTaskRequest>): CreateBatchLoadInput {
  const { ClientToken: clientToken, RecordVersion: recordVersion, DataModelConfiguration: model = {} } = input
  const { DataSourceS3Configuration: source, CsvConfiguration: csv } = input.DataSourceConfiguration
  const report = input.ReportConfiguration.ReportS3Configuration
  if (report === undefined) throw new ServerError('VALIDATION', 'ReportConfiguration needs a ReportS3Configuration.')
  const { DataModel: dataModel, DataModelS3Configuration: location } = model
  return {
    databaseName: input.TargetDatabaseName,
    tableName: input.TargetTableName,
    ...(clientToken !== undefined && { clientToken }),
    ...(recordVersion !== undefined && { recordVersion: BigInt(recordVersion) }),
    source: {
      bucketName: source.BucketName,
      ...(source.ObjectKeyPrefix !== undefined && { objectKeyPrefix: source.ObjectKeyPrefix }),
      ...(csv && { csv }),
    },
    ...(dataModel && { dataModel }),
    ...(location && {
      dataModelLocation: {
        ...(location.BucketName !== undefined && { bucketName: location.BucketName }),
        ...(location.ObjectKey !== undefined && { objectKey: location.ObjectKey }),
      },
    }),
    report: {
      bucketName: report.BucketName,
      ...(report.ObjectKeyPrefix !== undefined && { objectKeyPrefix: report.ObjectKeyPrefix }),
      ...(report.EncryptionOption !== undefined && { encryptionOption: report.EncryptionOption }),
      ...(report.KmsKeyId !== undefined && { kmsKeyId: report.KmsKeyId }),
    },
  }
}
