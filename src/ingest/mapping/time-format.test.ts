import { expect, it } from 'vitest'
import { parseTimeFormat } from './time-format.ts'

const atMs = 1_700_000_000_000n * 1_000_000n

it.each([
  ['yyyy-MM-dd HH:mm:ss', '2023-11-14 22:13:20', atMs],
  ['yyyy-MM-dd HH:mm:ss.SSS', '2023-11-14 22:13:20.250', atMs + 250_000_000n],
  ["yyyy-MM-dd'T'HH:mm:ss.SSSSSSSSSXXX", '2023-11-14T23:13:20.000000001+01:00', atMs + 1n],
  ["yyyy-MM-dd'T'HH:mm:ssX", '2023-11-14T22:13:20Z', atMs],
  ['dd/MMM/yyyy:HH:mm:ss Z', '14/Nov/2023:17:13:20 -0500', atMs],
  ['M/d/yy h:mm:ss a', '11/14/23 10:13:20 PM', atMs],
  ['EEE, d MMMM yyyy HH:mm:ss z', 'Tue, 14 November 2023 22:13:20 GMT', atMs],
  ['yyyyMMdd', '20231114', 1_699_920_000_000n * 1_000_000n],
])('reads %s', (format, text, expected) => {
  expect(parseTimeFormat(format, 'TimestampFormat')(text)).toBe(expected)
})

it.each(['2023-11-31 00:00:00', '2023-13-01 00:00:00', '2023-11-14 24:00:00', '2023-11-14', 'tomorrow', ''])(
  'takes no %j for a time',
  (text) => {
    expect(parseTimeFormat('yyyy-MM-dd HH:mm:ss', 'TimestampFormat')(text)).toBeUndefined()
  },
)
