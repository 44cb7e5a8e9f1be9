import type { OtlpObject, OtlpValue } from './messages.ts'

/** The value of an attribute (`AnyValue`) as a text: lists and maps as JSON. */
export function attributeText(value: OtlpObject): string {
  const plain = plainValue(value)
  return typeof plain === 'string' ? plain : plain === undefined ? '' : JSON.stringify(plain)
}

type Plain = string | number | boolean | undefined | readonly Plain[] | { readonly [name: string]: Plain }

function plainValue(value: OtlpObject): Plain {
  const { stringValue, boolValue, intValue, doubleValue, bytesValue, arrayValue, kvlistValue } = value
  const scalar = stringValue ?? boolValue ?? doubleValue ?? bytesValue
  if (typeof scalar === 'string' || typeof scalar === 'number' || typeof scalar === 'boolean') return scalar
  if (typeof intValue === 'string' || typeof intValue === 'number') return String(intValue)
  if (arrayValue !== undefined) return valuesOf(arrayValue).map(plainValue)
  if (kvlistValue === undefined) return undefined
  const entries = valuesOf(kvlistValue).map(
    ({ key, value: inner }) => [typeof key === 'string' ? key : '', plainValue(inner as OtlpObject)] as const,
  )
  return Object.fromEntries(entries)
}

function valuesOf(holder: OtlpValue): readonly OtlpObject[] {
  const { values } = holder as OtlpObject
  return Array.isArray(values) ? (values as readonly OtlpObject[]) : []
}
