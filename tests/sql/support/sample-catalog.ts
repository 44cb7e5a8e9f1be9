import type { Catalog, TableColumn, TableSchema } from '../../../src/sql/catalog.ts'
import { BIGINT, DOUBLE, TIMESTAMP, VARCHAR } from '../../../src/sql/types/type.ts'
import type { Type } from '../../../src/sql/types/type.ts'

const column = (name: string, type: Type, role: TableColumn['role'], physicalName: string, nullable: boolean): TableColumn => ({
  name,
  type,
  role,
  physicalName,
  nullable,
})

interface TableShape {
  readonly dimensions: readonly string[]
  readonly single?: readonly ('double' | 'bigint' | 'varchar')[]
  readonly attributes?: Readonly<Record<string, 'double' | 'bigint' | 'varchar'>>
  readonly retention?: TableSchema['retention']
}

const types = { double: DOUBLE, bigint: BIGINT, varchar: VARCHAR } as const

/** A table as storage describes it: `d1` … dimensions, `value_…` single measures, `a1_…` attributes. */
export function tableSchema(database: string, table: string, physicalTable: string, shape: TableShape): TableSchema {
  const attributes = Object.entries(shape.attributes ?? {})
  return {
    database,
    table,
    columns: [
      ...shape.dimensions.map((name, i) => column(name, VARCHAR, 'dimension', `d${i + 1}`, true)),
      column('measure_name', VARCHAR, 'measure-name', 'measure_name', false),
      column('time', TIMESTAMP, 'time', 'time', false),
      ...(shape.single ?? []).map((type) => column(`measure_value::${type}`, types[type], 'measure-value', `value_${type}`, true)),
      ...attributes.map(([name, type], i) => column(name, types[type], 'attribute', `a${i + 1}_${type}`, true)),
    ],
    measures: [],
    physical: { database: 'tidemark', table: physicalTable, final: false },
    retention: shape.retention ?? { memoryStoreHours: 6, magneticStoreDays: 73_000 },
  }
}

export function catalogOf(...tables: readonly TableSchema[]): Catalog {
  return {
    databaseNames: () => [...new Set(tables.map((each) => each.database))],
    tableNames: (database) => {
      const names = tables.filter((each) => each.database === database).map((each) => each.table)
      return names.length > 0 ? names : undefined
    },
    table: (database, table) => tables.find((each) => each.database === database && each.table === table),
  }
}

/** The tables of the public samples: single-measure DevOps and IoT, multi-measure cpu. */
export const sampleCatalog = catalogOf(
  tableSchema('sampleDB', 'DevOps', 't_devops', { dimensions: ['region', 'az', 'hostname'], single: ['double', 'bigint', 'varchar'] }),
  tableSchema('sampleDB', 'IoT', 't_iot', { dimensions: ['truck_id', 'fleet', 'fuel_capacity'], single: ['double', 'varchar'] }),
  tableSchema('benchmark', 'cpu', 't_cpu', {
    dimensions: ['hostname', 'region'],
    single: ['double'],
    attributes: { usage_user: 'double', usage_system: 'double', tasks: 'bigint' },
    retention: { memoryStoreHours: 24, magneticStoreDays: 30 },
  }),
)
