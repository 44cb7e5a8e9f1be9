import { operation } from '../../operation.ts'
import { newName } from '../../resources/shapes.ts'
import { boolean, required, structure } from '../../shape.ts'
import { type BackupTaskOnWire, backupTarget, encodeBackupTask } from './shapes.ts'

interface Input {
  Target: string | undefined
  DatabaseName?: string | undefined
  TableName?: string | undefined
  Incremental?: boolean | undefined
}

export const createBackup = operation<Input, BackupTaskOnWire>({
  name: 'CreateBackup',
  service: 'tidemark',
  action: 'tidemark:CreateBackup',
  summary: 'Begins a backup of everything, a database or a table into a folder on the server or a bucket.',
  input: structure<Input>({ Target: required(backupTarget), DatabaseName: newName, TableName: newName, Incremental: boolean }),
  handle: async (input, { database, caller }) =>
    encodeBackupTask(
      await database.backups.create(caller, {
        target: input.Target,
        ...(input.DatabaseName === undefined ? {} : { databaseName: input.DatabaseName }),
        ...(input.TableName === undefined ? {} : { tableName: input.TableName }),
        isIncremental: input.Incremental ?? false,
      }),
    ),
})
