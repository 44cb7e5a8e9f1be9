import type {
  CsvConfiguration,
  DataModel,
  DataModelConfiguration,
  DataModelS3Configuration,
  DataSourceConfiguration,
  DataSourceS3Configuration,
  DimensionMapping,
  MixedMeasureMapping,
  MultiMeasureAttributeMapping,
  MultiMeasureMappings,
  ReportConfiguration,
  ReportS3Configuration,
} from '@aws-sdk/client-timestream-write'
import { kmsKeyId } from '../../resources/shapes.ts'
import { boolean, list, oneOf, required, string, structure } from '../../shape.ts'

const bucketName = string({ min: 3, max: 63, pattern: String.raw`[a-z0-9][\.\-a-z0-9]{1,61}[a-z0-9]` })
const keyPattern = String.raw`[a-zA-Z0-9|!\-_*'\(\)]([a-zA-Z0-9]|[!\-_*'\(\)\/.])+`
const oneCharacter = string({ min: 1, max: 1 })
const column = string({ min: 1 })

export const taskId = string({ min: 3, max: 32, pattern: '[A-Z0-9]+' })
export const taskStatus = oneOf('CREATED', 'IN_PROGRESS', 'FAILED', 'SUCCEEDED', 'PROGRESS_STOPPED', 'PENDING_RESUME')

export const dataSourceConfiguration = structure<DataSourceConfiguration>({
  DataSourceS3Configuration: required(
    structure<DataSourceS3Configuration>({
      BucketName: required(bucketName),
      ObjectKeyPrefix: string({ min: 1, max: 1024, pattern: keyPattern }),
    }),
  ),
  CsvConfiguration: structure<CsvConfiguration>({
    ColumnSeparator: oneCharacter,
    EscapeChar: oneCharacter,
    QuoteChar: oneCharacter,
    NullValue: string({ min: 1, max: 256 }),
    TrimWhiteSpace: boolean,
  }),
  DataFormat: required(oneOf('CSV')),
})

const attributeMappings = list(
  structure<MultiMeasureAttributeMapping>({
    SourceColumn: required(column),
    TargetMultiMeasureAttributeName: column,
    MeasureValueType: oneOf('DOUBLE', 'BIGINT', 'BOOLEAN', 'VARCHAR', 'TIMESTAMP'),
  }),
  { min: 1 },
)

export const dataModelConfiguration = structure<DataModelConfiguration>({
  DataModel: structure<DataModel>({
    TimeColumn: string({ min: 1, max: 256 }),
    TimeUnit: oneOf('MILLISECONDS', 'SECONDS', 'MICROSECONDS', 'NANOSECONDS'),
    DimensionMappings: required(list(structure<DimensionMapping>({ SourceColumn: column, DestinationColumn: column }), { min: 1 })),
    MultiMeasureMappings: structure<MultiMeasureMappings>({
      TargetMultiMeasureName: string({ min: 1, max: 256 }),
      MultiMeasureAttributeMappings: required(attributeMappings),
    }),
    MixedMeasureMappings: list(
      structure<MixedMeasureMapping>({
        MeasureName: column,
        SourceColumn: column,
        TargetMeasureName: column,
        MeasureValueType: required(oneOf('DOUBLE', 'BIGINT', 'VARCHAR', 'BOOLEAN', 'TIMESTAMP', 'MULTI')),
        MultiMeasureAttributeMappings: attributeMappings,
      }),
      { min: 1 },
    ),
    MeasureNameColumn: string({ min: 1, max: 256 }),
  }),
  DataModelS3Configuration: structure<DataModelS3Configuration>({
    BucketName: bucketName,
    ObjectKey: string({ min: 1, max: 1024, pattern: keyPattern }),
  }),
})

export const reportConfiguration = structure<ReportConfiguration>({
  ReportS3Configuration: structure<ReportS3Configuration>({
    BucketName: required(bucketName),
    ObjectKeyPrefix: string({ min: 1, max: 928, pattern: keyPattern }),
    EncryptionOption: oneOf('SSE_S3', 'SSE_KMS'),
    KmsKeyId: kmsKeyId,
  }),
})
