import { type RuleFunction, taking, toInt } from './rule-function.ts'
import type { RuleScope } from './rule-scope.ts'
import { isList, isObject, member, parsePayload, type RuleValue, toBoolean, toNumber, toText } from './rule-value.ts'

/** A type that is none leaves the value out. */
function cast([value, type]: readonly RuleValue[]): RuleValue {
  switch (toText(type)?.toLowerCase()) {
    case 'string':
    case 'text':
    case 'varchar':
    case 'nvarchar':
      return toText(value)
    case 'int':
    case 'integer':
    case 'long':
    case 'bigint': {
      if (typeof value === 'boolean') return value ? 1n : 0n
      const number = toNumber(value)
      if (number === undefined || typeof number === 'bigint') return number
      if (typeof value === 'string' && /^\s*[+-]?\d+\s*$/.test(value)) return BigInt(value.trim().replace('+', ''))
      return Number.isFinite(number) ? BigInt(Math.trunc(number)) : undefined
    }
    case 'decimal':
    case 'double':
    case 'float':
    case 'numeric': {
      if (typeof value === 'boolean') return value ? 1 : 0
      const number = toNumber(value)
      return number === undefined ? undefined : Number(number)
    }
    case 'boolean':
    case 'bool':
      return typeof value === 'bigint' || typeof value === 'number' ? Number(value) !== 0 : toBoolean(value)
    default:
      return undefined
  }
}

function get([value, key]: readonly RuleValue[]): RuleValue {
  if (isList(value)) {
    const index = toInt(key)
    return index === undefined || index < 0 ? undefined : value[index]
  }
  if (isObject(value)) return typeof key === 'string' ? member(value, key) : undefined
  if (typeof value !== 'string') return undefined
  const index = toInt(key)
  return index === undefined || index < 0 ? undefined : value[index]
}

function decode([value, scheme]: readonly RuleValue[], { message }: RuleScope): RuleValue {
  const text = toText(value)
  if (text === undefined) return undefined
  switch (toText(scheme)?.toLowerCase()) {
    case 'base64':
      return Buffer.from(text, 'base64').toString('utf8')
    case 'json':
      return parsePayload(text, message.version)
    default:
      return undefined
  }
}

export const jsonFunctions: Readonly<Record<string, RuleFunction>> = {
  cast: taking(2, 2, cast),
  decode: taking(2, 2, decode),
  encode: taking(2, 2, ([value, scheme]) => {
    const text = toText(value)
    return text === undefined || toText(scheme)?.toLowerCase() !== 'base64' ? undefined : Buffer.from(text, 'utf8').toString('base64')
  }),
  get: taking(2, 2, get),
  get_or_default: taking(2, 2, ([value, otherwise]) => (value === undefined || value === null ? otherwise : value)),
  isnull: taking(1, 1, ([value]) => value === null),
  isundefined: taking(1, 1, ([value]) => value === undefined),
  transform: taking(3, 3, ([mode, object, list]) => {
    if (toText(mode) !== 'enrichArray' || !isObject(object) || !isList(list)) return undefined
    return list.map((each) => (isObject(each) ? { ...each, ...object } : each))
  }),
}
