import { assert } from '../../base/assert.ts'
import type { EngineInsert, InsertColumn } from '../../engine/engine.ts'
import { singleMeasureColumn } from '../layout.ts'
import { schemaIndex } from '../schema-index.ts'
import type { AttributeType, TableRecord } from '../table-record.ts'
import {
  type Column,
  type DictionaryColumn,
  cellAt,
  compactColumn,
  createDictionaryColumn,
  createValueColumn,
  growColumn,
  grown,
  insertColumn,
  rowBytes,
  setCell,
} from './column.ts'
import type { Dictionary, Entry } from './dictionary.ts'
import type { VersionedRows } from './resolve-versions.ts'
import type { TableTexts } from './table-texts.ts'
import type { Cell, DimensionSet, MultiShape, WriteRecord } from './write-record.ts'

const firstCapacity = 256
/** time, version, series, measure code, place in the request, store, whether it is the last word. */
const fixedRowBytes = 8 + 8 + 8 + 4 + 4 + 1 + 1

interface DimensionColumn {
  readonly column: DictionaryColumn
  readonly dictionary: Dictionary
}

/** Rows of one table on their way into the engine, as columns. */
export class TableBatch implements VersionedRows {
  #table: TableRecord
  readonly #texts: TableTexts
  readonly #number: number
  #capacity = firstCapacity
  #rowCount = 0
  #textBytes = 0
  #columnBytes = fixedRowBytes

  #times = new BigInt64Array(firstCapacity)
  #versions = new BigInt64Array(firstCapacity)
  /** Two halves for each row, low first: the memory of a BigUint64Array. */
  #series = new Uint32Array(2 * firstCapacity)
  #measureCodes = new Int32Array(firstCapacity)
  #indexes = new Int32Array(firstCapacity)
  #magnetic = new Uint8Array(firstCapacity)
  #lastWords = new Uint8Array(firstCapacity)
  readonly #measureNames: string[] = []
  readonly #measureEntries: Entry[] = []
  readonly #columns = new Map<string, Column>()
  readonly #dimensionColumns = new Map<readonly string[], readonly DimensionColumn[]>()
  readonly #shapeColumns = new Map<MultiShape, readonly Column[]>()
  /** Rows in which sets that are kept occurred first. */
  readonly #keptDimensions = new Map<DimensionSet, number>()
  #lastDimensions: { readonly set: DimensionSet; readonly row: number } | undefined

  constructor(table: TableRecord, texts: TableTexts) {
    this.#table = table
    this.#texts = texts
    this.#number = texts.nextBatch()
  }

  /** With the newest schema that an append brought. */
  get table(): TableRecord {
    return this.#table
  }
  get rowCount(): number {
    return this.#rowCount
  }
  /** Memory held by the columns and their texts. */
  get bytes(): number {
    return this.#capacity * this.#columnBytes + this.#textBytes
  }

  /** Adds the records in order; their names and types must be in the table's schema. */
  append(table: TableRecord, records: readonly WriteRecord[]): void {
    this.#table = table
    this.#reserve(this.#rowCount + records.length)
    for (const record of records) {
      const row = this.#rowCount++
      this.#times[row] = record.timeNs
      this.#versions[row] = record.version
      this.#indexes[row] = record.index
      this.#magnetic[row] = record.store === 'magnetic' ? 1 : 0
      this.#lastWords[row] = record.isLastWord === true ? 1 : 0
      this.#setMeasure(row, record.measureName)
      this.#setDimensions(row, record.dimensions)
      const { value } = record
      if (value.kind === 'single') this.#textBytes += setCell(this.#singleColumn(value.type), row, value.value)
      else {
        const columns = this.#columnsOf(value.shape)
        const cells = value.values
        for (let i = 0; i < columns.length; i++) this.#textBytes += setCell(columns[i]!, row, cells[i]!)
      }
    }
  }

