import { readFile } from 'node:fs/promises'
import { ServerError } from '../../base/errors.ts'
import type { StorageKeys } from '../at-rest/storage-keys.ts'
import { decodeFrame, decodeHeader, frameEnd, hasFrameAfter, headerBytes, segmentKey } from './segment-format.ts'

export interface ReadSegment {
  /** In the order in which they were written. */
  readonly entries: readonly Buffer[]
  /** Where the whole frames end; behind it lies what a crash left of the last one. 0: not even the header is whole. */
  readonly validBytes: number
  readonly bytes: number
}

/**
 * Reads a segment. A frame that is not whole is what a crash left of the last write when nothing whole follows it: frames are flushed to the
 * disk one after the other, and the writes in a frame are acknowledged when it is. Anything else is damage.
 * @param isLast the segment that was being written when the log was last in use
 * @throws ServerError CONFIGURATION for a damaged segment or one whose key is missing: which file, where, what to do.
 */
export async function readSegment(path: string, number: number, keys: StorageKeys, isLast: boolean): Promise<ReadSegment> {
  const segment = await readFile(path)
  const bytes = segment.length
  const header = decodeHeader(segment)
  if (header === undefined) {
    if (isLast && !hasFrameAfter(segment, 0)) return { entries: [], validBytes: 0, bytes }
    throw damaged(path, 0, 'its header is not whole')
  }
  if ('unknownFormat' in header) {
    throw new ServerError(
      'CONFIGURATION',
      `The write-ahead log ${path} has format ${header.unknownFormat}, which this version of Tidemark does not read. ` +
        'Start the version that wrote it and stop it again: it then stores the records of the log. Nothing was opened.',
    )
  }
  if (header.number !== number) throw damaged(path, 0, `it is segment ${header.number} under another name`)
  const storageKey = keys.keys.find(({ id }) => id === header.keyId)
  if (storageKey === undefined) throw damaged(path, 0, `it needs the storage key ${header.keyId}, which this data does not have`)

  const key = segmentKey(storageKey, header)
  const entries: Buffer[] = []
  let offset = headerBytes
  while (offset < bytes) {
    const end = frameEnd(segment, offset)
    if (end === undefined) {
      if (isLast && !hasFrameAfter(segment, offset + 1)) break
      throw damaged(path, offset, 'the bytes there are not those that were written')
    }
    const found = decodeFrame(key, number, segment, offset, end)
    if (found === undefined) throw damaged(path, offset, 'what is there was not written by this data, or was changed')
    entries.push(...found)
    offset = end
  }
  return { entries, validBytes: offset, bytes }
}

const damaged = (path: string, offset: number, what: string): ServerError =>
  new ServerError(
    'CONFIGURATION',
    `The write-ahead log ${path} is damaged at byte ${offset}: ${what}. Restore the file from a copy; or move it out of its folder, to open ` +
      'without it: the records in it that had not reached their tables are then missing. Nothing was opened.',
  )
