import { ServerError } from '../base/errors.ts'
import type { Caller } from '../database/caller.ts'
import type { CreateTableInput, Database } from '../database/database.ts'
import type { IngestRecord, IngestReject } from '../database/write/ingest-record.ts'

/** Decoded records of one table. */
export interface TableRecords {
  readonly databaseName: string
  readonly tableName: string
  readonly records: readonly IngestRecord[]
}

/** What came of the records of one table. */
export interface TableOutcome {
  readonly accepted: number
  readonly rejected: readonly IngestReject[]
  /** None of them is stored, because of this. */
  readonly error?: ServerError
}

/** What is made when it is missing, and how. */
export interface Creation {
  readonly databases: boolean
  readonly tables: boolean
  readonly table?: Pick<CreateTableInput, 'retention' | 'magneticStoreWrites' | 'tags'>
}

export interface RecordSink {
  /**
   * Writes each table's records, durable when it resolves, in the caller's name; makes what is missing as far as `creation` says and the caller may.
   * Answers an outcome for each entry, in their order: a table that cannot be written does not keep the others from being stored.
   */
  write(caller: Caller, tables: readonly TableRecords[], creation: Creation): Promise<readonly TableOutcome[]>
}

export const nothingMissing: Creation = { databases: false, tables: false }

type Sink = Pick<Database, 'ingest' | 'createDatabase' | 'createTable'>

/** @param onWritten counts records */
export function createRecordSink(database: Sink, onWritten: (accepted: number, rejected: number) => void): RecordSink {
  const writeTable = async (caller: Caller, table: TableRecords, creation: Creation): Promise<TableOutcome> => {
    try {
      const outcome = await database.ingest(caller, table).catch(async (error: unknown) => {
        if (!isMissing(error) || !creation.tables) throw error
        await createMissing(database, caller, table, creation)
        return database.ingest(caller, table)
      })
      onWritten(outcome.accepted, outcome.rejected.length)
      return outcome
    } catch (error) {
      if (!(error instanceof ServerError)) throw error
      return { accepted: 0, rejected: [], error }
    }
  }
  return { write: (caller, tables, creation) => Promise.all(tables.map((table) => writeTable(caller, table, creation))) }
}

const isMissing = (error: unknown): boolean => error instanceof ServerError && error.code === 'RESOURCE_NOT_FOUND'

async function createMissing(database: Sink, caller: Caller, { databaseName, tableName }: TableRecords, creation: Creation): Promise<void> {
  const createTable = () => database.createTable(caller, { databaseName, tableName, ...creation.table })
  try {
    await createTable()
  } catch (error) {
    if (isConflict(error)) return
    if (!isMissing(error) || !creation.databases) throw error
    await database.createDatabase(caller, { databaseName }).catch(unlessConflict)
    await createTable().catch(unlessConflict)
  }
}

const isConflict = (error: unknown): boolean => error instanceof ServerError && error.code === 'CONFLICT'

/** Somebody else was first. */
function unlessConflict(error: unknown): void {
  if (!isConflict(error)) throw error
}
