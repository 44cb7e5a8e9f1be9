import { randomBytes } from 'node:crypto'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const length = 26

/** 26 upper-case base-32 characters (130 random bits), as `x-amzn-RequestId` holds them. */
export function newRequestId(): string {
  let id = ''
  for (const byte of randomBytes(length)) id += alphabet[byte & 31]!
  return id
}
