import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DocumentStore } from './document-store.ts'
import { openLmdbDocuments } from './documents/lmdb.ts'
import { attributeColumn, dimensionColumn } from './layout.ts'
import { type CatalogOptions, type StoredCatalog, openCatalog } from './stored-catalog.ts'
import { type DatabaseRecord, type StoredSchema, type TableRecord, emptySchema, tableKey } from './table-record.ts'

const database: DatabaseRecord = { databaseName: 'shop', kmsKeyId: 'key', creationTimeMs: 1, lastUpdatedTimeMs: 1 }
const table: TableRecord = {
  databaseName: 'shop',
  tableName: 'sales',
  physicalName: 't_1',
  creationTimeMs: 1,
  lastUpdatedTimeMs: 1,
  memoryStoreHours: 6,
  magneticStoreDays: 10,
  magneticStoreWrites: false,
  partitionKey: { type: 'MEASURE' },
  schema: emptySchema,
}
const withDimension =
  (name: string) =>
  (current: StoredSchema): StoredSchema | undefined =>
    current.dimensions.some((d) => d.name === name)
      ? undefined
      : { ...current, dimensions: [...current.dimensions, { name, physicalName: dimensionColumn(current.dimensions.length + 1) }] }

let directory: string
let documents: DocumentStore
/** Every ALTER that the catalog asked for. */
let altered: string[]
const open = (over: Partial<CatalogOptions> = {}): Promise<StoredCatalog> =>
  openCatalog({
    documents,
    engineDatabase: 'tidemark',
    tables: {
      addColumns: async (name, columns) => {
        if (columns.length > 0) altered.push(`${name}: ${columns.map((c) => c.physicalName).join(' ')}`)
      },
      widen: async (name, attributes) => {
        altered.push(`${name}: widen ${attributes.join(' ')}`)
      },
    },
    ...over,
  })

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tidemark-catalog-'))
  documents = await openLmdbDocuments(directory, {
    keys: [{ id: 1, bytes: Buffer.alloc(32, 1) }],
    currentKeyId: 1,
    rootSecret: Buffer.alloc(32, 1),
  })
  altered = []
  await documents.put('database', 'shop', database, 0)
  await documents.put('table', tableKey('shop', 'sales'), table, 0)
})
afterEach(async () => {
  await documents.stop?.()
  rmSync(directory, { recursive: true })
})

