import { mostRowBytes, UnreadableFile } from './file-format.ts'

export interface Line {
  /** 1-based. */
  readonly line: number
  /** Without the end of the line. */
  readonly bytes: Buffer
}

const [newline, carriageReturn] = [0x0a, 0x0d]
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf])

/**
 * The lines of a file, in blocks. A byte order mark at its beginning is passed over.
 * @throws UnreadableFile at a line that does not end
 */
export async function* readLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Line[]> {
  let rest: Buffer = Buffer.alloc(0)
  let line = 0
  const cut = (end: number, from: number, buffer: Buffer): Line => {
    line++
    const start = line === 1 && buffer.subarray(from, from + 3).equals(byteOrderMark) ? from + 3 : from
    const isCrLf = end > start && buffer[end - 1] === carriageReturn
    return { line, bytes: buffer.subarray(start, isCrLf ? end - 1 : end) }
  }
  for await (const chunk of chunks) {
    const buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    const lines: Line[] = []
    let at = 0
    for (let end = buffer.indexOf(newline, Math.max(0, rest.length)); end !== -1; end = buffer.indexOf(newline, at)) {
      lines.push(cut(end, at, buffer))
      at = end + 1
    }
    rest = buffer.subarray(at)
    if (lines.length > 0) yield lines
    if (rest.length > mostRowBytes) throw new UnreadableFile(`line ${line + 1} has more than ${mostRowBytes} bytes`)
  }
  if (rest.length > 0) yield [cut(rest.length, 0, rest)]
}
