import { describe, expect, it } from 'vitest'
import {
  type LayoutOptions,
  addColumnStatements,
  alterRetentionStatements,
  attributeColumn,
  createDatabaseStatements,
  createTableStatements,
  dimensionColumn,
  dropTableStatements,
} from './layout.ts'
import { type TableRecord, emptySchema } from './table-record.ts'

const table: TableRecord = {
  databaseName: 'shop',
  tableName: 'sales',
  physicalName: 't_1f',
  creationTimeMs: 0,
  lastUpdatedTimeMs: 0,
  memoryStoreHours: 6,
  magneticStoreDays: 10,
  magneticStoreWrites: false,
  partitionKey: { type: 'MEASURE' },
  schema: emptySchema,
}
const embedded: LayoutOptions = { engineDatabase: 'tidemark', storagePolicy: 'tiers' }
const production: LayoutOptions = { engineDatabase: 'tidemark', cluster: { name: 'main', replication: 'engine' } }
const plainNodes: LayoutOptions = { engineDatabase: 'tidemark', cluster: { name: 'main', replication: 'distributed' } }
const texts = (statements: readonly { readonly text: string }[]): readonly string[] => statements.map((s) => s.text)

describe('layout on one node', () => {
  it('orders a table by measure, series and time, a partition a day, one row a record', () => {
    expect(texts(createTableStatements(table, embedded))).toEqual([
      'CREATE TABLE IF NOT EXISTS tidemark.t_1f (' +
        'time Int64 CODEC(Delta, ZSTD(1)), series UInt64 CODEC(ZSTD(1)), measure_name LowCardinality(String), version Int64 CODEC(Delta, ZSTD(1))' +
        ') ENGINE = ReplacingMergeTree(version) PARTITION BY intDiv(time, 86400000000000) ORDER BY (measure_name, series, time) ' +
        "TTL toDateTime64(intDiv(time, 1000000000), 0, 'UTC') + INTERVAL 6 HOUR TO VOLUME 'magnetic', " +
        "toDateTime64(intDiv(time, 1000000000), 0, 'UTC') + INTERVAL 246 HOUR DELETE " +
        "SETTINGS storage_policy = 'tiers', fsync_after_insert = 1, fsync_part_directory = 1, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1",
    ])
  })

  it('has the partition-key dimension lead the order', () => {
    const [text] = texts(createTableStatements({ ...table, partitionKey: { type: 'DIMENSION', name: 'host' } }, embedded))
    expect(text).toContain('d0 LowCardinality(Nullable(String))')
    expect(text).toContain('ORDER BY (d0, measure_name, series, time)')
    expect(text).toContain('allow_nullable_key = 1')
  })

  it('makes the columns of a schema that is already known', () => {
    const schema = {
      ...emptySchema,
      dimensions: [{ name: "o'clock", physicalName: dimensionColumn(1) }],
      attributes: [{ name: 'load', physicalName: attributeColumn(1, 'double'), type: 'double' as const }],
      singleMeasureTypes: ['boolean' as const],
    }
    const [text] = texts(createTableStatements({ ...table, schema }, embedded))
    expect(text).toContain('d1 LowCardinality(Nullable(String)) CODEC(ZSTD(1)), value_boolean Nullable(Bool), a1_double Nullable(Float64)')
    expect(text).not.toContain("o'clock")
  })

  it('moves nothing without a storage policy and deletes nothing that would expire beyond the calendar', () => {
    const forever = { ...table, magneticStoreDays: 80_000 }
    expect(texts(createTableStatements(forever, { engineDatabase: 'tidemark' }))[0]).not.toContain('TTL ')
    expect(texts(alterRetentionStatements('t_1f', forever, { engineDatabase: 'tidemark' }))).toEqual([
      'ALTER TABLE tidemark.t_1f REMOVE TTL',
    ])
    expect(texts(createTableStatements({ ...table, magneticStoreDays: 73_000 }, embedded))[0]).toContain('INTERVAL 1752006 HOUR DELETE')
  })

  it('adds all missing columns in one statement and none without columns', () => {
    const columns = [
      { physicalName: 'd2', type: 'LowCardinality(Nullable(String))' },
      { physicalName: 'a1_bigint', type: 'Nullable(Int64) CODEC(T64, ZSTD(1))' },
    ]
    expect(texts(addColumnStatements('t_1f', columns, embedded))).toEqual([
      'ALTER TABLE tidemark.t_1f ADD COLUMN IF NOT EXISTS d2 LowCardinality(Nullable(String)), ADD COLUMN IF NOT EXISTS a1_bigint Nullable(Int64) CODEC(T64, ZSTD(1))',
    ])
    expect(addColumnStatements('t_1f', [], embedded)).toEqual([])
  })
})

describe('layout on a cluster', () => {
  it('replicates through the engine with ON CLUSTER, sharded by series', () => {
    const statements = createTableStatements(table, production)
    expect(statements.map((s) => s.everyNode)).toEqual([false, false])
    expect(statements[0]!.text).toContain("CREATE TABLE IF NOT EXISTS tidemark.t_1f_local ON CLUSTER 'main' (")
    expect(statements[0]!.text).toContain(
      "ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/tidemark/t_1f_local', '{replica}', version)",
    )
    expect(statements[1]!.text).toBe(
      "CREATE TABLE IF NOT EXISTS tidemark.t_1f ON CLUSTER 'main' AS tidemark.t_1f_local ENGINE = Distributed('main', 'tidemark', 't_1f_local', series)",
    )
  })

  it('makes plain tables on every node when the nodes do not replicate', () => {
    const statements = createTableStatements(table, plainNodes)
    expect(statements.map((s) => s.everyNode)).toEqual([true, true])
    expect(statements[0]!.text).toContain('ENGINE = ReplacingMergeTree(version)')
    expect(statements[0]!.text).not.toContain('ON CLUSTER')
    expect(createDatabaseStatements(plainNodes)).toEqual([{ text: 'CREATE DATABASE IF NOT EXISTS tidemark', everyNode: true }])
  })

  it('alters the rows first and the view of them second, and drops in the other order', () => {
    const column = [{ physicalName: 'a1_double', type: 'Nullable(Float64) CODEC(ALP, ZSTD(1))' }]
    expect(texts(addColumnStatements('t_1f', column, plainNodes))).toEqual([
      'ALTER TABLE tidemark.t_1f_local ADD COLUMN IF NOT EXISTS a1_double Nullable(Float64) CODEC(ALP, ZSTD(1))',
      'ALTER TABLE tidemark.t_1f ADD COLUMN IF NOT EXISTS a1_double Nullable(Float64)',
    ])
    expect(texts(dropTableStatements('t_1f', plainNodes))).toEqual([
      'DROP TABLE IF EXISTS tidemark.t_1f SYNC',
      'DROP TABLE IF EXISTS tidemark.t_1f_local SYNC',
    ])
    expect(texts(alterRetentionStatements('t_1f', table, production))[0]).toContain(
      "ALTER TABLE tidemark.t_1f_local ON CLUSTER 'main' MODIFY TTL",
    )
  })
})
