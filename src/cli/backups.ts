import { resolve } from 'node:path'
import type { Command } from 'commander'
import { parseChoice, parseSwitch, parseText, readOptions, type OptionDefinitions, type OptionSources } from '../base/option.ts'
import { serverOptions } from '../server/options.ts'
import { command, optionSources } from './command-options.ts'
import { type Connection, connectionOptions, readConnection } from './connection.ts'
import { ServiceFailure } from './failure.ts'
import { type Cell, type Output, type RowFormat, rowFormats, rowWriter } from './output.ts'
import { ProgressBar } from './progress-bar.ts'
import { signedCall } from './signed-call.ts'
import { bytesText } from './status.ts'

const selection = {
  database: { flag: 'database', placeholder: 'NAME', summary: 'Only this database', parse: parseText },
  table: { flag: 'table', placeholder: 'NAME', summary: 'Only this table of it', parse: parseText },
} as const satisfies OptionDefinitions

export const backupOptions = {
  ...selection,
  incremental: {
    flag: 'incremental',
    summary: 'Only what has changed since the newest full backup in the target',
    fallback: 'false',
    parse: parseSwitch,
  },
} as const satisfies OptionDefinitions

const { masterKey, masterKeyFile, buckets, s3Endpoint, s3Region, s3AccessKeyId, s3SecretAccessKey } = serverOptions

export const restoreOptions = {
  backup: { flag: 'backup', placeholder: 'ID', summary: 'Which backup; the newest one when absent', parse: parseText },
  ...selection,
  asDatabase: { flag: 'as-database', placeholder: 'NAME', summary: 'Restore the database under this name', parse: parseText },
  asTable: { flag: 'as-table', placeholder: 'NAME', summary: 'Restore the table under this name', parse: parseText },
  newData: {
    flag: 'new-data',
    placeholder: 'DIR',
    summary:
      'Make this data folder out of the backup, with everything in it, for a server that is started on it afterwards; asks no server',
    parse: parseText,
  },
  masterKey,
  masterKeyFile,
  buckets,
  s3Endpoint,
  s3Region,
  s3AccessKeyId,
  s3SecretAccessKey,
} as const satisfies OptionDefinitions

export const backupsOptions = {
  format: {
    flag: 'format',
    placeholder: 'FORMAT',
    summary: `How backups are written: ${rowFormats.join(', ')}`,
    fallback: 'table',
    parse: parseChoice(rowFormats),
  },
} as const satisfies OptionDefinitions

/** As the operations CreateBackup, RestoreBackup and DescribeBackupTask answer. */
interface TaskAnswer {
  readonly TaskId: string
  readonly State: 'running' | 'done' | 'failed'
  readonly BackupId: string
  readonly TableCount: number
  readonly BytesDone: number
  readonly BytesTotal: number
  readonly Rows?: number
  readonly Reason?: string
}

interface ListAnswer {
  readonly Backups: readonly {
    readonly BackupId: string
    readonly Kind: string
    readonly BaseBackupId?: string
    readonly CreationTime: number
    readonly DatabaseName?: string
    readonly TableName?: string
    readonly TableCount: number
    readonly Rows: number
    readonly Bytes: number
  }[]
}

/** `tidemark backup`, `backups` and `restore`. */
export function addBackupCommands(program: Command, output: Output, progress: (text: string) => void): void {
  const target = 'a folder on the machine of the server, or s3://BUCKET/PREFIX'
  command(program, 'backup', 'Back up everything, a database or a table while the server works', { ...backupOptions, ...connectionOptions })
    .argument('<TARGET>', target)
    .action(async (text: string, _options: object, self: Command) => {
      await backUp(text, optionSources(self), output, progress)
    })
  command(program, 'backups', 'List the backups in a target', { ...backupsOptions, ...connectionOptions })
    .argument('<TARGET>', target)
    .action(async (text: string, _options: object, self: Command) => {
      await listBackups(text, optionSources(self), output)
    })
  command(program, 'restore', 'Bring back tables that are not there (any more)', { ...restoreOptions, ...connectionOptions })
    .argument('<TARGET>', target)
    .action(async (text: string, _options: object, self: Command) => {
      await restore(text, optionSources(self), output, progress)
    })
}

