import { assert } from '../../base/assert.ts'
import type { EngineInsert, InsertColumn } from '../../engine/engine.ts'
import type { AttributeType } from '../table-record.ts'
import {
  type Column,
  type DictionaryColumn,
  type Int64Column,
  cellAt,
  createDictionaryColumn,
  createValueColumn,
  growColumn,
  grown,
  insertColumn,
  rowBytes,
  setCell,
} from '../writer/column.ts'
import { type Hash64, nameHash } from '../writer/name-hash.ts'
import { type VersionedRows, identityAt, identityKey, seriesKey } from '../writer/resolve-versions.ts'
import type { RecordIdentity, SeriesIdentity, StoredRecord } from '../writer/stored-records.ts'
import type { Cell } from '../writer/write-record.ts'

const firstCapacity = 256
const baseColumns: ReadonlySet<string> = new Set(['time', 'version', 'measure_name'])
const valueTypes: Readonly<Record<Exclude<InsertColumn['kind'], 'dictionary' | 'uint64'>, AttributeType>> = {
  int64: 'bigint',
  float64: 'double',
  boolean: 'boolean',
  string: 'varchar',
}

/** Batches of one table put together, on their way to the engine as one. */
export class PendingBlock implements VersionedRows {
  readonly #physicalName: string
  #capacity = firstCapacity
  #rowCount = 0
  #columnBytes = 8
  #textBytes = 0
  #series = new BigUint64Array(firstCapacity)
  readonly #times: Int64Column
  readonly #versions: Int64Column
  readonly #measures: DictionaryColumn
  readonly #columns = new Map<string, Column>()
  /** Codes by text, of each column that has a dictionary. */
  readonly #codes = new Map<DictionaryColumn, Map<string, number>>()
  readonly #hashes = new Map<string, Hash64>()
  #index: { readonly rows: Map<string, number>; readonly newest: Map<string, bigint>; rowCount: number } | undefined

  constructor(physicalName: string) {
    this.#physicalName = physicalName
    this.#times = this.#column({ name: 'time', kind: 'int64' }) as Int64Column
    this.#versions = this.#column({ name: 'version', kind: 'int64' }) as Int64Column
    this.#measures = this.#column({ name: 'measure_name', kind: 'dictionary' }) as DictionaryColumn
  }

  get rowCount(): number {
    return this.#rowCount
  }
  /** Memory held by the columns and their texts; what finding rows takes is not in it. */
  get bytes(): number {
    return this.#capacity * this.#columnBytes + this.#textBytes
  }

