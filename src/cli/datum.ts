import type { Datum, Type } from '@aws-sdk/client-timestream-query'
import type { Cell } from './output.ts'

/** A value of a Query response as text and as JSON: numbers and booleans as such (BIGINT beyond 2^53 as text), times as text. */
export function cellOf(datum: Datum, type: Type | undefined): Cell {
  const json = jsonOf(datum, type)
  return { text: datum.ScalarValue ?? (json === null ? null : JSON.stringify(json)), json }
}

function jsonOf(datum: Datum, type: Type | undefined): unknown {
  if (datum.NullValue === true) return null
  if (datum.ScalarValue !== undefined) return scalarOf(datum.ScalarValue, type?.ScalarType)
  if (datum.ArrayValue !== undefined) return datum.ArrayValue.map((element) => jsonOf(element, type?.ArrayColumnInfo?.Type))
  if (datum.TimeSeriesValue !== undefined) {
    const valueType = type?.TimeSeriesMeasureValueColumnInfo?.Type
    return datum.TimeSeriesValue.map((point) => ({ time: point.Time, value: jsonOf(point.Value ?? { NullValue: true }, valueType) }))
  }
  if (datum.RowValue !== undefined) return (datum.RowValue.Data ?? []).map((field, i) => jsonOf(field, type?.RowColumnInfo?.[i]?.Type))
  return null
}

function scalarOf(text: string, scalarType: string | undefined): unknown {
  switch (scalarType) {
    case 'DOUBLE':
      return Number.isFinite(Number(text)) ? Number(text) : text
    case 'INTEGER':
    case 'BIGINT':
      return Number.isSafeInteger(Number(text)) ? Number(text) : text
    case 'BOOLEAN':
      return text === 'true'
    default:
      return text
  }
}

export function isNumeric(type: Type | undefined): boolean {
  return type?.ScalarType === 'DOUBLE' || type?.ScalarType === 'BIGINT' || type?.ScalarType === 'INTEGER'
}
