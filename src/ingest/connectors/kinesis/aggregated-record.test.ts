import { createHash } from 'node:crypto'
import protobuf from 'protobufjs'
import { describe, expect, it } from 'vitest'
import { userRecordsOf } from './aggregated-record.ts'

function aggregate(payloads: readonly string[]): Buffer {
  const writer = protobuf.Writer.create().uint32(0x0a).string('key')
  for (const payload of payloads) {
    writer.uint32(0x1a).fork().uint32(0x08).uint64(0).uint32(0x1a).bytes(Buffer.from(payload)).ldelim()
  }
  return sealed(Buffer.from(writer.finish()))
}

const sealed = (message: Buffer): Buffer =>
  Buffer.concat([Buffer.from('f3899ac2', 'hex'), message, createHash('md5').update(message).digest()])

describe('a record of Kinesis', () => {
  it('is taken apart when the producer library has aggregated it', () => {
    expect(userRecordsOf(aggregate(['{"a":1}', '', 'xyz'])).map(String)).toEqual(['{"a":1}', '', 'xyz'])
  })

  it('is itself otherwise, also when it only begins like an aggregate', () => {
    const damaged = aggregate(['a'])
    damaged[10]! ^= 1
    for (const record of [Buffer.from('{"a":1}'), Buffer.alloc(0), damaged, Buffer.from('f3899ac2', 'hex')]) {
      expect(userRecordsOf(record)).toEqual([record])
    }
  })

  it('is refused when its message is none', () => {
    expect(() => userRecordsOf(sealed(Buffer.from([0x1a, 0x7f, 0x08])))).toThrow('The aggregated record cannot be read')
  })
})
