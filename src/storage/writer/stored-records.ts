import type { Engine } from '../../engine/engine.ts'
import { schemaIndex } from '../schema-index.ts'
import type { AttributeType, TableRecord } from '../table-record.ts'
import type { Cell } from './write-record.ts'

/** A series of one measure in the engine's terms. */
export interface SeriesIdentity {
  readonly measureName: string
  readonly series: bigint
}
export interface RecordIdentity extends SeriesIdentity {
  readonly timeNs: bigint
}

export interface StoredRecord {
  readonly identity: RecordIdentity
  readonly version: bigint
  /** Cells that are not NULL, by physical column. */
  readonly value: ReadonlyMap<string, Cell>
}

/** What the writer asks about rows that are already stored. Answers may hold more than was asked for. */
export interface StoredRecords {
  /** The newest time of each of the series among rows not older than `fromNs`; series without such rows are left out. */
  newestTimes(
    table: TableRecord,
    series: readonly SeriesIdentity[],
    fromNs: bigint,
  ): Promise<readonly (SeriesIdentity & { readonly timeNs: bigint })[]>
  /** The records that exist, each once, in its highest version. */
  find(table: TableRecord, identities: readonly RecordIdentity[]): Promise<readonly StoredRecord[]>
}

/** One question's text stays below the engine's limit of 256 KiB. */
const questionChars = 200_000

/**
 * Such a question is asked once of a series: what it reads is not read again, and must not push out of the engine's cache what queries read, nor let memory grow
 * with every series of a long load.
 */
const asksOnce = ' SETTINGS use_uncompressed_cache = 0'

/**
 * Keys travel as one literal that the engine splits: a list of thousands of literals takes it several times as long to parse.
 * Measure names are matched apart from the rest of a key, so the answer may hold more.
 */
export function createStoredRecords(engine: Pick<Engine, 'rows'>, engineDatabase: string): StoredRecords {
  return {
    async newestTimes(table, series, fromNs) {
      const newest = []
      for (const { items, keys } of questions(series, (s) => String(s.series))) {
        const rows = await engine.rows(
          `SELECT measure_name, toString(series), toString(max(time)) FROM ${engineDatabase}.${table.physicalName} ` +
            `WHERE time >= ${fromNs} AND measure_name IN (${measureNames(items)}) ` +
            `AND series IN (SELECT toUInt64(arrayJoin(splitByChar(',', '${keys}')))) GROUP BY measure_name, series${asksOnce}`,
        )
        for (const [name, id, time] of rows) {
          newest.push({ measureName: String(name), series: BigInt(String(id)), timeNs: BigInt(String(time)) })
        }
      }
      return newest
    },

    async find(table, identities) {
      const columns = [...schemaIndex(table.schema).valueColumns]
      const selected = ['measure_name', 'toString(series)', 'toString(time)', 'toString(version)', ...columns.map(([name]) => name)].join(
        ', ',
      )
      const found = new Map<string, StoredRecord>()
      for (const { items, keys } of questions(identities, (i) => `${i.series} ${i.timeNs}`)) {
        const times = items.map((i) => i.timeNs)
        const rows = await engine.rows(
          `SELECT ${selected} FROM ${engineDatabase}.${table.physicalName} ` +
            `WHERE time BETWEEN ${least(times)} AND ${greatest(times)} AND measure_name IN (${measureNames(items)}) ` +
            "AND (series, time) IN (SELECT toUInt64(key[1]), toInt64(key[2]) FROM (SELECT splitByChar(' ', arrayJoin(splitByChar(',', " +
            `'${keys}'))) AS key))`,
        )
        for (const row of rows) {
          const record = storedRecord(row, columns)
          const { measureName, series, timeNs } = record.identity
          const key = `${series}/${timeNs}/${measureName}`
          const other = found.get(key)
          if (other === undefined || other.version < record.version) found.set(key, record)
        }
      }
      return [...found.values()]
    },
  }
}

interface Question<T> {
  readonly items: readonly T[]
  /** The distinct keys of the items, between commas. */
  readonly keys: string
}

function* questions<T extends SeriesIdentity>(all: readonly T[], keyOf: (item: T) => string): Generator<Question<T>> {
  let items: T[] = []
  let keys = new Set<string>()
  let names = new Set<string>()
  let chars = 0
  for (const item of all) {
    const key = keyOf(item)
    const added = (keys.has(key) ? 0 : key.length + 1) + (names.has(item.measureName) ? 0 : 2 * item.measureName.length + 4)
    if (chars + added > questionChars && items.length > 0) {
      yield { items, keys: [...keys].join(',') }
      items = []
      keys = new Set()
      names = new Set()
      chars = 0
    }
    items.push(item)
    keys.add(key)
    names.add(item.measureName)
    chars += added
  }
  if (items.length > 0) yield { items, keys: [...keys].join(',') }
}

const measureNames = (items: readonly SeriesIdentity[]): string => [...new Set(items.map((i) => quote(i.measureName)))].join(', ')

function storedRecord(row: readonly unknown[], columns: readonly (readonly [string, AttributeType])[]): StoredRecord {
  const [measureName, series, time, version] = row.slice(0, 4).map(String)
  const value = new Map<string, Cell>()
  for (const [i, [name, type]] of columns.entries()) {
    const cell = row[4 + i]
    if (cell !== null && cell !== undefined) value.set(name, decodeCell(cell, type))
  }
  return { identity: { measureName: measureName!, series: BigInt(series!), timeNs: BigInt(time!) }, version: BigInt(version!), value }
}

function decodeCell(cell: unknown, type: AttributeType): Cell {
  switch (type) {
    case 'double':
      return Number(cell)
    case 'bigint':
    case 'timestamp':
      return BigInt(String(cell))
    case 'boolean':
      return cell === true || cell === 1
    case 'varchar':
      return String(cell)
  }
}

const least = (times: readonly bigint[]): bigint => times.reduce((a, b) => (b < a ? b : a))
const greatest = (times: readonly bigint[]): bigint => times.reduce((a, b) => (b > a ? b : a))

const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
