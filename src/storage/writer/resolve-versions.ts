import type { TableRecord } from '../table-record.ts'
import type { RecordIdentity, SeriesIdentity, StoredRecords } from './stored-records.ts'
import { decideVersion } from './version-decision.ts'
import type { Watermarks } from './watermarks.ts'
import type { Cell, VersionReject } from './write-record.ts'

/** Rows that are to be decided about, in order. */
export interface VersionedRows {
  readonly rowCount: number
  timeAt(row: number): bigint
  versionAt(row: number): bigint
  /** It takes the place of whatever is stored: its version is raised where it must be. */
  isLastWord?(row: number): boolean
  raiseVersion?(row: number, version: bigint): void
  /** Its place in its request. */
  indexAt(row: number): number
  measureNameAt(row: number): string
  /** Unsigned 64 bits. */
  seriesAt(row: number): bigint
  /** The halves of a key that stands for table, measure and dimensions together. */
  keyLowAt(row: number): number
  keyHighAt(row: number): number
  /** The row's value cells that are not NULL, by physical column. */
  valueAt(row: number): ReadonlyMap<string, Cell>
}

export interface Resolution {
  /** The rows to store, ascending; undefined for all. */
  readonly kept: Int32Array | undefined
  readonly rejects: readonly (VersionReject & { readonly row: number })[]
  /** A kept row takes the place of one that is already stored. */
  readonly replaces: boolean
  /** How many records were looked up in the engine. */
  readonly lookedUp: number
}

/**
 * Decides about every row of a batch, in order, as if it were written alone. Rows newer than all that is known of their series
 * cost a look into memory; the others are looked up in the engine, all together.
 * @param table with every column that the batch or the stored rows may have
 */
export async function resolveVersions(
  table: TableRecord,
  batch: VersionedRows,
  watermarks: Watermarks,
  stored: StoredRecords,
): Promise<Resolution> {
  await learnSeries(table, batch, watermarks, stored)
  const { mayBeStored, doubtful } = sift(batch, watermarks)
  if (doubtful.length === 0) return { kept: undefined, rejects: [], replaces: false, lookedUp: 0 }

  const groups = groupRows(batch, doubtful)
  const asked: RecordIdentity[] = []
  for (const rows of groups.values()) {
    if (rows.some((row) => mayBeStored[row] === 1)) asked.push(identityAt(batch, rows[0]!))
  }
  const found = new Map<string, Existing>()
  if (asked.length > 0) {
    for (const { identity, version, value } of await stored.find(table, asked)) {
      found.set(identityKey(identity), { version, value: () => value })
    }
  }
  return { ...decideGroups(batch, groups, found), lookedUp: asked.length }
}

interface Existing {
  readonly version: bigint
  readonly value: () => ReadonlyMap<string, Cell>
}

/** Asks the engine for the newest time of the series that are not known. */
async function learnSeries(table: TableRecord, batch: VersionedRows, watermarks: Watermarks, stored: StoredRecords): Promise<void> {
  const unknown = new Map<string, SeriesIdentity & { readonly low: number; readonly high: number }>()
  let fromNs: bigint | undefined
  for (let row = 0; row < batch.rowCount; row++) {
    const low = batch.keyLowAt(row)
    const high = batch.keyHighAt(row)
    if (watermarks.get(low, high) !== undefined) continue
    const timeNs = batch.timeAt(row)
    if (fromNs === undefined || timeNs < fromNs) fromNs = timeNs
    const identity = { measureName: batch.measureNameAt(row), series: batch.seriesAt(row) }
    const key = seriesKey(identity)
    if (!unknown.has(key)) unknown.set(key, { ...identity, low, high })
  }
  if (fromNs === undefined) return
  const newest = new Map<string, bigint>()
  for (const series of await stored.newestTimes(table, [...unknown.values()], fromNs)) newest.set(seriesKey(series), series.timeNs)
  // without rows from there on, everything stored is older than the batch
  for (const [key, { low, high }] of unknown) watermarks.learn(low, high, newest.get(key) ?? fromNs - 1n)
}

/**
 * `mayBeStored`: rows not newer than what was known of their series before this batch. `doubtful`: those, and rows not newer than an
 * earlier row of this batch. Raises the known times by the others.
 */
