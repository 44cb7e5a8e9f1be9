import type { Clock } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import type { ObjectStore } from '../../object-store/object-store.ts'
import type { TableRecord } from '../../storage/table-record.ts'
import { type MagneticReject, rejectReport, rejectedRecordJson } from './reject-report.ts'

/** `reported`: in the bucket; `lost`: the bucket could not be written to, or too much was waiting for it; `unreported`: the table names no bucket. */
export type RejectOutcome = 'reported' | 'lost' | 'unreported'

export interface MagneticRejectsOptions {
  /** Absent: there are no buckets. */
  readonly objectStore?: Pick<ObjectStore, 'put'>
  readonly clock: Clock
  readonly log: Log
  /** Bytes of reports that wait for their bucket; records beyond it are lost. */
  readonly maxBytes: number
  /** Called with each outcome of records. */
  readonly onOutcome?: (outcome: RejectOutcome, records: number) => void
}

type Location = NonNullable<TableRecord['rejectedDataLocation']>

interface Waiting {
  readonly table: TableRecord
  readonly location: Location
  readonly byReason: Map<string, string[]>
  records: number
  bytes: number
}

/** What is rejected within this time goes into one report of its table. */
const gatherMs = 1000
const shortestPauseMs = 1000
const longestPauseMs = 60_000
/** A report of more records is followed by another one. */
const reportRecords = 10_000
const draining = 5000

/**
 * Reports late records that lost against stored ones into the bucket of their table: the request that brought them was answered without a
 * word of it. Reports wait in memory while a bucket cannot be written to, up to a bound; what is lost then is logged and counted.
 */
export class MagneticRejects {
  readonly #options: MagneticRejectsOptions
  /** By table; in the order of their first records. */
  readonly #waiting = new Map<string, Waiting>()
  #bytes = 0
  #timer: NodeJS.Timeout | undefined
  #sending: Promise<void> | undefined
  #pauseMs = 0
  #isStopped = false

  constructor(options: MagneticRejectsOptions) {
    this.#options = options
  }

  add(table: TableRecord, rejects: readonly MagneticReject[]): void {
    const { rejectedDataLocation: location } = table
    if (location?.bucketName === undefined) {
      this.#options.onOutcome?.('unreported', rejects.length)
      return
    }
    let lost = 0
    for (const reject of rejects) {
      const json = rejectedRecordJson(reject)
      if (this.#isStopped || this.#bytes + json.length > this.#options.maxBytes) lost++
      else this.#keep(table, location, reject.reason, json)
    }
    if (lost > 0) this.#lose(table, lost, 'too many are waiting for their bucket')
    this.#schedule()
  }

  /** Tries once more to bring out all that waits, for some seconds; the rest is lost. */
  async drain(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    let deadline: NodeJS.Timeout | undefined
    const expired = new Promise<void>((resolve) => (deadline = setTimeout(resolve, draining)))
    await Promise.race([(this.#sending ?? Promise.resolve()).then(() => this.#send()), expired])
    clearTimeout(deadline)
    this.#isStopped = true
    clearTimeout(this.#timer)
    for (const { table, records } of this.#waiting.values()) this.#lose(table, records, 'the server stops')
    this.#waiting.clear()
  }

  #keep(table: TableRecord, location: Location, reason: string, json: string): void {
    let key = table.physicalName
    while ((this.#waiting.get(key)?.records ?? 0) >= reportRecords) key += '+'
    let waiting = this.#waiting.get(key)
    if (waiting === undefined) {
      waiting = { table, location, byReason: new Map(), records: 0, bytes: 0 }
      this.#waiting.set(key, waiting)
    }
    const records = waiting.byReason.get(reason) ?? []
    records.push(json)
    waiting.byReason.set(reason, records)
    waiting.records++
    waiting.bytes += json.length
    this.#bytes += json.length
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#sending !== undefined || this.#waiting.size === 0 || this.#isStopped) return
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined
        this.#sending = this.#send().finally(() => {
          this.#sending = undefined
          this.#schedule()
        })
      },
      Math.max(gatherMs, this.#pauseMs),
    ).unref()
  }

  async #send(): Promise<void> {
    let hasFailed = false
    for (const [key, waiting] of [...this.#waiting]) {
      // what comes meanwhile is for the next report
      this.#waiting.delete(key)
      try {
        await this.#put(waiting)
        this.#bytes -= waiting.bytes
        this.#options.onOutcome?.('reported', waiting.records)
      } catch (error) {
        hasFailed = true
        const { databaseName, tableName } = waiting.table
        this.#options.log.warn('rejected records not reported yet', {
          table: `${databaseName}.${tableName}`,
          bucket: waiting.location.bucketName,
          records: waiting.records,
          error: String(error),
        })
        this.#putBack(key, waiting)
      }
    }
    this.#pauseMs = hasFailed ? Math.min(longestPauseMs, Math.max(shortestPauseMs, 2 * this.#pauseMs)) : 0
  }

  async #put({ table, location, byReason }: Waiting): Promise<void> {
    const { objectStore, clock } = this.#options
    const { bucketName = '', objectKeyPrefix, encryptionOption, kmsKeyId } = location
    if (objectStore === undefined) throw new Error('there are no buckets')
    const { key, body } = rejectReport(table, objectKeyPrefix, byReason, clock.nowMs())
    await objectStore.put(bucketName, key, body, {
      contentType: 'application/json',
      ...(encryptionOption && { encryption: encryptionOption }),
      ...(kmsKeyId !== undefined && { kmsKeyId }),
    })
  }

  #putBack(key: string, waiting: Waiting): void {
    let free = key
    while (this.#waiting.has(free)) free += '+'
    this.#waiting.set(free, waiting)
  }

  #lose({ databaseName, tableName }: TableRecord, records: number, why: string): void {
    this.#options.log.error('rejected records not reported', { table: `${databaseName}.${tableName}`, records, error: why })
    this.#options.onOutcome?.('lost', records)
  }
}
