import { expect, it } from 'vitest'
import { flexibleTimes } from './time-text.ts'

it.each([
  ['SECONDS', '1704164645', '1704164645000000000'],
  ['MILLISECONDS', '1704164645123', '1704164645123000000'],
  ['NANOSECONDS', '7', '7'],
  ['SECONDS', '2024-01-02 03:04:05.123456789', '1704164645123456789'],
  ['SECONDS', '2024-01-02T03:04:05.1Z', '1704164645100000000'],
  ['SECONDS', '2024-01-02T03:04:05+01:30', '1704159245000000000'],
  ['SECONDS', '2024-01-02T03:04:05-0130', '1704170045000000000'],
  ['SECONDS', '2024-01-02', '1704153600000000000'],
  ['SECONDS', '2024-01-02 03:04', '1704164640000000000'],
] as const)('in %s, %s is a time in nanoseconds', (unit, text, ns) => {
  expect(flexibleTimes(unit).read(text)).toBe(ns)
})

it.each(['', 'now', '1.5', '2024-02-30', '2024-13-01', '2024-01-02T25:00:00Z', '2024-01-02 03:04:05.1234567890', '12345678901234567890'])(
  '%j is no time',
  (text) => {
    expect(flexibleTimes('MILLISECONDS').read(text)).toBeUndefined()
  },
)