function sift(batch: VersionedRows, watermarks: Watermarks): { readonly mayBeStored: Uint8Array; readonly doubtful: readonly number[] } {
  const mayBeStored = new Uint8Array(batch.rowCount)
  for (let row = 0; row < batch.rowCount; row++) {
    const newest = watermarks.get(batch.keyLowAt(row), batch.keyHighAt(row))
    if (newest === undefined || batch.timeAt(row) <= newest) mayBeStored[row] = 1
  }
  const doubtful: number[] = []
  for (let row = 0; row < batch.rowCount; row++) {
    const low = batch.keyLowAt(row)
    const high = batch.keyHighAt(row)
    const timeNs = batch.timeAt(row)
    const newest = mayBeStored[row] === 1 ? undefined : watermarks.get(low, high)
    if (newest === undefined || timeNs <= newest) doubtful.push(row)
    else watermarks.raise(low, high, timeNs)
  }
  return { mayBeStored, doubtful }
}

/** The rows of each identity that occurs among the doubtful ones, in the batch's order. */
function groupRows(batch: VersionedRows, doubtful: readonly number[]): ReadonlyMap<string, readonly number[]> {
  const groups = new Map<string, number[]>()
  const times = new Set<bigint>()
  for (const row of doubtful) {
    groups.set(identityKey(identityAt(batch, row)), [])
    times.add(batch.timeAt(row))
  }
  for (let row = 0; row < batch.rowCount; row++) {
    if (times.has(batch.timeAt(row))) groups.get(identityKey(identityAt(batch, row)))?.push(row)
  }
  return groups
}

function decideGroups(
  batch: VersionedRows,
  groups: ReadonlyMap<string, readonly number[]>,
  found: ReadonlyMap<string, Existing>,
): Omit<Resolution, 'lookedUp'> {
  const dropped = new Uint8Array(batch.rowCount)
  const rejects: (VersionReject & { row: number })[] = []
  let replaces = false
  for (const [key, rows] of groups) {
    let existing = found.get(key)
    let winner: number | undefined
    for (const row of rows) {
      const value = once(() => batch.valueAt(row))
      const before = existing
      if (before !== undefined && batch.isLastWord?.(row) === true) raiseAbove(batch, row, before.version)
      const version = batch.versionAt(row)
      const decision = decideVersion(version, before?.version, () => before !== undefined && sameCells(before.value(), value()))
      switch (decision.kind) {
        case 'insert':
        case 'replace':
          if (winner !== undefined) dropped[winner] = 1
          winner = row
          existing = { version, value }
          break
        case 'keep':
          dropped[row] = 1
          break
        case 'reject': {
          dropped[row] = 1
          const { reason, existingVersion } = decision
          rejects.push({ row, index: batch.indexAt(row), reason, ...(existingVersion === undefined ? {} : { existingVersion }) })
        }
      }
    }
    if (winner !== undefined && found.has(key)) replaces = true
  }
  return { kept: dropped.includes(1) ? keptRows(dropped) : undefined, rejects, replaces }
}

const greatestVersion = 9_223_372_036_854_775_807n

/** Above the greatest version there is nothing: the record is then decided about as any other. */
function raiseAbove(batch: VersionedRows, row: number, existing: bigint): void {
  if (batch.versionAt(row) <= existing && existing < greatestVersion) batch.raiseVersion?.(row, existing + 1n)
}

function keptRows(dropped: Uint8Array): Int32Array {
  const kept = new Int32Array(dropped.length)
  let count = 0
  for (let row = 0; row < dropped.length; row++) if (dropped[row] === 0) kept[count++] = row
  return kept.subarray(0, count)
}

function sameCells(a: ReadonlyMap<string, Cell>, b: ReadonlyMap<string, Cell>): boolean {
  if (a.size !== b.size) return false
  for (const [name, cell] of a) if (b.get(name) !== cell) return false
  return true
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => (made ??= { value: make() }).value
}

export const identityAt = (batch: VersionedRows, row: number): RecordIdentity => ({
  measureName: batch.measureNameAt(row),
  series: batch.seriesAt(row),
  timeNs: batch.timeAt(row),
})
export const seriesKey = ({ measureName, series }: SeriesIdentity): string => `${series}/${measureName}`
export const identityKey = ({ measureName, series, timeNs }: RecordIdentity): string => `${series}/${timeNs}/${measureName}`
