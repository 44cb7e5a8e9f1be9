import { randomBytes } from 'node:crypto'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const randomCharacters = 54

/** 56 upper-case base-32 characters from `AE` on, as the service's query ids look; also the engine's handle of the query. */
export function newQueryId(): string {
  let id = 'AE'
  for (const byte of randomBytes(randomCharacters)) id += alphabet[byte & 31]!
  return id
}
