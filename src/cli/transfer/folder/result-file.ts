import type { ColumnInfo, Datum } from '@aws-sdk/client-timestream-query'

export type ResultRow = readonly Datum[]

/** A file that rows of a result are written into. */
export interface ResultFile {
  /** Rows that are in memory. */
  readonly waitingRows: number
  /** Bytes that are written; those in memory are not among them. */
  readonly bytes: number
  add(row: ResultRow): void
  /** Writes what is in memory; resolves when more may come. */
  flush(): Promise<void>
  /** Resolves when everything is on the disk. */
  end(): Promise<void>
  /** Ends without caring for what is in the file. */
  abandon(): void
}

export type OpenFile = (path: string, columns: readonly ColumnInfo[]) => ResultFile
