import type { Caller } from '../caller.ts'

/** Backups of databases and tables, made and read back while the server works. One at a time. */
export interface Backups {
  /** Begins a backup and answers at once. Everything that was acknowledged before is in it. */
  create(caller: Caller, input: CreateBackupInput): Promise<BackupTask>
  /** Begins to bring tables back that are not there (any more) and answers at once. */
  restore(caller: Caller, input: RestoreBackupInput): Promise<BackupTask>
  /** How a task of this process stands. @throws ServerError RESOURCE_NOT_FOUND */
  describeTask(caller: Caller, taskId: string): Promise<BackupTask>
  /** The whole backups of a target, oldest first. */
  list(caller: Caller, target: string): Promise<readonly BackupDescription[]>
}

export interface CreateBackupInput {
  /** An absolute folder on the server's machine, or `s3://BUCKET/PREFIX`: it holds any number of backups. */
  readonly target: string
  readonly databaseName?: string
  readonly tableName?: string
  /** Only what has changed since the newest full backup in the target. */
  readonly isIncremental?: boolean
}

export interface RestoreBackupInput {
  readonly target: string
  /** The newest one when absent. */
  readonly backupId?: string
  readonly databaseName?: string
  readonly tableName?: string
  /** Another name for the one database or table that is restored. */
  readonly asDatabaseName?: string
  readonly asTableName?: string
}

export interface BackupDescription {
  readonly backupId: string
  readonly kind: 'full' | 'incremental'
  /** The full backup that an incremental one needs. */
  readonly baseBackupId?: string
  readonly createdAtMs: number
  readonly productVersion: string
  /** Absent: everything. */
  readonly databaseName?: string
  readonly tableName?: string
  readonly tableCount: number
  readonly rows: number
  /** Of the files of the tables, those of the base included. */
  readonly bytes: number
}

export interface BackupTask {
  readonly taskId: string
  readonly kind: 'backup' | 'restore'
  readonly state: 'running' | 'done' | 'failed'
  readonly target: string
  readonly backupId: string
  readonly tableCount: number
  readonly bytesDone: number
  readonly bytesTotal: number
  /** When it is done. */
  readonly rows?: number
  readonly reason?: string
  readonly startedAtMs: number
  readonly endedAtMs?: number
}
