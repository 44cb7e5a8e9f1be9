import type { TableRecord } from '../table-record.ts'
import { TableBatch } from './table-batch.ts'
import { TableTexts } from './table-texts.ts'
import type { WriteOutcome, WriteRecord } from './write-record.ts'

/** A request's share of a batch. */
export interface PendingWrite {
  readonly firstRow: number
  readonly rowCount: number
  readonly resolve: (outcome: WriteOutcome) => void
  readonly reject: (error: unknown) => void
}

export interface PendingBatch {
  readonly batch: TableBatch
  readonly writes: PendingWrite[]
  /** Monotonic milliseconds when its first record came. */
  readonly openedMs: number
  /** Of `batch`, as it was accounted for. */
  rows: number
  bytes: number
}

export interface BatchBounds {
  readonly rows: number
  readonly bytes: number
}

/** The batches of one table, oldest first; the last one still takes records. */
export class TableQueue {
  readonly physicalName: string
  /** One of its batches is being written. */
  isCommitting = false
  /** Of its batches, also of those being written. */
  waitingRecords = 0
  waitingBytes = 0
  readonly #bounds: BatchBounds
  readonly #texts: TableTexts
  readonly #batches: PendingBatch[] = []
  /** Those who want no batch to be written; the first one has that, when none is being written. */
  readonly #holders: (() => void)[] = []

  constructor(physicalName: string, bounds: BatchBounds) {
    this.physicalName = physicalName
    this.#bounds = bounds
    this.#texts = new TableTexts(physicalName)
  }

  /** No batch may be written. */
  get isHeld(): boolean {
    return this.#holders.length > 0
  }

  /** Resolves when no batch is being written and no other holder is left; `release` ends it. */
  hold(): Promise<void> {
    return new Promise((resolve) => {
      this.#holders.push(resolve)
      if (this.#holders.length === 1 && !this.isCommitting) resolve()
    })
  }

  release(): void {
    this.#holders.shift()
    this.#holders[0]?.()
  }

  committed(): void {
    this.isCommitting = false
    this.#holders[0]?.()
  }

  get isEmpty(): boolean {
    return this.#batches.length === 0
  }

  /** Adds the records to the open batch; answers the batch, grown. */
  append(
    table: TableRecord,
    records: readonly WriteRecord[],
    write: Pick<PendingWrite, 'resolve' | 'reject'>,
    nowMs: number,
  ): PendingBatch {
    let pending = this.#batches.at(-1)
    if (pending === undefined || pending.rows >= this.#bounds.rows || pending.bytes >= this.#bounds.bytes) {
      pending = { batch: new TableBatch(table, this.#texts), writes: [], openedMs: nowMs, rows: 0, bytes: 0 }
      this.#batches.push(pending)
    }
    pending.writes.push({ ...write, firstRow: pending.batch.rowCount, rowCount: records.length })
    pending.batch.append(table, records)
    return pending
  }

  /** The oldest batch, to be written now; it takes no more records. */
  take(): PendingBatch | undefined {
    return this.#batches.shift()
  }
}
