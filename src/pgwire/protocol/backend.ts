/** Messages to a client. Source: PostgreSQL 15 documentation, "Message Formats". */

export interface ColumnDescription {
  readonly name: string
  readonly oid: number
  /** Bytes of the type; -1: it varies. */
  readonly size: number
  /** 0 text, 1 binary. */
  readonly format: number
}

export interface Notice {
  readonly severity: 'ERROR' | 'FATAL' | 'NOTICE' | 'WARNING'
  readonly sqlState: string
  readonly message: string
  /** In the text of the statement, counted in characters from 1. */
  readonly position?: number
}

type Part = number | Uint8Array

const int16 = (value: number): Buffer => {
  const bytes = Buffer.allocUnsafe(2)
  bytes.writeInt16BE(value)
  return bytes
}
const int32 = (value: number): Buffer => {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeInt32BE(value | 0)
  return bytes
}
const text = (value: string): Buffer => Buffer.from(`${value.replaceAll('\0', '')}\0`, 'utf8')

/** A type byte, the length, the parts; numbers are single bytes. */
function message(type: string, ...parts: readonly Part[]): Buffer {
  const bytes = parts.map((part) => (typeof part === 'number' ? Buffer.from([part]) : part))
  const size = bytes.reduce((sum, part) => sum + part.length, 4)
  return Buffer.concat([Buffer.from(type, 'latin1'), int32(size), ...bytes], size + 1)
}

export const authenticationOk = message('R', int32(0))
export const authenticationSasl = (mechanisms: readonly string[]): Buffer => message('R', int32(10), ...mechanisms.map(text), 0)
export const authenticationSaslContinue = (data: string): Buffer => message('R', int32(11), Buffer.from(data))
export const authenticationSaslFinal = (data: string): Buffer => message('R', int32(12), Buffer.from(data))
export const parameterStatus = (name: string, value: string): Buffer => message('S', text(name), text(value))
export const backendKeyData = (processId: number, secret: number): Buffer => message('K', int32(processId), int32(secret))
/** `I` idle, `T` in a transaction, `E` in a failed one. */
export const readyForQuery = (state: 'I' | 'T' | 'E'): Buffer => message('Z', Buffer.from(state))
export const parseComplete = message('1')
export const bindComplete = message('2')
export const closeComplete = message('3')
export const noData = message('n')
export const emptyQueryResponse = message('I')
export const portalSuspended = message('s')
export const commandComplete = (tag: string): Buffer => message('C', text(tag))
export const copyDone = message('c')
export const copyData = (data: Uint8Array): Buffer => message('d', data)
/** Of a text. */
export const copyOut = (columns: number): Buffer => message('H', 0, int16(columns), ...Array.from({ length: columns }, () => int16(0)))
export const parameterDescription = (oids: readonly number[]): Buffer => message('t', int16(oids.length), ...oids.map(int32))
export const negotiateVersion = (minor: number, options: readonly string[]): Buffer =>
  message('v', int32(minor), int32(options.length), ...options.map(text))

export function rowDescription(columns: readonly ColumnDescription[]): Buffer {
  const fields = columns.map(({ name, oid, size, format }) =>
    Buffer.concat([text(name), int32(0), int16(0), int32(oid), int16(size), int32(-1), int16(format)]),
  )
  return message('T', int16(columns.length), ...fields)
}

/** A row of texts, for the few that no engine makes. */
export function dataRow(cells: readonly (string | null)[]): Buffer {
  const parts = cells.flatMap((cell) => {
    if (cell === null) return [int32(-1)]
    const bytes = Buffer.from(cell, 'utf8')
    return [int32(bytes.length), bytes]
  })
  return message('D', int16(cells.length), ...parts)
}

export function notice({ severity, sqlState, message: content, position }: Notice): Buffer {
  const fields: [string, string][] = [
    ['S', severity],
    ['V', severity],
    ['C', sqlState],
    ['M', content],
  ]
  if (position !== undefined) fields.push(['P', String(position)])
  const parts = fields.map(([name, value]) => Buffer.concat([Buffer.from(name), text(value)]))
  return message(severity === 'NOTICE' || severity === 'WARNING' ? 'N' : 'E', ...parts, 0)
}
