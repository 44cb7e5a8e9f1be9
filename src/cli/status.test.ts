import { expect, it } from 'vitest'
import { bytesText, durationText } from './status.ts'

it('shows bytes in the unit that fits', () => {
  expect([0, 1023, 1024, 1_572_864, 2 ** 60].map(bytesText)).toEqual(['0 B', '1023 B', '1.0 KiB', '1.5 MiB', '1024.0 PiB'])
})

it('shows durations by their two largest parts', () => {
  expect([0, 999, 7000, 306_000, 3_600_000, 273_660_000].map(durationText)).toEqual(['0s', '0s', '7s', '5m 6s', '1h', '3d 4h'])
})
