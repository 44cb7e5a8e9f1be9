import { ServerError } from '../../../base/errors.ts'

/** Nanoseconds of a unit, by every name that versions 1, 2 and 3 give it. */
const units: Readonly<Record<string, bigint | undefined>> = {
  n: 1n,
  ns: 1n,
  nanosecond: 1n,
  u: 1000n,
  us: 1000n,
  µ: 1000n,
  microsecond: 1000n,
  ms: 1_000_000n,
  millisecond: 1_000_000n,
  s: 1_000_000_000n,
  second: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
}

/** @throws ServerError VALIDATION */
export function readPrecision(text: string | null): bigint {
  const unitNs = units[text === null || text === '' ? 'ns' : text]
  if (unitNs === undefined) throw new ServerError('VALIDATION', `invalid precision ${JSON.stringify(text)} (use ns, us, ms, s, m or h)`)
  return unitNs
}
