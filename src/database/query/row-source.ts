import type { PageText } from './encode/page-text.ts'

/** Rows of a result as JSON, one after the other; what a cursor pages through. */
export interface RowSource {
  /** Writes the next row; false, with nothing written, when none is there yet or none is left. @throws what ended the query */
  next(page: PageText): boolean
  /** No row will come any more (`next` has answered the last). */
  readonly ended: boolean
  /** Resolves when `next` or `ended` may answer otherwise, at the latest after `timeoutMs`. */
  wait(timeoutMs: number): Promise<void>
  readonly progress: QueryProgress
  /** What an UNLOAD has written, when everything is. */
  readonly unloaded?: UnloadFigures | undefined
  /** Frees what the source holds. Idempotent. */
  close(): Promise<void>
}

export interface UnloadFigures {
  /** 0 without partitioned_by. */
  readonly partitions: number
  readonly rows: number
  readonly bytes: number
}

export interface QueryProgress {
  /** From 0 to 100; 100 only when the engine has delivered everything. */
  readonly percentage: number
  readonly bytesScanned: number
  readonly bytesMetered: number
}

/** Every query over data meters at least this. Source: developer guide, "Query pricing". */
export const leastMeteredBytes = 10_000_000

/** Rows that are there already; they cost nothing. */
export function listedRows(rows: readonly string[]): RowSource {
  let position = 0
  return {
    next: (page) => writeRow(page, rows[position++]),
    get ended() {
      return position >= rows.length
    },
    wait: async () => undefined,
    progress: { percentage: 100, bytesScanned: 0, bytesMetered: 0 },
    close: async () => undefined,
  }
}

/** For rows that are texts already. */
export function writeRow(page: PageText, row: string | undefined): boolean {
  if (row !== undefined) page.utf8(row)
  return row !== undefined
}
