import { writeFileSync } from 'node:fs'
import { systemClock } from '../../base/clock.ts'
import { ServerError } from '../../base/errors.ts'
import { readOptions, type OptionSources } from '../../base/option.ts'
import type { RowRecord } from '../../csv/model-types.ts'
import { rootKeyOf, type Connection } from '../connection.ts'
import { Interrupted, ServiceFailure } from '../failure.ts'
import type { Output } from '../output.ts'
import { ProgressBar } from '../progress-bar.ts'
import { Checkpoint } from './checkpoint.ts'
import { copySlice, inParallel } from './copy.ts'
import { dryRun } from './dry-run.ts'
import { migrateOptions } from './options.ts'
import { MigrationReport } from './report.ts'
import { copyScheduledQueries } from './scheduled.ts'
import { sdkService, tidemarkService, type Service } from './service.ts'
import { planSlices } from './slices.ts'
import { describeColumns, type TableColumn } from './table-rows.ts'
import { selectTables, TargetTables, type TablePair } from './target-tables.ts'
import { verifySlice } from './verify.ts'

type MigrateValues = ReturnType<typeof readMigrateOptions>
const readMigrateOptions = (sources: OptionSources) => readOptions(migrateOptions, sources)

/**
 * Copies databases, tables, scheduled queries and records from the real service or a Tidemark into a Tidemark. An interrupted run goes on where
 * it stopped when it is started again.
 * @throws ServiceFailure when not everything arrived
 */
export async function runMigrate(
  sources: OptionSources,
  output: Output,
  progress: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const options = readMigrateOptions(sources)
  if (options.from === undefined) throw new ServerError('CONFIGURATION', '--from: give aws, or the address of a Tidemark')
  const source = await sourceOf(options, options.from, signal)
  const selection = { databases: options.database?.split(','), tables: options.table?.split(','), rename: options.rename }
  const { databases, pairs } = await selectTables(source, selection)
  if (options.dryRun) {
    return dryRun(source, pairs, { ...options, fromMs: options.since, toMs: options.until, isMetered: options.from === 'aws' }, output)
  }
  const connection = targetOf(options)
  const renamed = databases.every(({ DatabaseName = '' }) => (options.rename.get(DatabaseName) ?? DatabaseName) !== DatabaseName)
  if (options.from === connection.endpoint && !renamed)
    throw new ServerError('CONFIGURATION', '--to: the source and the target are the same')
  const target = tidemarkService(connection, signal)
  const tables = new TargetTables(source, target, options.buckets)
  const checkpoint = new Checkpoint(options.checkpoint, identityOf(options))
  try {
    for (const database of databases)
      await tables.database(database, options.rename.get(database.DatabaseName ?? '') ?? database.DatabaseName ?? '')
    const migration = new Migration({ options, source, target, connection, checkpoint, tables, pairs, signal, progress })
    await migration.run()
    if (options.scheduledQueries !== 'skip') {
      migration.report.scheduledQueries = await copyScheduledQueries(source, target, {
        databases: databases.map(({ DatabaseName = '' }) => DatabaseName),
        rename: options.rename,
        targets: options.scheduledTarget,
        buckets: options.buckets,
        state: options.scheduledQueries === 'enabled' ? 'ENABLED' : 'DISABLED',
      })
    }
    checkpoint.finish()
    migration.report.notes.push(...tables.notes)
    if (options.report !== undefined) writeFileSync(options.report, `${JSON.stringify(migration.report, undefined, 2)}\n`)
    await output.write(migration.report.text())
    const faults = migration.report.faults()
    if (faults !== undefined) throw new ServiceFailure('not everything arrived', faults)
  } catch (error) {
    if (error instanceof Interrupted) await output.write(`interrupted; the same command goes on, by ${options.checkpoint}\n`)
    throw error
  } finally {
    checkpoint.close()
  }
}

async function sourceOf(options: MigrateValues, from: string, signal: AbortSignal): Promise<Service> {
  const { fromAccessKeyId: accessKeyId, fromSecretAccessKey: secretAccessKey, fromSessionToken: sessionToken } = options
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined)) {
    throw new ServerError('CONFIGURATION', 'TIDEMARK_FROM_ACCESS_KEY_ID and TIDEMARK_FROM_SECRET_ACCESS_KEY belong together')
  }
  const given =
    accessKeyId === undefined || secretAccessKey === undefined
      ? {}
      : { credentials: { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) } }
  const { fromRegion, fromProfile } = options
  return sdkService(
    {
      ...(from !== 'aws' && { endpoint: from }),
      ...(fromRegion === undefined ? (from === 'aws' ? {} : { region: 'us-east-1' }) : { region: fromRegion }),
      ...(fromProfile !== undefined && { profile: fromProfile }),
      ...given,
    },
    signal,
  )
}

function targetOf({
  to,
  toRegion: region,
  toAccessKeyId: accessKeyId,
  toSecretAccessKey: secretAccessKey,
  toSessionToken,
  data,
}: MigrateValues): Connection {
  const endpoint = to.replace(/\/$/, '')
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined)) {
    throw new ServerError('CONFIGURATION', 'TIDEMARK_TO_ACCESS_KEY_ID and TIDEMARK_TO_SECRET_ACCESS_KEY belong together')
  }
  if (accessKeyId === undefined || secretAccessKey === undefined) return { endpoint, region, credentials: rootKeyOf(data, 'TIDEMARK_TO') }
  return {
    endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey, ...(toSessionToken !== undefined && { sessionToken: toSessionToken }) },
  }
}

