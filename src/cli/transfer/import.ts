import { writeFileSync } from 'node:fs'
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
  type OptionValues,
} from '../../base/option.ts'
import type { CsvConfiguration, RowRecord } from '../../csv/model-types.ts'
import { readConnection } from '../connection.ts'
import { ServiceFailure } from '../failure.ts'
import type { Output } from '../output.ts'
import { ProgressBar } from '../progress-bar.ts'
import { runBatchLoad } from './batch-load.ts'
import { readModel } from './import-model.ts'
import { fileFormats, type FormatName } from './read/formats.ts'
import { type ReadOptions, UnreadableFile } from './read/file-format.ts'
import { type Place, RecordWriter } from './record-writer.ts'
import { findFiles, type SourceFile } from './source-files.ts'

const timeUnits = ['MILLISECONDS', 'SECONDS', 'MICROSECONDS', 'NANOSECONDS'] as const

export const importOptions = {
  into: {
    flag: 'into',
    placeholder: 'DATABASE.TABLE',
    summary: 'The table, which must be there',
    parse: parsePattern(/^[a-zA-Z0-9_-]{3,256}\.[a-zA-Z0-9_.-]{3,256}$/, 'DATABASE.TABLE'),
  },
  format: {
    flag: 'format',
    placeholder: 'FORMAT',
    summary: `Format of the files: ${Object.keys(fileFormats).join(', ')}; by the ends of their names when absent`,
    parse: parseChoice(Object.keys(fileFormats) as readonly FormatName[]),
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
    summary: `Unit of times that are numbers: ${timeUnits.join(', ')}`,
    fallback: 'MILLISECONDS',
    parse: parseChoice(timeUnits),
  },
  dimensions: { flag: 'dimensions', placeholder: 'COLUMN,…', summary: 'Columns that are dimensions', parse: parseText },
  measures: {
    flag: 'measures',
    placeholder: 'COLUMN[:TYPE],…',
    summary: 'Columns that are measures; without a type that of the column in Parquet, else double',
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
  escape: {
    flag: 'escape',
    placeholder: 'CHARACTER',
    summary: 'Before a character that stands for itself, as the backslash in files of UNLOAD; none when absent',
    parse: parsePattern(/^.$/, 'one character'),
  },
  trim: { flag: 'trim', summary: 'Take white space from around the fields', fallback: 'false', parse: parseSwitch },
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
    summary: 'Write what was not taken, with files, lines and reasons, into this file as JSON',
    parse: parseText,
  },
  report: {
    flag: 'report',
    placeholder: 's3://BUCKET/PREFIX',
    summary: 'Where a batch load of s3://… puts its error report; into tidemark-reports in the same bucket when absent',
    parse: parsePattern(/^s3:\/\/[^/]+(?:\/.*)?$/, 's3://BUCKET/PREFIX'),
  },
  dryRun: {
    flag: 'dry-run',
    summary: 'Read the files, show what the first records would be, and write nothing',
    parse: parseSwitch,
    fallback: 'false',
  },
} as const satisfies OptionDefinitions

type ImportValues = OptionValues<typeof importOptions>

const mostRejects = 10_000
const shownRejects = 10
const shownRecords = 3

/**
 * Writes the rows of files of this machine to the server, near or far; memory does not grow with the files. Of `s3://BUCKET/PREFIX`
 * the server itself loads what lies there.
 */
export async function runImport(
  names: readonly string[],
  sources: OptionSources,
  output: Output,
  progress: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const options = readOptions(importOptions, sources)
  if (options.into === undefined) throw new ServerError('CONFIGURATION', '--into: give the table as DATABASE.TABLE')
  const dot = options.into.indexOf('.')
  const table = { databaseName: options.into.slice(0, dot), tableName: options.into.slice(dot + 1) }
  const buckets = names.filter((name) => name.startsWith('s3://'))
  if (buckets.length > 0) {
    if (names.length > 1) throw new ServerError('CONFIGURATION', 'a batch load takes one s3://BUCKET/PREFIX and nothing else')
    if (options.dryRun) throw new ServerError('CONFIGURATION', '--dry-run: the server reads s3://…, and has nothing of the kind')
    const model = readModel(options as Parameters<typeof readModel>[0])
    const { recordVersion, report } = options
    const load = { ...table, source: buckets[0]!, model, csv: csvOf(options), recordVersion: Number(recordVersion), report }
    return runBatchLoad(readConnection(sources), load, output, progress, signal)
  }
  const files = await findFiles(names, options.format)
  const task = new Import(options, progress, files, signal, (onReject) =>
    options.dryRun ? undefined : new RecordWriter({ connection: readConnection(sources), ...table, onReject, signal }),
  )
  await task.run()
  await task.tell(output)
}

