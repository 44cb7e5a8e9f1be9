import type { CreateScheduledQueryRequest, CreateScheduledQueryResponse, ErrorReportConfiguration } from '@aws-sdk/client-timestream-query'
import type { CreateScheduledQueryInput } from '../../../database/scheduled-query/scheduled-queries.ts'
import { operation } from '../../operation.ts'
import { decodeTags } from '../../resources/decode.ts'
import { kmsKeyId, tagList } from '../../resources/shapes.ts'
import { type Checked, required, string, structure } from '../../shape.ts'
import { decodeTarget } from './decode-target.ts'
import {
  clientToken,
  errorReportConfiguration,
  notificationConfiguration,
  scheduleConfiguration,
  scheduledQueryName,
  targetConfiguration,
} from './shapes.ts'

export const createScheduledQuery = operation<CreateScheduledQueryRequest, CreateScheduledQueryResponse>({
  name: 'CreateScheduledQuery',
  service: 'query',
  action: 'timestream:CreateScheduledQuery',
  summary: 'Makes a query that runs by a schedule and writes into a table.',
  input: structure<CreateScheduledQueryRequest>({
    Name: required(scheduledQueryName),
    QueryString: required(string({ min: 1, max: 262_144, sensitive: true })),
    ScheduleConfiguration: required(scheduleConfiguration),
    NotificationConfiguration: required(notificationConfiguration),
    TargetConfiguration: targetConfiguration,
    ClientToken: clientToken,
    ScheduledQueryExecutionRoleArn: required(string({ min: 1, max: 2048 })),
    Tags: tagList,
    KmsKeyId: kmsKeyId,
    ErrorReportConfiguration: required(errorReportConfiguration),
  }),
  handle: async (input, { database, caller }) => {
    const { TargetConfiguration: target, KmsKeyId: key, Tags: tags, ClientToken: token } = input
    const Arn = await database.scheduledQueries.create(caller, {
      name: input.Name,
      queryString: input.QueryString,
      scheduleExpression: input.ScheduleConfiguration.ScheduleExpression,
      topicArn: input.NotificationConfiguration.SnsConfiguration.TopicArn,
      executionRoleArn: input.ScheduledQueryExecutionRoleArn,
      errorReport: decodeErrorReport(input.ErrorReportConfiguration),
      ...(target && { target: decodeTarget(target) }),
      ...(key !== undefined && { kmsKeyId: key }),
      ...(tags && { tags: decodeTags(tags) }),
      ...(token !== undefined && { clientToken: token }),
    })
    return { Arn }
  },
})

function decodeErrorReport({ S3Configuration: s3 }: Checked<ErrorReportConfiguration>): CreateScheduledQueryInput['errorReport'] {
  const { BucketName: bucketName, ObjectKeyPrefix: objectKeyPrefix, EncryptionOption: encryptionOption } = s3
  return {
    bucketName,
    ...(objectKeyPrefix !== undefined && { objectKeyPrefix }),
    ...(encryptionOption !== undefined && { encryptionOption }),
  }
}
