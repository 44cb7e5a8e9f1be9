/** A server's message with its header, as it came. */
export interface BackendFrame {
  readonly type: string
  readonly bytes: Buffer
}

/** The messages in what another server answered. */
export function backendFrames(bytes: Buffer): readonly BackendFrame[] {
  const frames: BackendFrame[] = []
  for (let at = 0; at + 5 <= bytes.length;) {
    const end = at + 1 + bytes.readUInt32BE(at + 1)
    frames.push({ type: String.fromCharCode(bytes[at]!), bytes: bytes.subarray(at, end) })
    at = end
  }
  return frames
}

export const hasError = (bytes: Buffer): boolean => backendFrames(bytes).some(({ type }) => type === 'E')

/** Messages as a client sends them. */
export function frontendMessage(type: string, ...parts: readonly Uint8Array[]): Buffer {
  const size = parts.reduce((sum, part) => sum + part.length, 4)
  const header = Buffer.alloc(5)
  header.write(type, 'latin1')
  header.writeUInt32BE(size, 1)
  return Buffer.concat([header, ...parts])
}

export const text = (value: string): Buffer => Buffer.from(`${value}\0`, 'utf8')
export const syncMessage = frontendMessage('S')
export const queryMessage = (sql: string): Buffer => frontendMessage('Q', text(sql))
