import { commandComplete, copyData, copyDone, copyOut } from '../protocol/backend.ts'
import { backendFrames } from '../protocol/frames.ts'
import { ProtocolError } from '../protocol/protocol-error.ts'
import type { Wire } from '../protocol/wire.ts'
import { cellsOf } from './result.ts'
import type { Session } from './session.ts'

interface CopyStatement {
  readonly query: string
  readonly isCsv: boolean
  readonly hasHeader: boolean
  readonly delimiter: string
  readonly nullText: string
}

/** `COPY (query) TO STDOUT [WITH (FORMAT CSV, HEADER, DELIMITER ';', NULL '')]`, `COPY table [(columns)] TO STDOUT`. @throws ProtocolError */
export function readCopy(statement: string): CopyStatement {
  const parts = /^\s*copy\s+([\s\S]+?)\s+to\s+stdout\b([\s\S]*)$/i.exec(statement)
  if (!parts) throw new ProtocolError('0A000', 'of COPY only COPY … TO STDOUT is supported')
  const [, source = '', options = ''] = parts
  const known = options.replace(/^\s*(?:with\b)?\s*\(?/i, '').replace(/\)\s*$/, '')
  const isCsv = /\bcsv\b/i.test(known)
  if (/\bbinary\b/i.test(known)) throw new ProtocolError('0A000', 'COPY in the binary format is not supported')
  const text = (name: string): string | undefined =>
    new RegExp(String.raw`\b${name}\s+(?:as\s+)?e?'((?:[^']|'')*)'`, 'i')
      .exec(known)?.[1]
      ?.replaceAll("''", "'")
      .replace(String.raw`\t`, '\t')
  const delimiter = text('delimiter') ?? (isCsv ? ',' : '\t')
  if (delimiter.length !== 1) throw new ProtocolError('22023', 'COPY delimiter must be a single one-byte character')
  // blanks in place of the head, so that the position of an error is that in the whole statement
  const before = statement.slice(0, statement.indexOf(source) + 1).replaceAll(/[^\n]/g, ' ')
  const query = source.startsWith('(') ? before + source.slice(1, source.lastIndexOf(')')) : tableQuery(source)
  return {
    query,
    isCsv,
    delimiter,
    hasHeader: /\bheader\b(?!\s+(?:false|off))/i.test(known),
    nullText: text('null') ?? (isCsv ? '' : String.raw`\N`),
  }
}

function tableQuery(source: string): string {
  const [, table = source, columns] = /^([\s\S]+?)\s*\(([\s\S]*)\)$/.exec(source) ?? []
  return `SELECT ${columns ?? '*'} FROM ${table}`
}

export async function copyOutStatement(statement: string, session: Session, wire: Wire): Promise<void> {
  const copy = readCopy(statement)
  const result = await session.open(copy.query, {}, [])
  await session.running(result, async () => {
    const { columns } = result
    await wire.write(copyOut(columns.length))
    if (copy.hasHeader)
      await wire.write(
        copyData(
          line(
            columns.map(({ name }) => name),
            copy,
          ),
        ),
      )
    await result.send((rows) => wire.write(...backendFrames(rows).map(({ bytes }) => copyData(line(cellsOf(bytes), copy)))))
    await wire.write(copyDone, commandComplete(`COPY ${result.sent}`))
  })
}

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }

function line(texts: readonly (string | null)[], { isCsv, delimiter, nullText }: CopyStatement): Buffer {
  const written = texts.map((text) => {
    if (text === null) return nullText
    if (!isCsv) return text.replaceAll(/[\\\n\r\t]/g, (character) => escapes[character]!)
    const needsQuotes = text === nullText || text.includes(delimiter) || /["\r\n]/.test(text)
    return needsQuotes ? `"${text.replaceAll('"', '""')}"` : text
  })
  return Buffer.from(`${written.join(delimiter)}\n`, 'utf8')
}
