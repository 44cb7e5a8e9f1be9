import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BodyReader, FrontendReader, type Frame } from './frontend.ts'
import { frontendMessage, queryMessage, text } from './frames.ts'
import { ProtocolError } from './protocol-error.ts'

const most = 1000

function started(): FrontendReader {
  const reader = new FrontendReader(most)
  reader.isStarting = false
  return reader
}

function read(reader: FrontendReader, bytes: Buffer, pieces: readonly number[] = []): readonly Frame[] {
  const frames: Frame[] = []
  let at = 0
  for (const size of [...pieces, bytes.length]) {
    reader.feed(bytes.subarray(at, at + size))
    at += size
    for (let frame = reader.next(); frame !== undefined; frame = reader.next())
      frames.push({ type: frame.type, body: Buffer.from(frame.body) })
  }
  return frames
}

describe('messages of a client', () => {
  test('are the same wherever the bytes are cut', () => {
    const messages = Buffer.concat([
      queryMessage('SELECT 1'),
      frontendMessage('S'),
      frontendMessage('P', text('a'), text('b'), Buffer.alloc(2)),
    ])
    const whole = read(started(), messages)
    expect(whole.map(({ type }) => type)).toEqual(['Q', 'S', 'P'])
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 20 }), (pieces) => {
        expect(read(started(), messages, pieces)).toEqual(whole)
      }),
    )
  })

  test('of an invalid message length are refused before their bytes are there', () => {
    for (const length of [0, 3, most + 1, 0x7fff_ffff, 0xffff_ffff]) {
      const header = Buffer.alloc(5)
      header.write('Q')
      header.writeUInt32BE(length, 1)
      expect(() => read(started(), header), String(length)).toThrow('invalid message length')
    }
    const startup = Buffer.alloc(4)
    startup.writeUInt32BE(1_000_000_000)
    expect(() => read(new FrontendReader(most), startup)).toThrow('invalid message length 1000000000')
  })

  test('of an unknown type are refused', () => {
    expect(() => read(started(), Buffer.from('Z\0\0\0\x04'))).toThrow('invalid frontend message type 90')
  })

  test('whatever the bytes are, reading ends with messages, with waiting or with a protocol error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, isStarting) => {
        const reader = new FrontendReader(most)
        reader.isStarting = isStarting
        try {
          for (const { body } of read(reader, Buffer.from(bytes))) {
            const parts = new BodyReader(body)
            parts.text()
            parts.bytes(parts.int32())
            parts.end()
          }
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError)
        }
      }),
      { numRuns: 2000 },
    )
  })

  test('with text that is no UTF-8 are refused', () => {
    expect(() => new BodyReader(Buffer.from([0xff, 0xfe, 0])).text()).toThrow('invalid byte sequence')
    expect(() => new BodyReader(Buffer.from('open')).text()).toThrow('invalid string')
  })
})
