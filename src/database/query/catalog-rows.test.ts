import { describe, expect, it } from 'vitest'
import type { Catalog, TableSchema } from '../../sql/catalog.ts'
import { BIGINT, DOUBLE, TIMESTAMP, VARCHAR } from '../../sql/types/type.ts'
import { catalogRows, type CatalogStatement } from './catalog-rows.ts'

const column = (name: string, type: TableSchema['columns'][number]['type'], role: TableSchema['columns'][number]['role']) => ({
  name,
  type,
  role,
  physicalName: 'p',
  nullable: true,
})

const cpu: TableSchema = {
  database: 'db',
  table: 'cpu',
  columns: [
    column('host', VARCHAR, 'dimension'),
    column('measure_name', VARCHAR, 'measure-name'),
    column('time', TIMESTAMP, 'time'),
    column('measure_value::double', DOUBLE, 'measure-value'),
    column('user "x"', BIGINT, 'attribute'),
  ],
  measures: [
    { name: 'load', dataType: 'double', dimensions: ['host'] },
    { name: 'metrics', dataType: 'multi', dimensions: [] },
  ],
  physical: { database: 'e', table: 't', final: false },
  retention: { memoryStoreHours: 6, magneticStoreDays: 1 },
}

const tables: Readonly<Record<string, readonly string[]>> = { db: ['cpu', 'CPU2'], 'JD-BC_Int.egration': ['a_b', 'axb'], empty: [] }
const catalog: Catalog = {
  databaseNames: () => Object.keys(tables),
  tableNames: (database) => tables[database],
  table: (database, table) => (database === 'db' && table === 'cpu' ? cpu : undefined),
}

function answer(statement: CatalogStatement) {
  const { columns, rows } = catalogRows(statement, catalog)
  const datum = (value: Record<string, unknown>): unknown => value['ScalarValue'] ?? value['ArrayValue']
  return {
    names: columns.map(({ name }) => name),
    rows: rows.map((row) => (JSON.parse(row) as { Data: Record<string, unknown>[] }).Data.map(datum)),
  }
}

describe('catalogRows', () => {
  it('lists databases by name', () => {
    expect(answer({ kind: 'show-databases' })).toEqual({ names: ['Database'], rows: [['JD-BC_Int.egration'], ['db'], ['empty']] })
  })

  it('lists the tables of one database or of all', () => {
    expect(answer({ kind: 'show-tables', database: 'db' })).toEqual({ names: ['Table'], rows: [['CPU2'], ['cpu']] })
    expect(answer({ kind: 'show-tables' }).rows).toEqual([['CPU2'], ['a_b'], ['axb'], ['cpu']])
  })

  it.each([
    [{ pattern: 'db' }, ['db']],
    [{ pattern: 'DB' }, []],
    [{ pattern: '%' }, ['JD-BC_Int.egration', 'db', 'empty']],
    [{ pattern: 'JD_BC_Int.%' }, ['JD-BC_Int.egration']],
    [{ pattern: 'JD!_%', escape: '!' }, []],
    [{ pattern: '%C!_Int%', escape: '!' }, ['JD-BC_Int.egration']],
    [{ pattern: '__', escape: '$' }, ['db']],
    [{ pattern: '(db|.*)' }, []],
  ])('filters databases LIKE %j', (like, names) => {
    expect(answer({ kind: 'show-databases', like }).rows.flat()).toEqual(names)
  })

  it('tells an escaped underscore from any character', () => {
    expect(answer({ kind: 'show-tables', database: 'JD-BC_Int.egration', like: { pattern: 'a_b' } }).rows).toEqual([['a_b'], ['axb']])
    expect(answer({ kind: 'show-tables', database: 'JD-BC_Int.egration', like: { pattern: 'a!_b', escape: '!' } }).rows).toEqual([['a_b']])
  })

  it('refuses wrong escapes', () => {
    const like = (pattern: string, escape: string) => () => answer({ kind: 'show-databases', like: { pattern, escape } })
    expect(like('a', '!!')).toThrow('Escape string must be a single character')
    expect(like('a', '')).toThrow('Escape string must be a single character')
    expect(like('!a', '!')).toThrow('Escape character must be followed by')
    expect(like('a!', '!')).toThrow('Escape character must be followed by')
  })

  it('describes a table', () => {
    expect(answer({ kind: 'describe', database: 'db', table: 'cpu' })).toEqual({
      names: ['Column', 'Type', 'Timestream attribute type'],
      rows: [
        ['host', 'varchar', 'DIMENSION'],
        ['measure_name', 'varchar', 'MEASURE_NAME'],
        ['time', 'timestamp', 'TIMESTAMP'],
        ['measure_value::double', 'double', 'MEASURE_VALUE'],
        ['user "x"', 'bigint', 'MULTI'],
      ],
    })
  })

  it('shows measures with the dimensions seen with them', () => {
    const dimension = { RowValue: { Data: [{ ScalarValue: 'host' }, { ScalarValue: 'varchar' }] } }
    expect(answer({ kind: 'show-measures', database: 'db', table: 'cpu' })).toEqual({
      names: ['measure_name', 'data_type', 'dimensions'],
      rows: [
        ['load', 'double', [dimension]],
        ['metrics', 'multi', []],
      ],
    })
    expect(answer({ kind: 'show-measures', database: 'db', table: 'cpu', like: { pattern: 'l%' } }).rows).toEqual([
      ['load', 'double', [dimension]],
    ])
  })

  it('names the database or table that does not exist', () => {
    expect(() => answer({ kind: 'show-tables', database: 'nope' })).toThrow(
      expect.objectContaining({ code: 'DATABASE_NOT_FOUND', message: 'The database nope does not exist.' }),
    )
    expect(() => answer({ kind: 'describe', database: 'db', table: 'nope' })).toThrow(
      expect.objectContaining({ code: 'TABLE_NOT_FOUND', message: 'The table nope does not exist.' }),
    )
  })
})
