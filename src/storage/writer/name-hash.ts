import { createHash } from 'node:crypto'

/** 64 bits as two unsigned 32-bit halves, so that summing them needs no bigint. */
export interface Hash64 {
  readonly low: number
  readonly high: number
}

/**
 * A hash of what a text stands for. A series is the sum of its dimensions' hashes (each half modulo 2^32), so the order of the
 * dimensions does not count. Stored in the tables: changing it needs a new on-disk format version.
 */
export function nameHash(domain: 'dimension' | 'measure' | 'table', name: string, value = ''): Hash64 {
  const digest = createHash('sha256').update(`${domain}\0${name}\0${value}`).digest()
  return { low: digest.readUInt32LE(0), high: digest.readUInt32LE(4) }
}
