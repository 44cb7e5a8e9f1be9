import { describe, expect, it } from 'vitest'
import { TrailingException, withoutExceptionTail } from './exception-tail.ts'

const tag = 'eahvpxykndmawdwn'
const message = "Code: 395. DB::Exception: it's wrong. (FUNCTION_THROW_IF_VALUE_IS_NON_ZERO) (version 26.7.2.1)"
const tail = Buffer.from(`\r\n__exception__\r\n${tag}\r\n${message}\n${message.length} ${tag}\r\n__exception__\r\n`)

async function* chunked(bytes: Buffer, size: number, failure?: Error): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size))
  if (failure) throw failure
}

async function read(chunks: AsyncIterable<Uint8Array>): Promise<{ data: Buffer; error: unknown }> {
  const parts: Uint8Array[] = []
  try {
    for await (const chunk of chunks) parts.push(Uint8Array.from(chunk))
  } catch (error) {
    return { data: Buffer.concat(parts), error }
  }
  return { data: Buffer.concat(parts), error: undefined }
}

const data = Buffer.from('data with \r\n__exception__\r\n in it, and a \r at the end\r\n')

describe('withoutExceptionTail', () => {
  it.each([1, 2, 5, 17, 50, 1000])('splits data from the exception, in chunks of %i bytes', async (size) => {
    const { data: got, error } = await read(withoutExceptionTail(chunked(Buffer.concat([data, tail]), size), tag))
    expect(got.toString()).toBe(data.toString())
    expect(error).toBeInstanceOf(TrailingException)
    expect((error as Error).message).toBe(message)
  })

  it.each([1, 3, 1000])('gives all data when there is no exception, in chunks of %i bytes', async (size) => {
    expect(await read(withoutExceptionTail(chunked(data, size), tag))).toEqual({ data, error: undefined })
    expect(await read(withoutExceptionTail(chunked(data, size), undefined))).toEqual({ data, error: undefined })
  })

  it('prefers the exception to the broken connection behind it', async () => {
    const { error } = await read(withoutExceptionTail(chunked(Buffer.concat([data, tail]), 64, new Error('aborted')), tag))
    expect((error as Error).message).toBe(message)
  })

  it('tells a connection that breaks among the data', async () => {
    const { error } = await read(withoutExceptionTail(chunked(data, 64, new Error('aborted')), tag))
    expect((error as Error).message).toBe('aborted')
  })
})
