import type { InsertColumn } from '../../engine/engine.ts'
import type { AttributeType } from '../table-record.ts'
import type { Cell } from './write-record.ts'

/** A column that grows with its batch. Rows that were never set are NULL. */
export type Column = Float64Column | Int64Column | BooleanColumn | StringColumn | DictionaryColumn

interface Nullable {
  /** 1 where no value was set. */
  nulls: Uint8Array
}
export interface Float64Column extends Nullable {
  readonly kind: 'float64'
  readonly name: string
  values: Float64Array
}
export interface Int64Column extends Nullable {
  readonly kind: 'int64'
  readonly name: string
  values: BigInt64Array
}
export interface BooleanColumn extends Nullable {
  readonly kind: 'boolean'
  readonly name: string
  values: Uint8Array
}
export interface StringColumn extends Nullable {
  readonly kind: 'string'
  readonly name: string
  values: string[]
}
export interface DictionaryColumn extends Nullable {
  readonly kind: 'dictionary'
  readonly name: string
  codes: Int32Array
  readonly dictionary: string[]
}

const allNull = (capacity: number): Uint8Array => new Uint8Array(capacity).fill(1)

export function createValueColumn(name: string, type: AttributeType, capacity: number): Column {
  const nulls = allNull(capacity)
  switch (type) {
    case 'double':
      return { kind: 'float64', name, nulls, values: new Float64Array(capacity) }
    case 'bigint':
    case 'timestamp':
      return { kind: 'int64', name, nulls, values: new BigInt64Array(capacity) }
    case 'boolean':
      return { kind: 'boolean', name, nulls, values: new Uint8Array(capacity) }
    case 'varchar':
      return { kind: 'string', name, nulls, values: [] }
  }
}

export const createDictionaryColumn = (name: string, capacity: number): DictionaryColumn => ({
  kind: 'dictionary',
  name,
  nulls: allNull(capacity),
  codes: new Int32Array(capacity),
  dictionary: [],
})

/** Bytes that one row takes, set or not; the text of strings comes on top. */
export function rowBytes(column: Column): number {
  switch (column.kind) {
    case 'float64':
    case 'int64':
    case 'string':
      return 9
    case 'dictionary':
      return 5
    case 'boolean':
      return 2
  }
}

/** Sets a value of the column's type; answers the bytes of text that it holds. */
export function setCell(column: Column, row: number, value: Cell): number {
  column.nulls[row] = 0
  switch (column.kind) {
    case 'float64':
      column.values[row] = value as number
      return 0
    case 'int64':
      column.values[row] = value as bigint
      return 0
    case 'boolean':
      column.values[row] = value === true ? 1 : 0
      return 0
    case 'string':
      while (column.values.length < row) column.values.push('')
      column.values[row] = value as string
      return 2 * (value as string).length
    case 'dictionary':
      column.codes[row] = value as number
      return 0
  }
}

/** The value as the engine answers it in `rows`: 64-bit integers as bigint. Undefined for NULL. */
export function cellAt(column: Column, row: number): Cell | undefined {
  if (column.nulls[row] === 1) return undefined
  switch (column.kind) {
    case 'float64':
    case 'int64':
    case 'string':
      return column.values[row]
    case 'boolean':
      return column.values[row] === 1
    case 'dictionary':
      return column.dictionary[column.codes[row]!]
  }
}

export function growColumn(column: Column, capacity: number): void {
  const nulls = allNull(capacity)
  nulls.set(column.nulls)
  column.nulls = nulls
  switch (column.kind) {
    case 'float64':
      column.values = grown(column.values, new Float64Array(capacity))
      return
    case 'int64':
      column.values = grown(column.values, new BigInt64Array(capacity))
      return
    case 'boolean':
      column.values = grown(column.values, new Uint8Array(capacity))
      return
    case 'dictionary':
      column.codes = grown(column.codes, new Int32Array(capacity))
      return
    case 'string':
  }
}

/** Takes over what `from` holds. */
export function grown<T extends { set(values: T): void }>(from: T, to: T): T {
  to.set(from)
  return to
}

/** Moves the rows listed in `kept` (ascending) to the front. */
export function compactColumn(column: Column, kept: Int32Array): void {
  for (let to = 0; to < kept.length; to++) {
    const from = kept[to]!
    column.nulls[to] = column.nulls[from]!
    switch (column.kind) {
      case 'float64':
      case 'boolean':
        column.values[to] = column.values[from]!
        break
      case 'int64':
        column.values[to] = column.values[from]!
        break
      case 'string':
        column.values[to] = column.values[from] ?? ''
        break
      case 'dictionary':
        column.codes[to] = column.codes[from]!
    }
  }
}

/** What the engine takes: exactly `rowCount` rows, without copying numbers. */
export function insertColumn(column: Column, rowCount: number): InsertColumn {
  const { name } = column
  const set = column.nulls.subarray(0, rowCount)
  const nulls = set.includes(1) ? { nulls: set } : {}
  switch (column.kind) {
    case 'float64':
      return { name, ...nulls, kind: 'float64', values: column.values.subarray(0, rowCount) }
    case 'int64':
      return { name, ...nulls, kind: 'int64', values: column.values.subarray(0, rowCount) }
    case 'boolean':
      return { name, ...nulls, kind: 'boolean', values: column.values.subarray(0, rowCount) }
    case 'string': {
      const values = column.values
      while (values.length < rowCount) values.push('')
      values.length = rowCount
      return { name, ...nulls, kind: 'string', values }
    }
    case 'dictionary':
      return { name, ...nulls, kind: 'dictionary', codes: column.codes.subarray(0, rowCount), dictionary: column.dictionary }
  }
}
