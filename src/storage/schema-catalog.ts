import type { Catalog } from '../sql/catalog.ts'
import type { StoredSchema, TableRecord, Tags } from './table-record.ts'

/**
 * All databases and tables, cached in memory and kept in step with the document store: what the compiler, the writer and the
 * control plane ask. On a cluster another node may have changed a document: `refresh` reads again.
 */
export interface SchemaCatalog {
  /** A consistent view for one compilation; the very same object while nothing changes. */
  snapshot(): Catalog
  table(databaseName: string, tableName: string): TableRecord | undefined
  /** Tags as of the last reading; undefined when the database is unknown or has none. */
  databaseTags(databaseName: string): Tags | undefined
  /** Reads the document again (all of them without arguments). */
  refresh(databaseName?: string, tableName?: string): Promise<void>
  /**
   * Makes sure that the table has at least the columns and measures of `additions(current)`; runs ALTER TABLE ADD COLUMN before the document
   * says so. `additions` answers undefined when nothing is missing; it is called again when somebody else changed the document meanwhile.
   */
  extendSchema(
    databaseName: string,
    tableName: string,
    additions: (current: StoredSchema) => StoredSchema | undefined,
  ): Promise<TableRecord>
}
