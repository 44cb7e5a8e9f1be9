import { isAbsolute, normalize } from 'node:path'
import { ServerError } from '../../base/errors.ts'
import type { ObjectStore } from '../../object-store/object-store.ts'
import type { BackupTarget } from './backup-target.ts'
import { bucketTarget } from './bucket-target.ts'
import { directoryTarget } from './directory-target.ts'

/** The target that a text names. @throws ServerError VALIDATION, BUCKET_UNREACHABLE */
export async function openBackupTarget(text: string, objects: ObjectStore): Promise<BackupTarget> {
  if (isAbsolute(text)) return directoryTarget(normalize(text))
  const [, bucket, path = ''] = /^s3:\/\/([^/]+)(?:\/([^\s?#]*))?$/.exec(text) ?? []
  const prefix = path.replace(/^\/+|\/+$/g, '')
  if (bucket !== undefined && !prefix.split('/').some((part, i) => part === '.' || part === '..' || (part === '' && i > 0))) {
    return bucketTarget(objects, bucket, prefix)
  }
  throw new ServerError('VALIDATION', `Target: ${JSON.stringify(text)} is neither an absolute folder nor s3://BUCKET/PREFIX.`)
}
