import { operation } from '../../operation.ts'
import { newName } from '../../resources/shapes.ts'
import { required, structure } from '../../shape.ts'
import { type BackupTaskOnWire, backupId, backupTarget, encodeBackupTask } from './shapes.ts'

interface Input {
  Target: string | undefined
  BackupId?: string | undefined
  DatabaseName?: string | undefined
  TableName?: string | undefined
  AsDatabaseName?: string | undefined
  AsTableName?: string | undefined
}

export const restoreBackup = operation<Input, BackupTaskOnWire>({
  name: 'RestoreBackup',
  service: 'tidemark',
  action: 'tidemark:RestoreBackup',
  summary: 'Begins to bring tables back out of a backup; they must not be there.',
  input: structure<Input>({
    Target: required(backupTarget),
    BackupId: backupId,
    DatabaseName: newName,
    TableName: newName,
    AsDatabaseName: newName,
    AsTableName: newName,
  }),
  handle: async (input, { database, caller }) =>
    encodeBackupTask(
      await database.backups.restore(caller, {
        target: input.Target,
        ...(input.BackupId === undefined ? {} : { backupId: input.BackupId }),
        ...(input.DatabaseName === undefined ? {} : { databaseName: input.DatabaseName }),
        ...(input.TableName === undefined ? {} : { tableName: input.TableName }),
        ...(input.AsDatabaseName === undefined ? {} : { asDatabaseName: input.AsDatabaseName }),
        ...(input.AsTableName === undefined ? {} : { asTableName: input.AsTableName }),
      }),
    ),
})
