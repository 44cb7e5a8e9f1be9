import type {
  MagneticStoreRejectedDataLocation,
  MagneticStoreWriteProperties,
  PartitionKey,
  RetentionProperties,
  S3Configuration,
  Schema,
  Tag,
} from '@aws-sdk/client-timestream-write'
import { boolean, integer, list, long, oneOf, required, string, structure } from '../shape.ts'

/** Shapes that several operations share. */
export const newName = string({ pattern: '[a-zA-Z0-9_.-]+' })
export const kmsKeyId = string({ min: 1, max: 2048 })
export const resourceArn = string({ min: 1, max: 2048 })
export const nextToken = string({ max: 2048 })
export const maxResults = integer({ min: 1, max: 20 })

export const tagList = list(structure<Tag>({ Key: required(string({ min: 1, max: 128 })), Value: required(string({ max: 256 })) }), {
  max: 200,
})

export const retentionProperties = structure<RetentionProperties>({
  MemoryStoreRetentionPeriodInHours: required(long({ min: 1, max: 'memoryRetentionMaxHours' })),
  MagneticStoreRetentionPeriodInDays: required(long({ min: 1, max: 'magneticRetentionMaxDays' })),
})

export const magneticStoreWriteProperties = structure<MagneticStoreWriteProperties>({
  EnableMagneticStoreWrites: required(boolean),
  MagneticStoreRejectedDataLocation: structure<MagneticStoreRejectedDataLocation>({
    S3Configuration: structure<S3Configuration>({
      BucketName: string({ min: 3, max: 63, pattern: String.raw`[a-z0-9][\.\-a-z0-9]{1,61}[a-z0-9]` }),
      ObjectKeyPrefix: string({ min: 1, max: 928, pattern: String.raw`[a-zA-Z0-9|!\-_*'\(\)]([a-zA-Z0-9]|[!\-_*'\(\)\/.])+` }),
      EncryptionOption: oneOf('SSE_S3', 'SSE_KMS'),
      KmsKeyId: kmsKeyId,
    }),
  }),
})

export const schema = structure<Schema>({
  CompositePartitionKey: list(
    structure<PartitionKey>({
      Type: required(oneOf('DIMENSION', 'MEASURE')),
      Name: string({ min: 1 }),
      EnforcementInRecord: oneOf('REQUIRED', 'OPTIONAL'),
    }),
    { min: 1 },
  ),
})
