import type { RowRecords } from '../../../csv/data-model.ts'
import type { CsvConfiguration, DataModel, MeasureValueType } from '../../../csv/model-types.ts'

/** What one place of a file holds. */
export interface FileRow {
  /** 1-based: the line on which it begins; of a file without lines, the number of the row. */
  readonly line: number
  /** Records, or why there are none. */
  readonly records: RowRecords
}

/** What is known of a column's type before a value is read. */
export type ColumnTypes = (column: string) => Exclude<MeasureValueType, 'MULTI'> | undefined

export interface ReadOptions {
  /**
   * The data model, whose measures without a type get the one of their column. Not asked for by formats that say themselves what a record is.
   * @throws ServerError CONFIGURATION when none was given
   */
  model(typeOf: ColumnTypes): DataModel
  readonly csv: CsvConfiguration
  /** Of the records. */
  readonly version: number
  /** Called with bytes of the file as they are read; all calls together are its size. */
  readonly onBytes: (count: number) => void
}

/** A format of files that `tidemark import` reads. */
export interface FileFormat {
  /** Of names, with the dot. With `.gz` behind it, too, when `isStream`. */
  readonly endings: readonly string[]
  /** It is read from the beginning to the end, so it may be compressed as a whole. */
  readonly isStream: boolean
  /**
   * The rows of a file in their order, in blocks; memory does not grow with the file.
   * @throws UnreadableFile with the reason why no (further) row can be read
   */
  read(path: string, options: ReadOptions): AsyncIterable<readonly FileRow[]>
}

/** What is wrong with a file as a whole; the other files go on. */
export class UnreadableFile extends Error {}

/** Longest row that is read. */
export const mostRowBytes = 16 * 1024 * 1024
