import { randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { deriveKey, seal, unseal } from '../at-rest/sealed.ts'
import type { StorageKey } from '../at-rest/storage-keys.ts'

/**
 * A segment of the log, integers little-endian:
 *   header  magic (4) · format (4) · id of the storage key (4) · number (8) · salt (16) · CRC-32 of these (4)
 *   frames  magic (4) · length of the body (4) · CRC-32 of magic, length and body (4) · body
 * A body is sealed (AES-256-GCM) with a key of the segment's own, bound to the segment's number and the place of the frame, and holds
 * entries, each after its length (4). What one flush of the disk makes durable is one frame: only the last frame can be torn.
 */
const headerMagic = 0x474c_4d54
const frameMagic = 0xf7a3_5cd1
const format = 1
export const headerBytes = 40
export const frameHeadBytes = 12
/** Nonce and tag of a sealed body. */
const leastBodyBytes = 28

export interface SegmentHeader {
  readonly number: number
  readonly keyId: number
  readonly salt: Uint8Array
}

export const newSegmentHeader = (number: number, { id }: StorageKey): SegmentHeader => ({ number, keyId: id, salt: randomBytes(16) })

export function encodeHeader({ number, keyId, salt }: SegmentHeader): Buffer {
  const bytes = Buffer.alloc(headerBytes)
  bytes.writeUInt32LE(headerMagic, 0)
  bytes.writeUInt32LE(format, 4)
  bytes.writeUInt32LE(keyId, 8)
  bytes.writeBigUInt64LE(BigInt(number), 12)
  bytes.set(salt, 20)
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 36)), 36)
  return bytes
}

/** `format` is of a newer version; undefined for what is no header. */
export function decodeHeader(bytes: Buffer): SegmentHeader | { readonly unknownFormat: number } | undefined {
  if (bytes.length < headerBytes || bytes.readUInt32LE(0) !== headerMagic) return undefined
  if (bytes.readUInt32LE(36) !== crc32(bytes.subarray(0, 36))) return undefined
  const found = bytes.readUInt32LE(4)
  if (found !== format) return { unknownFormat: found }
  return { number: Number(bytes.readBigUInt64LE(12)), keyId: bytes.readUInt32LE(8), salt: Buffer.from(bytes.subarray(20, 36)) }
}

/** Each segment has its own: nonces are random, and few enough under one key. */
export const segmentKey = ({ bytes }: StorageKey, { salt }: SegmentHeader): Buffer =>
  deriveKey(Buffer.concat([bytes, salt]), 'write-ahead log segment')

/** `offset`: where in the segment the frame will stand. */
export function encodeFrame(key: Uint8Array, number: number, offset: number, entries: readonly Uint8Array[]): Buffer {
  const plain = Buffer.concat(entries.flatMap((entry) => [lengthOf(entry), entry]))
  const body = seal(key, plain, context(number, offset))
  const head = Buffer.alloc(frameHeadBytes)
  head.writeUInt32LE(frameMagic, 0)
  head.writeUInt32LE(body.length, 4)
  head.writeUInt32LE(crc32(body, crc32(head.subarray(0, 8))), 8)
  return Buffer.concat([head, body])
}

/** Where the frame at `offset` ends; undefined when there is no whole frame that its checksum fits. */
export function frameEnd(segment: Buffer, offset: number): number | undefined {
  const start = offset + frameHeadBytes
  if (start > segment.length || segment.readUInt32LE(offset) !== frameMagic) return undefined
  const end = start + segment.readUInt32LE(offset + 4)
  if (end > segment.length || end < start + leastBodyBytes) return undefined
  const sum = crc32(segment.subarray(start, end), crc32(segment.subarray(offset, offset + 8)))
  return segment.readUInt32LE(offset + 8) === sum ? end : undefined
}

/** A whole frame begins somewhere at or behind `from`. */
export function hasFrameAfter(segment: Buffer, from: number): boolean {
  const magic = Buffer.alloc(4)
  magic.writeUInt32LE(frameMagic)
  for (let at = segment.indexOf(magic, from); at >= 0; at = segment.indexOf(magic, at + 1)) {
    if (frameEnd(segment, at) !== undefined) return true
  }
  return false
}

/** The entries of a whole frame; undefined when the key is another one, or the frame was made for another place. */
export function decodeFrame(key: Uint8Array, number: number, segment: Buffer, offset: number, end: number): readonly Buffer[] | undefined {
  const plain = unseal(key, segment.subarray(offset + frameHeadBytes, end), context(number, offset))
  if (plain === undefined) return undefined
  const entries: Buffer[] = []
  for (let at = 0; at < plain.length;) {
    const length = plain.readUInt32LE(at)
    entries.push(plain.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
  return entries
}

function lengthOf(entry: Uint8Array): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(entry.length)
  return bytes
}

const context = (number: number, offset: number): Buffer => Buffer.from(`write-ahead log ${number} ${offset}`)
