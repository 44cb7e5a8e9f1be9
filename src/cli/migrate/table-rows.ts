import { hash } from 'node:crypto'
import type { MeasureValue, MeasureValueType, RowRecord } from '../../csv/model-types.ts'
import { queryTexts, type Rows, type Service } from './service.ts'

export interface TableColumn {
  readonly name: string
  readonly kind: 'DIMENSION' | 'MEASURE_NAME' | 'TIMESTAMP' | 'MEASURE_VALUE' | 'MULTI'
  /** In upper case. */
  readonly type: string
}

/** By name in double quotes. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** The columns of a table, by name: so rows of two servers are alike. */
export async function describeColumns(service: Service, databaseName: string, tableName: string): Promise<readonly TableColumn[]> {
  const rows = await queryTexts(service, `DESCRIBE ${quoted(databaseName)}.${quoted(tableName)}`)
  return rows
    .map(([name = '', type = '', kind = '']) => ({ name, type: type.toUpperCase(), kind: kind as TableColumn['kind'] }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

/** How rows of `SELECT columns …` become the records that they were. Attributes that are NULL are left out. */
export function rowConverter(columns: readonly TableColumn[], version: number): (data: Rows[number]['Data']) => RowRecord {
  const at = (kind: TableColumn['kind']): readonly (readonly [number, TableColumn])[] =>
    columns.flatMap((column, index) => (column.kind === kind ? [[index, column] as const] : []))
  const dimensions = at('DIMENSION')
  const single = at('MEASURE_VALUE')
  const multi = at('MULTI')
  const [time = -1] = at('TIMESTAMP')[0] ?? []
  const [measureName = -1] = at('MEASURE_NAME')[0] ?? []
  return (data = []) => {
    const valueOf = (index: number): string | undefined => data[index]?.ScalarValue
    const Dimensions: { Name: string; Value: string }[] = []
    for (const [index, { name: Name }] of dimensions) {
      const Value = valueOf(index)
      if (Value !== undefined) Dimensions.push({ Name, Value })
    }
    const head = {
      Dimensions,
      MeasureName: valueOf(measureName) ?? '',
      Time: nanosecondsOf(valueOf(time) ?? ''),
      TimeUnit: 'NANOSECONDS',
      Version: version,
    } as const
    for (const [index, { type }] of single) {
      const MeasureValue = valueOf(index)
      if (MeasureValue !== undefined) return { ...head, MeasureValue, MeasureValueType: type as MeasureValueType }
    }
    const MeasureValues: MeasureValue[] = []
    for (const [index, { name: Name, type }] of multi) {
      const text = valueOf(index)
      if (text === undefined) continue
      const Type = type as MeasureValue['Type']
      MeasureValues.push({ Name, Value: Type === 'TIMESTAMP' ? nanosecondsOf(text) : text, Type })
    }
    return { ...head, MeasureValueType: 'MULTI', MeasureValues }
  }
}

/** `2026-11-27 10:00:00.123456789` as nanoseconds since the epoch. */
export function nanosecondsOf(text: string): string {
  const dot = text.indexOf('.')
  const seconds = Date.parse(`${text.slice(0, dot < 0 ? undefined : dot).replace(' ', 'T')}Z`) / 1000
  const fraction = (dot < 0 ? '' : text.slice(dot + 1)).padEnd(9, '0')
  return seconds === 0 ? String(Number(fraction)) : `${seconds}${fraction}`
}

/** How many records a measure has, and a sum over them that does not depend on their order. */
export interface MeasureSum {
  readonly rows: number
  /** Below 2^48. */
  readonly sum: number
}

/** Counts and checksums of records, by measure name. Versions do not count: queries do not show them. */
export class MeasureSums {
  readonly #sums = new Map<string, { rows: number; sum: number }>()

  add(record: RowRecord): void {
    let of = this.#sums.get(record.MeasureName)
    if (of === undefined) this.#sums.set(record.MeasureName, (of = { rows: 0, sum: 0 }))
    of.rows++
    of.sum = (of.sum + digestOf(record)) % 2 ** 48
  }

  toJSON(): Record<string, MeasureSum> {
    return Object.fromEntries(this.#sums)
  }
}

function digestOf({ Dimensions, MeasureName, Time, MeasureValue, MeasureValueType, MeasureValues = [] }: RowRecord): number {
  const value = MeasureValue === undefined ? [] : [['', MeasureValueType, canonical(MeasureValue, MeasureValueType)]]
  const attributes = MeasureValues.map(({ Name, Value, Type }) => [Name, Type, canonical(Value, Type)])
  const text = JSON.stringify([Dimensions.map(({ Name, Value }) => [Name, Value]), MeasureName, Time, value, attributes])
  return hash('sha1', text, 'buffer').readUIntBE(0, 6)
}

/** Servers may write the same double in different ways. */
const canonical = (value: string, type: MeasureValueType): string => (type === 'DOUBLE' ? String(Number(value)) : value)
