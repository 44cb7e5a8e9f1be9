import { ServerError } from '../../base/errors.ts'
import type { Limits } from '../../base/limits.ts'
import type { Log } from '../../base/log.ts'
import type { StorageBackups } from '../../storage/backup/storage-backups.ts'
import { type Action, authorize } from '../access/authorize.ts'
import type { Caller } from '../caller.ts'
import { type Account, anyArn } from '../control/arn.ts'
import { checkNewName } from '../control/names.ts'
import { newQueryId } from '../query/query-id.ts'
import { type BackupTarget, findBackup, listBackups } from './backup-target.ts'
import type { BackupDescription, BackupTask, Backups, CreateBackupInput, RestoreBackupInput } from './backups.ts'
import { type BackupOptions, makeBackup, planBackup } from './make-backup.ts'
import { planRestore, restoreBackup } from './restore-backup.ts'
import { checkSelection } from './selection.ts'

export interface BackupServiceOptions extends Omit<BackupOptions, 'backups'> {
  /** Absent where backups are the engine's own business. */
  readonly backups: StorageBackups | undefined
  /** @throws ServerError VALIDATION, BUCKET_UNREACHABLE */
  readonly openTarget: (text: string) => Promise<BackupTarget>
  readonly account: Account
  readonly limits: Limits
  readonly log: Log
}

/** Tasks that have ended are told about for as long as fewer than these came after them. */
const keptTasks = 100

/** What a task adds to its description while it runs. */
type Outcome = Pick<BackupTask, 'rows'>

export class BackupService implements Backups {
  readonly #options: BackupServiceOptions
  readonly #tasks = new Map<string, BackupTask>()
  #running: Promise<void> | undefined

  constructor(options: BackupServiceOptions) {
    this.#options = options
  }

  async create(caller: Caller, input: CreateBackupInput): Promise<BackupTask> {
    const options = this.#authorized(caller, 'tidemark:CreateBackup')
    checkSelection(input)
    const target = await options.openTarget(input.target)
    this.#refuseASecond()
    const plan = await planBackup(options, target, input)
    return this.#begin('backup', target, plan.backupId, plan.tables.length, async (change) => {
      const { rows } = await makeBackup(options, target, plan, change)
      return { rows }
    })
  }

  async restore(caller: Caller, input: RestoreBackupInput): Promise<BackupTask> {
    const options = this.#authorized(caller, 'tidemark:RestoreBackup')
    checkSelection(input)
    checkNewNames(input, options.limits)
    const target = await options.openTarget(input.target)
    this.#refuseASecond()
    const manifest = await findBackup(target, input.backupId)
    const plan = await planRestore(options, target, manifest, input)
    return this.#begin('restore', target, manifest.backupId, plan.tables.length, async (change) => ({
      rows: await restoreBackup(options, target, plan, change),
    }))
  }

  async describeTask(caller: Caller, taskId: string): Promise<BackupTask> {
    this.#authorized(caller, 'tidemark:DescribeBackupTask')
    const task = this.#tasks.get(taskId)
    if (task === undefined) throw new ServerError('RESOURCE_NOT_FOUND', `There is no backup task ${taskId} in this process.`)
    return task
  }

  async list(caller: Caller, target: string): Promise<readonly BackupDescription[]> {
    const { openTarget } = this.#authorized(caller, 'tidemark:ListBackups')
    return listBackups(await openTarget(target))
  }

  /** Resolves when no task is under way. */
  async drain(): Promise<void> {
    await this.#running
  }

  #authorized(caller: Caller, action: Action): BackupServiceOptions & BackupOptions {
    const { account, backups } = this.#options
    authorize(caller, action, anyArn(account), account)
    if (backups === undefined) {
      throw new ServerError(
        'NOT_SUPPORTED',
        "Backups are made by the embedded engine only; back up a ClickHouse cluster with ClickHouse's BACKUP.",
      )
    }
    return { ...this.#options, backups }
  }

  #refuseASecond(): void {
    if (this.#running !== undefined) throw new ServerError('CONFLICT', 'A backup or a restore is under way; there can be one at a time.')
  }

  #begin(
    kind: BackupTask['kind'],
    target: BackupTarget,
    backupId: string,
    tableCount: number,
    work: (change: (sizes: Partial<BackupTask>) => void) => Promise<Outcome>,
  ): BackupTask {
    this.#refuseASecond()
    const { clock, log } = this.#options
    const taskId = newQueryId()
    const change = (part: Partial<BackupTask>): BackupTask => {
      const task = { ...this.#tasks.get(taskId)!, ...part }
      this.#tasks.set(taskId, task)
      return task
    }
    for (const [oldest] of this.#tasks) {
      if (this.#tasks.size < keptTasks) break
      this.#tasks.delete(oldest)
    }
    const common = { taskId, kind, target: target.text, backupId, tableCount, startedAtMs: clock.nowMs() }
    this.#tasks.set(taskId, { ...common, state: 'running', bytesDone: 0, bytesTotal: 0 })
    log.info(`${kind} begun`, { backupId, tables: tableCount })
    this.#running = work(change)
      .then(
        (outcome) => {
          const { rows, bytesTotal } = change({ ...outcome, state: 'done', endedAtMs: clock.nowMs() })
          log.info(`${kind} done`, { backupId, rows, bytes: bytesTotal })
        },
        (error: unknown) => {
          const reason =
            error instanceof ServerError && error.code !== 'INTERNAL' ? error.message : 'an unexpected failure, see the log of the server'
          change({ state: 'failed', reason, endedAtMs: clock.nowMs() })
          log.error(`${kind} failed`, { backupId, error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
        },
      )
      .finally(() => (this.#running = undefined))
    return this.#tasks.get(taskId)!
  }
}

function checkNewNames({ databaseName, tableName, asDatabaseName, asTableName }: RestoreBackupInput, limits: Limits): void {
  if (asDatabaseName !== undefined && databaseName === undefined) {
    throw new ServerError('VALIDATION', 'AsDatabaseName: only the one database that DatabaseName gives can get another name.')
  }
  if (asTableName !== undefined && tableName === undefined) {
    throw new ServerError('VALIDATION', 'AsTableName: only the one table that TableName gives can get another name.')
  }
  if (asDatabaseName !== undefined) checkNewName('databaseName', asDatabaseName, limits)
  if (asTableName !== undefined) checkNewName('tableName', asTableName, limits)
}
