/** `{a,"b c",NULL}` of items. Source: PostgreSQL 15, "Arrays", input and output syntax. */
export const arrayText = (items: readonly (string | null)[]): string =>
  `{${items.map((item) => (item === null ? 'NULL' : `"${item.replaceAll(/["\\]/g, String.raw`\$&`)}"`)).join(',')}}`

/** The items of a binary array of one dimension; undefined when the bytes are none. `read`: the text of one item. */
export function binaryArrayItems(bytes: Buffer, read: (item: Buffer) => string): readonly (string | null)[] | undefined {
  if (bytes.length === 12 && bytes.readInt32BE(0) === 0) return []
  if (bytes.length < 20 || bytes.readInt32BE(0) !== 1) return undefined
  const count = bytes.readInt32BE(12)
  const items: (string | null)[] = []
  let at = 20
  for (let index = 0; index < count; index++) {
    if (at + 4 > bytes.length) return undefined
    const size = bytes.readInt32BE(at)
    at += 4
    if (size === -1) items.push(null)
    else if (size < 0 || at + size > bytes.length) return undefined
    else {
      items.push(read(bytes.subarray(at, at + size)))
      at += size
    }
  }
  return at === bytes.length ? items : undefined
}

/** A numeric as decimal text; undefined when the bytes are none. Source: PostgreSQL 15, numeric_send. */
export function numericText(bytes: Buffer): string | undefined {
  if (bytes.length < 8) return undefined
  const count = bytes.readInt16BE(0)
  const weight = bytes.readInt16BE(2)
  const sign = bytes.readUInt16BE(4)
  const scale = bytes.readInt16BE(6)
  if (sign === 0xc000) return 'NaN'
  if (sign === 0xd000) return 'Infinity'
  if (sign === 0xf000) return '-Infinity'
  if (count < 0 || scale < 0 || bytes.length !== 8 + 2 * count || Math.abs(weight) > 5000) return undefined
  const digits = Array.from({ length: count }, (_, index) => String(bytes.readInt16BE(8 + 2 * index)).padStart(4, '0'))
  const group = (place: number): string => digits[weight - place] ?? '0000'
  let whole = ''
  for (let place = Math.max(weight, 0); place >= 0; place--) whole += group(place)
  let fraction = ''
  for (let place = -1; fraction.length < scale; place--) fraction += group(place)
  return `${sign === 0x4000 ? '-' : ''}${whole.replace(/^0+(?=\d)/, '')}${scale > 0 ? `.${fraction.slice(0, scale)}` : ''}`
}
