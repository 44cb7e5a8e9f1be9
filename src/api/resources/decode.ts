import type {
  MagneticStoreWriteProperties as WireMagneticStoreWriteProperties,
  RetentionProperties as WireRetentionProperties,
  Schema as WireSchema,
  Tag as WireTag,
} from '@aws-sdk/client-timestream-write'
import type { CreateTableInput, MagneticStoreWriteProperties, PageRequest, S3Location, Tag } from '../../database/database.ts'
import type { Checked } from '../shape.ts'

interface WireTableProperties {
  readonly RetentionProperties?: Checked<WireRetentionProperties>
  readonly MagneticStoreWriteProperties?: Checked<WireMagneticStoreWriteProperties>
  readonly Schema?: Checked<WireSchema>
}

type TableProperties = Pick<CreateTableInput, 'retention' | 'magneticStoreWrites' | 'compositePartitionKey'>

/** What CreateTable and UpdateTable have in common; what is absent stays absent. */
export function decodeTableProperties(input: WireTableProperties): TableProperties {
  const { RetentionProperties: retention, MagneticStoreWriteProperties: writes, Schema: { CompositePartitionKey: keys } = {} } = input
  return {
    ...(retention && {
      retention: {
        memoryStoreRetentionPeriodInHours: retention.MemoryStoreRetentionPeriodInHours,
        magneticStoreRetentionPeriodInDays: retention.MagneticStoreRetentionPeriodInDays,
      },
    }),
    ...(writes && { magneticStoreWrites: decodeMagneticStoreWrites(writes) }),
    ...(keys && {
      compositePartitionKey: keys.map(({ Type: type, Name: name, EnforcementInRecord: enforcementInRecord }) => ({
        type,
        ...(name !== undefined && { name }),
        ...(enforcementInRecord !== undefined && { enforcementInRecord }),
      })),
    }),
  }
}

function decodeMagneticStoreWrites(writes: Checked<WireMagneticStoreWriteProperties>): MagneticStoreWriteProperties {
  const location = writes.MagneticStoreRejectedDataLocation?.S3Configuration
  return {
    enableMagneticStoreWrites: writes.EnableMagneticStoreWrites,
    ...(location && { rejectedDataLocation: decodeLocation(location) }),
  }
}

type WireLocation = NonNullable<
  NonNullable<Checked<WireMagneticStoreWriteProperties>['MagneticStoreRejectedDataLocation']>['S3Configuration']
>

function decodeLocation(location: WireLocation): S3Location {
  const { BucketName: bucketName, ObjectKeyPrefix: objectKeyPrefix, EncryptionOption: encryptionOption, KmsKeyId: kmsKeyId } = location
  return {
    ...(bucketName !== undefined && { bucketName }),
    ...(objectKeyPrefix !== undefined && { objectKeyPrefix }),
    ...(encryptionOption !== undefined && { encryptionOption }),
    ...(kmsKeyId !== undefined && { kmsKeyId }),
  }
}

export const decodeTags = (tags: readonly Checked<WireTag>[]): readonly Tag[] => tags.map(({ Key: key, Value: value }) => ({ key, value }))

export function decodePage(input: { readonly MaxResults?: number; readonly NextToken?: string }): PageRequest {
  const { MaxResults: maxResults, NextToken: nextToken } = input
  return { ...(maxResults !== undefined && { maxResults }), ...(nextToken !== undefined && { nextToken }) }
}
