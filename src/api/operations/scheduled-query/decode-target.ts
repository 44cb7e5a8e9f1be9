import type {
  MixedMeasureMapping as WireMixed,
  MultiMeasureAttributeMapping as WireAttribute,
  TargetConfiguration as WireTarget,
} from '@aws-sdk/client-timestream-query'
import type {
  AttributeMapping,
  MixedMeasureMapping,
  TargetConfiguration,
} from '../../../database/scheduled-query/target/target-configuration.ts'
import type { Checked } from '../../shape.ts'

/** What is absent stays absent. */
export function decodeTarget({ TimestreamConfiguration: wire }: Checked<WireTarget>): TargetConfiguration {
  const { MultiMeasureMappings: multi, MixedMeasureMappings: mixed, MeasureNameColumn: measureNameColumn } = wire
  return {
    databaseName: wire.DatabaseName,
    tableName: wire.TableName,
    timeColumn: wire.TimeColumn,
    dimensionColumns: wire.DimensionMappings.map(({ Name }) => Name),
    ...(measureNameColumn !== undefined && { measureNameColumn }),
    ...(multi && {
      multiMeasure: {
        ...(multi.TargetMultiMeasureName !== undefined && { targetMeasureName: multi.TargetMultiMeasureName }),
        attributes: multi.MultiMeasureAttributeMappings.map(decodeAttribute),
      },
    }),
    ...(mixed && { mixedMeasures: mixed.map(decodeMixed) }),
  }
}

function decodeMixed(wire: Checked<WireMixed>): MixedMeasureMapping {
  const { MeasureName: measureName, SourceColumn: sourceColumn, TargetMeasureName: targetMeasureName, MeasureValueType: type } = wire
  return {
    ...(measureName !== undefined && { measureName }),
    ...(sourceColumn !== undefined && { sourceColumn }),
    ...(targetMeasureName !== undefined && { targetMeasureName }),
    type,
    ...(wire.MultiMeasureAttributeMappings && { attributes: wire.MultiMeasureAttributeMappings.map(decodeAttribute) }),
  }
}

function decodeAttribute(wire: Checked<WireAttribute>): AttributeMapping {
  const { SourceColumn: sourceColumn, TargetMultiMeasureAttributeName: targetName, MeasureValueType: type } = wire
  return { sourceColumn, type, ...(targetName !== undefined && { targetName }) }
}
