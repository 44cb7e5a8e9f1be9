import { csvFormat } from './csv.ts'
import type { FileFormat } from './file-format.ts'
import { jsonLinesFormat } from './json-lines.ts'
import { lineProtocolFormat } from './line-protocol.ts'
import { parquetFormat } from './parquet.ts'

/** The formats of `tidemark import`, by the name that `--format` takes. */
export const fileFormats = {
  csv: csvFormat,
  jsonl: jsonLinesFormat,
  'line-protocol': lineProtocolFormat,
  parquet: parquetFormat,
} as const satisfies Readonly<Record<string, FileFormat>>

export type FormatName = keyof typeof fileFormats

/** By the ending of a file's name; undefined when none has it. */
export function formatOf(path: string): FormatName | undefined {
  const name = path.toLowerCase()
  const fits = ({ endings, isStream }: FileFormat): boolean =>
    endings.some((ending) => name.endsWith(ending) || (isStream && name.endsWith(`${ending}.gz`)))
  return (Object.keys(fileFormats) as FormatName[]).find((format) => fits(fileFormats[format]))
}
