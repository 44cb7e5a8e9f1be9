import { ServerError } from '../../../base/errors.ts'
import type { RecordInput, RejectedRecord } from '../../write/record.ts'
import type { ErrorReport } from './error-report.ts'
import { pause } from './pause.ts'
import { recordBytes } from './record-bytes.ts'

export interface TargetWriter {
  /** @throws ServerError as the database's write does */
  write(records: readonly RecordInput[]): Promise<unknown>
}

const recordsPerBatch = 1000
const batchesAtOnce = 4
const firstPauseMs = 50
const longestPauseMs = 5000
/** A writer that is throttled for so long gives up. */
const patienceMs = 600_000

/** Writes records in batches, some at once; what single records are refused for goes into the report. */
export class RecordWriter {
  readonly #target: TargetWriter
  readonly #report: ErrorReport
  readonly #signal: AbortSignal
  #batch: RecordInput[] = []
  readonly #underWay = new Set<Promise<void>>()
  #failure: unknown
  #ingested = 0
  #bytes = 0

  constructor(target: TargetWriter, report: ErrorReport, signal: AbortSignal) {
    this.#target = target
    this.#report = report
    this.#signal = signal
  }

  get ingested(): number {
    return this.#ingested
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Resolves when there is room for more. @throws what a batch failed with */
  async add(records: readonly RecordInput[]): Promise<void> {
    this.#batch.push(...records)
    if (this.#batch.length >= recordsPerBatch) await this.#send()
  }

  /** @throws what a batch failed with */
  async end(): Promise<void> {
    if (this.#batch.length > 0) await this.#send()
    await this.settled()
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Resolves when nothing is under way any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay)
  }

  async #send(): Promise<void> {
    const batch = this.#batch
    this.#batch = []
    while (this.#underWay.size >= batchesAtOnce) await Promise.race(this.#underWay)
    if (this.#failure !== undefined) throw this.#failure
    const work = this.#write(batch)
      .catch((error: unknown) => void (this.#failure ??= error))
      .finally(() => this.#underWay.delete(work))
    this.#underWay.add(work)
  }

  async #write(records: readonly RecordInput[]): Promise<void> {
    const rejected = await this.#tryWrite(records)
    if (rejected === 'invalid') {
      const [first] = records
      if (first === undefined || records.length === 1) return
      // one of them is to blame, and nothing was stored
      const half = records.length >>> 1
      await this.#write(records.slice(0, half))
      await this.#write(records.slice(half))
      return
    }
    const reasons = new Map(rejected.map(({ RecordIndex, Reason }) => [RecordIndex, Reason]))
    for (const [index, record] of records.entries()) {
      const reason = reasons.get(index)
      if (reason === undefined) {
        this.#ingested++
        this.#bytes += recordBytes(record)
      } else this.#report.addRecord(reason, record)
    }
  }

  /** Waits while it is throttled. */
  async #tryWrite(records: readonly RecordInput[]): Promise<readonly RejectedRecord[] | 'invalid'> {
    let waitedMs = 0
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      try {
        this.#signal.throwIfAborted()
        await this.#target.write(records)
        return []
      } catch (error) {
        if (!(error instanceof ServerError)) throw error
        if (error.code === 'REJECTED_RECORDS') return error.members?.['RejectedRecords'] as readonly RejectedRecord[]
        if (error.code === 'VALIDATION') {
          if (records.length === 1) this.#report.addRecord(error.message.replace(/^Records\[0\]\.?/, ''), records[0]!)
          return 'invalid'
        }
        if (error.code !== 'THROTTLING' || waitedMs > patienceMs) throw error
        waitedMs += pauseMs
        await pause(pauseMs, this.#signal)
      }
    }
  }
}
