import { ServerError } from '../../src/base/errors.ts'
import type { EngineInsert } from '../../src/engine/engine.ts'
import { PendingBlock } from '../../src/storage/write-ahead-log/pending-block.ts'
import { identityAt, identityKey, seriesKey } from '../../src/storage/writer/resolve-versions.ts'
import type { StoredRecord, StoredRecords } from '../../src/storage/writer/stored-records.ts'

/** Rows as the engine holds them: nothing is ever merged away. */
export class EngineRows implements StoredRecords {
  readonly rows: (StoredRecord & { readonly table: string })[] = []
  /** Of the next insert, before it fails; undefined: it does not fail. */
  takes: number | undefined
  isFull = false
  /** Tables of which it takes nothing. */
  readonly refused = new Set<string>()
  inserts = 0

  async insert(insert: EngineInsert): Promise<void> {
    const block = new PendingBlock(insert.table)
    block.append(insert)
    const isClosed = this.isFull || this.refused.has(insert.table)
    const taken = isClosed ? 0 : Math.min(this.takes ?? block.rowCount, block.rowCount)
    for (let row = 0; row < taken; row++) {
      this.rows.push({ table: insert.table, identity: identityAt(block, row), version: block.versionAt(row), value: block.valueAt(row) })
    }
    const isRefused = isClosed || this.takes !== undefined
    this.takes = undefined
    if (isRefused) throw new ServerError('ENGINE_UNAVAILABLE', 'The engine has no space left on its disk')
    this.inserts++
  }

  async newestTimes(
    ...[{ physicalName }, series, fromNs]: Parameters<StoredRecords['newestTimes']>
  ): ReturnType<StoredRecords['newestTimes']> {
    const asked = new Set(series.map(seriesKey))
    return this.rows
      .filter((r) => r.table === physicalName && asked.has(seriesKey(r.identity)) && r.identity.timeNs >= fromNs)
      .map(({ identity }) => identity)
  }

  async find(...[{ physicalName }, identities]: Parameters<StoredRecords['find']>): Promise<readonly StoredRecord[]> {
    const asked = new Set(identities.map(identityKey))
    const found = new Map<string, StoredRecord>()
    for (const row of this.rows) {
      const key = identityKey(row.identity)
      if (row.table === physicalName && asked.has(key) && !((found.get(key)?.version ?? -1n) > row.version)) found.set(key, row)
    }
    return [...found.values()]
  }
}
