import type { DimensionSet, MultiShape, RecordValue } from '../../storage/writer/write-record.ts'

/** Names and values of a series. Records of one series share the object, series with the same names the list of names: what was checked once is not checked again. */
export type SeriesDimensions = DimensionSet

/** Names and types of the attributes of a multi-measure record; shared by all records that have the same. */
export type AttributeShape = MultiShape

export type AttributeType = MultiShape['types'][number]

/** A value as it is stored: DOUBLE number, BIGINT bigint, BOOLEAN boolean, VARCHAR string, TIMESTAMP bigint nanoseconds. */
export type MeasureValue = RecordValue

/** A record as a connector has decoded it: typed values, one object a record and none for each value. */
export interface IngestRecord {
  readonly timeNs: bigint
  /** 1 when absent. */
  readonly version?: bigint
  readonly measureName: string
  readonly dimensions: SeriesDimensions
  readonly value: MeasureValue
}

export interface IngestInput {
  readonly databaseName: string
  readonly tableName: string
  /** Any number of them. */
  readonly records: readonly IngestRecord[]
}

export interface IngestResult {
  readonly accepted: number
  /** In the order of their index. */
  readonly rejected: readonly IngestReject[]
}

export interface IngestReject {
  /** Place in `records`. */
  readonly index: number
  readonly reason: string
  /** A record of the same series, measure and time is there, in this version. */
  readonly existingVersion?: bigint
}
