import type { BackupDescription, BackupTask } from '../../../database/backup/backups.ts'
import { string } from '../../shape.ts'

export const backupTarget = string({ min: 1, max: 1024, pattern: '(/|s3://).*' })
export const backupId = string({ min: 1, max: 64, pattern: '[0-9A-Za-z-]+' })

/** Instants are seconds since the epoch. */
export interface BackupTaskOnWire {
  readonly TaskId: string
  readonly Kind: BackupTask['kind']
  readonly State: BackupTask['state']
  readonly Target: string
  readonly BackupId: string
  readonly TableCount: number
  readonly BytesDone: number
  readonly BytesTotal: number
  readonly Rows?: number
  readonly Reason?: string
  readonly StartTime: number
  readonly EndTime?: number
}

export const encodeBackupTask = (task: BackupTask): BackupTaskOnWire => ({
  TaskId: task.taskId,
  Kind: task.kind,
  State: task.state,
  Target: task.target,
  BackupId: task.backupId,
  TableCount: task.tableCount,
  BytesDone: task.bytesDone,
  BytesTotal: task.bytesTotal,
  ...(task.rows === undefined ? {} : { Rows: task.rows }),
  ...(task.reason === undefined ? {} : { Reason: task.reason }),
  StartTime: task.startedAtMs / 1000,
  ...(task.endedAtMs === undefined ? {} : { EndTime: task.endedAtMs / 1000 }),
})

export interface BackupOnWire {
  readonly BackupId: string
  readonly Kind: BackupDescription['kind']
  readonly BaseBackupId?: string
  readonly CreationTime: number
  readonly Version: string
  readonly DatabaseName?: string
  readonly TableName?: string
  readonly TableCount: number
  readonly Rows: number
  readonly Bytes: number
}

export const encodeBackup = (backup: BackupDescription): BackupOnWire => ({
  BackupId: backup.backupId,
  Kind: backup.kind,
  ...(backup.baseBackupId === undefined ? {} : { BaseBackupId: backup.baseBackupId }),
  CreationTime: backup.createdAtMs / 1000,
  Version: backup.productVersion,
  ...(backup.databaseName === undefined ? {} : { DatabaseName: backup.databaseName }),
  ...(backup.tableName === undefined ? {} : { TableName: backup.tableName }),
  TableCount: backup.tableCount,
  Rows: backup.rows,
  Bytes: backup.bytes,
})
