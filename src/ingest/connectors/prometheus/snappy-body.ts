import { compress, uncompress } from 'snappy'
import { ServerError } from '../../../base/errors.ts'
import { tooLarge } from '../../http/body.ts'

/**
 * A body in snappy's block format, unpacked in a thread. Its first bytes say how long it becomes: what would be longer than `maxBytes` is not unpacked.
 * @throws ServerError REQUEST_TOO_LARGE, SERIALIZATION
 */
export async function unpackSnappy(body: Buffer, maxBytes: number): Promise<Buffer> {
  const length = unpackedLength(body)
  if (length === undefined) throw new ServerError('SERIALIZATION', 'snappy: corrupt input')
  if (length > maxBytes) throw tooLarge(maxBytes)
  try {
    return (await uncompress(body, { asBuffer: true })) as Buffer
  } catch (error) {
    throw new ServerError('SERIALIZATION', `snappy: corrupt input (${error instanceof Error ? error.message : String(error)})`)
  }
}

export const packSnappy = (body: Buffer): Promise<Buffer> => compress(body)

/** The varint that a block begins with. */
function unpackedLength(body: Buffer): number | undefined {
  let length = 0
  for (let i = 0, scale = 1; i < 5 && i < body.length; i++, scale *= 128) {
    length += (body[i]! & 0x7f) * scale
    if (body[i]! < 0x80) return length
  }
  return undefined
}
