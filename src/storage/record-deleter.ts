import type { Clock } from '../base/clock.ts'
import { ServerError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { DataChanges } from './data-changes.ts'
import type { TableRecord } from './table-record.ts'
import type { Tables } from './tables.ts'
import type { Writer } from './writer/writer.ts'

/** Deletes stored records, for good. */
export interface RecordDeleter {
  /**
   * Deletes the rows that were acknowledged before the call and that the condition (ClickHouse's, over the columns of the table) is true of; resolves
   * when the parts that held them are written anew. Rows that are acknowledged meanwhile may go with them; rows that are written after it stay.
   * An aborted signal ends the waiting: the engine goes on.
   * @throws ServerError ENGINE_UNAVAILABLE with the engine's reason: some rows may be gone, or NO_SPACE
   */
  delete(table: TableRecord, condition: string, signal: AbortSignal): Promise<void>
  /** Follows what an earlier process has begun to delete. */
  resume(): Promise<void>
}

export interface RecordDeleterOptions {
  readonly writer: Pick<Writer, 'settled'>
  readonly tables: Pick<Tables, 'deleteRows' | 'deletionProgress' | 'tablesWithDeletions' | 'abandonDeletion'>
  readonly changes: DataChanges
  readonly clock: Clock
  readonly log: Log
}

const shortestPauseMs = 20
const longestPauseMs = 500
/** The engine tries what fails once more; what fails for so long will not come right. */
const givenUpAfterMs = 60_000

export function createRecordDeleter({ writer, tables, changes, clock, log }: RecordDeleterOptions): RecordDeleter {
  /** Resolves when the engine has nothing more to delete from the table. */
  const over = async (physicalName: string): Promise<void> => {
    let failingSinceMs: number | undefined
    for (let pauseMs = shortestPauseMs; ; pauseMs = Math.min(longestPauseMs, 2 * pauseMs)) {
      const { pending, failure } = await tables.deletionProgress(physicalName)
      if (pending === 0) return
      if (failure === undefined) failingSinceMs = undefined
      else {
        failingSinceMs ??= clock.monotonicMs()
        if (clock.monotonicMs() - failingSinceMs > givenUpAfterMs) {
          log.error('records not deleted', { table: physicalName, error: failure })
          await tables.abandonDeletion(physicalName)
          throw new ServerError('ENGINE_UNAVAILABLE', `The records could not all be deleted: ${failure}`)
        }
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs).unref())
    }
  }
  return {
    async delete(table, condition, signal) {
      const { physicalName } = table
      const end = changes.begin(physicalName)
      // From here on neither the log nor a batch has rows of before: what the engine has when it begins is all there is to delete.
      await writer
        .settled(table, () => tables.deleteRows(physicalName, condition))
        .catch((error: unknown) => {
          end()
          throw error
        })
      // where that cannot be followed, the table counts as changing for as long as the process lives
      const deletion = over(physicalName).then(end)
      await Promise.race([deletion, aborted(signal)])
    },

    async resume() {
      for (const physicalName of await tables.tablesWithDeletions()) {
        const end = changes.begin(physicalName)
        over(physicalName).then(end, (error: unknown) => log.warn('deletion not followed', { table: physicalName, error: String(error) }))
      }
    },
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const abort = (): void => reject(signal.reason)
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  })
}
