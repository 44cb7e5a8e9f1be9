import { operation } from '../../operation.ts'
import { required, string, structure } from '../../shape.ts'
import { type BackupTaskOnWire, encodeBackupTask } from './shapes.ts'

interface Input {
  TaskId: string | undefined
}

export const describeBackupTask = operation<Input, BackupTaskOnWire>({
  name: 'DescribeBackupTask',
  service: 'tidemark',
  action: 'tidemark:DescribeBackupTask',
  summary: 'How far a backup or a restore of this process is.',
  input: structure<Input>({ TaskId: required(string({ min: 1, max: 64 })) }),
  handle: async (input, { database, caller }) => encodeBackupTask(await database.backups.describeTask(caller, input.TaskId)),
})
