import type { RowBinaryReader } from '../../../engine/decode.ts'
import type { Type } from '../../../sql/types/type.ts'
import { PageText } from '../../query/encode/page-text.ts'
import { doubleText } from '../../query/encode/double-text.ts'
import { rowEncoder } from '../../query/encode/row-encoder.ts'
import type { RowTexts } from './map-row.ts'

type ReadCell = (reader: RowBinaryReader) => string | null

/** Reads rows of these columns as texts for records: nothing is made that the API's form would need. */
export function rowReader(types: readonly Type[]): (reader: RowBinaryReader) => RowTexts {
  const cells = types.map(cellReader)
  return (reader) => cells.map((read) => read(reader))
}

function cellReader(type: Type): ReadCell {
  if (type.kind === 'scalar') {
    switch (type.name) {
      case 'boolean':
        return optional((reader) => (reader.boolean() ? 'true' : 'false'))
      case 'integer':
        return optional((reader) => String(reader.int32()))
      case 'bigint':
      case 'timestamp':
        return optional((reader) => reader.int64Text())
      case 'double':
        return optional((reader) => doubleText(reader.float64()))
      case 'varchar':
        return optional((reader) => reader.string())
      case 'date':
      case 'time':
      case 'varbinary':
      case 'interval day to second':
      case 'interval year to month':
      case 'unknown':
        return encodedReader(type)
    }
  }
  return encodedReader(type)
}

/** No measure takes it: it is only moved over, and shown in error reports. */
function encodedReader(type: Type): ReadCell {
  const encode = rowEncoder([type])
  const page = new PageText(0)
  return (reader) => {
    page.cutTo(0)
    encode(reader, page)
    return page.text()
  }
}

const optional =
  (read: (reader: RowBinaryReader) => string): ReadCell =>
  (reader) =>
    reader.isNull() ? null : read(reader)
