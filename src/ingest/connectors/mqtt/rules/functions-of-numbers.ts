import { ofNumbers, type RuleFunction, taking, toInt } from './rule-function.ts'
import { type RuleValue, toNumber } from './rule-value.ts'

/** Of Int stays Int; of Decimal is what `apply` makes of it. */
function whole(apply: (value: number) => number): RuleFunction {
  return taking(1, 1, ([value]) => {
    const number = toNumber(value)
    if (number === undefined || typeof number === 'bigint') return number
    return asInt(apply(number))
  })
}

const asInt = (value: number): RuleValue => (Number.isFinite(value) ? BigInt(value) : undefined)

function bits(apply: (a: bigint, b: bigint) => bigint): RuleFunction {
  return taking(2, 2, ([left, right]) => {
    const [a, b] = [toInt(left), toInt(right)]
    return a === undefined || b === undefined ? undefined : apply(BigInt(a), BigInt(b))
  })
}

function rest(whole: (a: bigint, b: bigint) => bigint, decimal: (a: number, b: number) => number): RuleFunction {
  return taking(2, 2, ([left, right]) => {
    const [a, b] = [toNumber(left), toNumber(right)]
    if (a === undefined || b === undefined || Number(b) === 0) return undefined
    return typeof a === 'bigint' && typeof b === 'bigint' ? whole(a, b) : decimal(Number(a), Number(b))
  })
}

/** Halves go up; by default to a whole number. */
const round: RuleFunction = taking(1, 2, ([value, places]) => {
  const number = toNumber(value)
  if (number === undefined || typeof number === 'bigint') return number
  if (places === undefined) return asInt(Math.round(number))
  const digits = toInt(places)
  return digits === undefined || digits < 0 || digits > 34 ? undefined : Number(number.toFixed(Math.min(digits, 20)))
})

const trunc: RuleFunction = taking(2, 2, ([value, places]) => {
  const number = toNumber(value)
  const digits = toInt(places)
  if (number === undefined || digits === undefined || digits < 0 || digits > 34) return undefined
  if (typeof number === 'bigint') return number
  if (digits === 0) return asInt(Math.trunc(number))
  const factor = 10 ** Math.min(digits, 15)
  return Math.trunc(number * factor) / factor
})

export const mathFunctions: Readonly<Record<string, RuleFunction>> = {
  abs: taking(1, 1, ([value]) => {
    const number = toNumber(value)
    return number === undefined ? undefined : number < 0 ? -number : number
  }),
  acos: ofNumbers(1, Math.acos),
  asin: ofNumbers(1, Math.asin),
  atan: ofNumbers(1, Math.atan),
  atan2: ofNumbers(2, Math.atan2),
  bitand: bits((a, b) => a & b),
  bitor: bits((a, b) => a | b),
  bitxor: bits((a, b) => a ^ b),
  bitnot: taking(1, 1, ([value]) => {
    const int = toInt(value)
    return int === undefined ? undefined : ~BigInt(int)
  }),
  ceil: whole(Math.ceil),
  cos: ofNumbers(1, Math.cos),
  cosh: ofNumbers(1, Math.cosh),
  exp: ofNumbers(1, Math.exp),
  floor: whole(Math.floor),
  ln: ofNumbers(1, Math.log),
  log: ofNumbers(1, Math.log10),
  mod: rest(
    (a, b) => a % b,
    (a, b) => a % b,
  ),
  nanvl: taking(2, 2, ([value, otherwise]) => (toNumber(value) === undefined || Number.isNaN(Number(value)) ? otherwise : value)),
  power: ofNumbers(2, Math.pow),
  rand: taking(0, 0, () => Math.random()),
  remainder: rest(
    (a, b) => a % b,
    (a, b) => a % b,
  ),
  round,
  sign: taking(1, 1, ([value]) => {
    const number = toNumber(value)
    return number === undefined ? undefined : number > 0 ? 1n : number < 0 ? -1n : 0n
  }),
  sin: ofNumbers(1, Math.sin),
  sinh: ofNumbers(1, Math.sinh),
  sqrt: ofNumbers(1, Math.sqrt),
  tan: ofNumbers(1, Math.tan),
  tanh: ofNumbers(1, Math.tanh),
  trunc,
}
