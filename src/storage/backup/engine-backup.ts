import { ServerError } from '../../base/errors.ts'
import type { Engine } from '../../engine/engine.ts'
import { type MagneticStoreLocation, bucketUrl } from '../at-rest/disks.ts'

/** Where the engine puts one backup: a folder that does not exist yet, or a prefix in a bucket. */
export type BackupPlace = MagneticStoreLocation

/** A table in a backup, and the name that it gets when it is restored. Both are physical names. */
export interface RestoredTable {
  readonly from: string
  readonly to: string
}

export interface BackupProgress {
  readonly state: 'running' | 'done' | 'failed'
  /** Of the files as they lie on the disk; the total grows while the engine finds them. */
  readonly bytesDone: number
  readonly bytesTotal: number
  /** Why it failed, without the engine's own words. */
  readonly reason?: string
}

/** The engine's own backups of tables: files as they lie on the disks, encrypted there and encrypted in the backup. Both run in the background. */
export interface EngineBackups {
  /** With `base`, files that the backup there holds already are left out. Answers the handle for `progress`. */
  begin(physicalNames: readonly string[], to: BackupPlace, base?: BackupPlace): Promise<string>
  /** Makes the tables, with their rows, out of a backup. Checks every file against its checksum. */
  restore(tables: readonly RestoredTable[], from: BackupPlace, base?: BackupPlace): Promise<string>
  progress(handle: string): Promise<BackupProgress>
  /** Rows of the parts that the tables have or had within some minutes, by `table/part`. */
  partRows(physicalNames: readonly string[]): Promise<ReadonlyMap<string, number>>
  rowCount(physicalName: string): Promise<number>
  /** Reads all files of the table: whether each is what its checksum says. */
  isSound(physicalName: string): Promise<boolean>
}

export function createEngineBackups(engine: Engine, engineDatabase: string): EngineBackups {
  const start = async (text: string): Promise<string> => String((await engine.rows(text))[0]?.[0])
  const baseSetting = (base: BackupPlace | undefined): readonly string[] => (base === undefined ? [] : [`base_backup = ${placeText(base)}`])
  const settings = (all: readonly string[]): string => (all.length === 0 ? '' : ` SETTINGS ${all.join(', ')}`)
  return {
    begin: (physicalNames, to, base) => {
      const tables = physicalNames.map((name) => `TABLE ${engineDatabase}.${name}`).join(', ')
      return start(`BACKUP ${tables} TO ${placeText(to)}${settings(baseSetting(base))} ASYNC`)
    },
    restore: (restored, from, base) => {
      const tables = restored.map((table) => `TABLE ${engineDatabase}.${table.from} AS ${engineDatabase}.${table.to}`).join(', ')
      return start(`RESTORE ${tables} FROM ${placeText(from)}${settings(baseSetting(base))} ASYNC`)
    },
    progress: async (handle) => {
      const [row] = await engine.rows(
        'SELECT status, toFloat64(bytes_read), toFloat64(total_size), error FROM system.backups WHERE id = {id:String}',
        { id: handle },
      )
      if (row === undefined) throw new ServerError('INTERNAL', `The engine does not know the backup ${handle}.`)
      const [status, bytesDone, bytesTotal, error] = row.map(String) as [string, string, string, string]
      const state =
        status === 'BACKUP_CREATED' || status === 'RESTORED' ? 'done' : /^(CREATING_BACKUP|RESTORING)$/.test(status) ? 'running' : 'failed'
      const sizes = { bytesDone: Number(bytesDone), bytesTotal: Number(bytesTotal) }
      return state === 'failed' ? { state, ...sizes, reason: reasonOf(error) } : { state, ...sizes }
    },
    partRows: async (physicalNames) => {
      const rows = await engine.rows(
        "SELECT table, name, toFloat64(rows) FROM system.parts WHERE database = {database:String} AND has(splitByChar(',', {tables:String}), table)",
        { database: engineDatabase, tables: physicalNames.join(',') },
      )
      return new Map(rows.map(([table, part, count]) => [`${String(table)}/${String(part)}`, Number(count)]))
    },
    rowCount: async (physicalName) => {
      const [row] = await engine.rows(`SELECT toFloat64(count()) FROM ${engineDatabase}.${physicalName}`)
      return Number(row?.[0])
    },
    isSound: async (physicalName) => {
      const parts = await engine.rows(`CHECK TABLE ${engineDatabase}.${physicalName}`)
      return parts.every(([, isPassed]) => Number(isPassed) === 1)
    },
  }
}

/**
 * How many rows of each table a finished backup holds: its parts, out of the engine's list of its files (`.backup`, an XML text), and the rows of
 * every part that there was while it was made. A table is left out when a part of it was never seen.
 */
export function rowsByTable(
  listing: string,
  partRows: ReadonlyMap<string, number>,
  engineDatabase: string,
): Readonly<Record<string, number>> {
  const rows = new Map<string, number>()
  const pattern = new RegExp(`<name>data/${engineDatabase}/([^/<]+)/([^/<]+)/count\\.txt</name>`, 'g')
  for (const [, table = '', part = ''] of listing.matchAll(pattern)) {
    rows.set(table, (rows.get(table) ?? 0) + (partRows.get(`${table}/${part}`) ?? Number.NaN))
  }
  const empty = [...listing.matchAll(new RegExp(`<name>metadata/${engineDatabase}/([^/<]+)\\.sql</name>`, 'g'))]
  for (const [, table = ''] of empty) if (!rows.has(table)) rows.set(table, 0)
  return Object.fromEntries([...rows].filter(([, count]) => !Number.isNaN(count)))
}

/** The engine's name for a place. Texts of the configuration, quoted. */
function placeText(place: BackupPlace): string {
  if (place.kind === 'directory') return `File(${quote(place.path)})`
  const { credentials } = place
  const parts = [bucketUrl(place), ...(credentials === undefined ? [] : [credentials.accessKeyId, credentials.secretAccessKey])]
  return `S3(${parts.map(quote).join(', ')})`
}

/** The engine's errors by their names; its texts hold paths, queries and, for S3, what the bucket answered. */
const reasons: readonly (readonly [RegExp, string])[] = [
  [/BACKUP_ALREADY_EXISTS/, 'there is a backup already'],
  [/BACKUP_NOT_FOUND/, 'there is no backup'],
  [
    /BACKUP_DAMAGED|BACKUP_ENTRY_NOT_FOUND|CHECKSUM_DOESNT_MATCH|WRONG_BASE_BACKUP|SIZE_OF_FIXED_STRING/,
    'the backup is damaged or incomplete',
  ],
  [/NOT_ENOUGH_SPACE|No space left/, 'there is no space left'],
  [/S3_ERROR/, 'the bucket refused or could not be reached'],
  [/TABLE_ALREADY_EXISTS/, 'a table is there already'],
  [/No such file|Permission denied|CANNOT_OPEN_FILE|FILE_DOESNT_EXIST|CANNOT_CREATE_DIRECTORY/, 'a file cannot be read or written'],
]

function reasonOf(error: string): string {
  const known = reasons.find(([pattern]) => pattern.test(error))?.[1]
  return known ?? `the engine failed (${/\(([A-Z][A-Z_0-9]+)\)/.exec(error)?.[1] ?? 'no name'})`
}

const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
