import { isAbsolute, normalize } from 'node:path'
import { ServerError } from '../../base/errors.ts'
import type { BackupTarget } from './backup-target.ts'
import { directoryTarget } from './directory-target.ts'

/** The target that a text names. @throws ServerError VALIDATION */
export function openBackupTarget(text: string): BackupTarget {
  if (isAbsolute(text)) return directoryTarget(normalize(text))
  throw new ServerError('VALIDATION', `Target: ${JSON.stringify(text)} is neither an absolute folder nor s3://BUCKET/PREFIX.`)
}
