import type { AttributeType } from '../../../database/write/ingest-record.ts'

/** Reads values of fields out of bytes, one after the other, without objects: what was read last is in its fields. */
export class FieldReader {
  type: AttributeType = 'double'
  value: number | bigint | boolean | string = 0
  /** Behind what was read. */
  end = 0
  /** Set when `read` answers false. */
  fault = ''

  /** The value at `at`, which ends before `limit`. */
  read(bytes: Buffer, at: number, limit: number): boolean {
    if (at >= limit) return this.#fail('missing field value')
    return bytes[at] === quote ? this.#readText(bytes, at, limit) : this.#readWord(bytes, at, limit)
  }

  #readText(bytes: Buffer, at: number, limit: number): boolean {
    let hasEscape = false
    let end = at + 1
    while (end < limit && bytes[end] !== quote) {
      if (bytes[end] === backslash && end + 1 < limit) {
        hasEscape = true
        end++
      }
      end++
    }
    if (end >= limit) return this.#fail('unbalanced quotes')
    const text = bytes.toString('utf8', at + 1, end)
    this.type = 'varchar'
    this.value = hasEscape ? text.replace(/\\(["\\])/g, '$1') : text
    this.end = end + 1
    return true
  }

  #readWord(bytes: Buffer, at: number, limit: number): boolean {
    let end = at
    for (let code = bytes[end]!; end < limit && code !== comma && code !== space; code = bytes[end]!) end++
    this.end = end
    if (end === at) return this.#fail('missing field value')
    const last = bytes[end - 1]!
    if ((last >= zero && last <= nine) || last === point) return this.#readDouble(bytes, at, end)
    if (last === letterI || last === letterU) return this.#readInteger(bytes, at, end - 1, last === letterU)
    return this.#readBoolean(bytes.toString('latin1', at, end))
  }

  /** Sign, up to 15 digits, a point anywhere are exact in one division; the rest is left to `Number`. */
  #readDouble(bytes: Buffer, at: number, end: number): boolean {
    this.type = 'double'
    const isNegative = bytes[at] === minus
    const start = isNegative ? at + 1 : at
    let digits = 0
    let pointAt = -1
    if (end - start <= 16) {
      let i = start
      for (; i < end; i++) {
        const code = bytes[i]!
        if (code >= zero && code <= nine) digits = digits * 10 + (code - zero)
        else if (code === point && pointAt < 0) pointAt = i
        else break
      }
      const count = end - start - (pointAt < 0 ? 0 : 1)
      if (i === end && count > 0 && count <= 15) {
        const value = pointAt < 0 ? digits : digits / powersOfTen[end - 1 - pointAt]!
        this.value = isNegative ? -value : value
        return true
      }
    }
    const text = bytes.toString('latin1', at, end)
    if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return this.#fail('invalid number')
    this.value = Number(text)
    return Number.isFinite(this.value) || this.#fail('invalid number')
  }

  #readInteger(bytes: Buffer, at: number, end: number, isUnsigned: boolean): boolean {
    this.type = 'bigint'
    const isNegative = bytes[at] === minus
    const start = isNegative ? at + 1 : at
    if (end === start || (isNegative && isUnsigned)) return this.#fail('invalid number')
    let digits = 0
    for (let i = start; i < end; i++) {
      const code = bytes[i]!
      if (code < zero || code > nine) return this.#fail('invalid number')
      digits = digits * 10 + (code - zero)
    }
    if (end - start <= 15) this.value = BigInt(isNegative ? -digits : digits)
    else {
      const value = BigInt(bytes.toString('latin1', at, end))
      if (value > maxInt64 || value < minInt64) return this.#fail('integer out of the range of 64 bits with sign')
      this.value = value
    }
    return true
  }

  #readBoolean(text: string): boolean {
    this.type = 'boolean'
    const value = booleans[text]
    if (value === undefined)
      return this.#fail(/^[+-]?(?:nan|inf(?:inity)?)$/i.test(text) ? 'NaN and Infinity cannot be stored' : 'invalid boolean')
    this.value = value
    return true
  }

  #fail(fault: string): boolean {
    this.fault = fault
    return false
  }
}

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const space = 0x20
const zero = 0x30
const nine = 0x39
const point = 0x2e
const minus = 0x2d
const letterI = 0x69
const letterU = 0x75
const maxInt64 = 2n ** 63n - 1n
const minInt64 = -(2n ** 63n)
const powersOfTen = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`))
const booleans: Readonly<Record<string, boolean | undefined>> = Object.assign(Object.create(null) as Record<string, boolean>, {
  t: true,
  T: true,
  true: true,
  True: true,
  TRUE: true,
  f: false,
  F: false,
  false: false,
  False: false,
  FALSE: false,
})
