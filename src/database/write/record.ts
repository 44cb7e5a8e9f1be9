/**
 * A record as a writer hands it in. The member names are the wire's own, so that a parsed WriteRecords body is handed on
 * as it is, without a copy per record. Source: API reference, data type `Record`.
 */
export interface RecordInput {
  readonly Dimensions?: readonly DimensionInput[]
  readonly MeasureName?: string
  readonly MeasureValue?: string
  readonly MeasureValueType?: MeasureValueType
  readonly MeasureValues?: readonly MeasureValueInput[]
  /** An integer in `TimeUnit` since the epoch, as text. */
  readonly Time?: string
  readonly TimeUnit?: TimeUnit
  readonly Version?: number | bigint
}

export interface DimensionInput {
  readonly Name: string
  readonly Value: string
  readonly DimensionValueType?: 'VARCHAR'
}

export interface MeasureValueInput {
  readonly Name: string
  readonly Value: string
  readonly Type: MeasureValueType
}

export type MeasureValueType = 'DOUBLE' | 'BIGINT' | 'BOOLEAN' | 'VARCHAR' | 'TIMESTAMP' | 'MULTI'
export type TimeUnit = 'MILLISECONDS' | 'SECONDS' | 'MICROSECONDS' | 'NANOSECONDS'

/** One entry of RejectedRecordsException. */
export interface RejectedRecord {
  readonly RecordIndex: number
  readonly Reason: string
  readonly ExistingVersion?: number
}
