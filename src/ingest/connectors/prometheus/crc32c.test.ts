import { expect, it } from 'vitest'
import { crc32c } from './crc32c.ts'

it('is the checksum of RFC 3720, B.4', () => {
  expect(crc32c(Buffer.alloc(32)).toString(16)).toBe('8a9136aa')
  expect(crc32c(Buffer.alloc(32, 0xff)).toString(16)).toBe('62a8ab43')
  expect(crc32c(Buffer.from('123456789')).toString(16)).toBe('e3069283')
})
