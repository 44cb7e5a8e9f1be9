import type { AttributeType, SingleMeasureType, StoredAttribute, StoredSchema, TableRecord } from './table-record.ts'

/**
 * How tables are held in ClickHouse: the one place that knows columns, keys, tiers and engines. Pure: answers SQL texts.
 * Names from outside never occur in them: tables are `t_…`, dimensions `d1`, attributes `a1_double`, all `[a-z0-9_]+`.
 */
export interface LayoutOptions {
  /** The engine's database that holds all tables. */
  readonly engineDatabase: string
  /** A policy with the volumes `memory` and `magnetic`; without one, both tiers are on the engine's default disk. */
  readonly storagePolicy?: string
  /** Flush rows to the disk before an insert is acknowledged. Default true. */
  readonly fsync?: boolean
  readonly cluster?: ClusterLayout
}

export interface ClusterLayout {
  /** As the engine's `remote_servers` names it. */
  readonly name: string
  /**
   * `engine`: ReplicatedReplacingMergeTree with ON CLUSTER statements, through Keeper (production).
   * `distributed`: plain tables on every node, the Distributed table writes all replicas of a shard (internal_replication=false).
   */
  readonly replication: 'engine' | 'distributed'
}

export interface RetentionPeriods {
  readonly memoryStoreHours: number
  readonly magneticStoreDays: number
}

export interface ColumnDefinition {
  readonly physicalName: string
  readonly type: string
}

/** A statement and where it runs. */
export interface Statement {
  readonly text: string
  readonly everyNode: boolean
}

export const memoryVolume = 'memory'
export const magneticVolume = 'magnetic'

/** Nanoseconds of a day: the width of a partition. */
const dayNs = '86400000000000'

/**
 * Expressions of DateTime64(0) reach the year 2299; a period beyond this never ends before 2094, so no deletion is declared.
 */
const longestExpiryDays = 75_000

const timeColumn = 'time Int64 CODEC(Delta, ZSTD(1))'
const baseColumns = [
  timeColumn,
  'series UInt64 CODEC(ZSTD(1))',
  'measure_name LowCardinality(String)',
  'version Int64 CODEC(Delta, ZSTD(1))',
]

const attributeTypes: Readonly<Record<AttributeType, string>> = {
  double: 'Nullable(Float64) CODEC(ALP, ZSTD(1))',
  bigint: "Nullable(Int64) CODEC(Delta, T64('bit'), ZSTD(1))",
  boolean: 'Nullable(Bool)',
  varchar: 'Nullable(String) CODEC(ZSTD(1))',
  timestamp: 'Nullable(Int64) CODEC(Delta, ZSTD(1))',
}
const wholeType = "Nullable(Int32) CODEC(Delta, T64('bit'), ZSTD(1))"
const dimensionType = 'LowCardinality(Nullable(String)) CODEC(ZSTD(1))'

/** The physical column of the partition-key dimension; there from the start since it leads the sorting key. */
export const partitionKeyColumn = 'd0'
export const dimensionColumn = (number: number): string => `d${number}`
/** The type is part of the name: two nodes that add a column at once cannot give one name two types. */
export const attributeColumn = (number: number, type: AttributeType): string => `a${number}_${type}`
export const singleMeasureColumn = (type: SingleMeasureType): string => `value_${type}`

/** The engine's columns of a schema, besides the four that every table has. */
export function schemaColumns(schema: StoredSchema): readonly ColumnDefinition[] {
  return [
    ...schema.dimensions.map((d) => ({ physicalName: d.physicalName, type: dimensionType })),
    ...schema.singleMeasureTypes.map((type) => ({ physicalName: singleMeasureColumn(type), type: attributeTypes[type] })),
    ...schema.attributes.flatMap(attributeColumns),
  ]
}

/** The column that holds the values of an attribute that has a form; the attribute's own column reads it. */
export const heldColumn = (physicalName: string): string => `${physicalName}_held`

