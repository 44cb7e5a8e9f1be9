import { operation } from '../../operation.ts'
import { required, structure } from '../../shape.ts'
import { type BackupOnWire, backupTarget, encodeBackup } from './shapes.ts'

interface Input {
  Target: string | undefined
}

export const listBackups = operation<Input, { readonly Backups: readonly BackupOnWire[] }>({
  name: 'ListBackups',
  service: 'tidemark',
  action: 'tidemark:ListBackups',
  summary: 'The whole backups in a folder on the server or a bucket, oldest first.',
  input: structure<Input>({ Target: required(backupTarget) }),
  handle: async (input, { database, caller }) => ({ Backups: (await database.backups.list(caller, input.Target)).map(encodeBackup) }),
})
