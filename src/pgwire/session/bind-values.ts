import type { QueryParameters } from '../../database/query/open-rows.ts'
import type { Type } from '../../sql/types/type.ts'
import { BodyReader, utf8 } from '../protocol/frontend.ts'
import { ProtocolError } from '../protocol/protocol-error.ts'
import { arrayText, binaryArrayItems, numericText } from './array-text.ts'

/** What Bind says. */
export interface Binding {
  readonly portal: string
  readonly statement: string
  readonly formats: readonly number[]
  readonly values: readonly (Buffer | null)[]
  readonly resultFormats: readonly number[]
}

/** Source: PostgreSQL, "Message Formats", Bind. @throws ProtocolError */
export function readBind(body: Buffer): Binding {
  const reader = new BodyReader(body)
  const portal = reader.text()
  const statement = reader.text()
  const formats = formatCodes(reader)
  const values = many(reader, () => {
    const size = reader.int32()
    return size === -1 ? null : reader.bytes(size)
  })
  const resultFormats = formatCodes(reader)
  reader.end()
  return { portal, statement, formats, values, resultFormats }
}

function formatCodes(reader: BodyReader): readonly number[] {
  return many(reader, () => {
    const code = reader.int16()
    if (code !== 0 && code !== 1) throw new ProtocolError('22023', `unsupported format code: ${code}`)
    return code
  })
}

/** As many as an unsigned 16-bit number says. */
export function many<T>(reader: BodyReader, item: () => T): readonly T[] {
  const count = reader.int16() & 0xffff
  const items: T[] = []
  for (let index = 0; index < count; index++) items.push(item())
  return items
}

/** Values by the names `1`, `2`, … as the compiler takes them. @throws ProtocolError when a binary value is none of its type */
export function parametersOf({ formats, values }: Binding, types: readonly Type[], oids: readonly number[] = []): QueryParameters {
  if (values.length !== types.length) {
    throw new ProtocolError(
      '08P01',
      `bind message supplies ${values.length} parameters, but the prepared statement requires ${types.length}`,
    )
  }
  const read = (value: Buffer, type: Type, index: number): string =>
    oids[index] === numericOid ? (numericText(value) ?? wrongBytes(index + 1)) : binaryText(value, type, index + 1)
  return Object.fromEntries(
    values.map((value, index) => {
      const type = types[index]!
      const isBinary = (formats.length === 1 ? formats[0] : formats[index]) === 1
      return [String(index + 1), { type, text: value === null ? null : isBinary ? read(value, type, index) : utf8(value) }]
    }),
  )
}

const numericOid = 1700
const unixMicroseconds = 946_684_800_000_000n
const unixDays = 10_957

function wrongBytes(place: number): never {
  throw new ProtocolError('22P03', `incorrect binary data format in bind parameter ${place}`)
}

/** Binary values of the types that clients send so. */
function binaryText(bytes: Buffer, type: Type, place: number): string {
  if (type.kind === 'array') {
    const items = binaryArrayItems(bytes, (item) => binaryText(item, type.element, place))
    return items ? arrayText(items) : wrongBytes(place)
  }
  const name = type.kind === 'scalar' ? type.name : type.kind
  const wrong = (): never => wrongBytes(place)
  switch (name) {
    case 'boolean':
      return bytes.length === 1 ? String(bytes[0] !== 0) : wrong()
    case 'integer':
    case 'bigint':
      if (bytes.length === 2) return String(bytes.readInt16BE(0))
      if (bytes.length === 4) return String(bytes.readInt32BE(0))
      return bytes.length === 8 ? String(bytes.readBigInt64BE(0)) : wrong()
    case 'double':
      if (bytes.length === 4) return String(bytes.readFloatBE(0))
      return bytes.length === 8 ? String(bytes.readDoubleBE(0)) : wrong()
    case 'varchar':
    case 'unknown':
      return utf8(bytes)
    case 'timestamp': {
      if (bytes.length !== 8) return wrong()
      const microseconds = bytes.readBigInt64BE(0) + unixMicroseconds
      const fraction = String(((microseconds % 1_000_000n) + 1_000_000n) % 1_000_000n).padStart(6, '0')
      return `${new Date(Number(microseconds / 1000n)).toISOString().slice(0, 19).replace('T', ' ')}.${fraction}`
    }
    case 'date':
      if (bytes.length !== 4) return wrong()
      return new Date((bytes.readInt32BE(0) + unixDays) * 86_400_000).toISOString().slice(0, 10)
    default:
      throw new ProtocolError('0A000', `parameter ${place} of type ${name} must be sent as text`)
  }
}