describe('catalog', () => {
  it('knows at once what the documents say, and nothing else', async () => {
    const catalog = await open()
    const snapshot = catalog.snapshot()
    expect(snapshot.databaseNames()).toEqual(['shop'])
    expect(snapshot.tableNames('shop')).toEqual(['sales'])
    expect(snapshot.tableNames('SHOP')).toBeUndefined()
    expect(snapshot.table('shop', 'stock')).toBeUndefined()
    expect(catalog.table('shop', 'sales')).toEqual(table)
  })

  it('shows the compiler names as SQL has them, in the order of DESCRIBE', async () => {
    const schema: StoredSchema = {
      dimensions: [{ name: 'host', physicalName: 'd1' }],
      attributes: [{ name: 'boot', physicalName: attributeColumn(1, 'timestamp'), type: 'timestamp' }],
      singleMeasureTypes: ['bigint'],
      measures: [
        { name: 'net', dataType: 'multi', dimensions: ['host'] },
        { name: 'cpu', dataType: 'bigint', dimensions: [] },
      ],
    }
    await documents.put('table', tableKey('shop', 'sales'), { ...table, schema }, 1)
    const seen = (await open()).snapshot().table('shop', 'sales')!
    expect(seen.columns.map((c) => [c.name, c.physicalName, c.role, c.nullable])).toEqual([
      ['host', 'd1', 'dimension', true],
      ['measure_name', 'measure_name', 'measure-name', false],
      ['time', 'time', 'time', false],
      ['measure_value::bigint', 'value_bigint', 'measure-value', true],
      ['boot', 'a1_timestamp', 'attribute', true],
    ])
    expect(seen.measures.map((m) => m.name)).toEqual(['cpu', 'net'])
    expect(seen.physical).toEqual({ database: 'tidemark', table: 't_1', final: false })
  })

  it('sees changes of others after refreshing, while a snapshot stays as it was', async () => {
    const catalog = await open()
    const before = catalog.snapshot()
    await documents.put('table', tableKey('shop', 'stock'), { ...table, tableName: 'stock' }, 0)
    await catalog.refresh('shop', 'stock')
    expect(catalog.snapshot().tableNames('shop')).toEqual(['sales', 'stock'])
    expect(before.tableNames('shop')).toEqual(['sales'])
    await documents.remove('table', tableKey('shop', 'stock'), 1)
    await catalog.refresh('shop', 'stock')
    expect(catalog.table('shop', 'stock')).toBeUndefined()
    await documents.put('database', 'other', { ...database, databaseName: 'other' }, 0)
    await catalog.refresh('other')
    expect(catalog.snapshot().tableNames('other')).toEqual([])
    await documents.remove('database', 'other', 1)
    await catalog.refresh()
    expect(catalog.snapshot().databaseNames()).toEqual(['shop'])
  })

  it('alters a table once for each new column, however many ask at once', async () => {
    const catalog = await open()
    const asks = ['host', 'region', 'host', 'host', 'region'].map((name) => catalog.extendSchema('shop', 'sales', withDimension(name)))
    const results = await Promise.all(asks)
    expect(altered).toEqual(['t_1: d1', 't_1: d2'])
    expect(results.at(-1)?.schema.dimensions).toEqual([
      { name: 'host', physicalName: 'd1' },
      { name: 'region', physicalName: 'd2' },
    ])
    expect(catalog.table('shop', 'sales')).toEqual(results.at(-1))
    expect((await documents.get<TableRecord>('table', tableKey('shop', 'sales')))?.value).toEqual(results.at(-1))
  })

  it('begins again on what another node has written meanwhile', async () => {
    const [here, there] = [await open(), await open()]
    await Promise.all(
      ['a', 'b', 'c'].flatMap((name) => [here, there].map((c, i) => c.extendSchema('shop', 'sales', withDimension(`${name}${i}`)))),
    )
    await Promise.all([here.refresh(), there.refresh()])
    const names = here.table('shop', 'sales')!.schema.dimensions
    expect(names.map((d) => d.name).sort()).toEqual(['a0', 'a1', 'b0', 'b1', 'c0', 'c1'])
    expect(new Set(names.map((d) => d.physicalName)).size).toBe(6)
    expect(there.table('shop', 'sales')).toEqual(here.table('shop', 'sales'))
  })

  it('tells that a table is gone', async () => {
    const catalog = await open()
    await documents.remove('table', tableKey('shop', 'sales'), 1)
    await expect(catalog.extendSchema('shop', 'sales', withDimension('host'))).rejects.toMatchObject({ code: 'RESOURCE_NOT_FOUND' })
    expect(catalog.table('shop', 'sales')).toBeUndefined()
  })

  it('remembers that a table may hold duplicates', async () => {
    await (await open()).markDuplicates('shop', 'sales')
    const again = await open()
    await again.markDuplicates('shop', 'sales')
    expect(again.snapshot().table('shop', 'sales')?.physical.final).toBe(true)
    expect((await documents.get('table', tableKey('shop', 'sales')))?.revision).toBe(2)
    expect((await open({ sharedWriters: true })).snapshot().table('shop', 'sales')?.physical.final).toBe(true)
  })

  it('widens attributes that held whole numbers once, and only on one node', async () => {
    const catalog = await open({ holdsWholeNumbers: true })
    const attributes = [1, 2].map((n) => ({ name: `m${n}`, physicalName: `a${n}_double`, type: 'double' as const, form: 'whole' as const }))
    const grown = await catalog.extendSchema('shop', 'sales', (current) => ({ ...current, attributes }))
    expect(altered).toEqual(['t_1: a1_double_held a1_double a2_double_held a2_double'])
    const widened = await catalog.widen(grown, ['a2_double'])
    await catalog.widen(grown, ['a2_double'])
    expect(altered.slice(1)).toEqual(['t_1: widen a2_double'])
    expect(widened.schema.attributes.map((a) => a.form)).toEqual(['whole', 'widened'])
    expect((await documents.get<TableRecord>('table', tableKey('shop', 'sales')))?.value).toEqual(widened)
    await expect(catalog.widen({ ...grown, physicalName: 't_0' }, ['a1_double'])).rejects.toMatchObject({ code: 'RESOURCE_NOT_FOUND' })

    await documents.put('table', tableKey('shop', 'sales'), table, 3)
    const shared = await open({ sharedWriters: true })
    await shared.extendSchema('shop', 'sales', (current) => ({ ...current, attributes }))
    expect(altered.at(-1)).toBe('t_1: a1_double a2_double')
  })

  it('goes on after a change that failed', async () => {
    const catalog = await open()
    const failing = catalog.extendSchema('shop', 'sales', () => {
      throw new Error('disk full')
    })
    const next = catalog.extendSchema('shop', 'sales', withDimension('host'))
    await expect(failing).rejects.toThrow('disk full')
    expect((await next).schema.dimensions).toHaveLength(1)
  })
})
