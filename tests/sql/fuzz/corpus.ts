import { readFile } from 'node:fs/promises'
import type { Catalog } from '../../../src/sql/catalog.ts'
import { readLoadLine, readTime } from '../runner/load.ts'
import { findSltFiles } from '../runner/files.ts'
import { parseSlt } from '../runner/slt.ts'
import { catalogOf, tableSchema } from '../support/sample-catalog.ts'

export interface Corpus {
  /** Every statement of the files of expected results. */
  readonly statements: readonly string[]
  /** The tables that those files load. */
  readonly catalog: Catalog
}

type ColumnType = 'double' | 'bigint' | 'varchar'

interface Shape {
  readonly database: string
  readonly table: string
  readonly dimensions: Set<string>
  readonly single: Set<ColumnType>
  readonly attributes: Record<string, ColumnType>
}

const columnType = (type: string): ColumnType => (type === 'DOUBLE' || type === 'BIGINT' ? (type.toLowerCase() as ColumnType) : 'varchar')

export async function readCorpus(): Promise<Corpus> {
  const statements: string[] = []
  const shapes = new Map<string, Shape>()
  for (const path of await findSltFiles()) {
    for (const block of parseSlt(await readFile(path, 'utf8'))) {
      if ('sql' in block) statements.push(block.sql)
      if (block.kind !== 'load') continue
      const { database, table } = block
      const key = `${database}.${table}`
      const shape = shapes.get(key) ?? { database, table, dimensions: new Set(), single: new Set(), attributes: {} }
      shapes.set(key, shape)
      for (const record of block.records.flatMap((line) => readLoadLine(line, readTime('2024-01-15 12:00:00', 0n)))) {
        for (const dimension of record.Dimensions ?? []) shape.dimensions.add(dimension.Name ?? '')
        for (const value of record.MeasureValues ?? []) shape.attributes[value.Name ?? ''] = columnType(value.Type ?? '')
        if (record.MeasureValueType !== undefined && record.MeasureValueType !== 'MULTI')
          shape.single.add(columnType(record.MeasureValueType))
      }
    }
  }
  const tables = [...shapes.values()].map(({ database, table, dimensions, single, attributes }, i) =>
    tableSchema(database, table, `t${i}_corpus`, { dimensions: [...dimensions], single: [...single], attributes }),
  )
  return { statements, catalog: catalogOf(...tables) }
}
