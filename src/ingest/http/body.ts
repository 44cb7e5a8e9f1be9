import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate } from 'node:zlib'
import { ServerError } from '../../base/errors.ts'

type Unpack = (body: Buffer, options: { readonly maxOutputLength: number }) => Promise<Buffer>

/** In threads of Node's pool, off the event loop. */
const unpackers: Readonly<Record<string, Unpack>> = {
  gzip: promisify(gunzip) as Unpack,
  'x-gzip': promisify(gunzip) as Unpack,
  deflate: promisify(inflate) as Unpack,
  br: promisify(brotliDecompress) as Unpack,
}

/**
 * The body without its Content-Encoding, of at most `maxBytes`: what would become longer is not unpacked any further.
 * @throws ServerError REQUEST_TOO_LARGE, SERIALIZATION for an encoding that is not known or a body that is damaged
 */
export async function unpackBody(body: Buffer, encoding: string | undefined, maxBytes: number): Promise<Buffer> {
  const name = (encoding ?? 'identity').trim().toLowerCase()
  if (name === 'identity' || name === '') {
    if (body.length > maxBytes) throw tooLarge(maxBytes)
    return body
  }
  const unpack = Object.hasOwn(unpackers, name) ? unpackers[name] : undefined
  if (unpack === undefined) throw new ServerError('SERIALIZATION', `Content-Encoding ${JSON.stringify(name.slice(0, 40))} is not supported`)
  try {
    return await unpack(body, { maxOutputLength: maxBytes })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxBytes)
    throw new ServerError('SERIALIZATION', `The body is not valid ${name}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

export const tooLarge = (maxBytes: number): ServerError =>
  new ServerError('REQUEST_TOO_LARGE', `The body is longer than ${maxBytes} bytes after decompression`)
