import type { Type } from './types/type.ts'

/** What the compiler asks about the world. Storage implements it; a snapshot, so it answers at once and consistently. */
export interface Catalog {
  databaseNames(): readonly string[]
  /** Exact name; undefined when there is no such database. */
  tableNames(database: string): readonly string[] | undefined
  table(database: string, table: string): TableSchema | undefined
}

export interface TableSchema {
  readonly database: string
  readonly table: string
  /** DESCRIBE order: dimensions, measure_name, time, measure_value::*, attributes. Only columns that exist so far. */
  readonly columns: readonly TableColumn[]
  /** The measures seen, for SHOW MEASURES, sorted by name. */
  readonly measures: readonly Measure[]
  readonly physical: PhysicalTable
  readonly retention: { readonly memoryStoreHours: number; readonly magneticStoreDays: number }
}

export type ColumnRole = 'dimension' | 'measure-name' | 'time' | 'measure-value' | 'attribute'

export interface TableColumn {
  /** As SQL names it: `hostname`, `measure_name`, `time`, `measure_value::double`, `cpu_user`. */
  readonly name: string
  readonly type: Type
  readonly role: ColumnRole
  /** The column in the engine's table. `time` is Int64 nanoseconds. */
  readonly physicalName: string
  /** The engine's column may hold NULL. */
  readonly nullable: boolean
}

export interface Measure {
  readonly name: string
  readonly dataType: 'double' | 'bigint' | 'boolean' | 'varchar' | 'multi'
  /** Names of the dimensions seen with it, in column order. */
  readonly dimensions: readonly string[]
}

/** Where the rows are in the engine, and what must be said to read them exactly. */
export interface PhysicalTable {
  readonly database: string
  readonly table: string
  /** Rows of one record may be stored more than once: read the winner only (ClickHouse FINAL). */
  readonly final: boolean
}
