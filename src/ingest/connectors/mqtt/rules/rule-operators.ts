import { isList, isObject, type RuleValue, toBoolean, toNumber, toText } from './rule-value.ts'

export type Operator = (left: RuleValue, right: RuleValue) => RuleValue

/** Source: AWS IoT Core developer guide, "Operators". What does not fit is Undefined. */
export const operators: Readonly<Record<string, Operator>> = {
  AND: (left, right) => both(left, right, (a, b) => a && b),
  OR: (left, right) => both(left, right, (a, b) => a || b),
  '=': equal,
  '<>': (left, right) => negated(equal(left, right)),
  '!=': (left, right) => negated(equal(left, right)),
  '<': (left, right) => compared(left, right, (order) => order < 0),
  '<=': (left, right) => compared(left, right, (order) => order <= 0),
  '>': (left, right) => compared(left, right, (order) => order > 0),
  '>=': (left, right) => compared(left, right, (order) => order >= 0),
  IN: (left, right) => (isList(right) ? right.some((each) => equal(left, each) === true) : undefined),
  '+': (left, right) => {
    if (typeof left !== 'string' && typeof right !== 'string')
      return calculated(
        left,
        right,
        (a, b) => a + b,
        (a, b) => a + b,
      )
    const [a, b] = [toText(left), toText(right)]
    return a === undefined || b === undefined ? undefined : a + b
  },
  '-': (left, right) =>
    calculated(
      left,
      right,
      (a, b) => a - b,
      (a, b) => a - b,
    ),
  '*': (left, right) =>
    calculated(
      left,
      right,
      (a, b) => a * b,
      (a, b) => a * b,
    ),
  // the quotient of two Int stays exact: Int when it is whole, Decimal otherwise
  '/': (left, right) =>
    calculated(
      left,
      right,
      (a, b) => (b === 0n ? undefined : a % b === 0n ? a / b : Number(a) / Number(b)),
      (a, b) => a / b,
    ),
  '%': (left, right) =>
    calculated(
      left,
      right,
      (a, b) => (b === 0n ? undefined : a % b),
      (a, b) => a % b,
    ),
}

export const negated = (value: RuleValue): RuleValue => {
  const known = toBoolean(value)
  return known === undefined ? undefined : !known
}

function both(left: RuleValue, right: RuleValue, combine: (a: boolean, b: boolean) => boolean): RuleValue {
  const [a, b] = [toBoolean(left), toBoolean(right)]
  return a === undefined || b === undefined ? undefined : combine(a, b)
}

function calculated(
  left: RuleValue,
  right: RuleValue,
  whole: (a: bigint, b: bigint) => bigint | number | undefined,
  decimal: (a: number, b: number) => number,
): RuleValue {
  const [a, b] = [toNumber(left), toNumber(right)]
  if (a === undefined || b === undefined) return undefined
  if (typeof a === 'bigint' && typeof b === 'bigint') return whole(a, b)
  const result = decimal(Number(a), Number(b))
  return Number.isFinite(result) ? result : undefined
}

function compared(left: RuleValue, right: RuleValue, holds: (order: number) => boolean): RuleValue {
  if (typeof left === 'string' && typeof right === 'string') return holds(left < right ? -1 : left > right ? 1 : 0)
  const [a, b] = [toNumber(left), toNumber(right)]
  return a === undefined || b === undefined ? undefined : holds(a < b ? -1 : a > b ? 1 : 0)
}

export function equal(left: RuleValue, right: RuleValue): RuleValue {
  if (left === undefined || right === undefined) return undefined
  if (left === null || right === null) return left === right
  if (typeof left === 'string' && typeof right === 'string') return left === right
  if (typeof left === 'boolean' || typeof right === 'boolean') return toBoolean(left) === toBoolean(right)
  if (isList(left) || isList(right)) {
    return isList(left) && isList(right) && left.length === right.length && left.every((each, i) => same(each, right[i]))
  }
  if (isObject(left) || isObject(right)) {
    if (!isObject(left) || !isObject(right)) return false
    const names = Object.keys(left)
    return names.length === Object.keys(right).length && names.every((name) => Object.hasOwn(right, name) && same(left[name], right[name]))
  }
  const [a, b] = [toNumber(left), toNumber(right)]
  return a !== undefined && b !== undefined && !(a < b) && !(a > b)
}

const same = (left: RuleValue, right: RuleValue): boolean => left === right || equal(left, right) === true