function attributeColumns({ physicalName, type, form }: StoredAttribute): readonly ColumnDefinition[] {
  if (form === undefined) return [{ physicalName, type: attributeTypes[type] }]
  const held = heldColumn(physicalName)
  return [
    { physicalName: held, type: form === 'whole' ? wholeType : attributeTypes.double },
    { physicalName, type: `Nullable(Float64) ALIAS toFloat64(${held})` },
  ]
}

/** Where the rows are: the table that is read and written, and on a cluster the one behind it on each node. */
export const localTable = (physicalName: string, options: LayoutOptions): string =>
  options.cluster ? `${physicalName}_local` : physicalName

export function createDatabaseStatements(options: LayoutOptions): readonly Statement[] {
  return [ddl(`CREATE DATABASE IF NOT EXISTS ${options.engineDatabase}${onCluster(options)}`, options)]
}

export function createTableStatements(table: TableRecord, options: LayoutOptions): readonly Statement[] {
  const key = hasDimensionKey(table)
  const columns = [...baseColumns, ...(key ? [`${partitionKeyColumn} ${dimensionType}`] : [])]
  for (const column of schemaColumns(table.schema)) {
    if (column.physicalName !== partitionKeyColumn) columns.push(`${column.physicalName} ${column.type}`)
  }
  const qualified = (name: string): string => `${options.engineDatabase}.${name}`
  const local = localTable(table.physicalName, options)
  const statements = [
    ddl(
      [
        `CREATE TABLE IF NOT EXISTS ${qualified(local)}${onCluster(options)} (${columns.join(', ')})`,
        `ENGINE = ${tableEngine(local, options)}`,
        `PARTITION BY intDiv(time, ${dayNs})`,
        `ORDER BY (${[...(key ? [partitionKeyColumn] : []), 'measure_name', 'series', 'time'].join(', ')})`,
        ...ttlClause(table, options),
        `SETTINGS ${tableSettings(key, options).join(', ')}`,
      ].join(' '),
      options,
    ),
  ]
  if (options.cluster) {
    statements.push(
      ddl(
        `CREATE TABLE IF NOT EXISTS ${qualified(table.physicalName)}${onCluster(options)} AS ${qualified(local)} ` +
          `ENGINE = Distributed(${quote(options.cluster.name)}, ${quote(options.engineDatabase)}, ${quote(local)}, series)`,
        options,
      ),
    )
  }
  return statements
}

export function addColumnStatements(
  physicalName: string,
  columns: readonly ColumnDefinition[],
  options: LayoutOptions,
): readonly Statement[] {
  if (columns.length === 0) return []
  const additions = (withCodec: boolean): string =>
    columns.map((c) => `ADD COLUMN IF NOT EXISTS ${c.physicalName} ${withCodec ? c.type : c.type.replace(/ CODEC\(.*\)$/, '')}`).join(', ')
  const alter = (name: string, withCodec: boolean): Statement =>
    ddl(`ALTER TABLE ${options.engineDatabase}.${name}${onCluster(options)} ${additions(withCodec)}`, options)
  const local = alter(localTable(physicalName, options), true)
  return options.cluster ? [local, alter(physicalName, false)] : [local]
}

/**
 * Attributes that were held as whole numbers become doubles. The engine converts what is stored in the background, and meanwhile as it is
 * read. For one node: on a cluster attributes have no form.
 */
export function widenStatements(physicalName: string, attributes: readonly string[], options: LayoutOptions): readonly Statement[] {
  const changes = attributes.map((name) => `MODIFY COLUMN ${heldColumn(name)} ${attributeTypes.double}`)
  return [ddl(`ALTER TABLE ${options.engineDatabase}.${physicalName} ${changes.join(', ')} SETTINGS alter_sync = 0`, options)]
}

