import { longInteger } from '../../base/parse-json.ts'
import type { AttributeType, MeasureValue } from '../../database/write/ingest-record.ts'
import type { EpochTimeUnit, MappedType } from './timestream-parameters.ts'

export type Cell = Extract<MeasureValue, { readonly kind: 'single' }>['value']

export const attributeTypeOf = (type: MappedType): AttributeType => type.toLowerCase() as AttributeType

const unitNs: Readonly<Record<EpochTimeUnit, bigint>> = {
  SECONDS: 1_000_000_000n,
  MILLISECONDS: 1_000_000n,
  MICROSECONDS: 1000n,
  NANOSECONDS: 1n,
}

/** An epoch time, with or without a fraction; undefined when the value is none. */
export function epochTime(value: unknown, unit: EpochTimeUnit): bigint | undefined {
  const long = typeof value === 'bigint' ? value : longInteger(value)
  if (long !== undefined) return long * unitNs[unit]
  const text = typeof value === 'number' ? plainText(value) : typeof value === 'string' ? value.trim() : ''
  const [, whole, fraction = ''] = /^(\d{1,19})(?:\.(\d{1,9})\d*)?$/.exec(text) ?? []
  if (whole === undefined) return undefined
  const places = 10n ** BigInt(fraction.length)
  return BigInt(whole) * unitNs[unit] + (BigInt(fraction || '0') * unitNs[unit]) / places
}

const plainText = (value: number): string => (Number.isInteger(value) && Number.isFinite(value) ? BigInt(value).toString() : String(value))

/** The value as the type holds it; undefined when it is none of the type. */
export function mappedCell(value: unknown, type: MappedType, unit: EpochTimeUnit): Cell | undefined {
  switch (type) {
    case 'DOUBLE':
      return asDouble(value)
    case 'BIGINT':
      return asBigint(value)
    case 'BOOLEAN':
      return asBoolean(value)
    case 'VARCHAR':
      return asText(value)
    case 'TIMESTAMP':
      return epochTime(value, unit)
  }
}

/** Scalars as JSON writes them, objects and lists as JSON; undefined for null. */
export function asText(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value)
  const long = longInteger(value)
  if (long !== undefined) return long.toString()
  return JSON.stringify(value, (_key, each: unknown) => longInteger(each)?.toString() ?? each)
}

function asDouble(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  const long = typeof value === 'bigint' ? value : longInteger(value)
  if (long !== undefined) return Number(long)
  if (typeof value !== 'string' || !/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(value.trim())) return undefined
  return Number(value)
}

function asBigint(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : undefined
  if (typeof value === 'string') return /^[+-]?\d{1,20}$/.test(value.trim()) ? BigInt(value.trim().replace(/^\+/, '')) : undefined
  return longInteger(value)
}

function asBoolean(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value
  const text = typeof value === 'string' ? value.trim().toLowerCase() : ''
  return text === 'true' ? true : text === 'false' ? false : undefined
}
