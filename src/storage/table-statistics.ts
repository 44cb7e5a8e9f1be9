import type { Engine } from '../engine/engine.ts'
import { type LayoutOptions, localTable, magneticVolume } from './layout.ts'

export interface TableStatistics {
  /** Stored rows: replaced versions of a record count until they are merged away. */
  readonly rows: number
  readonly series: number
  /** Parts on their way from the memory store to the magnetic store at this moment, and merges under way. */
  readonly moves: number
  readonly merges: number
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
  // first, since the engine may not tell of its parts before a move is over
  const work = await readBackgroundWork(engine, options)
  const magneticDisks = await disksOfMagneticVolume(engine, options)
  const sizes = await partSizes(engine, magneticDisks, options)
  for (const name of physicalNames) {
    const local = localTable(name, options)
    const size = sizes.get(local)
    const { moves, merges } = work.get(local) ?? idle
    if (size === undefined) result.set(name, { rows: 0, series: 0, moves, merges, memoryStore: emptyTier, magneticStore: emptyTier })
    else {
      const tiers = withTimes(size, (await readTimes(engine, [name], magneticDisks, options)).get(name))
      const [series] = await engine.rows(`SELECT toFloat64(uniq(measure_name, series)) FROM ${options.engineDatabase}.${name}`)
      result.set(name, { rows: size.memory.rows + size.magnetic.rows, series: Number(series?.[0] ?? 0), moves, merges, ...tiers })
    }
  }
  return result
}

export type TableTiers = Pick<TableStatistics, 'memoryStore' | 'magneticStore' | 'moves' | 'merges'>

/** Tables whose times are asked for in one question. */
const tablesAtOnce = 50

/** The tiers of the `most` tables with the most bytes, by physical name; without counting series: for every scrape of the metrics. */
export async function readTiers(engine: Engine, most: number, options: LayoutOptions): Promise<ReadonlyMap<string, TableTiers>> {
  // first, since the engine may not tell of its parts before a move is over
  const work = await readBackgroundWork(engine, options)
  const magneticDisks = await disksOfMagneticVolume(engine, options)
  const sizes = await partSizes(engine, magneticDisks, options)
  const bytes = ({ memory, magnetic }: TierSizes): number => memory.bytesOnDisk + magnetic.bytesOnDisk
  const suffix = localTable('', options)
  const largest = [...sizes]
    .sort(([, a], [, b]) => bytes(b) - bytes(a))
    .slice(0, most)
    .map(([local, size]) => ({ local, physicalName: local.slice(0, local.length - suffix.length), size }))
  const result = new Map<string, TableTiers>()
  for (let first = 0; first < largest.length; first += tablesAtOnce) {
    const some = largest.slice(first, first + tablesAtOnce)
    const names = some.map(({ physicalName }) => physicalName)
    // one of them may have been dropped meanwhile
    const times = await readTimes(engine, names, magneticDisks, options).catch(() => new Map<string, TableTimes>())
    for (const { local, physicalName, size } of some) {
      result.set(physicalName, { ...(work.get(local) ?? idle), ...withTimes(size, times.get(physicalName)) })
    }
  }
  return result
}

interface BackgroundWork {
  readonly moves: number
  readonly merges: number
}
const idle: BackgroundWork = { moves: 0, merges: 0 }

async function readBackgroundWork(engine: Engine, options: LayoutOptions): Promise<ReadonlyMap<string, BackgroundWork>> {
  const rows = await engine.rows(
    `SELECT table, toFloat64(countIf(is_move)), toFloat64(countIf(NOT is_move)) FROM ` +
      `(SELECT database, table, true AS is_move FROM ${everyNode('moves', options)} ` +
      `UNION ALL SELECT database, table, false AS is_move FROM ${everyNode('merges', options)}) ` +
      'WHERE database = {database:String} GROUP BY table',
    { database: options.engineDatabase },
  )
  return new Map(rows.map(([table, moves, merges]) => [String(table), { moves: Number(moves), merges: Number(merges) }]))
}

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
  const rows = await engine.rows(
    `SELECT table, disk_name, toFloat64(sum(rows)), toFloat64(sum(bytes_on_disk)) FROM ${everyNode('parts', options)} ` +
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

interface Times {
  readonly oldest: bigint
  readonly newest: bigint
}
type TableTimes = Partial<Record<'memory' | 'magnetic', Times>>

/** By physical name. On a cluster the tiers of a row are not known: all times are those of the memory store. */
async function readTimes(
  engine: Engine,
  physicalNames: readonly string[],
  magneticDisks: ReadonlySet<string>,
  options: LayoutOptions,
): Promise<ReadonlyMap<string, TableTimes>> {
  const disk = options.cluster ? "''" : '_disk_name'
  const questions = physicalNames.map(
    (name) =>
      `SELECT '${name}' AS name, ${disk} AS disk, toString(min(time)), toString(max(time)) FROM ${options.engineDatabase}.${name} GROUP BY disk`,
  )
  const result = new Map<string, TableTimes>()
  for (const [name, diskName, min, max] of await engine.rows(questions.join(' UNION ALL '))) {
    const tier = magneticDisks.has(String(diskName)) ? 'magnetic' : 'memory'
    const [oldest, newest] = [BigInt(String(min)), BigInt(String(max))]
    const known = result.get(String(name))
    const other = known?.[tier]
    const times: Times =
      other === undefined
        ? { oldest, newest }
        : { oldest: oldest < other.oldest ? oldest : other.oldest, newest: newest > other.newest ? newest : other.newest }
    result.set(String(name), { ...known, [tier]: times })
  }
  return result
}

function withTimes(sizes: TierSizes, times: TableTimes | undefined): Pick<TableStatistics, 'memoryStore' | 'magneticStore'> {
  const tier = (name: 'memory' | 'magnetic'): TierStatistics => {
    const bounds = times?.[name]
    return bounds === undefined || sizes[name].rows === 0
      ? sizes[name]
      : { ...sizes[name], oldestTimeNs: String(bounds.oldest), newestTimeNs: String(bounds.newest) }
  }
  return { memoryStore: tier('memory'), magneticStore: tier('magnetic') }
}

export const everyNode = (table: string, { cluster }: LayoutOptions): string =>
  cluster ? `cluster('${cluster.name}', system.${table})` : `system.${table}`