export function alterRetentionStatements(physicalName: string, retention: RetentionPeriods, options: LayoutOptions): readonly Statement[] {
  const name = `${options.engineDatabase}.${localTable(physicalName, options)}${onCluster(options)}`
  const [ttl] = ttlClause(retention, options)
  return [ddl(`ALTER TABLE ${name} ${ttl === undefined ? 'REMOVE TTL' : `MODIFY ${ttl}`}`, options)]
}

/** The engine writes the parts that hold such rows anew, in the background. `condition`: over the columns of the table. */
export function deleteRowsStatements(physicalName: string, condition: string, options: LayoutOptions): readonly Statement[] {
  const name = `${options.engineDatabase}.${localTable(physicalName, options)}${onCluster(options)}`
  return [ddl(`ALTER TABLE ${name} DELETE WHERE ${condition} SETTINGS mutations_sync = 0`, options)]
}

/** What is left of rows to be deleted is given up: all that `deleteRowsStatements` began for the table and that is not done. */
export function abandonDeletionStatements(physicalName: string, options: LayoutOptions): readonly Statement[] {
  const [database, table] = [quote(options.engineDatabase), quote(localTable(physicalName, options))]
  const where = `database = ${database} AND table = ${table} AND NOT is_done AND command LIKE '%DELETE WHERE%'`
  return [ddl(`KILL MUTATION${onCluster(options)} WHERE ${where} ASYNC`, options)]
}

export function dropTableStatements(physicalName: string, options: LayoutOptions): readonly Statement[] {
  const drop = (name: string): Statement => ddl(`DROP TABLE IF EXISTS ${options.engineDatabase}.${name}${onCluster(options)} SYNC`, options)
  return options.cluster ? [drop(physicalName), drop(localTable(physicalName, options))] : [drop(physicalName)]
}

const hasDimensionKey = (table: TableRecord): boolean => table.partitionKey.type === 'DIMENSION' && table.partitionKey.name !== undefined

function tableEngine(local: string, options: LayoutOptions): string {
  if (options.cluster?.replication !== 'engine') return 'ReplacingMergeTree(version)'
  return `ReplicatedReplacingMergeTree(${quote(`/clickhouse/tables/{shard}/${options.engineDatabase}/${local}`)}, '{replica}', version)`
}

/** At most one clause; empty when nothing moves and nothing is deleted. */
function ttlClause(retention: RetentionPeriods, options: LayoutOptions): readonly string[] {
  const instant = "toDateTime64(intDiv(time, 1000000000), 0, 'UTC')"
  const hours = retention.memoryStoreHours
  const rules = []
  if (options.storagePolicy !== undefined) rules.push(`${instant} + INTERVAL ${hours} HOUR TO VOLUME '${magneticVolume}'`)
  if (hours / 24 + retention.magneticStoreDays <= longestExpiryDays) {
    rules.push(`${instant} + INTERVAL ${hours + retention.magneticStoreDays * 24} HOUR DELETE`)
  }
  return rules.length === 0 ? [] : [`TTL ${rules.join(', ')}`]
}

function tableSettings(nullableKey: boolean, options: LayoutOptions): readonly string[] {
  return [
    ...(options.storagePolicy === undefined ? [] : [`storage_policy = ${quote(options.storagePolicy)}`]),
    ...(options.fsync === false ? [] : ['fsync_after_insert = 1', 'fsync_part_directory = 1']),
    ...(nullableKey ? ['allow_nullable_key = 1'] : []),
    // whole parts expire; rows that expire earlier are filtered when read
    'ttl_only_drop_parts = 1',
    'materialize_ttl_recalculate_only = 1',
  ]
}

const onCluster = (options: LayoutOptions): string =>
  options.cluster?.replication === 'engine' ? ` ON CLUSTER ${quote(options.cluster.name)}` : ''

/** Plain tables are made on each node by us; with ON CLUSTER the engine spreads the statement itself. */
const ddl = (text: string, options: LayoutOptions): Statement => ({ text, everyNode: options.cluster?.replication === 'distributed' })

const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
