import { createReadStream } from 'node:fs'
import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { UnreadableFile } from './file-format.ts'

const chunkBytes = 1 << 20

/** The bytes of a file, uncompressed when its name ends in `.gz`. */
export async function* fileBytes(path: string, onBytes: (count: number) => void): AsyncGenerator<Buffer> {
  const raw = counted(createReadStream(path, { highWaterMark: chunkBytes }), onBytes)
  if (!path.toLowerCase().endsWith('.gz')) return yield* raw
  // a failure of either ends the reading
  const gunzip = pipeline(Readable.from(raw), createGunzip({ chunkSize: chunkBytes }), () => undefined)
  try {
    for await (const chunk of gunzip) yield chunk as Buffer
  } catch (error) {
    throw new UnreadableFile(`it is not gzip, or not whole (${(error as Error).message})`)
  }
}

async function* counted(stream: Readable, onBytes: (count: number) => void): AsyncGenerator<Buffer> {
  for await (const chunk of stream) {
    onBytes((chunk as Buffer).length)
    yield chunk as Buffer
  }
}
