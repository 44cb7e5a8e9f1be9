import { compressSync } from 'snappy'
import { describe, expect, it } from 'vitest'
import { snappyCodec } from './snappy-codec.ts'

const text = Buffer.from('temperature '.repeat(100))

describe('messages packed with Snappy', () => {
  it('are read as librdkafka and this client write them', async () => {
    expect(await snappyCodec.decompress(compressSync(text))).toEqual(text)
    expect(await snappyCodec.decompress(await snappyCodec.compress({ buffer: text }))).toEqual(text)
  })

  it('are read as the Java client writes them: in blocks', async () => {
    const blocks = [text.subarray(0, 500), text.subarray(500)].map((part) => compressSync(part))
    const length = (block: Buffer): Buffer => Buffer.from(Uint32Array.of(block.length).buffer).reverse()
    const header = Buffer.from('82534e41505059000000000100000001', 'hex')
    const framed = Buffer.concat([header, ...blocks.flatMap((block) => [length(block), block])])
    expect(await snappyCodec.decompress(framed)).toEqual(text)
  })
})
