import type { OutputColumn } from '../compile.ts'
import type { Type } from '../types/type.ts'
import { outputType } from './physical.ts'
import { printNode, quoteName } from './print.ts'
import { string } from './tree.ts'

/** Which rows of an UNLOAD go into a file. */
export interface UnloadShare {
  /** The key of a partition, as `partitionsText` answers it. */
  readonly partition?: string
  /** One of `pieces` of the rows, from 0 on. */
  readonly piece?: number
  readonly pieces?: number
}

const row = 'tidemark_row'

/** The partitions of a compiled query: the last columns, the key of the partition, rows and bytes in memory; `limit` partitions at most. */
export function partitionsText(text: string, columns: readonly OutputColumn[], partitionColumns: number, limit: number): string {
  const keys = columns.slice(columns.length - partitionColumns).map((_, index) => element(columns.length - partitionColumns + index))
  const selected = [...keys, keyText(columns.length, partitionColumns), 'assumeNotNull(count())', `assumeNotNull(sum(byteSize(${row})))`]
  const group = [...keys, keyText(columns.length, partitionColumns)]
  return `SELECT ${selected.join(', ')} FROM ${rows(text)} GROUP BY ${group.join(', ')} LIMIT ${limit}`
}

/** The rows of one file in the form of results, without the columns of the partition. */
export function shareText(text: string, columns: readonly OutputColumn[], partitionColumns: number, share: UnloadShare): string {
  if (partitionColumns === 0 && share.pieces === undefined) return text
  const selected = columns.slice(0, columns.length - partitionColumns).map((_, index) => element(index))
  return `SELECT ${selected.join(', ')} FROM ${rows(text)}${condition(columns.length, partitionColumns, share)}`
}

/** The same in the types that Parquet has, under the names of the columns. */
export function parquetText(text: string, columns: readonly OutputColumn[], partitionColumns: number, share: UnloadShare): string {
  const selected = columns
    .slice(0, columns.length - partitionColumns)
    .map(({ name, type }, index) => `${parquetValue(element(index), type, 0)} AS ${quoteName(name)}`)
  return `SELECT ${selected.join(', ')} FROM ${rows(text)}${condition(columns.length, partitionColumns, share)}`
}

const rows = (text: string): string => `(SELECT tuple(*) AS ${row} FROM (${text}))`
const element = (index: number): string => `tupleElement(${row}, ${index + 1})`

function keyText(columns: number, partitionColumns: number): string {
  const keys = Array.from({ length: partitionColumns }, (_, index) => element(columns - partitionColumns + index))
  return partitionColumns === 0 ? "''" : `hex(MD5(toString(tuple(${keys.join(', ')}))))`
}

function condition(columns: number, partitionColumns: number, { partition, piece, pieces }: UnloadShare): string {
  const terms: string[] = []
  if (partition !== undefined && partitionColumns > 0) terms.push(`${keyText(columns, partitionColumns)} = ${printNode(string(partition))}`)
  if (piece !== undefined && pieces !== undefined) terms.push(`cityHash64(toString(${row})) % ${pieces} = ${piece}`)
  return terms.length === 0 ? '' : ` WHERE ${terms.join(' AND ')}`
}

/** `value` is in the form of results (`outputType`). Parquet columns of nested types have no NULL: they are empty instead. */
function parquetValue(value: string, type: Type, depth: number): string {
  const item = `v${depth}`
  const each = (list: string, body: string): string => `arrayMap(${item} -> ${body}, ${list})`
  switch (type.kind) {
    case 'scalar':
      return parquetScalar(value, type.name)
    case 'array':
      return each(`arrayElement(${value}, 1)`, parquetValue(item, type.element, depth + 1))
    case 'timeseries': {
      const body = `tuple(${parquetScalar(`toNullable(${item}.1)`, 'timestamp')}, ${parquetValue(`${item}.2`, type.value, depth + 1)})`
      return each(`arrayElement(${value}, 1)`, named(body, ['time', 'value'], ['Nullable(DateTime64(9))', parquetType(type.value)]))
    }
    case 'map': {
      const body = `tuple(${parquetValue(`${item}.1`, type.key, depth + 1)}, ${parquetValue(`${item}.2`, type.value, depth + 1)})`
      return each(`arrayElement(${value}, 1)`, named(body, ['key', 'value'], [parquetType(type.key), parquetType(type.value)]))
    }
    case 'row': {
      const inner = `arrayElement(${value}, 1)`
      const parts = type.fields.map((field, index) => parquetValue(`tupleElement(${inner}, ${index + 1})`, field.type, depth))
      return named(
        `tuple(${parts.join(', ')})`,
        fieldNames(type),
        type.fields.map((field) => parquetType(field.type)),
      )
    }
    case 'function':
      throw new Error('a function is no value of a file')
  }
}

const named = (value: string, names: readonly string[], types: readonly string[]): string =>
  `CAST(${value} AS Tuple(${names.map((name, index) => `${quoteName(name)} ${types[index]}`).join(', ')}))`

const fieldNames = (type: Extract<Type, { kind: 'row' }>): string[] => type.fields.map(({ name }, index) => name ?? `field${index}`)

function parquetScalar(value: string, name: string): string {
  if (name === 'timestamp') return `fromUnixTimestamp64Nano(${value})`
  if (name === 'date') return `addDays(toDate32('1970-01-01'), ${value})`
  return value
}

function parquetType(type: Type): string {
  switch (type.kind) {
    case 'scalar':
      if (type.name === 'timestamp') return 'Nullable(DateTime64(9))'
      return type.name === 'date' ? 'Nullable(Date32)' : outputType(type)
    case 'array':
      return `Array(${parquetType(type.element)})`
    case 'timeseries':
      return `Array(Tuple(time Nullable(DateTime64(9)), value ${parquetType(type.value)}))`
    case 'map':
      return `Array(Tuple(key ${parquetType(type.key)}, value ${parquetType(type.value)}))`
    case 'row': {
      const names = fieldNames(type)
      return `Tuple(${type.fields.map((field, index) => `${quoteName(names[index] ?? '')} ${parquetType(field.type)}`).join(', ')})`
    }
    case 'function':
      throw new Error('a function is no value of a file')
  }
}
