import type { Measure, TableColumn, TableSchema } from '../sql/catalog.ts'
import { BIGINT, BOOLEAN, DOUBLE, TIMESTAMP, type Type, VARCHAR } from '../sql/types/type.ts'
import { singleMeasureColumn } from './layout.ts'
import type { AttributeType, TableRecord } from './table-record.ts'

const types: Readonly<Record<AttributeType, Type>> = {
  double: DOUBLE,
  bigint: BIGINT,
  boolean: BOOLEAN,
  varchar: VARCHAR,
  timestamp: TIMESTAMP,
}

/** What the compiler sees of a table. `final`: rows of one record may be stored more than once. */
export function tableSchema(table: TableRecord, engineDatabase: string, final: boolean): TableSchema {
  const { dimensions, attributes, singleMeasureTypes, measures } = table.schema
  const columns: readonly TableColumn[] = [
    ...dimensions.map((d): TableColumn => ({ ...d, type: VARCHAR, role: 'dimension', nullable: true })),
    { name: 'measure_name', type: VARCHAR, role: 'measure-name', physicalName: 'measure_name', nullable: false },
    { name: 'time', type: TIMESTAMP, role: 'time', physicalName: 'time', nullable: false },
    ...singleMeasureTypes.map((type): TableColumn => ({
      name: `measure_value::${type}`,
      type: types[type],
      role: 'measure-value',
      physicalName: singleMeasureColumn(type),
      nullable: true,
    })),
    ...attributes.map(({ name, physicalName, type }): TableColumn => ({
      name,
      type: types[type],
      role: 'attribute',
      physicalName,
      nullable: true,
    })),
  ]
  return {
    database: table.databaseName,
    table: table.tableName,
    columns,
    measures: [...measures].sort(byName),
    physical: { database: engineDatabase, table: table.physicalName, final },
    retention: { memoryStoreHours: table.memoryStoreHours, magneticStoreDays: table.magneticStoreDays },
  }
}

const byName = (a: Measure, b: Measure): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.dataType < b.dataType ? -1 : 1)
