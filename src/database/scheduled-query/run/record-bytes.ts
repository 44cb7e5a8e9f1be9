import type { MeasureValueType, RecordInput } from '../../write/record.ts'

const fixedBytes: Readonly<Partial<Record<MeasureValueType, number>>> = { BOOLEAN: 1, BIGINT: 8, DOUBLE: 8, TIMESTAMP: 8 }

/** What a record counts for when writes are metered. Source: developer guide, "Calculating the size of a record". */
export function recordBytes({
  Dimensions = [],
  MeasureName = '',
  MeasureValue = '',
  MeasureValues = [],
  MeasureValueType,
}: RecordInput): number {
  let bytes = 8 + Buffer.byteLength(MeasureName)
  for (const { Name, Value } of Dimensions) bytes += Buffer.byteLength(Name) + Buffer.byteLength(Value)
  if (MeasureValueType !== 'MULTI') return bytes + valueBytes(MeasureValueType ?? 'DOUBLE', MeasureValue)
  for (const { Name, Value, Type } of MeasureValues) bytes += Buffer.byteLength(Name) + valueBytes(Type, Value)
  return bytes
}

const valueBytes = (type: MeasureValueType, value: string): number => fixedBytes[type] ?? Buffer.byteLength(value)
