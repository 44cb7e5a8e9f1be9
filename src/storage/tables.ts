import { randomBytes } from 'node:crypto'
import type { Engine } from '../engine/engine.ts'
import {
  type ColumnDefinition,
  type LayoutOptions,
  type RetentionPeriods,
  type Statement,
  abandonDeletionStatements,
  addColumnStatements,
  alterRetentionStatements,
  createDatabaseStatements,
  createTableStatements,
  deleteRowsStatements,
  dropTableStatements,
  widenStatements,
} from './layout.ts'
import { type DeletionProgress, readDeletionProgress, readTablesWithDeletions } from './deletion-progress.ts'
import { type TableStatistics, type TableTiers, type TierSizes, readStatistics, readTiers, readTierSizes } from './table-statistics.ts'
import type { TableRecord } from './table-record.ts'

/** The tables in the engine. Every call is idempotent: repeating one after a crash completes it. */
export interface Tables {
  /** Makes the engine's database when it is missing; before anything else. */
  prepare(): Promise<void>
  /** A name for `TableRecord.physicalName`, never used before. */
  newPhysicalName(): string
  /** Makes the table with the columns of `table.schema`. Call before the catalog's document says that the table is there. */
  create(table: TableRecord): Promise<void>
  addColumns(physicalName: string, columns: readonly ColumnDefinition[]): Promise<void>
  /** Attributes (by physical name) that were held as whole numbers take every double from then on. */
  widen(physicalName: string, attributes: readonly string[]): Promise<void>
  /** Rows move between the tiers and expire by the new periods, also those already there. Resolves when the engine knows. */
  alterRetention(physicalName: string, retention: RetentionPeriods): Promise<void>
  /** Begins to delete the rows that the engine has now and that the condition (ClickHouse's) is true of. Survives a restart. */
  deleteRows(physicalName: string, condition: string): Promise<void>
  deletionProgress(physicalName: string): Promise<DeletionProgress>
  /** Physical names of those with a deletion that is not over. */
  tablesWithDeletions(): Promise<readonly string[]>
  /** Rows that are to be deleted and are still there stay. */
  abandonDeletion(physicalName: string): Promise<void>
  /** Removes the table and its rows. Call after the catalog's document is gone. */
  drop(physicalName: string): Promise<void>
  /** By physical name; tables that hold no row (or do not exist) answer zeros. */
  statistics(physicalNames: readonly string[]): Promise<ReadonlyMap<string, TableStatistics>>
  /** Of all tables together, from the engine's books: cheap enough for every scrape of the metrics. */
  tierSizes(): Promise<TierSizes>
  /** Of the `most` largest tables, by physical name. */
  tiers(most: number): Promise<ReadonlyMap<string, TableTiers>>
}

export function createTables({ engine, options }: { readonly engine: Engine; readonly options: LayoutOptions }): Tables {
  const run = async (statements: readonly Statement[]): Promise<void> => {
    for (const { text, everyNode } of statements) await engine.execute(text, { everyNode })
  }
  return {
    prepare: () => run(createDatabaseStatements(options)),
    newPhysicalName: () => `t_${randomBytes(9).toString('hex')}`,
    create: (table) => run(createTableStatements(table, options)),
    addColumns: (physicalName, columns) => run(addColumnStatements(physicalName, columns, options)),
    widen: (physicalName, attributes) => run(widenStatements(physicalName, attributes, options)),
    alterRetention: (physicalName, retention) => run(alterRetentionStatements(physicalName, retention, options)),
    deleteRows: (physicalName, condition) => run(deleteRowsStatements(physicalName, condition, options)),
    deletionProgress: (physicalName) => readDeletionProgress(engine, physicalName, options),
    tablesWithDeletions: () => readTablesWithDeletions(engine, options),
    abandonDeletion: (physicalName) => run(abandonDeletionStatements(physicalName, options)),
    drop: (physicalName) => run(dropTableStatements(physicalName, options)),
    statistics: (physicalNames) => readStatistics(engine, physicalNames, options),
    tierSizes: () => readTierSizes(engine, options),
    tiers: (most) => readTiers(engine, most, options),
  }
}
