import type { Clock } from '../../base/clock.ts'
import { ServerError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { Engine, EngineInsert } from '../../engine/engine.ts'
import type { StoredCatalog } from '../stored-catalog.ts'
import type { TableRecord } from '../table-record.ts'
import { asHeld, outgrownAttributes } from '../whole-numbers.ts'
import type { FlushObserver, TableName } from '../writer/batch-store.ts'
import { identityAt, identityKey } from '../writer/resolve-versions.ts'
import type { StoredRecords } from '../writer/stored-records.ts'
import { PendingBlock } from './pending-block.ts'

export interface PendingOptions {
  readonly engine: Pick<Engine, 'insert'>
  readonly catalog: Pick<StoredCatalog, 'table' | 'widen'>
  /** Of the engine. */
  readonly stored: StoredRecords
  readonly engineDatabase: string
  readonly clock: Clock
  readonly log: Log
  readonly observer?: Partial<FlushObserver>
  /** Called when rows have left: the segments of the log below are not needed any more. */
  readonly onFlushed: (below: number | 'all') => void
}

interface Waiting {
  readonly block: PendingBlock
  /** The oldest segment of the log that holds rows of it. */
  segment: number
  readonly openedMs: number
  /** It takes no more rows. */
  isSealed: boolean
  /** The engine may have taken a part of it. */
  isUncertain: boolean
}

interface PendingTable {
  table: TableRecord
  /** Oldest first; never empty. */
  readonly blocks: Waiting[]
  inserting: Promise<void> | undefined
  failure: { readonly error: ServerError; readonly retryMs: number; readonly pauseMs: number } | undefined
}

const blockRows = 131_072
const blockBytes = 48 * 1024 * 1024
const ageMs = 1000
const tickMs = 50
/** After a block that came by its age: so many times as long as its insert took, no other one comes by its age. */
const restFactor = 3
/** With more than this waiting there is no rest. */
const restfulRows = 2 * blockRows
const restfulBytes = 2 * blockBytes
const shortestPauseMs = 500
const longestPauseMs = 5000

/** Rows that are in the log, by table, until the engine has them: about once a second, when there are many, or when somebody asks. */
export class PendingTables {
  readonly #options: PendingOptions
  /** By physical name. */
  readonly #tables = new Map<string, PendingTable>()
  readonly #timer: NodeJS.Timeout
  #records = 0
  #bytes = 0
  #sweeping: Promise<void> | undefined
  #isStopped = false
  #restUntilMs = 0

  constructor(options: PendingOptions) {
    this.#options = options
    this.#timer = setInterval(() => void this.#sweep(), tickMs).unref()
  }

  add(table: TableRecord, insert: EngineInsert, segment: number, kept?: Int32Array): void {
    let pending = this.#tables.get(table.physicalName)
    if (pending === undefined) {
      pending = { table, blocks: [], inserting: undefined, failure: undefined }
      this.#tables.set(table.physicalName, pending)
    }
    pending.table = table
    let last = pending.blocks.at(-1)
    if (last === undefined || last.isSealed) {
      const openedMs = this.#options.clock.monotonicMs()
      last = { block: new PendingBlock(table.physicalName), segment, openedMs, isSealed: false, isUncertain: false }
      pending.blocks.push(last)
    }
    const { block } = last
    this.#records -= block.rowCount
    this.#bytes -= block.rowCount === 0 ? 0 : block.bytes
    block.append(insert, kept)
    this.#records += block.rowCount
    this.#bytes += block.bytes
    if (last.block.rowCount < blockRows && last.block.bytes < blockBytes) return
    last.isSealed = true
    void this.#sweep()
  }

  /** Newest first. */
  blocksOf({ physicalName }: TableRecord): readonly PendingBlock[] {
    return (this.#tables.get(physicalName)?.blocks ?? []).map(({ block }) => block).reverse()
  }

  /** @throws ServerError with the engine's reason. */
  async flush(name?: TableName): Promise<void> {
    let failure: unknown
    // tables that come (back) meanwhile hold rows of after the call
    const tables = [...this.#tables.values()]
    for (const pending of tables) {
      const { databaseName, tableName } = pending.table
      if (name !== undefined && (databaseName !== name.databaseName || tableName !== name.tableName)) continue
      await this.#empty(pending).catch((error: unknown) => (failure ??= error))
    }
    if (failure !== undefined) throw failure
  }

  waitingOf(physicalName: string): { readonly records: number; readonly bytes: number } {
    let records = 0
    let bytes = 0
    for (const { block } of this.#tables.get(physicalName)?.blocks ?? []) {
      records += block.rowCount
      bytes += block.bytes
    }
    return { records, bytes }
  }

  get size(): { readonly records: number; readonly bytes: number } {
    return { records: this.#records, bytes: this.#bytes }
  }

  /** Why the engine takes no rows at this moment. */
  get failure(): ServerError | undefined {
    for (const { failure } of this.#tables.values()) if (failure !== undefined) return failure.error
    return undefined
  }

  /** Waits for what is under way; what is pending stays in the log. */
  async stop(): Promise<void> {
    this.#isStopped = true
    clearInterval(this.#timer)
    await this.#sweeping
    await Promise.allSettled([...this.#tables.values()].flatMap(({ inserting }) => inserting ?? []))
  }

  /** One table after the other, those first whose rows wait longest. */
  #sweep(): Promise<void> {
    this.#sweeping ??= this.#sweepOnce().finally(() => (this.#sweeping = undefined))
    return this.#sweeping
  }

  async #sweepOnce(): Promise<void> {
    for (let next = this.#due(); next !== undefined && !this.#isStopped; next = this.#due()) {
      const { isSealed } = next.blocks[0]!
      const startedMs = this.#options.clock.monotonicMs()
      // the reason is kept with the table, and is in the log
      await this.#insertOldest(next).catch(() => undefined)
      const endedMs = this.#options.clock.monotonicMs()
      if (!isSealed) this.#restUntilMs = endedMs + restFactor * (endedMs - startedMs)
    }
  }

  #due(): PendingTable | undefined {
    const nowMs = this.#options.clock.monotonicMs()
    // an insert has a price whatever its size: with hundreds of tables that get a little all the time, blocks become older and larger instead
    const isResting = nowMs < this.#restUntilMs && this.#records < restfulRows && this.#bytes < restfulBytes
    let due: PendingTable | undefined
    for (const pending of this.#tables.values()) {
      if (pending.inserting !== undefined || nowMs < (pending.failure?.retryMs ?? 0)) continue
      const { isSealed, openedMs } = pending.blocks[0]!
      if (!isSealed && (isResting || nowMs < openedMs + ageMs)) continue
      if (due === undefined || openedMs < due.blocks[0]!.openedMs) due = pending
    }
    return due
  }

  async #empty(pending: PendingTable): Promise<void> {
    const last = pending.blocks.at(-1)
    while (last !== undefined && pending.blocks.includes(last)) {
      if (pending.inserting === undefined && pending.failure !== undefined && this.#options.clock.monotonicMs() < pending.failure.retryMs) {
        throw pending.failure.error
      }
      await this.#insertOldest(pending)
    }
  }

  /** Callers at the same time share one insert. */
  #insertOldest(pending: PendingTable): Promise<void> {
    pending.inserting ??= this.#insert(pending).finally(() => (pending.inserting = undefined))
    return pending.inserting
  }

  async #insert(pending: PendingTable): Promise<void> {
    const { engine, clock, engineDatabase, observer } = this.#options
    const oldest = pending.blocks[0]!
    oldest.isSealed = true
    if (!this.#exists(pending.table)) return this.#discard(pending)
    const startedMs = clock.monotonicMs()
    try {
      const block = oldest.isUncertain ? await this.#missing(pending.table, oldest.block) : oldest.block
      oldest.isUncertain = true
      if (block.rowCount > 0) await engine.insert(await this.#fitting(pending.table, block.toInsert(engineDatabase)))
    } catch (error) {
      if (!this.#exists(pending.table)) return this.#discard(pending)
      throw this.#failed(pending, error)
    }
    observer?.blockFlushed?.({ records: oldest.block.rowCount, durationMs: clock.monotonicMs() - startedMs })
    pending.failure = undefined
    this.#left(pending, pending.blocks.splice(0, 1))
  }

  /** As the engine holds it, which is made to hold what it could not yet. */
  async #fitting(table: TableRecord, insert: EngineInsert): Promise<EngineInsert> {
    const { catalog } = this.#options
    const { schema } = catalog.table(table.databaseName, table.tableName) ?? table
    const outgrown = outgrownAttributes(schema, insert)
    return asHeld(outgrown.length === 0 ? schema : (await catalog.widen(table, outgrown)).schema, insert)
  }

  #failed(pending: PendingTable, error: unknown): ServerError {
    const { clock, log, observer } = this.#options
    const { databaseName, tableName, physicalName } = pending.table
    const reason = error instanceof ServerError && error.definition.masked !== true ? error.message : 'an internal error'
    const shown = new ServerError(
      isNoSpace(error) ? 'NO_SPACE' : 'ENGINE_UNAVAILABLE',
      `Records of ${databaseName}.${tableName} are safe in the write-ahead log, but the engine does not take them: ${reason}`,
      { cause: error },
    )
    const pauseMs = Math.min(longestPauseMs, 2 * (pending.failure?.pauseMs ?? shortestPauseMs / 2))
    pending.failure = { error: shown, pauseMs, retryMs: clock.monotonicMs() + pauseMs }
    log.error('block not flushed', { table: physicalName, records: pending.blocks[0]?.block.rowCount, error: String(error) })
    observer?.flushFailed?.(error)
    return shown
  }

  /** The rows that the engine does not have: an insert that failed may have left those of some days. */
  async #missing(table: TableRecord, block: PendingBlock): Promise<PendingBlock> {
    const identities = Array.from({ length: block.rowCount }, (_, row) => identityAt(block, row))
    const versions = new Map<string, bigint>()
    for (const { identity, version } of await this.#options.stored.find(table, identities)) versions.set(identityKey(identity), version)
    const missing = identities.flatMap((identity, row) =>
      (versions.get(identityKey(identity)) ?? -1n) < block.versionAt(row) ? [row] : [],
    )
    const rest = new PendingBlock(table.physicalName)
    rest.append(block.toInsert(this.#options.engineDatabase), Int32Array.from(missing))
    return rest
  }

  #exists({ databaseName, tableName, physicalName }: TableRecord): boolean {
    return this.#options.catalog.table(databaseName, tableName)?.physicalName === physicalName
  }

  /** The table was deleted, and its rows with it. */
  #discard(pending: PendingTable): void {
    this.#left(pending, pending.blocks.splice(0))
  }

  #left(pending: PendingTable, gone: readonly Waiting[]): void {
    for (const { block } of gone) {
      this.#records -= block.rowCount
      this.#bytes -= block.bytes
    }
    if (pending.blocks.length === 0) this.#tables.delete(pending.table.physicalName)
    this.#options.onFlushed(this.oldestSegment ?? 'all')
  }

  /**
   * The blocks that keep the oldest segment of the log, to be written to it once more so that it can go. They take no more rows.
   * @param moved of each, when its copy is durable
   */
  keepersOfOldest(): readonly { readonly table: TableRecord; readonly insert: EngineInsert; readonly moved: (segment: number) => void }[] {
    const oldest = this.oldestSegment
    return [...this.#tables.values()].flatMap(({ table, blocks }) =>
      blocks.flatMap((waiting) => {
        if (waiting.segment !== oldest) return []
        waiting.isSealed = true
        const moved = (segment: number): void => {
          waiting.segment = segment
        }
        return [{ table, insert: waiting.block.toInsert(this.#options.engineDatabase), moved }]
      }),
    )
  }

  get oldestSegment(): number | undefined {
    let oldest: number | undefined
    for (const { blocks } of this.#tables.values()) {
      const { segment } = blocks[0]!
      if (oldest === undefined || segment < oldest) oldest = segment
    }
    return oldest
  }
}

const isNoSpace = (error: unknown): boolean => error instanceof ServerError && error.code === 'NO_SPACE'
