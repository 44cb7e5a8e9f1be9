import { parse } from 'lossless-json'
import { ServerError } from '../../../../base/errors.ts'

/** A value of AWS IoT SQL. Int is bigint, Decimal is number; undefined is IoT's Undefined. */
export type RuleValue =
  | undefined
  | null
  | boolean
  | bigint
  | number
  | string
  | readonly RuleValue[]
  | { readonly [name: string]: RuleValue }

export const sqlVersions = ['2015-10-08', '2016-03-23'] as const
export type SqlVersion = (typeof sqlVersions)[number]

/** Deeper documents are refused: AWS IoT's own bound. */
const deepest = 9

/**
 * A payload as JSON. Version 2016-03-23 takes whole numbers (`10.0`) for Int, 2015-10-08 keeps them Decimal.
 * Source: AWS IoT Core developer guide, "Data types".
 * @throws ServerError VALIDATION
 */
export function parsePayload(text: string, version: SqlVersion): RuleValue {
  const value = parseJson(text, version)
  if (depthOf(value) > deepest) throw new ServerError('VALIDATION', `The payload is nested deeper than ${deepest} levels.`)
  return value
}

function parseJson(text: string, version: SqlVersion): RuleValue {
  try {
    return parse(text, undefined, (number) => readNumber(number, version)) as RuleValue
  } catch (error) {
    throw new ServerError(
      'VALIDATION',
      `The payload is not JSON: ${error instanceof Error ? error.message.slice(0, 200) : 'it cannot be read'}.`,
    )
  }
}

export function readNumber(text: string, version: SqlVersion): bigint | number {
  return /^-?\d+$/.test(text) ? BigInt(text) : asVersionHolds(Number(text), version)
}

export function asVersionHolds(value: number, version: SqlVersion): bigint | number {
  return version !== '2015-10-08' && Number.isInteger(value) ? BigInt(value) : value
}

function depthOf(value: RuleValue): number {
  if (typeof value !== 'object' || value === null) return 0
  let deepestBelow = 0
  for (const each of Object.values(value)) deepestBelow = Math.max(deepestBelow, depthOf(each))
  return deepestBelow + 1
}

export const isObject = (value: RuleValue): value is { readonly [name: string]: RuleValue } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const isList = (value: RuleValue): value is readonly RuleValue[] => Array.isArray(value)

export function member(value: RuleValue, name: string): RuleValue {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
}

/** As a number, from a text too; undefined when it is none. */
export function toNumber(value: RuleValue): bigint | number | undefined {
  if (typeof value === 'bigint' || typeof value === 'number') return value
  if (typeof value !== 'string' || !/^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/.test(value)) return undefined
  return Number(value)
}

/** As a text: numbers and JSON as they are written; undefined for Undefined. */
export function toText(value: RuleValue): string | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'string') return value
  if (typeof value === 'object' && value !== null) return toJson(value)
  return String(value)
}

export function toJson(value: RuleValue): string {
  if (value === undefined || value === null) return 'null'
  if (typeof value === 'string') return JSON.stringify(value)
  if (isList(value)) return `[${value.map(toJson).join(',')}]`
  if (typeof value !== 'object') return String(value)
  const members = Object.entries(value).filter(([, each]) => each !== undefined)
  return `{${members.map(([name, each]) => `${JSON.stringify(name)}:${toJson(each)}`).join(',')}}`
}

export function toBoolean(value: RuleValue): boolean | undefined {
  if (typeof value === 'boolean') return value
  const text = typeof value === 'string' ? value.toLowerCase() : ''
  return text === 'true' ? true : text === 'false' ? false : undefined
}
