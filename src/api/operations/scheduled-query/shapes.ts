import type {
  DimensionMapping,
  ErrorReportConfiguration,
  MixedMeasureMapping,
  MultiMeasureAttributeMapping,
  MultiMeasureMappings,
  NotificationConfiguration,
  S3Configuration,
  ScheduleConfiguration,
  SnsConfiguration,
  TargetConfiguration,
  TimestreamConfiguration,
} from '@aws-sdk/client-timestream-query'
import { list, oneOf, required, string, structure } from '../../shape.ts'

const nameText = String.raw`[a-zA-Z0-9|!\-_*'\(\)]([a-zA-Z0-9]|[!\-_*'\(\)\/.])+`
const text = string()
const arn = string({ min: 1, max: 2048 })

export const scheduledQueryName = string({ min: 1, max: 64, pattern: nameText })
export const scheduledQueryArn = arn
export const clientToken = string({ min: 32, max: 128, sensitive: true })
export const state = oneOf('ENABLED', 'DISABLED')

export const scheduleConfiguration = structure<ScheduleConfiguration>({ ScheduleExpression: required(string({ min: 1, max: 256 })) })

export const notificationConfiguration = structure<NotificationConfiguration>({
  SnsConfiguration: required(structure<SnsConfiguration>({ TopicArn: required(arn) })),
})

export const errorReportConfiguration = structure<ErrorReportConfiguration>({
  S3Configuration: required(
    structure<S3Configuration>({
      BucketName: required(string({ min: 3, max: 63, pattern: String.raw`[a-z0-9][\.\-a-z0-9]{1,61}[a-z0-9]` })),
      ObjectKeyPrefix: string({ min: 1, max: 896, pattern: nameText }),
      EncryptionOption: oneOf('SSE_S3', 'SSE_KMS'),
    }),
  ),
})

const attributeMappings = list(
  structure<MultiMeasureAttributeMapping>({
    SourceColumn: required(text),
    TargetMultiMeasureAttributeName: text,
    MeasureValueType: required(oneOf('BIGINT', 'BOOLEAN', 'DOUBLE', 'VARCHAR', 'TIMESTAMP')),
  }),
  { min: 1 },
)

export const targetConfiguration = structure<TargetConfiguration>({
  TimestreamConfiguration: required(
    structure<TimestreamConfiguration>({
      DatabaseName: required(text),
      TableName: required(text),
      TimeColumn: required(text),
      DimensionMappings: required(
        list(structure<DimensionMapping>({ Name: required(text), DimensionValueType: required(oneOf('VARCHAR')) })),
      ),
      MultiMeasureMappings: structure<MultiMeasureMappings>({
        TargetMultiMeasureName: text,
        MultiMeasureAttributeMappings: required(attributeMappings),
      }),
      MixedMeasureMappings: list(
        structure<MixedMeasureMapping>({
          MeasureName: text,
          SourceColumn: text,
          TargetMeasureName: text,
          MeasureValueType: required(oneOf('BIGINT', 'BOOLEAN', 'DOUBLE', 'VARCHAR', 'MULTI')),
          MultiMeasureAttributeMappings: attributeMappings,
        }),
        { min: 1 },
      ),
      MeasureNameColumn: text,
    }),
  ),
})
