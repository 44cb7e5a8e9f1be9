import { ServerError } from '../../base/errors.ts'
import type { ObjectStore } from '../../object-store/object-store.ts'

const tailBytes = 8
/** Types of Thrift's compact protocol. */
const wire = { stop: 0, yes: 1, no: 2, byte: 3, i16: 4, i32: 5, i64: 6, double: 7, binary: 8, list: 9, set: 10, map: 11, struct: 12 }
const rowsField = 3

/** How many rows a Parquet file has: member `num_rows` of its footer. Source: Apache Parquet format, "File format" and `FileMetaData`. */
export async function parquetRows(store: ObjectStore, bucket: string, key: string, size: number): Promise<number> {
  const tail = await store.get(bucket, key, { start: size - tailBytes })
  if (tail.toString('latin1', 4) !== 'PAR1') throw new ServerError('INTERNAL', `the file ${key} is no Parquet file`)
  const length = tail.readUInt32LE(0)
  return footerRows(await store.get(bucket, key, { start: size - tailBytes - length, end: size - tailBytes }))
}

export function footerRows(footer: Buffer): number {
  const reader = new CompactReader(footer)
  let field = 0
  for (;;) {
    const header = footer.readUInt8(reader.at++)
    const type = header & 15
    if (type === wire.stop) throw new ServerError('INTERNAL', 'the footer of a Parquet file has no number of rows')
    field = header >> 4 === 0 ? reader.zigzag() : field + (header >> 4)
    if (field === rowsField) return reader.zigzag()
    reader.skip(type)
  }
}

class CompactReader {
  readonly #bytes: Buffer
  at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  varint(): number {
    let value = 0
    let scale = 1
    for (;;) {
      const byte = this.#bytes.readUInt8(this.at++)
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
      scale *= 128
    }
  }

  zigzag(): number {
    const value = this.varint()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  skip(type: number, isElement = false): void {
    switch (type) {
      case wire.yes:
      case wire.no:
        if (isElement) this.at++
        return
      case wire.byte:
        this.at++
        return
      case wire.i16:
      case wire.i32:
      case wire.i64:
        this.varint()
        return
      case wire.double:
        this.at += 8
        return
      case wire.binary: {
        const size = this.varint()
        this.at += size
        return
      }
      case wire.list:
      case wire.set: {
        const header = this.#bytes.readUInt8(this.at++)
        const count = header >> 4 === 15 ? this.varint() : header >> 4
        for (let left = count; left > 0; left--) this.skip(header & 15, true)
        return
      }
      case wire.map: {
        const count = this.varint()
        if (count === 0) return
        const types = this.#bytes.readUInt8(this.at++)
        for (let left = count; left > 0; left--) {
          this.skip(types >> 4, true)
          this.skip(types & 15, true)
        }
        return
      }
      case wire.struct:
        for (;;) {
          const header = this.#bytes.readUInt8(this.at++)
          if ((header & 15) === wire.stop) return
          if (header >> 4 === 0) this.zigzag()
          this.skip(header & 15)
        }
      default:
        throw new ServerError('INTERNAL', `the footer of a Parquet file has a value of type ${type}`)
    }
  }
}
