import { join } from 'node:path'
import { ServerError } from '../../base/errors.ts'
import type { ObjectStore } from '../../object-store/object-store.ts'
import type { BackupTarget } from './backup-target.ts'

const removedAtOnce = 1000

/**
 * Backups in a bucket, below a prefix without slashes at its ends, which may be empty. The engine writes there by itself.
 * @throws ServerError BUCKET_UNREACHABLE
 */
export async function bucketTarget(objects: ObjectStore, bucket: string, prefix: string): Promise<BackupTarget> {
  await objects.check(bucket)
  const place = await objects.place(bucket)
  const root = prefix === '' ? '' : `${prefix}/`
  return {
    text: `s3://${bucket}/${prefix}`,
    place: (path) =>
      place.kind === 'directory'
        ? { kind: 'directory', path: join(place.path, root + path) }
        : { kind: 's3', bucket, prefix: root + path, ...place.access },
    read: async (path) => {
      try {
        return await objects.get(bucket, root + path)
      } catch (error) {
        if (error instanceof ServerError && error.code === 'OBJECT_NOT_FOUND') return undefined
        throw error
      }
    },
    write: (path, body) => objects.put(bucket, root + path, body),
    names: () => objects.folders(bucket, root),
    remove: async (path) => {
      let keys: string[] = []
      for await (const { key } of objects.list(bucket, `${root}${path}/`)) {
        if (keys.push(key) < removedAtOnce) continue
        await objects.remove(bucket, keys)
        keys = []
      }
      await objects.remove(bucket, keys)
    },
  }
}
