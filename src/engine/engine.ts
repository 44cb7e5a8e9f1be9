import type { Service } from '../base/service.ts'

/**
 * The contract of the engine: ClickHouse in the process (chdb.ts) or over HTTP (clickhouse.ts).
 * Texts are ClickHouse SQL made by our printer; values from outside travel as bound parameters (`{name:Type}`) or quoted literals.
 * Errors: ServerError with the code that errors.ts maps the engine's error to.
 */
export interface Engine extends Service {
  readonly kind: 'chdb' | 'clickhouse'
  /** Queries that run at once; further ones wait. */
  readonly querySlots: number

  /** Runs a SELECT. Resolves when the first bytes (or the end) are there. */
  query(query: EngineQuery): Promise<EngineResult>

  /** Appends rows; durable (on disk, on every replica that the cluster asks for) when it resolves. */
  insert(insert: EngineInsert): Promise<void>

  /** Runs a statement without result (DDL). On a cluster `everyNode` runs it on each configured node. */
  execute(text: string, options?: { readonly everyNode?: boolean; readonly parameters?: EngineParameters }): Promise<void>

  /** A small internal question: all rows at once, as decoded JSON values (64-bit integers as strings). */
  rows(text: string, parameters?: EngineParameters): Promise<readonly (readonly unknown[])[]>

  /** Stops the query with that id wherever it runs; resolves when the stop was asked for. Unknown ids are no error. */
  cancel(queryId: string): Promise<void>

  /** What a query under way has read so far, also before its first bytes are there; undefined when none has the id. */
  progress(queryId: string): EngineProgress | undefined

  /** Queries and inserts under way, for metrics. */
  activity(): EngineActivity
}

export interface EngineActivity {
  readonly queries: number
  readonly inserts: number
  readonly waiting: number
  /** Of an engine in this process: what runs queries and encodes their results. They come and go with the load. */
  readonly sessions?: { readonly open: number; readonly idle: number }
}

export type EngineParameters = Readonly<Record<string, string | number | bigint | boolean>>

export interface EngineQuery {
  readonly text: string
  readonly parameters?: EngineParameters
  readonly settings?: Readonly<Record<string, string | number>>
  /** Ours, `[A-Z0-9]+`; the handle for cancel and progress. */
  readonly queryId: string
  readonly timeoutMs?: number
  /** Of the bytes of the result; `RowBinary` when absent. Others are the bytes of one file. */
  readonly format?: 'Parquet'
  /**
   * A result of so many bytes at most may be made whole before any of it is answered, which is quicker where it is allowed. A larger one is streamed;
   * the engine may then begin anew.
   */
  readonly wholeBytes?: number
}

export interface EngineProgress {
  readonly rowsRead: number
  readonly bytesRead: number
  /** Rows that the engine expects to read in all; 0 while unknown. */
  readonly totalRows: number
}

/** The rows of a result as RowBinary (no header; the caller knows the types), in chunks that end at any byte. */
export interface EngineResult {
  chunks(): AsyncIterable<Uint8Array>
  progress(): EngineProgress
  /** Ends the query and frees what it holds. Idempotent; also after the end. */
  close(): Promise<void>
}

export interface EngineInsert {
  readonly database: string
  readonly table: string
  readonly rowCount: number
  readonly columns: readonly InsertColumn[]
  /** The same for the same rows; with it a remote engine drops a repetition, so that an insert can be tried again. */
  readonly deduplicationToken?: string
}

/** One column of a batch, `rowCount` long. `nulls[i] = 1` marks a NULL (the value there is ignored). */
export type InsertColumn = { readonly name: string; readonly nulls?: Uint8Array } & InsertValues

export type InsertValues =
  | { readonly kind: 'int64'; readonly values: BigInt64Array }
  | { readonly kind: 'uint64'; readonly values: BigUint64Array }
  | { readonly kind: 'float64'; readonly values: Float64Array }
  | { readonly kind: 'boolean'; readonly values: Uint8Array }
  | { readonly kind: 'string'; readonly values: readonly (string | null)[] }
  /** Strings by code: `dictionary[codes[i]]`. For columns with few distinct values. */
  | { readonly kind: 'dictionary'; readonly codes: Int32Array; readonly dictionary: readonly string[] }
