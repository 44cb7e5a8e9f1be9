import type { Database, S3Configuration, Table, Tag as WireTag } from '@aws-sdk/client-timestream-write'
import type { DatabaseDescription, S3Location, TableDescription, Tag } from '../../database/database.ts'

/** The SDK's type as it is on the wire: times are numbers, seconds since the epoch with a fraction. */
export type OnWire<T> = T extends Date
  ? number
  : T extends readonly (infer Item)[]
    ? readonly OnWire<Item>[]
    : T extends object
      ? { readonly [K in keyof T]: OnWire<T[K]> }
      : T

const epochSeconds = (timeMs: number): number => timeMs / 1000

export function encodeDatabase(description: DatabaseDescription): OnWire<Database> {
  return {
    Arn: description.arn,
    DatabaseName: description.databaseName,
    TableCount: description.tableCount,
    KmsKeyId: description.kmsKeyId,
    CreationTime: epochSeconds(description.creationTimeMs),
    LastUpdatedTime: epochSeconds(description.lastUpdatedTimeMs),
  }
}

export function encodeTable(description: TableDescription): OnWire<Table> {
  const { retention, magneticStoreWrites: writes } = description
  return {
    Arn: description.arn,
    TableName: description.tableName,
    DatabaseName: description.databaseName,
    TableStatus: description.tableStatus,
    RetentionProperties: {
      MemoryStoreRetentionPeriodInHours: retention.memoryStoreRetentionPeriodInHours,
      MagneticStoreRetentionPeriodInDays: retention.magneticStoreRetentionPeriodInDays,
    },
    CreationTime: epochSeconds(description.creationTimeMs),
    LastUpdatedTime: epochSeconds(description.lastUpdatedTimeMs),
    MagneticStoreWriteProperties: {
      EnableMagneticStoreWrites: writes.enableMagneticStoreWrites,
      MagneticStoreRejectedDataLocation: writes.rejectedDataLocation && { S3Configuration: encodeLocation(writes.rejectedDataLocation) },
    },
    Schema: {
      CompositePartitionKey: description.compositePartitionKey.map((key) => ({
        Type: key.type,
        Name: key.name,
        EnforcementInRecord: key.enforcementInRecord,
      })),
    },
  }
}

function encodeLocation(location: S3Location): S3Configuration {
  return {
    BucketName: location.bucketName,
    ObjectKeyPrefix: location.objectKeyPrefix,
    EncryptionOption: location.encryptionOption,
    KmsKeyId: location.kmsKeyId,
  }
}

export const encodeTags = (tags: readonly Tag[]): WireTag[] => tags.map(({ key, value }) => ({ Key: key, Value: value }))
