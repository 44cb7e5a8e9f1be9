import type { TimeReader } from './data-model.ts'
import type { TimeUnit } from './model-types.ts'

const nsPerUnit: Readonly<Record<TimeUnit, bigint>> = {
  SECONDS: 1_000_000_000n,
  MILLISECONDS: 1_000_000n,
  MICROSECONDS: 1000n,
  NANOSECONDS: 1n,
}
const wholeNumber = /^-?\d{1,19}$/
const dateTime = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s?(Z|[+-]\d{2}:?\d{2})?)?$/

/**
 * Times as people's files have them: whole numbers in `unit`, ISO 8601 (UTC unless it says otherwise), and what UNLOAD writes.
 * All become nanoseconds.
 */
export function flexibleTimes(unit: TimeUnit): TimeReader {
  const factor = nsPerUnit[unit]
  return {
    unit: 'NANOSECONDS',
    readsMeasures: true,
    read: (text) => (wholeNumber.test(text) ? String(BigInt(text) * factor) : dateTimeNs(text)?.toString()),
  }
}

function dateTimeNs(text: string): bigint | undefined {
  const match = dateTime.exec(text)
  if (match === null) return undefined
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '', zone = 'Z'] = match
  const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  // the clock would take the 30th of February for the 1st of March
  if (Number.isNaN(ms) || new Date(ms).getUTCDate() !== Number(day)) return undefined
  return BigInt(ms - zoneMs(zone)) * 1_000_000n + BigInt(fraction.padEnd(9, '0'))
}

function zoneMs(zone: string): number {
  if (zone === 'Z') return 0
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2))
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000
}
