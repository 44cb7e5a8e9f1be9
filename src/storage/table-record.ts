import type { Measure } from '../sql/catalog.ts'

/** The catalog's document of a database; key: its name. */
export interface DatabaseRecord {
  readonly databaseName: string
  /** ARN. */
  readonly kmsKeyId: string
  readonly creationTimeMs: number
  readonly lastUpdatedTimeMs: number
  readonly tags?: Tags
  /** Counts the tables ever made: a change of it keeps the database from being removed at the same moment. */
  readonly tablesMade?: number
}

/** Values by key. */
export type Tags = Readonly<Record<string, string>>

/** The catalog's document of a table; key: `database/table` (names hold no slash). */
export interface TableRecord {
  readonly databaseName: string
  readonly tableName: string
  /** The name of its table in the engine, `[a-z0-9_]+`, never used twice. */
  readonly physicalName: string
  readonly creationTimeMs: number
  readonly lastUpdatedTimeMs: number
  readonly memoryStoreHours: number
  readonly magneticStoreDays: number
  readonly magneticStoreWrites: boolean
  readonly rejectedDataLocation?: {
    readonly bucketName?: string
    readonly objectKeyPrefix?: string
    readonly encryptionOption?: 'SSE_S3' | 'SSE_KMS'
    readonly kmsKeyId?: string
  }
  readonly partitionKey: {
    readonly type: 'DIMENSION' | 'MEASURE'
    readonly name?: string
    readonly enforcementInRecord?: 'REQUIRED' | 'OPTIONAL'
  }
  readonly schema: StoredSchema
  /** A record was replaced by a higher version: its old row may still be stored, so reads must pick the winner. */
  readonly mayHoldDuplicates?: boolean
  readonly tags?: Tags
  /** The engine does not know the retention above yet; told again when the storage is opened. */
  readonly isRetentionPending?: true
}

/** The columns that exist so far. Names from outside live only here; the engine knows `d1`, `a1`, …: opaque, short, quoted nowhere. */
export interface StoredSchema {
  readonly dimensions: readonly { readonly name: string; readonly physicalName: string }[]
  readonly attributes: readonly StoredAttribute[]
  /** Types of single-measure values seen: columns value_double, value_bigint, value_boolean, value_varchar. */
  readonly singleMeasureTypes: readonly SingleMeasureType[]
  readonly measures: readonly Measure[]
}

export interface StoredAttribute {
  readonly name: string
  readonly physicalName: string
  readonly type: AttributeType
  /**
   * Of a double that began with whole numbers: `whole` while all of its values are whole numbers of 32 bits, which is how the engine holds
   * them then; `widened` after the first other one.
   */
  readonly form?: 'whole' | 'widened'
}

export type SingleMeasureType = 'double' | 'bigint' | 'boolean' | 'varchar'
export type AttributeType = SingleMeasureType | 'timestamp'

export const emptySchema: StoredSchema = { dimensions: [], attributes: [], singleMeasureTypes: [], measures: [] }

export const tableKey = (databaseName: string, tableName: string): string => `${databaseName}/${tableName}`
