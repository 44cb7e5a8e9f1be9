import { compress, uncompress } from 'snappy'

/** What Kafka's Java client frames blocks of snappy with: a magic, two versions, then length and block each. */
const javaMagic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
const javaHeaderBytes = 16

/** Snappy for kafkajs, which knows gzip alone. */
export const snappyCodec = {
  async compress({ buffer }: { readonly buffer: Buffer }): Promise<Buffer> {
    return compress(buffer)
  },
  async decompress(buffer: Buffer): Promise<Buffer> {
    if (!buffer.subarray(0, javaMagic.length).equals(javaMagic)) return unpacked(buffer)
    const blocks: Buffer[] = []
    for (let at = javaHeaderBytes; at < buffer.length;) {
      const length = buffer.readUInt32BE(at)
      blocks.push(await unpacked(buffer.subarray(at + 4, at + 4 + length)))
      at += 4 + length
    }
    return Buffer.concat(blocks)
  },
}

const unpacked = async (block: Buffer): Promise<Buffer> => Buffer.from(await uncompress(block, { asBuffer: true }))