  timeAt(row: number): bigint {
    return this.#times[row]!
  }
  versionAt(row: number): bigint {
    return this.#versions[row]!
  }
  indexAt(row: number): number {
    return this.#indexes[row]!
  }
  isLastWord(row: number): boolean {
    return this.#lastWords[row] === 1
  }
  raiseVersion(row: number, version: bigint): void {
    this.#versions[row] = version
  }
  isMagnetic(row: number): boolean {
    return this.#magnetic[row] === 1
  }
  measureNameAt(row: number): string {
    return this.#measureNames[this.#measureCodes[row]!]!
  }
  seriesAt(row: number): bigint {
    return (BigInt(this.#series[2 * row + 1]!) << 32n) | BigInt(this.#series[2 * row]!)
  }
  keyLowAt(row: number): number {
    return (this.#series[2 * row]! + this.#measureEntries[this.#measureCodes[row]!]!.low + this.#texts.tableHash.low) >>> 0
  }
  keyHighAt(row: number): number {
    return (this.#series[2 * row + 1]! + this.#measureEntries[this.#measureCodes[row]!]!.high + this.#texts.tableHash.high) >>> 0
  }

  valueAt(row: number): ReadonlyMap<string, Cell> {
    const cells = new Map<string, Cell>()
    for (const [name, column] of this.#columns) {
      if (column.kind === 'dictionary') continue
      const cell = cellAt(column, row)
      if (cell !== undefined) cells.set(name, cell)
    }
    return cells
  }

  /** What the engine takes; `kept` lists the rows (ascending) when not all are. The batch takes no more rows afterwards. */
  toInsert(engineDatabase: string, kept?: Int32Array): EngineInsert {
    if (kept !== undefined) this.#compact(kept)
    const rowCount = this.#rowCount
    const columns: InsertColumn[] = [
      { name: 'time', kind: 'int64', values: this.#times.subarray(0, rowCount) },
      { name: 'series', kind: 'uint64', values: new BigUint64Array(this.#series.buffer, 0, rowCount) },
      { name: 'measure_name', kind: 'dictionary', codes: this.#measureCodes.subarray(0, rowCount), dictionary: this.#measureNames },
      { name: 'version', kind: 'int64', values: this.#versions.subarray(0, rowCount) },
    ]
    for (const column of this.#columns.values()) columns.push(insertColumn(column, rowCount))
    return { database: engineDatabase, table: this.#table.physicalName, rowCount, columns }
  }

  #setMeasure(row: number, name: string): void {
    const entry = this.#texts.measures.intern(name, this.#number, this.#measureNames)
    if (entry.code === this.#measureEntries.length) {
      this.#measureEntries.push(entry)
      this.#textBytes += 2 * name.length
    }
    this.#measureCodes[row] = entry.code
  }

  #setDimensions(row: number, set: DimensionSet): void {
    const columns = this.#dimensionsOf(set.names)
    const last = this.#lastDimensions
    const known = last?.set === set ? last.row : set.isKept === true ? this.#keptDimensions.get(set) : undefined
    if (known !== undefined) {
      for (const { column } of columns) {
        column.codes[row] = column.codes[known]!
        column.nulls[row] = 0
      }
      this.#series[2 * row] = this.#series[2 * known]!
      this.#series[2 * row + 1] = this.#series[2 * known + 1]!
      return
    }
    let low = 0
    let high = 0
    for (let i = 0; i < columns.length; i++) {
      const { column, dictionary } = columns[i]!
      const value = set.values[i]!
      const distinct = column.dictionary.length
      const entry = dictionary.intern(value, this.#number, column.dictionary)
      if (column.dictionary.length !== distinct) this.#textBytes += 2 * value.length
      column.codes[row] = entry.code
      column.nulls[row] = 0
      low += entry.low
      high += entry.high
    }
    this.#series[2 * row] = low % 0x1_0000_0000
    this.#series[2 * row + 1] = high % 0x1_0000_0000
    this.#lastDimensions = { set, row }
    if (set.isKept === true) this.#keptDimensions.set(set, row)
  }

  #dimensionsOf(names: readonly string[]): readonly DimensionColumn[] {
    let columns = this.#dimensionColumns.get(names)
    if (columns === undefined) {
      const index = schemaIndex(this.#table.schema).dimensions
      columns = names.map((name) => {
        const physicalName = index.get(name)
        assert(physicalName !== undefined, `no column for dimension ${name}`)
        let column = this.#columns.get(physicalName)
        if (column === undefined) column = this.#add(createDictionaryColumn(physicalName, this.#capacity))
        assert(column.kind === 'dictionary', `column ${physicalName} holds a dimension`)
        return { column, dictionary: this.#texts.dimension(name) }
      })
      this.#dimensionColumns.set(names, columns)
    }
    return columns
  }

  #columnsOf(shape: MultiShape): readonly Column[] {
    let columns = this.#shapeColumns.get(shape)
    if (columns === undefined) {
      const index = schemaIndex(this.#table.schema).attributes
      columns = shape.names.map((name, i) => {
        const attribute = index.get(name)
        assert(attribute !== undefined && attribute.type === shape.types[i], `no column for attribute ${name}`)
        return this.#valueColumn(attribute.physicalName, attribute.type)
      })
      this.#shapeColumns.set(shape, columns)
    }
    return columns
  }

  #singleColumn(type: Exclude<AttributeType, 'timestamp'>): Column {
    return this.#valueColumn(singleMeasureColumn(type), type)
  }

  #valueColumn(physicalName: string, type: AttributeType): Column {
    return this.#columns.get(physicalName) ?? this.#add(createValueColumn(physicalName, type, this.#capacity))
  }

  #add<C extends Column>(column: C): C {
    this.#columns.set(column.name, column)
    this.#columnBytes += rowBytes(column)
    return column
  }

  #reserve(rowCount: number): void {
    if (rowCount <= this.#capacity) return
    let capacity = this.#capacity
    while (capacity < rowCount) capacity *= 2
    this.#times = grown(this.#times, new BigInt64Array(capacity))
    this.#versions = grown(this.#versions, new BigInt64Array(capacity))
    this.#series = grown(this.#series, new Uint32Array(2 * capacity))
    this.#measureCodes = grown(this.#measureCodes, new Int32Array(capacity))
    this.#indexes = grown(this.#indexes, new Int32Array(capacity))
    this.#magnetic = grown(this.#magnetic, new Uint8Array(capacity))
    this.#lastWords = grown(this.#lastWords, new Uint8Array(capacity))
    for (const column of this.#columns.values()) growColumn(column, capacity)
    this.#capacity = capacity
  }

  #compact(kept: Int32Array): void {
    for (let to = 0; to < kept.length; to++) {
      const from = kept[to]!
      this.#times[to] = this.#times[from]!
      this.#versions[to] = this.#versions[from]!
      this.#series[2 * to] = this.#series[2 * from]!
      this.#series[2 * to + 1] = this.#series[2 * from + 1]!
      this.#measureCodes[to] = this.#measureCodes[from]!
    }
    for (const column of this.#columns.values()) compactColumn(column, kept)
    this.#rowCount = kept.length
  }
}
