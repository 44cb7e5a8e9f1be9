import type { Datum, Type } from '@aws-sdk/client-timestream-query'

/** A value as UNLOAD writes it into CSV: nested ones as JSON, undefined for NULL. */
export function unloadText(datum: Datum, type: Type | undefined): string | undefined {
  return datum.ScalarValue ?? (datum.NullValue === true ? undefined : json(datum, type))
}

function json(datum: Datum, type: Type | undefined): string {
  if (datum.ScalarValue !== undefined) return scalarJson(datum.ScalarValue, type?.ScalarType)
  if (datum.ArrayValue !== undefined) return list(datum.ArrayValue.map((element) => json(element, type?.ArrayColumnInfo?.Type)))
  if (datum.TimeSeriesValue !== undefined) {
    const valueType = type?.TimeSeriesMeasureValueColumnInfo?.Type
    return list(
      datum.TimeSeriesValue.map(({ Time, Value }) => `{"time":"${Time}Z","value":${json(Value ?? { NullValue: true }, valueType)}}`),
    )
  }
  if (datum.RowValue !== undefined) {
    const columns = type?.RowColumnInfo ?? []
    const members = (datum.RowValue.Data ?? []).map(
      (field, index) => `${JSON.stringify(columns[index]?.Name ?? `field${index}`)}:${json(field, columns[index]?.Type)}`,
    )
    return `{${members.join(',')}}`
  }
  return 'null'
}

const list = (items: readonly string[]): string => `[${items.join(',')}]`

function scalarJson(text: string, type: string | undefined): string {
  const isBare = type === 'BOOLEAN' || type === 'INTEGER' || type === 'BIGINT' || (type === 'DOUBLE' && /^-?\d/.test(text))
  return isBare ? text : JSON.stringify(text)
}
