import type { Engine } from '../engine/engine.ts'
import { type LayoutOptions, localTable, magneticVolume } from './layout.ts'

export interface TableStatistics {
  /** Stored rows: replaced versions of a record count until they are merged away. */
  readonly rows: number
  readonly series: number
  readonly memoryStore: TierStatistics
  readonly magneticStore: TierStatistics
}

export interface TierStatistics {
  readonly rows: number
  readonly bytesOnDisk: number
  /** Decimal nanoseconds since the epoch; absent without rows. */
  readonly oldestTimeNs?: string
  readonly newestTimeNs?: string
}

const emptyTier: TierStatistics = { rows: 0, bytesOnDisk: 0 }

/** Sizes come from the engine's parts, times from the partition index, series from reading one column. */
export async function readStatistics(
  engine: Engine,
  physicalNames: readonly string[],
  options: LayoutOptions,
): Promise<ReadonlyMap<string, TableStatistics>> {
  const result = new Map<string, TableStatistics>()
  if (physicalNames.length === 0) return result
  const magneticDisks = await disksOfMagneticVolume(engine, options)
  const sizes = await partSizes(engine, magneticDisks, options)
  for (const name of physicalNames) {
    const size = sizes.get(localTable(name, options))
    result.set(name, size === undefined ? emptyTable : await tableStatistics(engine, name, size, magneticDisks, options))
  }
  return result
}

const emptyTable: TableStatistics = { rows: 0, series: 0, memoryStore: emptyTier, magneticStore: emptyTier }

interface TierSize {
  readonly rows: number
  readonly bytesOnDisk: number
}
export type TierSizes = Readonly<Record<'memory' | 'magnetic', TierSize>>

/** The sizes of both tiers, all tables together. */
export async function readTierSizes(engine: Engine, options: LayoutOptions): Promise<TierSizes> {
  const tables = [...(await partSizes(engine, await disksOfMagneticVolume(engine, options), options)).values()]
  const sum = (tier: keyof TierSizes): TierSize => ({
    rows: tables.reduce((rows, table) => rows + table[tier].rows, 0),
    bytesOnDisk: tables.reduce((bytes, table) => bytes + table[tier].bytesOnDisk, 0),
  })
  return { memory: sum('memory'), magnetic: sum('magnetic') }
}

async function disksOfMagneticVolume(engine: Engine, options: LayoutOptions): Promise<ReadonlySet<string>> {
  if (options.storagePolicy === undefined) return new Set()
  const rows = await engine.rows(
    'SELECT arrayJoin(disks) FROM system.storage_policies WHERE policy_name = {policy:String} AND volume_name = {volume:String}',
    { policy: options.storagePolicy, volume: magneticVolume },
  )
  return new Set(rows.map(([disk]) => String(disk)))
}

async function partSizes(
  engine: Engine,
  magneticDisks: ReadonlySet<string>,
  options: LayoutOptions,
): Promise<ReadonlyMap<string, TierSizes>> {
  const parts = options.cluster ? `cluster('${options.cluster.name}', system.parts)` : 'system.parts'
  const rows = await engine.rows(
    `SELECT table, disk_name, toFloat64(sum(rows)), toFloat64(sum(bytes_on_disk)) FROM ${parts} ` +
      'WHERE active AND database = {database:String} GROUP BY table, disk_name',
    { database: options.engineDatabase },
  )
  const sizes = new Map<string, TierSizes>()
  for (const [table, disk, rowCount, bytes] of rows) {
    const size = sizes.get(String(table)) ?? { memory: emptyTier, magnetic: emptyTier }
    const tier = magneticDisks.has(String(disk)) ? 'magnetic' : 'memory'
    const sum = { rows: size[tier].rows + Number(rowCount), bytesOnDisk: size[tier].bytesOnDisk + Number(bytes) }
    sizes.set(String(table), { ...size, [tier]: sum })
  }
  return sizes
}

async function tableStatistics(
  engine: Engine,
  physicalName: string,
  size: TierSizes,
  magneticDisks: ReadonlySet<string>,
  options: LayoutOptions,
): Promise<TableStatistics> {
  const table = `${options.engineDatabase}.${physicalName}`
  const disk = options.cluster ? "''" : '_disk_name'
  const times = await engine.rows(`SELECT ${disk} AS disk, toString(min(time)), toString(max(time)) FROM ${table} GROUP BY disk`)
  const [series] = await engine.rows(`SELECT toFloat64(uniq(measure_name, series)) FROM ${table}`)
  const tier = (name: 'memory' | 'magnetic'): TierStatistics => {
    let bounds: { oldest: string; newest: string } | undefined
    for (const [diskName, oldest, newest] of times) {
      if (magneticDisks.has(String(diskName)) !== (name === 'magnetic')) continue
      const [low, high] = [String(oldest), String(newest)]
      bounds = {
        oldest: bounds === undefined || BigInt(low) < BigInt(bounds.oldest) ? low : bounds.oldest,
        newest: bounds === undefined || BigInt(high) > BigInt(bounds.newest) ? high : bounds.newest,
      }
    }
    return bounds === undefined || size[name].rows === 0
      ? size[name]
      : { ...size[name], oldestTimeNs: bounds.oldest, newestTimeNs: bounds.newest }
  }
  return {
    rows: size.memory.rows + size.magnetic.rows,
    series: Number(series?.[0] ?? 0),
    memoryStore: tier('memory'),
    magneticStore: tier('magnetic'),
  }
}
