import { ServerError, type ErrorCode } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { Engine } from '../engine/engine.ts'
import type { TableRecord } from './table-record.ts'

/** Failures that say nothing about the files. */
const passing: ReadonlySet<ErrorCode> = new Set([
  'NO_SPACE',
  'MEMORY_LIMIT',
  'ENGINE_UNAVAILABLE',
  'THROTTLING',
  'QUERY_CANCELLED',
  'SHUTTING_DOWN',
])

/**
 * The engine finds some damage of a part only when it reads it. While a node opens, that must not keep it from opening: the parts of the table that
 * do not have their checksums are set aside, and named.
 */
export class DamagedParts {
  readonly #engine: Engine
  readonly #engineDatabase: string
  readonly #log: Log
  readonly #found: string[] = []

  constructor(engine: Engine, engineDatabase: string, log: Log) {
    this.#engine = engine
    this.#engineDatabase = engineDatabase
    this.#log = log
  }

  /** A sentence for the operator; undefined when nothing was set aside. */
  get note(): string | undefined {
    if (this.#found.length === 0) return undefined
    const named = this.#found.slice(0, 5).join(', ')
    return `Stored rows could not be read and were set aside, ${this.#found.length} parts in all: ${named}. Restore the tables from a backup if the rows matter.`
  }

  /** After a read of the table failed. Reads all its files. Answers whether there is a part less, so that the read is worth repeating. */
  async setAside(table: TableRecord, failure: unknown): Promise<boolean> {
    if (!(failure instanceof ServerError) || passing.has(failure.code)) return false
    const { physicalName, databaseName, tableName } = table
    const name = `${this.#engineDatabase}.${physicalName}`
    const parts = await this.#engine.rows(`CHECK TABLE ${name}`)
    const damaged = parts.filter(([, isPassed]) => Number(isPassed) !== 1).map(([part]) => String(part))
    for (const part of damaged) {
      await this.#engine.execute(`ALTER TABLE ${name} DETACH PART {part:String}`, {
        parameters: { part },
      })
      this.#log.error('part set aside', { table: `${databaseName}.${tableName}`, part })
      this.#found.push(`${databaseName}/${tableName} (detached/${part} of ${physicalName})`)
    }
    return damaged.length > 0
  }
}