/** What a checkpoint belongs to. */
const identityOf = ({ from = '', fromRegion = '', to, database = '', table = '', rename, since, until, recordVersion }: MigrateValues) => ({
  from,
  'from-region': fromRegion,
  to,
  database,
  table,
  rename: [...rename].map((pair) => pair.join('=')).join(','),
  since: since === undefined ? '' : new Date(since).toISOString(),
  until: until === undefined ? '' : new Date(until).toISOString(),
  'record-version': String(recordVersion),
})

interface Parts {
  readonly options: MigrateValues
  readonly source: Service
  readonly target: Service
  readonly connection: Connection
  readonly checkpoint: Checkpoint
  readonly tables: TargetTables
  readonly pairs: readonly TablePair[]
  readonly signal: AbortSignal
  readonly progress: (text: string) => void
}

const nameOf = ({ source }: TablePair): string => `${source.databaseName}.${source.tableName}`

class Migration {
  readonly #parts: Parts
  readonly #columns = new Map<string, readonly TableColumn[]>()
  readonly report: MigrationReport

  constructor(parts: Parts) {
    this.#parts = parts
    this.report = new MigrationReport(parts.options.from ?? '', parts.connection.endpoint)
  }

  async run(): Promise<void> {
    const { pairs, options } = this.#parts
    await this.#plan()
    await this.#copy()
    if (options.verify !== 'none') await this.#verify(options.verify)
    await this.#restore()
    for (const pair of pairs) this.report.addTable(pair, this.#parts.checkpoint.slices(nameOf(pair)) ?? [])
  }

  async #plan(): Promise<void> {
    const { source, pairs, checkpoint, options, tables } = this.#parts
    // after a run that came to its end: what was written since is copied
    const isAgain = checkpoint.isFinished
    for (const pair of pairs) {
      const name = nameOf(pair)
      this.#columns.set(name, await describeColumns(source, pair.source.databaseName, pair.source.tableName))
      const known = checkpoint.restore(name)
      if (known === undefined) checkpoint.setRestore(name, await tables.table(pair))
      else if (isAgain) await tables.setMagnetic(pair.target, { ...known, EnableMagneticStoreWrites: true })
      if (checkpoint.slices(name) !== undefined && !isAgain) continue
      const range = { fromMs: options.since, toMs: options.until }
      checkpoint.plan(name, await planSlices(source, pair.source, range, options.sliceRows, () => undefined))
    }
  }

  async #copy(): Promise<void> {
    const { source, pairs, checkpoint, options, connection, signal } = this.#parts
    const all = pairs.flatMap((pair) => (checkpoint.slices(nameOf(pair)) ?? []).map((slice) => ({ pair, slice })))
    const open = all.filter(({ slice }) => slice.outcome === undefined)
    const bar = new ProgressBar(
      open.reduce((sum, { slice }) => sum + slice.rows, 0),
      'records',
      this.#parts.progress,
    )
    const startMs = systemClock.monotonicMs()
    const copy = {
      source,
      target: connection,
      version: options.recordVersion,
      signal,
      onRows: (count: number) => {
        this.report.rowsRead += count
        bar.add(count)
      },
      onReject: (table: TablePair['target'], record: RowRecord, reason: string) => this.report.addReject(table, record, reason),
    }
    try {
      await inParallel(open, options.readers, async ({ pair, slice }) => {
        const name = nameOf(pair)
        checkpoint.done(name, slice, await copySlice(pair, slice, this.#columns.get(name) ?? [], copy))
      })
    } finally {
      bar.end()
      this.report.seconds = (systemClock.monotonicMs() - startMs) / 1000
    }
  }

  async #verify(how: 'checksums' | 'counts'): Promise<void> {
    const { target, pairs, checkpoint, options } = this.#parts
    const nowMs = systemClock.nowMs()
    const all = pairs.flatMap((pair) => (checkpoint.slices(nameOf(pair)) ?? []).map((slice) => ({ pair, slice })))
    const bar = new ProgressBar(
      all.reduce((sum, { slice }) => sum + slice.rows, 0),
      'records verified',
      this.#parts.progress,
    )
    try {
      await inParallel(all, options.readers, async ({ pair, slice }) => {
        // what expires meanwhile cannot be compared
        if (slice.fromMs >= nowMs - lifeMs(pair)) {
          this.report.differences.push(...(await verifySlice(target, pair.target, slice, this.#columns.get(nameOf(pair)) ?? [], how)))
          this.report.slicesVerified++
        } else this.report.slicesExpiring++
        bar.add(slice.rows)
      })
    } finally {
      bar.end()
    }
  }

  async #restore(): Promise<void> {
    const { pairs, checkpoint, tables } = this.#parts
    for (const pair of pairs) {
      const properties = checkpoint.restore(nameOf(pair))
      if (properties !== undefined && !properties.EnableMagneticStoreWrites) await tables.setMagnetic(pair.target, properties)
    }
  }
}

/** How long a record lives; an hour less, for the time that the migration takes. */
function lifeMs({ description: { RetentionProperties: retention } }: TablePair): number {
  return (
    (retention?.MemoryStoreRetentionPeriodInHours ?? 0) * 3_600_000 +
    (retention?.MagneticStoreRetentionPeriodInDays ?? 73_000) * 86_400_000 -
    3_600_000
  )
}
