import { unitNs } from './calendar.ts'

/** Units of parse_duration with their nanoseconds; letters count as they are written. Source: developer guide, "Date / time functions". */
export const durationUnits: ReadonlyMap<string, bigint> = new Map([
  ['ns', unitNs.nanosecond],
  ['nanosecond', unitNs.nanosecond],
  ['us', unitNs.microsecond],
  ['microsecond', unitNs.microsecond],
  ['ms', unitNs.millisecond],
  ['millisecond', unitNs.millisecond],
  ['s', unitNs.second],
  ['second', unitNs.second],
  ['m', unitNs.minute],
  ['minute', unitNs.minute],
  ['h', unitNs.hour],
  ['hour', unitNs.hour],
  ['d', unitNs.day],
  ['day', unitNs.day],
])

/** Groups: whole part, fraction, unit. */
export const durationPattern = String.raw`^\s*(\d+)(?:\.(\d+))?\s*([a-zA-Z]+)\s*$`
const pattern = new RegExp(durationPattern)

/** Nanoseconds of `42.8ms`, `1 day`; fractions of a nanosecond are rounded half up. Undefined where the text is no duration or too long a one. */
export function parseDuration(text: string): bigint | undefined {
  const [, whole = '', fraction = '', unit = ''] = pattern.exec(text) ?? []
  const size = durationUnits.get(unit)
  if (size === undefined || whole === '') return undefined
  const scale = 10n ** BigInt(fraction.length)
  const doubled = (2n * BigInt(fraction === '' ? '0' : fraction) * size) / scale
  const total = BigInt(whole) * size + (doubled + 1n) / 2n
  return total < 2n ** 63n ? total : undefined
}
