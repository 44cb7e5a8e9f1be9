/**
 * Where the rows of a scheduled query go and as what. The same members as on the wire. Source: API reference, data type `TimestreamConfiguration`.
 */
export interface TargetConfiguration {
  readonly databaseName: string
  readonly tableName: string
  readonly timeColumn: string
  /** Columns of the result that become dimensions of the same name. */
  readonly dimensionColumns: readonly string[]
  readonly measureNameColumn?: string
  /** One of the two is there. */
  readonly multiMeasure?: MultiMeasureMapping
  readonly mixedMeasures?: readonly MixedMeasureMapping[]
}

export interface MultiMeasureMapping {
  readonly targetMeasureName?: string
  readonly attributes: readonly AttributeMapping[]
}

export interface AttributeMapping {
  readonly sourceColumn: string
  readonly targetName?: string
  readonly type: AttributeValueType
}

export interface MixedMeasureMapping {
  /** Of rows whose measure name column has this value. */
  readonly measureName?: string
  readonly sourceColumn?: string
  readonly targetMeasureName?: string
  readonly type: 'BIGINT' | 'BOOLEAN' | 'DOUBLE' | 'VARCHAR' | 'MULTI'
  readonly attributes?: readonly AttributeMapping[]
}

export type AttributeValueType = 'BIGINT' | 'BOOLEAN' | 'DOUBLE' | 'VARCHAR' | 'TIMESTAMP'
