/** How files of rows are read, and how their rows become records. Source: API reference, data types `CsvConfiguration` and `DataModel`. */
export type MeasureValueType = 'DOUBLE' | 'BIGINT' | 'BOOLEAN' | 'VARCHAR' | 'TIMESTAMP' | 'MULTI'
export type TimeUnit = 'MILLISECONDS' | 'SECONDS' | 'MICROSECONDS' | 'NANOSECONDS'

/** A record of WriteRecords, as rows become one. */
export interface RowRecord {
  readonly Dimensions: readonly { readonly Name: string; readonly Value: string }[]
  readonly MeasureName: string
  readonly MeasureValue?: string
  readonly MeasureValueType: MeasureValueType
  readonly MeasureValues?: readonly MeasureValue[]
  readonly Time: string
  readonly TimeUnit: TimeUnit
  readonly Version: number
}

export interface MeasureValue {
  readonly Name: string
  readonly Value: string
  readonly Type: MeasureValueType
}

/** Member names of the wire: the same text is an object in a bucket. */
export interface CsvConfiguration {
  readonly ColumnSeparator?: string
  readonly EscapeChar?: string
  readonly QuoteChar?: string
  readonly NullValue?: string
  readonly TrimWhiteSpace?: boolean
}

/** Member names of the wire: the same text is an object in a bucket. */
export interface DataModel {
  readonly TimeColumn?: string
  readonly TimeUnit?: TimeUnit
  readonly DimensionMappings: readonly DimensionMapping[]
  readonly MeasureNameColumn?: string
  readonly MultiMeasureMappings?: MultiMeasureMappings
  readonly MixedMeasureMappings?: readonly MixedMeasureMapping[]
}

export interface DimensionMapping {
  readonly SourceColumn?: string
  readonly DestinationColumn?: string
}

export interface MultiMeasureMappings {
  readonly TargetMultiMeasureName?: string
  readonly MultiMeasureAttributeMappings: readonly AttributeMapping[]
}

export interface AttributeMapping {
  readonly SourceColumn: string
  readonly TargetMultiMeasureAttributeName?: string
  readonly MeasureValueType?: Exclude<MeasureValueType, 'MULTI'>
}

export interface MixedMeasureMapping {
  readonly MeasureName?: string
  readonly SourceColumn?: string
  readonly TargetMeasureName?: string
  readonly MeasureValueType: MeasureValueType
  readonly MultiMeasureAttributeMappings?: readonly AttributeMapping[]
}
