import protobuf from 'protobufjs/minimal.js'
import { ServerError } from '../../../base/errors.ts'

export type ProtoReader = protobuf.Reader

export const readerOf = (bytes: Buffer): ProtoReader => protobuf.Reader.create(bytes)

/** @throws ServerError SERIALIZATION for what `read` cannot read */
export function readMessage<T>(bytes: Buffer, read: (reader: ProtoReader) => T): T {
  try {
    return read(readerOf(bytes))
  } catch (error) {
    if (error instanceof ServerError) throw error
    throw new ServerError('SERIALIZATION', `the body is no message of its type: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** An int64 as a number. */
export function int64(reader: ProtoReader): number {
  const value = reader.int64()
  return typeof value === 'number' ? value : value.high * 4_294_967_296 + (value.low >>> 0)
}

/** Reads the fields of a message up to `end`; what `field` does not know (it answers false) is skipped. */
export function fields(reader: ProtoReader, end: number, field: (number: number, wireType: number) => boolean): void {
  while (reader.pos < end) {
    const tag = reader.uint32()
    if (tag >>> 3 === 0) throw new ServerError('SERIALIZATION', 'the body is no message of its type: a field has the number 0')
    if (!field(tag >>> 3, tag & 7)) reader.skipType(tag & 7)
  }
  if (reader.pos !== end) throw new ServerError('SERIALIZATION', 'the body is no message of its type: a field ends behind its message')
}

/** Reads a message inside a message: its length, then its fields. */
export function nested(reader: ProtoReader, field: (number: number, wireType: number) => boolean): void {
  fields(reader, endOf(reader), field)
}

/** Where the message ends whose length comes next. */
export function endOf(reader: ProtoReader): number {
  const length = reader.uint32()
  const end = reader.pos + length
  if (end > reader.len) throw new ServerError('SERIALIZATION', 'the body is no message of its type: it ends too early')
  return end
}
