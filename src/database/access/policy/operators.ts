import { BlockList, isIP } from 'node:net'
import { glob } from './glob.ts'

/** Whether a value of the request fits one value of the policy. */
export type Comparison = (value: string) => boolean

export interface ConditionOperator {
  /** Reads a value of the policy. @throws Error with what is wrong with it, to be put after the value */
  readonly read: (wanted: string) => Comparison
  /** True when no value fits. */
  readonly isNegated: boolean
}

type Reader = ConditionOperator['read']

const text: Reader = (wanted) => (value) => value === wanted
const textIgnoringCase: Reader = (wanted) => {
  const lower = wanted.toLowerCase()
  return (value) => value.toLowerCase() === lower
}
const like: Reader = (wanted) => {
  const pattern = glob(wanted)
  return (value) => pattern.matches(value)
}

function numeric(compare: (value: number, wanted: number) => boolean): Reader {
  return (wanted) => {
    const number = Number(wanted)
    if (wanted.trim() === '' || Number.isNaN(number)) throw new Error('is no number')
    return (value) => compare(Number(value), number)
  }
}

/** ISO 8601, or seconds since the epoch. */
function timeOf(value: string): number {
  return /^\d+(?:\.\d+)?$/.test(value) ? Number(value) * 1000 : Date.parse(value)
}

function date(compare: (value: number, wanted: number) => boolean): Reader {
  return (wanted) => {
    const time = timeOf(wanted)
    if (Number.isNaN(time)) throw new Error('is no time (as in 2027-01-31T00:00:00Z)')
    return (value) => compare(timeOf(value), time)
  }
}

const boolean: Reader = (wanted) => {
  const lower = wanted.toLowerCase()
  if (lower !== 'true' && lower !== 'false') throw new Error('is neither true nor false')
  return (value) => value.toLowerCase() === lower
}

const address: Reader = (wanted) => {
  const [network = '', bits] = wanted.split('/')
  const family = isIP(network)
  const length = bits === undefined ? (family === 4 ? 32 : 128) : Number(bits)
  if (family === 0 || !/^\d{0,3}$/.test(bits ?? '') || bits === '' || length > (family === 4 ? 32 : 128)) {
    throw new Error('is no address or block of addresses (as in 203.0.113.0/24)')
  }
  const block = new BlockList()
  block.addSubnet(network, length, family === 4 ? 'ipv4' : 'ipv6')
  return (value) => {
    const plain = value.replace(/^::ffff:(?=\d+\.)/i, '')
    const version = isIP(plain)
    return version !== 0 && block.check(plain, version === 4 ? 'ipv4' : 'ipv6')
  }
}

const is = (read: Reader): ConditionOperator => ({ read, isNegated: false })
const isNot = (read: Reader): ConditionOperator => ({ read, isNegated: true })

/** Source: IAM user guide, "IAM JSON policy elements: Condition operators". `Null` is not among them: it asks whether there is a value. */
export const conditionOperators: Readonly<Record<string, ConditionOperator>> = {
  StringEquals: is(text),
  StringNotEquals: isNot(text),
  StringEqualsIgnoreCase: is(textIgnoringCase),
  StringNotEqualsIgnoreCase: isNot(textIgnoringCase),
  StringLike: is(like),
  StringNotLike: isNot(like),
  NumericEquals: is(numeric((value, wanted) => value === wanted)),
  NumericNotEquals: isNot(numeric((value, wanted) => value === wanted)),
  NumericLessThan: is(numeric((value, wanted) => value < wanted)),
  NumericLessThanEquals: is(numeric((value, wanted) => value <= wanted)),
  NumericGreaterThan: is(numeric((value, wanted) => value > wanted)),
  NumericGreaterThanEquals: is(numeric((value, wanted) => value >= wanted)),
  DateEquals: is(date((value, wanted) => value === wanted)),
  DateNotEquals: isNot(date((value, wanted) => value === wanted)),
  DateLessThan: is(date((value, wanted) => value < wanted)),
  DateLessThanEquals: is(date((value, wanted) => value <= wanted)),
  DateGreaterThan: is(date((value, wanted) => value > wanted)),
  DateGreaterThanEquals: is(date((value, wanted) => value >= wanted)),
  Bool: is(boolean),
  IpAddress: is(address),
  NotIpAddress: isNot(address),
  ArnEquals: is(like),
  ArnLike: is(like),
  ArnNotEquals: isNot(like),
  ArnNotLike: isNot(like),
}
