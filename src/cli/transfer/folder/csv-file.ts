import type { ColumnInfo } from '@aws-sdk/client-timestream-query'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { type CsvStyle, fieldQuoter } from '../../../csv/csv-field.ts'
import type { OpenFile, ResultFile, ResultRow } from './result-file.ts'
import { unloadText } from './unload-text.ts'

export interface CsvFileOptions extends CsvStyle {
  readonly isGzip: boolean
  readonly hasHeader: boolean
}

/** CSV as UNLOAD writes it. */
export const csvFile =
  (options: CsvFileOptions): OpenFile =>
  (path, columns) =>
    new CsvFile(path, columns, options)

class CsvFile implements ResultFile {
  readonly #file
  readonly #target
  readonly #columns: readonly ColumnInfo[]
  readonly #delimiter: string
  readonly #quoted: (text: string) => string
  #text = ''
  waitingRows = 0

  constructor(path: string, columns: readonly ColumnInfo[], { isGzip, hasHeader, ...style }: CsvFileOptions) {
    this.#file = createWriteStream(path, { flags: 'wx' })
    const gzip = isGzip ? createGzip({ level: 4 }) : undefined
    gzip?.pipe(this.#file)
    // it comes out of the next flush
    this.#file.on('error', (error) => (gzip === undefined ? undefined : gzip.destroy(error)))
    gzip?.on('error', () => undefined)
    this.#target = gzip ?? this.#file
    this.#columns = columns
    this.#delimiter = style.fieldDelimiter
    this.#quoted = fieldQuoter(style)
    if (hasHeader) this.#text = `${columns.map(({ Name = '' }) => this.#quoted(Name)).join(this.#delimiter)}\n`
  }

  get bytes(): number {
    return this.#file.bytesWritten
  }

  add(row: ResultRow): void {
    this.waitingRows++
    for (let index = 0; index < this.#columns.length; index++) {
      if (index > 0) this.#text += this.#delimiter
      const text = unloadText(row[index] ?? { NullValue: true }, this.#columns[index]!.Type)
      if (text !== undefined) this.#text += this.#quoted(text)
    }
    this.#text += '\n'
  }

  async flush(): Promise<void> {
    const text = this.#text
    this.#text = ''
    this.waitingRows = 0
    if (this.#target.errored !== null) throw this.#target.errored
    if (text !== '' && !this.#target.write(text)) await once(this.#target, 'drain')
  }

  async end(): Promise<void> {
    await this.flush()
    const isWhole = finished(this.#file)
    this.#target.end()
    await isWhole
  }

  abandon(): void {
    this.#target.destroy()
    this.#file.destroy()
  }
}