async function backUp(target: string, sources: OptionSources, output: Output, progress: (text: string) => void): Promise<void> {
  const { database, table, incremental } = readOptions(backupOptions, sources)
  const connection = readConnection(sources)
  const begun = await signedCall<TaskAnswer>(connection, 'tidemark', 'CreateBackup', {
    Target: absolute(target),
    DatabaseName: database,
    TableName: table,
    Incremental: incremental,
  })
  const task = await follow(connection, begun, progress)
  await output.write(`backup ${task.BackupId}: ${task.TableCount} tables, ${task.Rows ?? 0} rows, ${bytesText(task.BytesTotal)}\n`)
}

async function restore(target: string, sources: OptionSources, output: Output, progress: (text: string) => void): Promise<void> {
  const { backup, database, table, asDatabase, asTable, newData } = readOptions(restoreOptions, sources)
  if (newData !== undefined) {
    const { restoreNewData } = await import('./restore-new-data.ts')
    return restoreNewData(
      { target: absolute(target), ...(backup === undefined ? {} : { backupId: backup }) },
      newData,
      sources,
      output,
      progress,
    )
  }
  const connection = readConnection(sources)
  const begun = await signedCall<TaskAnswer>(connection, 'tidemark', 'RestoreBackup', {
    Target: absolute(target),
    BackupId: backup,
    DatabaseName: database,
    TableName: table,
    AsDatabaseName: asDatabase,
    AsTableName: asTable,
  })
  const task = await follow(connection, begun, progress)
  await output.write(`restored from ${task.BackupId}: ${task.TableCount} tables, ${task.Rows ?? 0} rows, counts and checksums agree\n`)
}

async function listBackups(target: string, sources: OptionSources, output: Output): Promise<void> {
  const { format } = readOptions(backupsOptions, sources)
  const { Backups: backups } = await signedCall<ListAnswer>(readConnection(sources), 'tidemark', 'ListBackups', {
    Target: absolute(target),
  })
  const writer = rowWriter(format, columnsFor(format), output)
  const rows = backups.map((backup) => [
    backup.BackupId,
    backup.Kind,
    backup.BaseBackupId ?? '',
    new Date(backup.CreationTime * 1000).toISOString(),
    [backup.DatabaseName ?? '(everything)', ...(backup.TableName === undefined ? [] : [backup.TableName])].join('.'),
    backup.TableCount,
    backup.Rows,
    format === 'table' ? bytesText(backup.Bytes) : backup.Bytes,
  ])
  if (rows.length > 0) await writer.page(rows.map((row) => row.map((value): Cell => ({ text: String(value), json: value }))))
  await writer.end()
}

function columnsFor(format: RowFormat): Parameters<typeof rowWriter>[1] {
  const left = ['backup id', 'kind', 'base', 'created', 'of']
  const right = ['tables', 'rows', 'size']
  const named = (names: readonly string[], align: 'left' | 'right') =>
    names.map((name) => ({ name: format === 'table' ? name : name.replaceAll(' ', '_'), align }))
  return [...named(left, 'left'), ...named(right, 'right')]
}

const askEveryMs = 300

/** Shows how far the task is until it has ended. @throws ServiceFailure when it failed */
async function follow(connection: Connection, begun: TaskAnswer, progress: (text: string) => void): Promise<TaskAnswer> {
  const bar = new ProgressBar(0, '', progress, bytesText)
  let task = begun
  while (task.State === 'running') {
    await new Promise((done) => setTimeout(done, askEveryMs))
    task = await signedCall<TaskAnswer>(connection, 'tidemark', 'DescribeBackupTask', { TaskId: task.TaskId })
    bar.set(task.BytesDone, task.BytesTotal)
  }
  bar.end()
  if (task.State === 'failed') throw new ServiceFailure('BackupFailed', task.Reason ?? 'no reason was given')
  return task
}

/** The server takes no relative folders: it works elsewhere. */
const absolute = (target: string): string => (target.startsWith('s3://') ? target : resolve(target))
