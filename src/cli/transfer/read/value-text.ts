import { isLosslessNumber } from 'lossless-json'

/** A value of JSON or Parquet as records carry it; undefined for NULL. */
export function valueText(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return value
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value)
    case 'object':
      if (value === null) return undefined
      if (isLosslessNumber(value)) return value.value
      if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
      return JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' || isLosslessNumber(inner) ? Number(inner) : inner))
    default:
      return undefined
  }
}

/** The value at a column: a member of that name, or one further inside with dots between the names. */
export function valueAt(object: Readonly<Record<string, unknown>>, column: string): unknown {
  if (Object.hasOwn(object, column)) return object[column]
  const dot = column.indexOf('.')
  if (dot === -1) return undefined
  const inner = object[column.slice(0, dot)]
  return typeof inner === 'object' && inner !== null ? valueAt(inner as Record<string, unknown>, column.slice(dot + 1)) : undefined
}
