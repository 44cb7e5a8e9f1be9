import type { Clock } from '../../base/clock.ts'
import { ServerError } from '../../base/errors.ts'
import type { TableRecord } from '../../storage/table-record.ts'

/** How long a partition counts after the last late record. Source: developer guide, "Quotas". */
const activeMs = 6 * 3_600_000
/** What counts as one partition of a table. */
const partitionNs = 7n * 86_400_000_000_000n

/** Which partitions of the magnetic store late records were written into lately, by database; in memory, of this process. */
export class ActivePartitions {
  readonly #clock: Clock
  readonly #most: number
  /** Keys in the order of their last use. */
  readonly #databases = new Map<string, Map<string, number>>()

  constructor(clock: Clock, most: number) {
    this.#clock = clock
    this.#most = most
  }

  /**
   * Notes the partitions of late records.
   * @throws ServerError THROTTLING when they would be too many; then none is noted
   */
  admit({ databaseName, physicalName }: TableRecord, times: readonly bigint[]): void {
    if (times.length === 0) return
    const nowMs = this.#clock.monotonicMs()
    const active = this.#databases.get(databaseName) ?? new Map<string, number>()
    for (const [key, usedMs] of active) {
      if (nowMs - usedMs < activeMs) break
      active.delete(key)
    }
    const keys = new Set(times.map((timeNs) => `${physicalName}/${timeNs / partitionNs}`))
    let added = 0
    for (const key of keys) if (!active.has(key)) added++
    if (active.size + added > this.#most && added > 0) {
      throw new ServerError(
        'THROTTLING',
        `The database ${databaseName} can have at most ${this.#most} active partitions in the magnetic store. Retry later, or write late data in the order of its time.`,
      )
    }
    for (const key of keys) {
      active.delete(key)
      active.set(key, nowMs)
    }
    this.#databases.set(databaseName, active)
  }
}
