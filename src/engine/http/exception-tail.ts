/** An exception that the server wrote behind rows it had sent already; the message is the server's. */
export class TrailingException extends Error {
  override readonly name = 'TrailingException'
}

/**
 * The data of a response, without the exception that may follow it. With the header `X-ClickHouse-Exception-Tag` the server ends a
 * failed response by CRLF `__exception__` CRLF, the tag, CRLF, the message, LF, its length, a space, the tag, CRLF `__exception__` CRLF.
 * Source: ClickHouse, src/Server/HTTP/WriteBufferFromHTTPServerResponse.cpp.
 * @throws TrailingException after the last data.
 */
export async function* withoutExceptionTail(chunks: AsyncIterable<Uint8Array>, tag: string | undefined): AsyncGenerator<Uint8Array> {
  if (tag === undefined) {
    yield* chunks
    return
  }
  const marker = Buffer.from(`\r\n__exception__\r\n${tag}\r\n`)
  const keep = marker.length - 1
  let held: Buffer = Buffer.alloc(0)
  let exception: Buffer[] | undefined
  try {
    for await (const chunk of chunks) {
      if (exception) {
        exception.push(Buffer.from(chunk))
        continue
      }
      const joined: Buffer = held.length === 0 ? bufferOf(chunk) : Buffer.concat([held, chunk])
      const at = joined.indexOf(marker)
      if (at >= 0) {
        exception = [joined.subarray(at + marker.length)]
        held = Buffer.alloc(0)
        if (at > 0) yield joined.subarray(0, at)
        continue
      }
      // the marker may begin in the last bytes
      const carriageReturn = joined.indexOf(13, Math.max(0, joined.length - keep))
      const end = carriageReturn === -1 ? joined.length : carriageReturn
      held = joined.subarray(end)
      if (end > 0) yield joined.subarray(0, end)
    }
  } catch (error) {
    // the server may drop the connection right behind the exception
    if (!exception) throw error
  }
  if (exception) throw new TrailingException(messageOf(Buffer.concat(exception).toString('utf8'), tag))
  if (held.length > 0) yield held
}

function messageOf(text: string, tag: string): string {
  const end = text.lastIndexOf(` ${tag}`)
  const message = end === -1 ? text : text.slice(0, text.lastIndexOf('\n', end))
  return message.trim()
}

function bufferOf(chunk: Uint8Array): Buffer {
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
}