  /** Adds the rows listed in `kept` (ascending), or all. */
  append(insert: EngineInsert, kept?: Int32Array): void {
    const first = this.#rowCount
    const added = kept?.length ?? insert.rowCount
    this.#reserve(first + added)
    for (const column of insert.columns) {
      if (column.kind === 'uint64') {
        if (kept === undefined) this.#series.set(column.values.subarray(0, added), first)
        else for (let i = 0; i < added; i++) this.#series[first + i] = column.values[kept[i]!]!
        continue
      }
      if (!this.#columns.has(column.name) && isAllNull(column, added, kept)) continue
      const to = this.#column(column)
      if (kept === undefined && setNumbers(to, column, first, added)) continue
      this.#copy(column, to, first, added, kept)
    }
    this.#rowCount = first + added
  }

  timeAt(row: number): bigint {
    return this.#times.values[row]!
  }
  versionAt(row: number): bigint {
    return this.#versions.values[row]!
  }
  indexAt(row: number): number {
    return row
  }
  measureNameAt(row: number): string {
    return this.#measures.dictionary[this.#measures.codes[row]!]!
  }
  seriesAt(row: number): bigint {
    return this.#series[row]!
  }
  keyLowAt(row: number): number {
    return (Number(this.#series[row]! & 0xffff_ffffn) + this.#hash('measure', this.measureNameAt(row)).low + this.#tableHash.low) >>> 0
  }
  keyHighAt(row: number): number {
    return (Number(this.#series[row]! >> 32n) + this.#hash('measure', this.measureNameAt(row)).high + this.#tableHash.high) >>> 0
  }

  valueAt(row: number): ReadonlyMap<string, Cell> {
    const cells = new Map<string, Cell>()
    for (const [name, column] of this.#columns) {
      if (column.kind === 'dictionary' || baseColumns.has(name)) continue
      const cell = cellAt(column, row)
      if (cell !== undefined) cells.set(name, cell)
    }
    return cells
  }

  /** The record as the last row of that identity has it. */
  find(identity: RecordIdentity): StoredRecord | undefined {
    const row = this.#indexed().rows.get(identityKey(identity))
    return row === undefined ? undefined : { identity, version: this.versionAt(row), value: this.valueAt(row) }
  }

  newestTime(series: SeriesIdentity): bigint | undefined {
    return this.#indexed().newest.get(seriesKey(series))
  }

  toInsert(engineDatabase: string): EngineInsert {
    const rowCount = this.#rowCount
    const columns: InsertColumn[] = [{ name: 'series', kind: 'uint64', values: this.#series.subarray(0, rowCount) }]
    for (const column of this.#columns.values()) columns.push(insertColumn(column, rowCount))
    return { database: engineDatabase, table: this.#physicalName, rowCount, columns }
  }

  /** Made when somebody asks, and brought up to date with each question: a table that only gets newer records is never asked. */
  #indexed(): { readonly rows: ReadonlyMap<string, number>; readonly newest: ReadonlyMap<string, bigint> } {
    const index = (this.#index ??= { rows: new Map(), newest: new Map(), rowCount: 0 })
    for (; index.rowCount < this.#rowCount; index.rowCount++) {
      const identity = identityAt(this, index.rowCount)
      index.rows.set(identityKey(identity), index.rowCount)
      const series = seriesKey(identity)
      const newest = index.newest.get(series)
      if (newest === undefined || newest < identity.timeNs) index.newest.set(series, identity.timeNs)
    }
    return index
  }

  get #tableHash(): Hash64 {
    return this.#hash('table', this.#physicalName)
  }

  #hash(domain: 'measure' | 'table', name: string): Hash64 {
    const key = `${domain}/${name}`
    let hash = this.#hashes.get(key)
    if (hash === undefined) this.#hashes.set(key, (hash = nameHash(domain, name)))
    return hash
  }

  #column({ name, kind }: Pick<InsertColumn, 'name' | 'kind'>): Column {
    let column = this.#columns.get(name)
    if (column === undefined) {
      assert(kind !== 'uint64', `column ${name} has a kind that only the series has`)
      column =
        kind === 'dictionary' ? createDictionaryColumn(name, this.#capacity) : createValueColumn(name, valueTypes[kind], this.#capacity)
      this.#columns.set(name, column)
      this.#columnBytes += rowBytes(column)
    }
    return column
  }

  #copy(from: InsertColumn, to: Column, first: number, added: number, kept: Int32Array | undefined): void {
    if (from.kind === 'dictionary' && to.kind === 'dictionary') return this.#copyCodes(from, to, first, added, kept)
    assert(from.kind !== 'dictionary' && from.kind !== 'uint64', `column ${from.name} changes its kind`)
    for (let i = 0; i < added; i++) {
      const row = kept === undefined ? i : kept[i]!
      if (from.nulls?.[row] === 1) continue
      const value = from.kind === 'boolean' ? from.values[row] === 1 : (from.values[row] ?? '')
      this.#textBytes += setCell(to, first + i, value)
    }
  }

  /** The codes of a batch become those of this block. */
  #copyCodes(
    { codes, nulls, dictionary }: InsertColumn & { readonly kind: 'dictionary' },
    to: DictionaryColumn,
    first: number,
    added: number,
    kept: Int32Array | undefined,
  ): void {
    const translated = new Int32Array(dictionary.length).fill(-1)
    for (let i = 0; i < added; i++) {
      const row = kept === undefined ? i : kept[i]!
      if (nulls !== undefined && nulls[row] === 1) continue
      const code = codes[row]!
      if (translated[code]! < 0) translated[code] = this.#codeOf(dictionary[code]!, to)
      to.codes[first + i] = translated[code]!
      to.nulls[first + i] = 0
    }
  }

  #codeOf(text: string, to: DictionaryColumn): number {
    let codes = this.#codes.get(to)
    if (codes === undefined) this.#codes.set(to, (codes = new Map()))
    let code = codes.get(text)
    if (code === undefined) {
      code = to.dictionary.push(text) - 1
      codes.set(text, code)
      this.#textBytes += 2 * text.length
    }
    return code
  }

  #reserve(rowCount: number): void {
    if (rowCount <= this.#capacity) return
    let capacity = this.#capacity
    while (capacity < rowCount) capacity *= 2
    this.#series = grown(this.#series, new BigUint64Array(capacity))
    for (const column of this.#columns.values()) growColumn(column, capacity)
    this.#capacity = capacity
  }
}

function isAllNull({ nulls }: InsertColumn, added: number, kept: Int32Array | undefined): boolean {
  if (nulls === undefined) return false
  return kept === undefined ? !nulls.subarray(0, added).includes(0) : kept.every((row) => nulls[row] === 1)
}

/** A whole column of numbers at once; false when it is none. */
function setNumbers(to: Column, from: InsertColumn, first: number, added: number): boolean {
  if (to.kind === 'float64' && from.kind === 'float64') to.values.set(from.values.subarray(0, added), first)
  else if (to.kind === 'int64' && from.kind === 'int64') to.values.set(from.values.subarray(0, added), first)
  else return false
  if (from.nulls === undefined) to.nulls.fill(0, first, first + added)
  else to.nulls.set(from.nulls.subarray(0, added), first)
  return true
}
