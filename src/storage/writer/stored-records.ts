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

/** What the writer asks about rows that are already stored. */
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

export function createStoredRecords(engine: Pick<Engine, 'rows'>, engineDatabase: string): StoredRecords {
  return {
    async newestTimes(table, series, fromNs) {
      const newest = []
      for (const { tuples } of questions(series, (s) => `(${quote(s.measureName)},${s.series})`)) {
        const rows = await engine.rows(
          `SELECT measure_name, toString(series), toString(max(time)) FROM ${engineDatabase}.${table.physicalName} ` +
            `WHERE time >= ${fromNs} AND (measure_name, series) IN (${tuples}) GROUP BY measure_name, series`,
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
      for (const { tuples, items } of questions(identities, (i) => `(${quote(i.measureName)},${i.series},${i.timeNs})`)) {
        const times = items.map((i) => i.timeNs)
        const rows = await engine.rows(
          `SELECT ${selected} FROM ${engineDatabase}.${table.physicalName} ` +
            `WHERE time BETWEEN ${least(times)} AND ${greatest(times)} AND (measure_name, series, time) IN (${tuples})`,
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

function* questions<T>(
  items: readonly T[],
  tuple: (item: T) => string,
): Generator<{ readonly tuples: string; readonly items: readonly T[] }> {
  let tuples: string[] = []
  let asked: T[] = []
  let chars = 0
  for (const item of items) {
    const text = tuple(item)
    if (chars + text.length > questionChars) {
      yield { tuples: tuples.join(','), items: asked }
      tuples = []
      asked = []
      chars = 0
    }
    tuples.push(text)
    asked.push(item)
    chars += text.length + 1
  }
  if (asked.length > 0) yield { tuples: tuples.join(','), items: asked }
}

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
