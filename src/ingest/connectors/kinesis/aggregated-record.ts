import { createHash } from 'node:crypto'
import protobuf from 'protobufjs'
import { ServerError } from '../../../base/errors.ts'

const magic = Buffer.from([0xf3, 0x89, 0x9a, 0xc2])
const digestBytes = 16
const recordsField = 3
const dataField = 3
const mostRecords = 100_000

/**
 * The user records of a record that the Kinesis Producer Library has aggregated (a magic number, a protobuf message, its MD5); any other record is its own only one.
 * Source: amazon-kinesis-producer, "aggregation-format.md".
 * @throws ServerError VALIDATION for an aggregate that is damaged
 */
export function userRecordsOf(data: Buffer): readonly Buffer[] {
  if (data.length < magic.length + digestBytes || !data.subarray(0, magic.length).equals(magic)) return [data]
  const message = data.subarray(magic.length, -digestBytes)
  // a record that only happens to begin with the same bytes
  if (!createHash('md5').update(message).digest().equals(data.subarray(-digestBytes))) return [data]
  try {
    return readRecords(message)
  } catch (error) {
    if (error instanceof ServerError) throw error
    throw new ServerError('VALIDATION', `The aggregated record cannot be read: ${error instanceof Error ? error.message : 'protobuf'}.`)
  }
}

function readRecords(message: Buffer): readonly Buffer[] {
  const records: Buffer[] = []
  const reader = protobuf.Reader.create(message)
  while (reader.pos < reader.len) {
    const tag = reader.uint32()
    if (tag >>> 3 !== recordsField) {
      reader.skipType(tag & 7)
      continue
    }
    if (records.length >= mostRecords) throw new ServerError('VALIDATION', `The aggregated record holds more than ${mostRecords} records.`)
    const end = reader.uint32() + reader.pos
    while (reader.pos < end) {
      const inner = reader.uint32()
      if (inner >>> 3 === dataField) records.push(Buffer.from(reader.bytes()))
      else reader.skipType(inner & 7)
    }
  }
  return records
}