function csvOf({ separator, quote, escape, nullValue, trim }: ImportValues): CsvConfiguration {
  return {
    ColumnSeparator: separator,
    QuoteChar: quote,
    ...(escape !== undefined && { EscapeChar: escape }),
    ...(nullValue !== undefined && { NullValue: nullValue }),
    ...(trim && { TrimWhiteSpace: true }),
  }
}

interface Reject extends Place {
  readonly reason: string
}

class Import {
  readonly #options: ImportValues
  readonly #files: readonly SourceFile[]
  readonly #signal: AbortSignal
  /** Absent in a dry run. */
  readonly #writer: RecordWriter | undefined
  readonly #bar: ProgressBar
  readonly #startMs = systemClock.monotonicMs()
  readonly #rejects: Reject[] = []
  readonly #unreadable: { readonly file: string; readonly reason: string }[] = []
  readonly #sample: RowRecord[] = []
  #read = 0
  #rejected = 0

  constructor(
    options: ImportValues,
    progress: (text: string) => void,
    files: readonly SourceFile[],
    signal: AbortSignal,
    writer: (onReject: (place: Place, reason: string) => void) => RecordWriter | undefined,
  ) {
    this.#options = options
    this.#files = files
    this.#signal = signal
    this.#writer = writer((place, reason) => this.#reject(place, reason))
    const bytes = files.reduce((sum, { size }) => sum + size, 0)
    this.#bar = new ProgressBar(bytes, 'MB', progress, (count) => (count / 1e6).toFixed(1))
  }

  async run(): Promise<void> {
    try {
      for (const file of this.#files) await this.#file(file)
      await this.#writer?.end()
    } finally {
      this.#bar.end()
      this.#saveRejects()
    }
  }

  async #file({ path, format }: SourceFile): Promise<void> {
    const read: ReadOptions = {
      model: (typeOf) => readModel(this.#options as Parameters<typeof readModel>[0], typeOf),
      csv: csvOf(this.#options),
      version: Number(this.#options.recordVersion),
      onBytes: (count) => this.#bar.add(count),
    }
    try {
      for await (const rows of format.read(path, read)) {
        this.#signal.throwIfAborted()
        for (const { line, records } of rows) {
          const place = { file: path, line }
          if (typeof records === 'string') this.#reject(place, records)
          else for (const record of records) await this.#take(record, place)
        }
      }
    } catch (error) {
      const reason = unreadableReason(error)
      if (reason === undefined) throw error
      this.#unreadable.push({ file: path, reason })
    }
  }

  #take(record: RowRecord, place: Place): Promise<void> | undefined {
    this.#read++
    if (this.#sample.length < shownRecords) this.#sample.push(record)
    return this.#writer?.add(record, place)
  }

  #reject({ file, line }: Place, reason: string): void {
    this.#rejected++
    if (this.#rejects.length < mostRejects) this.#rejects.push({ file, line, reason })
  }

  #saveRejects(): void {
    const { rejects: path } = this.#options
    if (path === undefined) return
    const report = {
      rejected: this.#rejected,
      rejects: this.#rejects,
      ...(this.#unreadable.length > 0 && { unreadableFiles: this.#unreadable }),
    }
    writeFileSync(path, `${JSON.stringify(report, undefined, 2)}\n`)
  }

  /** What came of it. @throws ServiceFailure when not everything was imported */
  async tell(output: Output): Promise<void> {
    const seconds = Math.max(0.001, (systemClock.monotonicMs() - this.#startMs) / 1000)
    const count = this.#writer?.written ?? this.#read
    const verb = this.#writer === undefined ? 'read, none written' : 'written'
    await output.write(`${count} records ${verb}, ${this.#rejected} rejected, ${Math.round(count / seconds)} records/s\n`)
    if (this.#writer === undefined) for (const record of this.#sample) await output.write(`  ${JSON.stringify(record)}\n`)
    for (const { file, line, reason } of this.#rejects.slice(0, shownRejects)) await output.write(`  ${file}:${line}: ${reason}\n`)
    for (const { file, reason } of this.#unreadable) await output.write(`  ${file}: ${reason}\n`)
    if (this.#unreadable.length + this.#rejected === 0) return
    const files = this.#unreadable.length
    const faults = [
      ...(this.#rejected > 0 ? [`${this.#rejected} records were rejected`] : []),
      ...(files > 0 ? [`${files} ${files === 1 ? 'file was' : 'files were'} not read to the end`] : []),
    ]
    const hint = this.#options.rejects === undefined ? '; --rejects FILE lists them' : ''
    throw new ServiceFailure('not everything was imported', `${faults.join(', ')}${hint}`)
  }
}

/** Why a file cannot be read, when that is what the error says. */
function unreadableReason(error: unknown): string | undefined {
  if (error instanceof UnreadableFile) return error.message
  const { code, syscall } = error as NodeJS.ErrnoException
  return syscall === undefined ? undefined : `it cannot be read (${code ?? 'unknown'})`
}
