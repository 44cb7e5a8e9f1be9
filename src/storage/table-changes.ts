import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { DocumentStore } from './document-store.ts'
import type { TableRecord } from './table-record.ts'
import type { Tables } from './tables.ts'

/**
 * The engine's tables that are being made or removed, by physical name. A change spans the engine and a document; what a crash leaves of it is
 * removed when the storage is opened. Only tables noted here are ever removed that way: a table that no document names may be somebody else's.
 */
export interface TableChanges {
  /** Before the first step. */
  begin(physicalName: string): Promise<void>
  /** After the last one. */
  end(physicalName: string): Promise<void>
}

export interface TableChangesOptions {
  readonly documents: DocumentStore
  readonly tables: Pick<Tables, 'drop'>
  readonly clock: Clock
  readonly log: Log
}

interface TableChange {
  readonly beganAtMs: number
}

/** A change that began longer ago than this on another node is not under way any more. */
const abandonedAfterMs = 3_600_000

export function createTableChanges({ documents, clock }: TableChangesOptions): TableChanges {
  return {
    begin: async (physicalName) => {
      const change: TableChange = { beganAtMs: clock.nowMs() }
      await documents.put('table-change', physicalName, change, (await documents.get('table-change', physicalName))?.revision ?? 0)
    },
    end: async (physicalName) => {
      const stored = await documents.get('table-change', physicalName)
      if (stored !== undefined) await documents.remove('table-change', physicalName, stored.revision)
    },
  }
}

/** Removes the tables of changes that were cut short, unless a document names them. `isShared`: other nodes are at work. */
export async function finishTableChanges(options: TableChangesOptions, isShared: boolean): Promise<void> {
  const { documents, tables, clock, log } = options
  const changes = await documents.list<TableChange>('table-change')
  const abandoned = changes.filter(({ value }) => !isShared || clock.nowMs() - value.beganAtMs > abandonedAfterMs)
  if (abandoned.length === 0) return
  const named = new Set((await documents.list<TableRecord>('table')).map(({ value }) => value.physicalName))
  for (const { key: physicalName, revision } of abandoned) {
    if (!named.has(physicalName)) {
      log.warn('removing a table whose making or removal was cut short', { table: physicalName })
      await tables.drop(physicalName)
    }
    await documents.remove('table-change', physicalName, revision)
  }
}
