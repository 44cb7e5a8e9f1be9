import { createReadStream, statSync, writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { systemClock } from '../../base/clock.ts'
import { ServerError } from '../../base/errors.ts'
import {
  parseChoice,
  parsePattern,
  parseSwitch,
  parseText,
  readOptions,
  type OptionDefinitions,
  type OptionSources,
} from '../../base/option.ts'
import { CsvScanner } from '../../csv/csv-scanner.ts'
import { rowReader } from '../../csv/data-model.ts'
import type { CsvConfiguration, DataModel, RowRecord } from '../../csv/model-types.ts'
import { type Connection, readConnection } from '../connection.ts'
import { ServiceFailure } from '../failure.ts'
import type { Output } from '../output.ts'
import { ProgressBar } from '../progress-bar.ts'
import { signedCall } from '../signed-call.ts'
import { readModel } from './import-model.ts'

const timeUnits = ['MILLISECONDS', 'SECONDS', 'MICROSECONDS', 'NANOSECONDS'] as const

export const importOptions = {
  into: {
    flag: 'into',
    placeholder: 'DATABASE.TABLE',
    summary: 'The table, which must be there',
    parse: parsePattern(/^[a-zA-Z0-9_-]{3,256}\.[a-zA-Z0-9_.-]{3,256}$/, 'DATABASE.TABLE'),
  },
  model: {
    flag: 'model',
    placeholder: 'FILE',
    summary: 'Data model as JSON, as batch loads take it; instead of the flags that follow',
    parse: parseText,
  },
  time: { flag: 'time', placeholder: 'COLUMN', summary: 'Column of the time', fallback: 'time', parse: parseText },
  timeUnit: {
    flag: 'time-unit',
    placeholder: 'UNIT',
    summary: `Unit of the time: ${timeUnits.join(', ')}`,
    fallback: 'MILLISECONDS',
    parse: parseChoice(timeUnits),
  },
  dimensions: { flag: 'dimensions', placeholder: 'COLUMN,…', summary: 'Columns that are dimensions', parse: parseText },
  measures: {
    flag: 'measures',
    placeholder: 'COLUMN[:TYPE],…',
    summary: 'Columns that are measures; double when no type is given',
    parse: parseText,
  },
  measureName: { flag: 'measure-name', placeholder: 'NAME', summary: 'Name of the multi-measure records', parse: parseText },
  measureNameColumn: { flag: 'measure-name-column', placeholder: 'COLUMN', summary: 'Column that holds it', parse: parseText },
  separator: {
    flag: 'separator',
    placeholder: 'CHARACTER',
    summary: 'Between two fields',
    fallback: ',',
    parse: parsePattern(/^.$/, 'one character'),
  },
  quote: { flag: 'quote', placeholder: 'CHARACTER', summary: 'Around a field', fallback: '"', parse: parsePattern(/^["']$/, '" or \'') },
  nullValue: { flag: 'null-value', placeholder: 'TEXT', summary: 'Text that stands for NULL, besides none', parse: parseText },
  recordVersion: {
    flag: 'record-version',
    placeholder: 'NUMBER',
    summary: 'Version of the records',
    fallback: '1',
    parse: parsePattern(/^[1-9]\d{0,14}$/, 'a positive whole number'),
  },
  rejects: {
    flag: 'rejects',
    placeholder: 'FILE',
    summary: 'Write what was not taken, with lines and reasons, into this file as JSON',
    parse: parseText,
  },
  dryRun: { flag: 'dry-run', summary: 'Read the files and write nothing', parse: parseSwitch, fallback: 'false' },
} as const satisfies OptionDefinitions

const recordsPerWrite = 100
const writesAtOnce = 12
const rowBytes = 16 * 1024 * 1024
const mostRejects = 10_000

interface Reject {
  readonly file: string
  readonly line: number
  readonly reason: string
}
interface Pending {
  readonly record: RowRecord
  readonly line: number
}

/** Reads CSV files of this machine and writes their rows to the server, near or far. Memory does not grow with the files. */
export async function runImport(
  files: readonly string[],
  sources: OptionSources,
  output: Output,
  progress: (text: string) => void,
): Promise<void> {
  const options = readOptions(importOptions, sources)
  if (options.into === undefined) throw new ServerError('CONFIGURATION', '--into: give the table as DATABASE.TABLE')
  const [databaseName, tableName] = split(options.into)
  const { separator, quote, nullValue } = options
  const task = new Import({
    connection: readConnection(sources),
    databaseName,
    tableName,
    model: readModel(options as Parameters<typeof readModel>[0]),
    csv: { ColumnSeparator: separator, QuoteChar: quote, ...(nullValue !== undefined && { NullValue: nullValue }) },
    version: Number(options.recordVersion),
    isDryRun: options.dryRun,
    bar: new ProgressBar(
      files.reduce((sum, file) => sum + sizeOf(file), 0),
      'MB',
      progress,
      (bytes) => (bytes / 1e6).toFixed(1),
    ),
  })
  const startMs = systemClock.monotonicMs()
  for (const file of files) await task.file(file)
  await task.end()
  const seconds = Math.max(0.001, (systemClock.monotonicMs() - startMs) / 1000)
  const { written, rejected, rejects } = task
  if (options.rejects !== undefined) writeFileSync(options.rejects, `${JSON.stringify({ rejected, rejects }, undefined, 2)}\n`)
  const verb = options.dryRun ? 'read, none written' : 'written'
  await output.write(`${written} records ${verb}, ${rejected} rejected, ${Math.round(written / seconds)} records/s\n`)
  for (const { file, line, reason } of rejects.slice(0, 10)) await output.write(`  ${file}:${line}: ${reason}\n`)
  if (rejected > 0)
    throw new ServiceFailure(
      'not everything was imported',
      `${rejected} records were rejected${options.rejects === undefined ? '; --rejects FILE lists them' : ''}`,
    )
}

function split(text: string): [string, string] {
  const dot = text.indexOf('.')
  return [text.slice(0, dot), text.slice(dot + 1)]
}

function sizeOf(file: string): number {
  try {
    return statSync(file).size
  } catch (error) {
    throw new ServerError('CONFIGURATION', `${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`)
  }
}

interface ImportOptions {
  readonly connection: Connection
  readonly databaseName: string
  readonly tableName: string
  readonly model: DataModel
  readonly csv: CsvConfiguration
  readonly version: number
  readonly isDryRun: boolean
  readonly bar: ProgressBar
}

class Import {
  readonly #options: ImportOptions
  readonly #writes = new Set<Promise<void>>()
  #failure: unknown
  #batch: Pending[] = []
  #file = ''
  written = 0
  rejected = 0
  readonly rejects: Reject[] = []

  constructor(options: ImportOptions) {
    this.#options = options
  }

  async file(path: string): Promise<void> {
    const { csv, model, version, bar } = this.#options
    this.#file = path
    const scanner = new CsvScanner(csv, rowBytes)
    let read: Exclude<ReturnType<typeof rowReader>, string> | undefined
    const take = async (isLast: boolean): Promise<void> => {
      for (let row = scanner.next(isLast); row !== undefined; row = scanner.next(isLast)) {
        if (read === undefined) {
          // unlike a batch load: files of people's own machines have byte order marks
          const header = row.fields.map((field, index) => (index === 0 ? (field ?? '').replace(/^\ufeff/, '') : (field ?? '')))
          const found = rowReader(model, header, version)
          if (typeof found === 'string') throw new ServerError('CONFIGURATION', `${path}: ${found}`)
          read = found
          continue
        }
        const records = row.failure ?? read(row.fields)
        if (typeof records === 'string') this.#reject(row.line, records)
        else for (const record of records) this.#batch.push({ record, line: row.line })
        while (this.#batch.length >= recordsPerWrite) await this.#send()
      }
    }
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
      scanner.feed(chunk as Buffer)
      await take(false)
      if (scanner.isTooLong) throw new ServerError('CONFIGURATION', `${path}:${scanner.line}: the row has more than ${rowBytes} bytes`)
      bar.add((chunk as Buffer).length)
    }
    await take(true)
    if (read === undefined) throw new ServerError('CONFIGURATION', `${path} has no header`)
    if (this.#batch.length > 0) await this.#send()
  }

  async end(): Promise<void> {
    await Promise.all(this.#writes)
    this.#options.bar.end()
    if (this.#failure !== undefined) throw this.#failure
  }

  #reject(line: number, reason: string, file = this.#file): void {
    this.rejected++
    if (this.rejects.length < mostRejects) this.rejects.push({ file, line, reason })
  }

  async #send(): Promise<void> {
    const batch = this.#batch.splice(0, recordsPerWrite)
    if (this.#options.isDryRun) {
      this.written += batch.length
      return
    }
    const write = this.#write(batch, this.#file).catch((error: unknown) => {
      this.#failure ??= error
    })
    this.#writes.add(write)
    void write.then(() => this.#writes.delete(write))
    if (this.#writes.size >= writesAtOnce) await Promise.race(this.#writes)
    if (this.#failure !== undefined) await this.end()
  }

  async #write(batch: readonly Pending[], file: string): Promise<void> {
    const { connection, databaseName, tableName } = this.#options
    for (let attempt = 0; ; attempt++) {
      try {
        const Records = batch.map(({ record }) => record)
        await signedCall(connection, 'aws', 'WriteRecords', { DatabaseName: databaseName, TableName: tableName, Records })
        this.written += batch.length
        return
      } catch (error) {
        if (!(error instanceof ServiceFailure)) throw error
        if (error.exception === 'RejectedRecordsException') return this.#rejected(batch, file, error)
        if (error.exception === 'ValidationException') return this.#halve(batch, file, error)
        if (error.exception !== 'ThrottlingException') throw error
        await delay(Math.min(2000, 50 * 2 ** attempt))
      }
    }
  }

  #rejected(batch: readonly Pending[], file: string, { body }: ServiceFailure): void {
    const rejects = (body['RejectedRecords'] ?? []) as readonly { readonly RecordIndex: number; readonly Reason: string }[]
    this.written += batch.length - rejects.length
    for (const { RecordIndex, Reason } of rejects) this.#reject(batch[RecordIndex]?.line ?? 0, Reason, file)
  }

  /** One record is wrong in itself, and says nothing about the others. */
  async #halve(batch: readonly Pending[], file: string, error: ServiceFailure): Promise<void> {
    const [first] = batch
    if (batch.length === 1 && first) return this.#reject(first.line, error.message, file)
    const middle = batch.length >> 1
    await this.#write(batch.slice(0, middle), file)
    await this.#write(batch.slice(middle), file)
  }
}
